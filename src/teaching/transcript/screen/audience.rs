//! The audience of a play: what it wants to see, and what it guesses.

use std::io;

use crate::mail::protocol::Protocol;
use crate::teaching::script::Caller;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// The options of a [`Screen`](super::Screen).
pub struct ScreenOptions<'a> {
    /// Colours or none.
    pub style: TextStyle,
    /// Returns the columns of the screen; `None` if lines are not wrapped.
    pub width: &'a dyn Fn() -> Option<usize>,
    /// How fast the play goes.
    pub pace: PlayPace,
    /// True if the audience guesses replies.
    pub guesses: bool,
    /// Which lines are explained.
    pub explain: Explain,
    /// True if passwords are shown.
    pub show_secrets: bool,
    /// Returns the address to which a client connects.
    pub address: &'a dyn Fn(&Caller) -> String,
}

/// How fast a play goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayPace {
    /// As fast as the servers answer, without pauses.
    Fast,
    /// As fast as a person reads; it waits at a pause.
    Reading,
    /// It waits before each line.
    Step,
}

/// The people who watch a play.
pub trait Audience {
    /// Waits until they want to go on; false if they cannot answer any more.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn wait(&mut self) -> io::Result<bool>;

    /// Asks for a line; `None` if they cannot answer any more.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn ask(&mut self, question: &str) -> io::Result<Option<String>>;
}

/// The guesses of one play.
#[derive(Clone, Debug, Default)]
pub(super) struct Guesses {
    /// The guess for the reply that is being received.
    open: Option<String>,
    points: u32,
    replies: u32,
}

/// The result of a guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The code is right: two points.
    Right,
    /// The first digit is right, at which a program looks (RFC 5321 §4.2.1): one point.
    Half,
    /// The code is wrong: no points.
    Wrong,
}

impl Guesses {
    /// Returns the question to ask before a reply is shown.
    #[must_use]
    pub(super) fn question(protocol: Protocol) -> &'static str {
        match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
                "Which code will the server answer with? "
            }
            Protocol::Pop3 => "Will the server say +OK or -ERR? ",
            Protocol::Imap => "Will it end with OK, NO or BAD, or go on with +? ",
        }
    }

    /// Takes a guess for the next reply.
    pub(super) fn guess(&mut self, guess: &str) {
        self.open = Some(guess.trim().to_uppercase());
    }

    /// Returns the result of the guess; `None` if this line of the reply has no code.
    pub(super) fn verdict(&mut self, protocol: Protocol, line: &[u8]) -> Option<Verdict> {
        let code = code(protocol, line)?;
        let guess = self.open.take()?;
        let digits = code.as_bytes().first().is_some_and(u8::is_ascii_digit);
        // `ok` is as good as `+OK`.
        let bare = code.trim_start_matches(['+', '-']);
        let verdict = if guess == code || !guess.is_empty() && guess == bare {
            Verdict::Right
        } else if digits && guess.get(..1) == code.get(..1) {
            Verdict::Half
        } else {
            Verdict::Wrong
        };
        self.replies += 1;
        self.points += match verdict {
            Verdict::Right => 2,
            Verdict::Half => 1,
            Verdict::Wrong => 0,
        };
        Some(verdict)
    }

    /// Returns the score as a sentence.
    #[must_use]
    pub(super) fn score(&self) -> String {
        let Guesses { points, replies, .. } = self;
        match replies {
            0 => "No reply was guessed.".to_owned(),
            1 => format!("{points} of 2 points for one reply."),
            _ => format!("{points} of {} points for {replies} replies.", 2 * replies),
        }
    }
}

/// Returns the code in a line of a reply: `250`, `+OK`, `NO`, `+`.
fn code(protocol: Protocol, line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let first = words.next()?;
    let known = |word: &str, all: &[&str]| all.contains(&word).then(|| word.to_owned());
    match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => {
            let code = first.get(..3)?;
            let digits = code.bytes().all(|b| b.is_ascii_digit());
            digits.then(|| code.to_owned())
        }
        Protocol::Pop3 => known(first, &["+OK", "-ERR", "+"]),
        Protocol::Imap if first == "+" => Some("+".to_owned()),
        // An untagged line does not answer a command, but the greeting counts.
        Protocol::Imap if line.starts_with("* OK [") && !line.starts_with("* OK [CAPABILITY") => {
            None
        }
        Protocol::Imap => known(words.next()?, &["OK", "NO", "BAD", "PREAUTH", "BYE"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_guess_and_what_comes_of_it() {
        use Verdict::{Half, Right, Wrong};
        let (smtp, pop3, imap) = (Protocol::Smtp, Protocol::Pop3, Protocol::Imap);
        let rows = [
            (smtp, "250", "250 Ok", Some(Right)),
            (smtp, " 250 ", "250-Hello", Some(Right)),
            (smtp, "251", "250 Ok", Some(Half)),
            (smtp, "5", "550 No", Some(Half)),
            (smtp, "", "550 No", Some(Wrong)),
            (smtp, "é", "550 No", Some(Wrong)),
            (smtp, "550", "250 Ok", Some(Wrong)),
            (pop3, "+OK", "+OK 2 320", Some(Right)),
            (pop3, "ok", "+OK 2 320", Some(Right)),
            (pop3, "+ok", "-ERR no", Some(Wrong)),
            (pop3, "-err", "-ERR no", Some(Right)),
            (pop3, "+OK", "1 120", None),
            (imap, "ok", "a1 OK done", Some(Right)),
            (imap, "no", "a1 BAD what", Some(Wrong)),
            (imap, "ok", "* 3 EXISTS", None),
            (imap, "ok", "* OK [UIDNEXT 4] Predicted", None),
            (imap, "ok", "* OK IMAP4rev1 ready", Some(Right)),
            (imap, "+", "+ idling", Some(Right)),
            (imap, "ok", "+ idling", Some(Wrong)),
        ];
        for (protocol, guess, line, expected) in rows {
            let mut guesses = Guesses::default();
            guesses.guess(guess);
            assert_eq!(guesses.verdict(protocol, line.as_bytes()), expected, "{guess} {line}");
        }
    }

    #[test]
    fn the_score_is_kept() {
        let mut guesses = Guesses::default();
        assert_eq!(guesses.score(), "No reply was guessed.");
        for guess in ["250", "221", "5"] {
            guesses.guess(guess);
            guesses.verdict(Protocol::Smtp, b"250 Ok");
            // The second line of a reply is not guessed.
            assert_eq!(guesses.verdict(Protocol::Smtp, b"250 Ok"), None);
        }
        assert_eq!(guesses.score(), "3 of 6 points for 3 replies.");
    }
}
