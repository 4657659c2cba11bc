//! APPEND, and literals at the end of a line (RFC 3501 §6.3.11, §4.3; RFC 7888 for `{5+}`).
//!
//! A server that reads lines asks [`literal_at_end`] after each. If a literal follows, and
//! [`is_append`] says that it is a message, the message goes to the store as it comes; any other
//! literal is put behind the line, with its CRLF, and the command's next line behind that. So a
//! message never stands in a command's buffer.

use std::fmt;

use super::command::{BadCommand, Command, Tag, Tagged};
use super::cursor::{Cursor, ParseError, Parsed};
use super::date::DateTime;
use super::flags;
use super::mailbox::{Alphabet, MailboxName};
use crate::mail::message::Flags;
use crate::mail::protocol::span::Role;

/// A literal that is announced: `{310}` or `{310+}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal {
    /// Its octets, as the client says; any number up to 9223372036854775807.
    pub octets: u64,
    /// Does the client wait for `+`? Not for `{n+}` (RFC 7888 §3).
    pub synchronising: bool,
}

/// APPEND and its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub mailbox: MailboxName,
    /// What.
    pub message: AppendedMessage,
}

/// What stands before a message of APPEND; with MULTIAPPEND (RFC 3502) several times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendedMessage {
    /// The flags that it will have.
    pub flags: Flags,
    /// Its internal date; now, when there is none.
    pub date: Option<DateTime>,
    /// How it is sent.
    pub form: AppendForm,
    /// The message itself, which follows.
    pub literal: Literal,
}

/// How a message of APPEND is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendForm {
    /// `{310}`: octets other than NUL.
    Text,
    /// `~{310}`: any octets (RFC 3516 §4.4).
    Binary,
    /// `UTF8 (~{310}` and behind it a bracket: headers in UTF-8 (RFC 6855 §4).
    Utf8,
}

/// The literal that this line announces at its end, if it does.
///
/// # Errors
/// Inside, when the number of octets is too large to be one.
#[must_use]
pub fn literal_at_end(line: &[u8]) -> Option<Parsed<Literal>> {
    let inside = line.strip_suffix(b"}")?;
    let digits = inside.strip_suffix(b"+").unwrap_or(inside);
    let start = digits.iter().rposition(|byte| !byte.is_ascii_digit())?;
    if digits.get(start) != Some(&b'{') || start + 1 == digits.len() {
        return None;
    }
    let mut cursor = Cursor::new(line);
    cursor.skip(start);
    Some(Literal::parse(&mut cursor))
}

/// Is the literal at the end of this buffer a message of APPEND? It is, once the mailbox's name is
/// whole, even if what stands between is wrong.
#[must_use]
pub fn is_append(buffer: &[u8]) -> bool {
    let mut cursor = Cursor::new(buffer);
    let begins = Tag::parse(&mut cursor).is_ok() && cursor.eat_text(" APPEND ");
    begins && cursor.astring("a mailbox name").is_ok() && cursor.eat(b' ')
}

impl Literal {
    /// Reads `{310}` at the end of a buffer.
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Literal> {
        let literal = cursor.named(Role::Literal, |cursor| {
            cursor.expect(b'{', "a literal, which is the message")?;
            let octets = cursor.number64()?;
            let synchronising = !cursor.eat(b'+');
            cursor.expect(b'}', "a closing brace")?;
            Ok(Literal {
                octets,
                synchronising,
            })
        })?;
        cursor.end()?;
        Ok(literal)
    }
}

impl Append {
    /// Understands an APPEND whose buffer ends with the announcement of its message, and whose
    /// mailbox is named in this alphabet.
    ///
    /// # Errors
    /// What was expected and where, and the tag, if there is one.
    pub fn parse(alphabet: Alphabet, buffer: &[u8]) -> Result<(Tag, Append), BadCommand> {
        let Tagged { tag, command } = Tagged::parse_in(alphabet, buffer)?;
        match command {
            Command::Append(append) => Ok((tag, append)),
            _ => Err(BadCommand {
                error: ParseError {
                    at: tag.as_str().len() + 1,
                    expected: "APPEND",
                },
                tag: Some(tag),
            }),
        }
    }

    /// Reads what follows the word APPEND and its space.
    pub(super) fn parse_arguments(cursor: &mut Cursor<'_>) -> Parsed<Append> {
        let mailbox = MailboxName::parse(cursor)?;
        cursor.space()?;
        let message = AppendedMessage::parse(cursor)?;
        Ok(Append { mailbox, message })
    }
}

impl AppendedMessage {
    /// Understands the line that follows this message: empty at the end of the command, else a space
    /// and what stands before the next message (RFC 3502 §6.3.11).
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse_next(&self, line: &[u8]) -> Parsed<Option<AppendedMessage>> {
        let mut cursor = Cursor::new(line);
        if self.form == AppendForm::Utf8 {
            cursor.expect(b')', "a closing parenthesis behind the message")?;
        }
        if cursor.rest().is_empty() {
            return Ok(None);
        }
        cursor.expect(b' ', "the end of APPEND, or a space and one more message")?;
        AppendedMessage::parse(&mut cursor).map(Some)
    }

    fn parse(cursor: &mut Cursor<'_>) -> Parsed<AppendedMessage> {
        let mut flags = Flags::new();
        if cursor.peek() == Some(b'(') {
            flags = flags::parse_list(cursor)?;
            cursor.space()?;
        }
        let mut date = None;
        if cursor.peek() == Some(b'"') {
            date = Some(DateTime::parse(cursor)?);
            cursor.space()?;
        }
        let form = match cursor.eat_text("UTF8 (") {
            true => AppendForm::Utf8,
            false if cursor.peek() == Some(b'~') => AppendForm::Binary,
            false => AppendForm::Text,
        };
        if form != AppendForm::Text {
            cursor.expect(b'~', "a tilde and a literal, which is the message")?;
        }
        Ok(AppendedMessage {
            flags,
            date,
            form,
            literal: Literal::parse(cursor)?,
        })
    }
}

/// As on the wire: `{310}`.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plus = if self.synchronising { "" } else { "+" };
        write!(f, "{{{}{plus}}}", self.octets)
    }
}

/// The arguments, up to the announcement of the message.
impl fmt::Display for Append {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.mailbox, self.message)
    }
}

/// Flags, date and the announcement of the message.
impl fmt::Display for AppendedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.flags.is_empty() {
            write!(f, "({}) ", self.flags)?;
        }
        if let Some(date) = &self.date {
            write!(f, "{date} ")?;
        }
        let before = match self.form {
            AppendForm::Text => "",
            AppendForm::Binary => "~",
            AppendForm::Utf8 => "UTF8 (~",
        };
        write!(f, "{before}{}", self.literal)
    }
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use proptest::prelude::*;

    use super::super::date::tests::any_moment;
    use super::super::flags::tests::any_flags;
    use super::super::mailbox::tests::any_name;
    use super::*;

    #[test]
    fn literals_at_the_end_of_a_line() {
        let rows: [(&str, Option<(u64, bool)>); 11] = [
            ("a LOGIN {5}", Some((5, true))),
            ("a LOGIN {5+}", Some((5, false))),
            ("{0}", Some((0, true))),
            ("a APPEND x {4294967296}", Some((4_294_967_296, true))),
            ("a LOGIN {5} ", None),
            ("a LOGIN {}", None),
            ("a LOGIN {+}", None),
            ("a LOGIN {x5}", None),
            ("a LOGIN 5}", None),
            ("}", None),
            ("", None),
        ];
        for (line, expected) in rows {
            let found = literal_at_end(line.as_bytes()).map(Result::unwrap);
            let found = found.map(|literal| (literal.octets, literal.synchronising));
            assert_eq!(found, expected, "{line}");
        }
        let error = literal_at_end(b"a {99999999999999999999}")
            .unwrap()
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a number from 0 to 9223372036854775807 at octet 3"
        );
    }

    #[test]
    fn which_literal_is_the_message() {
        let rows: [(&[u8], bool); 8] = [
            (b"a append INBOX {5}", true),
            (b"a APPEND \"Sent Mail\" (\\Seen) {5+}", true),
            (b"a APPEND {5}\r\nDraft {5}", true),
            (b"a APPEND INBOX (wrong {5}", true),
            // These are mailbox names.
            (b"a APPEND {5}", false),
            (b"a APPEND \"open {5}", false),
            (b"a LOGIN {5}", false),
            (b"{5}", false),
        ];
        for (buffer, is) in rows {
            assert_eq!(is_append(buffer), is, "{}", buffer.escape_ascii());
        }
    }

    #[test]
    fn appends() {
        let text = b"A3 APPEND saved (\\Seen x) \"17-Jul-1996 02:44:25 -0700\" {310+}";
        let (tag, append) = Append::parse(Alphabet::ModifiedUtf7, text).unwrap();
        assert_eq!(tag.as_str(), "A3");
        assert_eq!(append.mailbox.as_str(), "saved");
        assert_eq!(append.message.flags.to_string(), "\\Seen x");
        assert!(append.message.date.is_some());
        assert_eq!(append.message.literal.octets, 310);

        let rows: [(&[u8], &str); 6] = [
            (b"a NOOP", "expected APPEND at octet 2"),
            (b"a APPEND x", "expected a space at octet 10"),
            (
                b"a APPEND x hello",
                "expected a literal, which is the message at octet 11",
            ),
            (
                b"a APPEND x ( {5}",
                "expected a flag that a client can set, such as \\Seen or $Forwarded at octet 12",
            ),
            (
                b"a APPEND x {5}\r\nhello",
                "expected the end of the command at octet 14",
            ),
            (
                b"a APPEND x \"30-Feb-1996 02:44:25 -0700\" {3}",
                "expected a date and time that exist: \"17-Jul-1996 02:44:25 -0700\" at octet 11",
            ),
        ];
        for (text, sentence) in rows {
            let bad = Append::parse(Alphabet::ModifiedUtf7, text).unwrap_err();
            assert_eq!(bad.error.to_string(), sentence);
            assert_eq!(bad.tag.unwrap().as_str(), "a");
        }
    }

    #[test]
    fn more_messages() {
        let (_, append) = Append::parse(Alphabet::ModifiedUtf7, b"a APPEND x {5}").unwrap();
        let first = append.message;
        assert_eq!(first.parse_next(b""), Ok(None));
        let next = first
            .parse_next(b" (\\Draft) UTF8 (~{7+}")
            .unwrap()
            .unwrap();
        assert_eq!(next.literal.octets, 7);
        assert_eq!(next.form, AppendForm::Utf8);
        assert_eq!(next.parse_next(b")"), Ok(None));
        let last = next.parse_next(b") ~{7}").unwrap().unwrap();
        assert_eq!(last.form, AppendForm::Binary);
        for (message, line) in [
            (&first, "{7}"),
            (&first, " "),
            (&first, ")"),
            (&next, ""),
            (&next, " {7}"),
        ] {
            assert!(message.parse_next(line.as_bytes()).is_err(), "{line}");
        }
    }

    /// An APPEND for the law of commands.
    pub(in super::super) fn any_append() -> impl Strategy<Value = Append> {
        let date = proptest::option::of(any_moment());
        let literal = (0u64..1 << 63, any::<bool>()).prop_map(|(octets, synchronising)| Literal {
            octets,
            synchronising,
        });
        let form =
            proptest::sample::select(vec![AppendForm::Text, AppendForm::Binary, AppendForm::Utf8]);
        let message =
            (any_flags(), date, form, literal).prop_map(|(flags, date, form, literal)| {
                AppendedMessage {
                    flags,
                    date,
                    form,
                    literal,
                }
            });
        (any_name(), message).prop_map(|(mailbox, message)| Append { mailbox, message })
    }

    proptest! {
        #[test]
        fn never_panics(line: Vec<u8>, octets in "[0-9]{0,25}") {
            let _ = literal_at_end(&line);
            let _ = is_append(&line);
            let _ = literal_at_end(format!("{{{octets}}}").as_bytes());
        }
    }
}
