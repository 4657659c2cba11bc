//! What an SMTP server answers: a code, an enhanced code, and lines of text (RFC 5321 §4.2).
//!
//! A [`Reply`] is a value. The server's replies have names (`Reply::BAD_SEQUENCE`, in
//! `reply_codes.rs`), and `Display` writes one as it goes on the wire. A client collects lines while
//! [`Reply::continues`] and gives them to [`Reply::parse`], the inverse of `Display`. A printed line
//! has no control characters, so a reply that repeats a client's words cannot contain a second line.

use std::borrow::Cow;
use std::fmt;

/// An enhanced status code: class, subject, detail (RFC 3463 §2, in replies RFC 2034).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnhancedCode(pub u8, pub u16, pub u16);

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl EnhancedCode {
    /// Parses a code such as `5.7.1`, which must be the whole text.
    #[must_use]
    pub fn parse(text: &str) -> Option<EnhancedCode> {
        let mut parts = text.split('.');
        let class = match parts.next()? {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        let code = EnhancedCode(class, detail(parts.next()?)?, detail(parts.next()?)?);
        parts.next().is_none().then_some(code)
    }
}

/// RFC 3463 §2: one to three digits, without leading zeros.
fn detail(text: &str) -> Option<u16> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (canonical && digits).then(|| text.parse().ok()).flatten()
}

/// A reply: one code and one or more lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 559 (RFC 5321 §4.2, `Reply-code`).
    pub code: u16,
    /// The enhanced code, which begins every line (RFC 2034 §4).
    pub enhanced: Option<EnhancedCode>,
    /// The text of the lines without their codes, separated by LF.
    text: Cow<'static, str>,
}

/// Why the lines of a server are not a reply, as a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReply(pub &'static str);

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadReply {}

impl Reply {
    /// A reply with this text; an LF in it begins another line.
    pub fn new(
        code: u16,
        enhanced: Option<EnhancedCode>,
        text: impl Into<Cow<'static, str>>,
    ) -> Reply {
        let text = text.into();
        Reply { code, enhanced, text }
    }

    /// A reply that is known when the program is built.
    pub(super) const fn constant(
        code: u16,
        enhanced: Option<EnhancedCode>,
        text: &'static str,
    ) -> Reply {
        Reply { code, enhanced, text: Cow::Borrowed(text) }
    }

    /// Replaces the text and keeps the codes: `Reply::BAD_SEQUENCE.because("MAIL first")`.
    #[must_use]
    pub fn because(self, text: impl Into<Cow<'static, str>>) -> Reply {
        Reply::new(self.code, self.enhanced, text)
    }

    /// True if another line follows this one (`250-…`).
    #[must_use]
    pub fn continues(line: &[u8]) -> bool {
        line.get(3) == Some(&b'-')
    }

    /// Parses the lines of a reply, their CRLFs removed. Octets that are not UTF-8 become `U+FFFD`.
    ///
    /// # Errors
    /// If there is no line, a code is missing, the codes differ, or the last line is not marked as such.
    pub fn parse<L: AsRef<[u8]>>(lines: &[L]) -> Result<Reply, BadReply> {
        let mut first = None;
        let mut texts = Vec::with_capacity(lines.len());
        for (number, line) in lines.iter().enumerate() {
            let line = line.as_ref();
            let (code, text) = Reply::split(line)?;
            if *first.get_or_insert(code) != code {
                return Err(BadReply("the lines of the reply have different codes"));
            }
            if Reply::continues(line) != (number + 1 < lines.len()) {
                return Err(BadReply("the reply ends too early or too late"));
            }
            texts.push(String::from_utf8_lossy(text).replace('\n', " "));
        }
        let code = first.ok_or(BadReply("the reply is empty"))?;
        Ok(match split_enhanced(code, &texts) {
            Some((enhanced, texts)) => Reply::new(code, Some(enhanced), texts.join("\n")),
            None => Reply::new(code, None, texts.join("\n")),
        })
    }

    /// Splits one line of a reply into its code and the text after the separator.
    ///
    /// # Errors
    /// If the line does not begin with a code and a separator.
    pub fn split(line: &[u8]) -> Result<(u16, &[u8]), BadReply> {
        let [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] = line else {
            return Err(BadReply("the reply does not begin with a code of three digits"));
        };
        let digit = |digit: &u8| u16::from(digit - b'0');
        let code = digit(a) * 100 + digit(b) * 10 + digit(c);
        match rest {
            // RFC 5321 §4.2: the text, and with it the space, may be missing.
            [] => Ok((code, rest)),
            [b' ' | b'-', text @ ..] => Ok((code, text)),
            _ => Err(BadReply("neither a space nor a hyphen follows the reply's code")),
        }
    }

    /// `2xx` or `3xx`: the command was accepted (RFC 5321 §4.2.1).
    #[must_use]
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// `4xx`: the same command may be accepted later (RFC 5321 §4.2.1).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// `5xx`: the same command will be refused again (RFC 5321 §4.2.1).
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The text of each line, without codes. There is at least one line, which may be empty.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.text.split('\n')
    }

    /// The text as one line.
    #[must_use]
    pub fn text(&self) -> String {
        self.text.replace('\n', " ")
    }
}

/// Takes the enhanced code off the beginning of every line. RFC 2034 §4: all lines have the same
/// one, and its class is the first digit of the reply's code.
fn split_enhanced(code: u16, lines: &[String]) -> Option<(EnhancedCode, Vec<&str>)> {
    let mut first = None;
    let mut texts = Vec::with_capacity(lines.len());
    for line in lines {
        let (word, text) = line.split_once(' ').unwrap_or((line, ""));
        let enhanced = EnhancedCode::parse(word)?;
        if u16::from(enhanced.0) != code / 100 || *first.get_or_insert(enhanced) != enhanced {
            return None;
        }
        texts.push(text);
    }
    Some((first?, texts))
}

/// As it goes on the wire, each line with its CRLF: `250-2.1.0 …`, the last `250 2.1.0 …`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = self.lines().peekable();
        while let Some(line) = lines.next() {
            let separator = if lines.peek().is_some() { '-' } else { ' ' };
            write!(f, "{}{separator}", self.code)?;
            if let Some(enhanced) = self.enhanced {
                write!(f, "{enhanced} ")?;
            }
            write!(f, "{}\r\n", line.replace(char::is_control, " "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.split_terminator("\r\n").collect()
    }

    #[test]
    fn replies_of_servers() {
        let ehlo = Reply::parse(&["250-mail.example.org", "250-SIZE 1000", "250 HELP"]).unwrap();
        let texts: Vec<&str> = ehlo.lines().collect();
        assert_eq!(texts, ["mail.example.org", "SIZE 1000", "HELP"]);
        assert_eq!(ehlo.enhanced, None);

        let refused = Reply::parse(&["550-5.1.1 No such", "550 5.1.1 mailbox"]).unwrap();
        assert_eq!(refused.enhanced, Some(EnhancedCode(5, 1, 1)));
        assert_eq!(refused.text(), "No such mailbox");
        assert!(refused.is_permanent() && !refused.is_positive() && !refused.is_transient());

        assert_eq!(Reply::parse(&["250"]).unwrap().text(), "");
        assert!(Reply::parse(&["354 Go ahead"]).unwrap().is_positive());
        assert!(Reply::parse(&["421 4.3.2 Stopping"]).unwrap().is_transient());
        // The class must be the code's: this is text that looks like a code.
        assert_eq!(Reply::parse(&["250 5.1.1 ok"]).unwrap().enhanced, None);
        assert_eq!(Reply::parse(&[b"250 caf\xe9"]).unwrap().text(), "caf\u{fffd}");
    }

    #[test]
    fn no_replies() {
        let rows: [&[&str]; 8] = [
            &[],
            &[""],
            &["25"],
            &["650 x"],
            &["250x"],
            &["250-open"],
            &["250 closed", "250 more"],
            &["250-one", "251 two"],
        ];
        for row in rows {
            assert!(Reply::parse(row).is_err(), "{row:?}");
        }
    }

    #[test]
    fn a_line_break_in_a_reply_begins_a_line_with_its_code() {
        let reply = Reply::new(501, None, "bad \r\n250 good");
        assert_eq!(reply.to_string(), "501-bad  \r\n501 250 good\r\n");
    }

    #[test]
    fn every_named_reply_is_parsed_as_it_was_printed() {
        for reply in Reply::ALL {
            assert_eq!(Reply::parse(&lines(&reply.to_string())).as_ref(), Ok(reply));
        }
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parses_what_it_prints(
            code in 200u16..560,
            subject in proptest::option::of((0u16..1000, 0u16..1000)),
            lines_ in proptest::collection::vec("([A-Za-zé][ -~é]{0,40})?", 1..5),
        ) {
            let class = (code / 100) as u8;
            let subject = if class == 3 { None } else { subject };
            let enhanced = subject.map(|(s, d)| EnhancedCode(class, s, d));
            let reply = Reply::new(code, enhanced, lines_.join("\n"));
            prop_assert_eq!(Reply::parse(&lines(&reply.to_string())), Ok(reply));
        }

        #[test]
        fn never_panics(line: Vec<u8>, text in "[245][0-9]{2}[ -][245]\\.[0-9.]{0,9}.{0,9}") {
            let _ = Reply::parse(&[&line]);
            let _ = Reply::parse(&[text.as_bytes(), &line]);
            let _ = Reply::parse(&[&text]);
        }
    }
}
