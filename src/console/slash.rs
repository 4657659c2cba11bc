//! What a person can say to the console itself: words that begin with a slash.
//!
//! Everything else is sent as it was typed; what begins with two slashes is sent with one.

use std::path::PathBuf;

use crate::teaching::transcript::Explain;

/// Something that was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// A line for the server.
    Line(String),
    /// A line for the server whose end is the contents of a file: `a1 APPEND INBOX /file letter.eml`.
    WithFile(String, PathBuf),
    /// A word for the console.
    Slash(Slash),
    /// A word for the console that it does not know: why.
    Mistake(String),
}

/// A word for the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slash {
    /// What there is.
    Help,
    /// The last line once more, with all that is known of it.
    Why,
    /// How much is explained from now on.
    Explain(Explain),
    /// The conversation's states, and where it is.
    State,
    /// Begin TLS.
    Tls,
    /// A tag before each command, or no more.
    Tag(bool),
    /// Octets in hexadecimal below each line, or no more.
    Raw(bool),
    /// Write the conversation as a script.
    Save(PathBuf),
    /// A new connection.
    Connect,
    /// The end.
    Quit,
}

/// The words, with what may follow them and what they do: `/help` shows this.
pub(super) const SLASHES: [(&str, &str, &str); 11] = [
    (
        "/why",
        "",
        "explain the last line once more, with all that is known of it (F1)",
    ),
    (
        "/explain",
        "all|replies|off",
        "how much is explained below each line",
    ),
    (
        "/state",
        "",
        "the states of the conversation, and where you are",
    ),
    ("/tls", "", "ask the server to begin TLS"),
    ("/tag", "on|off", "IMAP: a new tag before each command"),
    (
        "/file",
        "FILE",
        "send the contents of a file: behind DATA, or behind APPEND, BDAT and their arguments",
    ),
    (
        "/raw",
        "on|off",
        "show the octets of each line in hexadecimal, too",
    ),
    (
        "/save",
        "FILE",
        "write the conversation as a script for `pillarbox demo`",
    ),
    ("/connect", "", "begin anew, with a new connection"),
    ("/help", "", "this list"),
    ("/quit", "", "close the connection and leave (Ctrl-D)"),
];

impl Typed {
    /// Understands a line that was typed, without its ending.
    pub(super) fn parse(line: &str) -> Typed {
        if let Some(rest) = line.strip_prefix("//") {
            return Typed::Line(format!("/{rest}"));
        }
        if let Some((before, file)) = line.rsplit_once("/file ")
            && (before.is_empty() || before.ends_with(' '))
            && !file.trim().is_empty()
        {
            let (before, file) = (before.trim_end().to_owned(), file.trim().into());
            return Typed::WithFile(before, file);
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
        format!("{word} is no word of the console; /help lists them. To send it, type a second slash: /{line}")
    })?;
    let usage = || match *wanted {
        "" => format!("{word} takes nothing behind it"),
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
        "/tag" => on().map(Slash::Tag),
        "/raw" => on().map(Slash::Raw),
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
            ("/tag on", Typed::Slash(Slash::Tag(true))),
            (
                "/save my talk.demo",
                Typed::Slash(Slash::Save("my talk.demo".into())),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(Typed::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_answered_with_what_was_expected() {
        let rows = [
            ("/dance", "/dance is no word of the console"),
            ("/explain", "expected /explain all|replies|off"),
            ("/why not", "/why takes nothing behind it"),
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

    /// What `/help` lists is what is understood.
    #[test]
    fn every_word_in_the_list_is_understood() {
        for (word, wanted, _) in SLASHES {
            let argument = wanted.split('|').next().unwrap_or_default();
            let typed = Typed::parse(format!("{word} {argument}").trim());
            assert!(
                !matches!(typed, Typed::Mistake(_) | Typed::Line(_)),
                "{word}"
            );
        }
    }
}
