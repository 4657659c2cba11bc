//! The words for the console itself, which begin with a slash.
//!
//! Every other line is sent as it was typed; a line that begins with two slashes is sent with one.

use std::path::PathBuf;

use crate::teaching::transcript::Explain;

/// A typed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line for the server.
    Line(String),
    /// A line for the server that ends with the contents of a file: `a1 APPEND INBOX /file letter.eml`.
    WithFile(String, PathBuf),
    /// A word for the console.
    Slash(Slash),
    /// A line that begins with a slash and is wrong: why.
    Mistake(String),
}

/// A word for the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slash {
    /// List the words.
    Help,
    /// Explain the last line once more, with all that is known of it.
    Why,
    /// Explain these lines from now on.
    Explain(Explain),
    /// List the states of the conversation.
    State,
    /// Ask the server for TLS.
    Tls,
    /// Put a tag before each command, or stop that.
    Tag { on: bool },
    /// Show the octets below each line, or stop that.
    Raw { on: bool },
    /// Write the conversation as a script.
    Save(PathBuf),
    /// Open a new connection.
    Connect,
    /// Leave.
    Quit,
}

/// The words, with their arguments and what they do, as `/help` shows them.
pub(super) const SLASHES: [(&str, &str, &str); 11] = [
    ("/why", "", "explain the last line once more, with all that is known of it (F1)"),
    ("/explain", "all|replies|off", "explain all lines, the replies, or nothing"),
    ("/state", "", "list the states of the conversation, and where you are"),
    ("/tls", "", "ask the server to begin TLS"),
    ("/tag", "on|off", "IMAP: put a new tag before each command"),
    ("/file", "FILE", "send the contents of a file: after DATA, or at the end of APPEND or BDAT"),
    ("/raw", "on|off", "show the octets of each line in hexadecimal"),
    ("/save", "FILE", "save the conversation as a script for `pillarbox demo`"),
    ("/connect", "", "begin anew, with a new connection"),
    ("/help", "", "show this list"),
    ("/quit", "", "close the connection and leave (Ctrl-D)"),
];

impl Typed {
    /// Parses a typed line, without its ending.
    pub(super) fn parse(line: &str) -> Typed {
        if let Some(rest) = line.strip_prefix("//") {
            return Typed::Line(format!("/{rest}"));
        }
        if let Some((before, file)) = line.rsplit_once("/file ")
            && (before.is_empty() || before.ends_with(' '))
            && !file.trim().is_empty()
        {
            return Typed::WithFile(before.trim_end().to_owned(), file.trim().into());
        }
        if !line.starts_with('/') {
            return Typed::Line(line.to_owned());
        }
        match slash(line) {
            Ok(slash) => Typed::Slash(slash),
            Err(why) => Typed::Mistake(why),
        }
    }
}

fn slash(line: &str) -> Result<Slash, String> {
    let (word, argument) = line.split_once(' ').unwrap_or((line, ""));
    let argument = argument.trim();
    let row = SLASHES.iter().find(|(known, ..)| *known == word);
    let (_, wanted, _) = row.ok_or_else(|| {
        format!("the console has no word {word}; /help lists them. To send the line, type two slashes: /{line}")
    })?;
    let usage = || match *wanted {
        "" => format!("{word} takes no argument"),
        wanted => format!("expected {word} {wanted}"),
    };
    let on = || match argument {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err(usage()),
    };
    let alone = |slash| argument.is_empty().then_some(slash).ok_or_else(usage);
    match word {
        "/why" => alone(Slash::Why),
        "/explain" => match argument {
            "all" => Ok(Slash::Explain(Explain::All)),
            "replies" => Ok(Slash::Explain(Explain::Replies)),
            "off" => Ok(Slash::Explain(Explain::Off)),
            _ => Err(usage()),
        },
        "/state" => alone(Slash::State),
        "/tls" => alone(Slash::Tls),
        "/tag" => on().map(|on| Slash::Tag { on }),
        "/raw" => on().map(|on| Slash::Raw { on }),
        "/save" if !argument.is_empty() => Ok(Slash::Save(argument.into())),
        "/connect" => alone(Slash::Connect),
        "/help" => alone(Slash::Help),
        "/quit" => alone(Slash::Quit),
        _ => Err(usage()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_line_and_what_it_means() {
        let line = |text: &str| Typed::Line(text.to_owned());
        let file = |before: &str| Typed::WithFile(before.to_owned(), "a b.eml".into());
        let rows = [
            ("EHLO me", line("EHLO me")),
            ("", line("")),
            ("  spaces stay ", line("  spaces stay ")),
            ("//etc", line("/etc")),
            ("a1 LIST \"\" a/b", line("a1 LIST \"\" a/b")),
            ("a/file x", line("a/file x")),
            ("/file a b.eml", file("")),
            ("a1 APPEND INBOX /file a b.eml", file("a1 APPEND INBOX")),
            ("/why", Typed::Slash(Slash::Why)),
            ("/explain off", Typed::Slash(Slash::Explain(Explain::Off))),
            ("/tag on", Typed::Slash(Slash::Tag { on: true })),
            ("/save my talk.demo", Typed::Slash(Slash::Save("my talk.demo".into()))),
        ];
        for (text, expected) in rows {
            assert_eq!(Typed::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_expected() {
        let rows = [
            ("/dance", "the console has no word /dance"),
            ("/explain", "expected /explain all|replies|off"),
            ("/why not", "/why takes no argument"),
            ("/save", "expected /save FILE"),
            ("/file", "expected /file FILE"),
            ("/raw maybe", "expected /raw on|off"),
        ];
        for (text, expected) in rows {
            let Typed::Mistake(why) = Typed::parse(text) else {
                panic!("{text} is taken");
            };
            assert!(why.starts_with(expected), "{why}");
        }
    }

    /// The console understands every word that `/help` lists.
    #[test]
    fn every_word_in_the_list_is_understood() {
        for (word, wanted, _) in SLASHES {
            let argument = wanted.split('|').next().unwrap_or_default();
            let typed = Typed::parse(format!("{word} {argument}").trim());
            assert!(!matches!(typed, Typed::Mistake(_) | Typed::Line(_)), "{word}");
        }
    }
}
