//! What an SMTP server answers: a code, perhaps an enhanced code, and lines of text (RFC 5321 §4.2,
//! RFC 2034, RFC 3463).
//!
//! A server prints a [`Reply`]; a client collects lines while [`Reply::continues`] and gives them to
//! [`Reply::parse`]. A line that is printed never has a control character: a reply that repeats
//! what a client said cannot be made to say more.

use std::fmt;

/// An enhanced status code: class, subject, detail (RFC 3463 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enhanced(pub u8, pub u16, pub u16);

impl fmt::Display for Enhanced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Enhanced {
    /// Reads a code such as `5.7.1`, all of the text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Enhanced> {
        let mut parts = text.split('.');
        let class = match parts.next()? {
            "2" => 2,
            "4" => 4,
            "5" => 5,
            _ => return None,
        };
        let code = Enhanced(class, detail(parts.next()?)?, detail(parts.next()?)?);
        parts.next().is_none().then_some(code)
    }
}

/// RFC 3463 §2: one to three digits, without leading zeros.
fn detail(text: &str) -> Option<u16> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    (canonical && digits).then(|| text.parse().ok()).flatten()
}

/// A reply: one code, one or more lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 559 (RFC 5321 §4.2, `Reply-code`).
    pub code: u16,
    /// The enhanced code, which stands on every line (RFC 2034 §4).
    pub enhanced: Option<Enhanced>,
    /// The text of each line, without codes; at least one line, which may be empty.
    pub lines: Vec<String>,
}

/// What a server sent is no reply; the sentence says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadReply(pub &'static str);

impl fmt::Display for BadReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadReply {}

impl Reply {
    /// A reply of one line.
    pub fn new(code: u16, enhanced: Option<Enhanced>, text: impl Into<String>) -> Reply {
        Reply {
            code,
            enhanced,
            lines: vec![text.into()],
        }
    }

    /// Does another line follow this one (`250-…`)?
    #[must_use]
    pub fn continues(line: &[u8]) -> bool {
        line.get(3) == Some(&b'-')
    }

    /// Understands the lines of a reply, their CRLFs removed. Text that is not UTF-8 is shown as
    /// well as can be.
    ///
    /// # Errors
    /// When there is no line, a code is none, the codes differ, or the reply ends too early or late.
    pub fn parse<L: AsRef<[u8]>>(lines: &[L]) -> Result<Reply, BadReply> {
        let mut reply = Reply {
            code: 0,
            enhanced: None,
            lines: Vec::with_capacity(lines.len()),
        };
        for (number, line) in lines.iter().enumerate() {
            let line = line.as_ref();
            let (code, text) = Reply::split(line)?;
            let text = String::from_utf8_lossy(text).into_owned();
            if number > 0 && code != reply.code {
                return Err(BadReply("the lines of the reply have different codes"));
            }
            if Reply::continues(line) != (number + 1 < lines.len()) {
                return Err(BadReply("the reply ends too early or too late"));
            }
            reply.code = code;
            reply.lines.push(text);
        }
        if reply.lines.is_empty() {
            return Err(BadReply("the reply is empty"));
        }
        reply.take_enhanced();
        Ok(reply)
    }

    /// The code of one line of a reply, and the text behind it and its separator.
    ///
    /// # Errors
    /// When the line begins with no code, or with something else behind it.
    pub fn split(line: &[u8]) -> Result<(u16, &[u8]), BadReply> {
        let (code, rest) = match line {
            [a @ b'2'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
                let digit = |d: &u8| u16::from(d - b'0');
                (digit(a) * 100 + digit(b) * 10 + digit(c), rest)
            }
            _ => {
                return Err(BadReply(
                    "the reply does not begin with a code of three digits",
                ));
            }
        };
        let text = match rest {
            // RFC 5321 §4.2: the text, and with it the space, may be missing.
            [] => rest,
            [b' ' | b'-', text @ ..] => text,
            _ => {
                return Err(BadReply(
                    "neither a space nor a hyphen follows the reply's code",
                ));
            }
        };
        Ok((code, text))
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

    /// `5xx`: trying again is of no use (RFC 5321 §4.2.1).
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// The text, its lines joined by spaces.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join(" ")
    }

    /// RFC 2034 §4: the enhanced code begins every line, and its class is the code's first digit.
    fn take_enhanced(&mut self) {
        let split = |line: &str| {
            let (front, text) = line.split_once(' ').unwrap_or((line, ""));
            let code = Enhanced::parse(front)?;
            (u16::from(code.0) == self.code / 100).then(|| (code, text.to_owned()))
        };
        let Some(split) = self
            .lines
            .iter()
            .map(|line| split(line))
            .collect::<Option<Vec<_>>>()
        else {
            return;
        };
        let first = split.first().map(|(code, _)| *code);
        if split.iter().all(|(code, _)| Some(*code) == first) {
            self.enhanced = first;
            self.lines = split.into_iter().map(|(_, text)| text).collect();
        }
    }
}

/// As it goes on the wire, each line with its CRLF: `250-2.1.0 …`, the last `250 2.1.0 …`.
impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.lines.len().saturating_sub(1);
        let none = [String::new()];
        let lines = if self.lines.is_empty() {
            &none[..]
        } else {
            &self.lines
        };
        for (number, line) in lines.iter().enumerate() {
            write!(f, "{}{}", self.code, if number < last { '-' } else { ' ' })?;
            if let Some(enhanced) = self.enhanced {
                write!(f, "{enhanced} ")?;
            }
            let clean = |c: char| if c.is_control() { ' ' } else { c };
            write!(f, "{}\r\n", line.chars().map(clean).collect::<String>())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use proptest::prelude::*;

    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.split_terminator("\r\n").collect()
    }

    #[test]
    fn replies_of_servers() {
        let ehlo = Reply::parse(&["250-mail.example.org", "250-SIZE 1000", "250 HELP"]).unwrap();
        assert_eq!(ehlo.lines, ["mail.example.org", "SIZE 1000", "HELP"]);
        assert_eq!(ehlo.enhanced, None);

        let refused = Reply::parse(&["550-5.1.1 No such", "550 5.1.1 mailbox"]).unwrap();
        assert_eq!(refused.enhanced, Some(Enhanced(5, 1, 1)));
        assert_eq!(refused.text(), "No such mailbox");
        assert!(refused.is_permanent() && !refused.is_positive() && !refused.is_transient());

        assert_eq!(Reply::parse(&["250"]).unwrap().lines, [""]);
        assert!(Reply::parse(&["354 Go ahead"]).unwrap().is_positive());
        assert!(
            Reply::parse(&["421 4.3.2 Stopping"])
                .unwrap()
                .is_transient()
        );
        // The class must be the code's: this is text that looks like a code.
        assert_eq!(Reply::parse(&["250 5.1.1 ok"]).unwrap().enhanced, None);
        assert_eq!(
            Reply::parse(&[b"250 caf\xe9"]).unwrap().text(),
            "caf\u{fffd}"
        );
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
    fn a_reply_cannot_be_made_to_say_more() {
        let reply = Reply::new(501, None, "bad \r\n250 good");
        assert_eq!(reply.to_string(), "501 bad   250 good\r\n");
    }

    proptest! {
        #[test]
        fn parses_what_it_prints(
            code in 200u16..560,
            subject in proptest::option::of((0u16..1000, 0u16..1000)),
            lines_ in proptest::collection::vec("([A-Za-zé][ -~é]{0,40})?", 1..5),
        ) {
            let class = (code / 100) as u8;
            let enhanced = subject.filter(|_| class != 3).map(|(s, d)| Enhanced(class, s, d));
            let reply = Reply { code, enhanced, lines: lines_ };
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
