//! APPEND (RFC 3501 §6.3.11; several messages: RFC 3502; binary: RFC 3516 §4.4).
//!
//! The message itself never is in a command's buffer: it goes to the store as it arrives.

use std::fmt;

use super::command::{BadCommand, Command, Tag, Tagged};
use super::cursor::{Cursor, ParseError, Parsed};
use super::date::DateTime;
use super::flags;
use super::literal::Literal;
use super::mailbox::{Alphabet, MailboxName};
use crate::mail::message::Flags;

/// The arguments of APPEND, up to its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// The mailbox that gets the message.
    pub mailbox: MailboxName,
    /// The first message.
    pub message: AppendedMessage,
}

/// What precedes a message in APPEND. MULTIAPPEND (RFC 3502) has several of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendedMessage {
    /// The flags of the new message.
    pub flags: Flags,
    /// The internal date; the present moment if there is none.
    pub date: Option<DateTime>,
    /// The form in which it is sent.
    pub form: AppendForm,
    /// The announcement of the message, which follows.
    pub literal: Literal,
}

/// The form in which APPEND sends a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendForm {
    /// `{310}`: octets other than NUL.
    Text,
    /// `~{310}`: any octets (RFC 3516 §4.4).
    Binary,
    /// `UTF8 (~{310}`, and `)` after the message: headers in UTF-8 (RFC 6855 §4).
    Utf8,
}

/// True if the literal at the end of this buffer is a message of APPEND.
///
/// It is one as soon as the mailbox's name is complete, even if what is between them is wrong.
#[must_use]
pub fn is_append(buffer: &[u8]) -> bool {
    let mut cursor = Cursor::new(buffer);
    let begins = Tag::parse(&mut cursor).is_ok() && cursor.eat_text(" APPEND ");
    begins && cursor.astring("a mailbox name").is_ok() && cursor.eat(b' ')
}

impl Append {
    /// Parses an APPEND up to the announcement of its message; the name is in this alphabet.
    ///
    /// # Errors
    /// What was expected and where, with the tag if there is one.
    pub fn parse(alphabet: Alphabet, buffer: &[u8]) -> Result<(Tag, Append), BadCommand> {
        let Tagged { tag, command } = Tagged::parse_in(alphabet, buffer)?;
        match command {
            Command::Append(append) => Ok((tag, append)),
            _ => Err(BadCommand {
                error: ParseError { at: tag.as_str().len() + 1, expected: "APPEND" },
                tag: Some(tag),
            }),
        }
    }

    /// Parses what follows `APPEND `.
    pub(super) fn parse_arguments(cursor: &mut Cursor<'_>) -> Parsed<Append> {
        let mailbox = MailboxName::parse(cursor)?;
        cursor.space()?;
        let message = AppendedMessage::parse(cursor)?;
        Ok(Append { mailbox, message })
    }
}

impl AppendedMessage {
    /// Parses the line after this message: empty at the end of the command, or a space and what
    /// precedes the next message (RFC 3502 §6.3.11).
    ///
    /// # Errors
    /// What was expected and where.
    pub fn parse_next(&self, line: &[u8]) -> Parsed<Option<AppendedMessage>> {
        let mut cursor = Cursor::new(line);
        if self.form == AppendForm::Utf8 {
            cursor.expect(b')', "a closing parenthesis after the message")?;
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
        let form = if cursor.eat_text("UTF8 (") {
            AppendForm::Utf8
        } else if cursor.peek() == Some(b'~') {
            AppendForm::Binary
        } else {
            AppendForm::Text
        };
        if form != AppendForm::Text {
            cursor.expect(b'~', "a tilde and a literal, which is the message")?;
        }
        Ok(AppendedMessage { flags, date, form, literal: Literal::parse(cursor)? })
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
    use proptest::prelude::*;

    use super::super::date::tests::any_moment;
    use super::super::flags::tests::any_flags;
    use super::super::mailbox::tests::any_name;
    use super::*;

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
            (b"a APPEND x hello", "expected a literal, which is the message at octet 11"),
            (
                b"a APPEND x ( {5}",
                "expected a flag that a client can set, such as \\Seen or $Forwarded at octet 12",
            ),
            (b"a APPEND x {5}\r\nhello", "expected the end of the command at octet 14"),
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
        let next = first.parse_next(b" (\\Draft) UTF8 (~{7+}").unwrap().unwrap();
        assert_eq!(next.literal.octets, 7);
        assert_eq!(next.form, AppendForm::Utf8);
        assert_eq!(next.parse_next(b")"), Ok(None));
        let last = next.parse_next(b") ~{7}").unwrap().unwrap();
        assert_eq!(last.form, AppendForm::Binary);
        for (message, line) in
            [(&first, "{7}"), (&first, " "), (&first, ")"), (&next, ""), (&next, " {7}")]
        {
            assert!(message.parse_next(line.as_bytes()).is_err(), "{line}");
        }
    }

    /// An APPEND for the law of commands.
    pub(in super::super) fn any_append() -> impl Strategy<Value = Append> {
        let date = proptest::option::of(any_moment());
        let literal = (0u64..1 << 63, any::<bool>())
            .prop_map(|(octets, synchronising)| Literal { octets, synchronising });
        let form =
            proptest::sample::select(vec![AppendForm::Text, AppendForm::Binary, AppendForm::Utf8]);
        let message =
            (any_flags(), date, form, literal).prop_map(|(flags, date, form, literal)| {
                AppendedMessage { flags, date, form, literal }
            });
        (any_name(), message).prop_map(|(mailbox, message)| Append { mailbox, message })
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn never_panics(line: Vec<u8>) {
            let _ = is_append(&line);
        }
    }
}
