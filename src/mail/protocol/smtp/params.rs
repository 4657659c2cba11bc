//! The parameters of MAIL and RCPT: `SIZE=1000 BODY=8BITMIME` (RFC 5321 §4.1.1.11).
//!
//! [`KNOWN`] is the table of the keywords, and `dsn.rs` has those of DSN. Any other keyword is refused
//! with `555`, as RFC 5321 §4.1.1.11 requires. Values are checked while they are parsed, so `size()`
//! and `body()` cannot fail.

use std::fmt;

use super::{SyntaxError, dsn};
use crate::limits;
use crate::mail::protocol::line_cursor::LineCursor;
use crate::mail::protocol::span::Role;

/// One parameter: `KEYWORD` or `KEYWORD=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// In upper case: keywords ignore case.
    pub keyword: String,
    /// As it was written; never empty.
    pub value: Option<String>,
}

/// The parameters of one command in their order, each keyword once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

/// The kind of body that MAIL announces (RFC 6152 §3, RFC 3030 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// `7BIT`: ASCII, the default.
    SevenBit,
    /// `8BITMIME`: lines of octets.
    EightBitMime,
    /// `BINARYMIME`: octets without lines, which only BDAT can carry.
    BinaryMime,
}

/// The command that a parameter belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Mail,
    Rcpt,
}

/// A row of the table: a parameter that is understood.
pub(super) struct KnownParam {
    pub(super) verb: Verb,
    pub(super) keyword: &'static str,
    pub(super) is_valid: fn(Option<&str>) -> bool,
    /// The error for a wrong value.
    pub(super) usage: &'static str,
}

/// The parameters of RFC 5321 and of the extensions that every transaction may use.
const KNOWN: [KnownParam; 4] = [
    KnownParam {
        verb: Verb::Mail,
        keyword: "SIZE",
        is_valid: |value| value.is_some_and(is_size),
        usage: "SIZE needs a number of octets",
    },
    KnownParam {
        verb: Verb::Mail,
        keyword: "BODY",
        is_valid: |value| value.and_then(body_type).is_some(),
        usage: "BODY is 7BIT or 8BITMIME",
    },
    KnownParam {
        verb: Verb::Mail,
        keyword: "SMTPUTF8", // RFC 6531 §3.4
        is_valid: |value| value.is_none(),
        usage: "SMTPUTF8 has no value",
    },
    // RFC 4954 §5: accepted with any value; only a trusted client's value would be believed.
    KnownParam {
        verb: Verb::Mail,
        keyword: "AUTH",
        is_valid: |value| value.is_some(),
        usage: "AUTH needs an address or <>",
    },
];

/// RFC 1870 §6: at most 20 digits.
fn is_size(value: &str) -> bool {
    value.len() <= 20 && value.bytes().all(|b| b.is_ascii_digit())
}

impl Params {
    /// No parameters.
    #[must_use]
    pub fn new() -> Params {
        Params::default()
    }

    /// Adds a parameter; clients build a command with it.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: Option<&str>) -> Params {
        self.0
            .push(Param { keyword: keyword.to_ascii_uppercase(), value: value.map(str::to_owned) });
        self
    }

    /// `SIZE`: the announced size of the message in octets (RFC 1870 §6), at most `u64::MAX`.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        Some(self.value("SIZE")?.parse().unwrap_or(u64::MAX))
    }

    /// `BODY`: the kind of body that will come (RFC 6152 §3).
    #[must_use]
    pub fn body(&self) -> Option<BodyType> {
        body_type(self.value("BODY")?)
    }

    /// `SMTPUTF8`: addresses or header have characters beyond ASCII (RFC 6531 §3.4).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.find("SMTPUTF8").is_some()
    }

    /// The parameter with this keyword, which is in upper case.
    #[must_use]
    pub fn find(&self, keyword: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.keyword == keyword)
    }

    /// The value of the parameter with this keyword, as it was written.
    #[must_use]
    pub fn value(&self, keyword: &str) -> Option<&str> {
        self.find(keyword)?.value.as_deref()
    }

    /// All parameters.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.0.iter()
    }

    /// Takes the rest of a line after a path: nothing, or a space and parameters.
    pub(super) fn take(line: &mut LineCursor<'_>, verb: Verb) -> Result<Params, SyntaxError> {
        let has_space = line.peek_word().is_empty();
        let mut words = Vec::new();
        loop {
            match line.word(Role::Parameter) {
                "" => break,
                word => words.push(word),
            }
        }
        if !has_space {
            return Err(SyntaxError::Argument("a space must follow the address"));
        }
        if words.len() > limits::SMTP_PARAMETERS {
            return Err(SyntaxError::Argument("there are too many parameters"));
        }
        let mut params = Params::new();
        for word in words {
            let param = Param::parse(verb, word)?;
            if params.find(&param.keyword).is_some() {
                return Err(SyntaxError::Argument("a parameter occurs twice"));
            }
            params.0.push(param);
        }
        Ok(params)
    }
}

impl Param {
    fn parse(verb: Verb, word: &str) -> Result<Param, SyntaxError> {
        let (keyword, value) = match word.split_once('=') {
            Some((keyword, value)) => (keyword, Some(value)),
            None => (word, None),
        };
        let keyword = keyword.to_ascii_uppercase();
        let mut all = KNOWN.iter().chain(&dsn::KNOWN);
        let known = all.find(|known| known.verb == verb && known.keyword == keyword);
        let Some(known) = known else {
            return Err(SyntaxError::UnknownParameter(shortened(word)));
        };
        // RFC 5321 §4.1.2, esmtp-value: at least one character, no `=`.
        let well_formed = value.is_none_or(|v| !v.is_empty() && !v.contains('='));
        if !well_formed || !(known.is_valid)(value) {
            return Err(SyntaxError::Argument(known.usage));
        }
        Ok(Param { keyword, value: value.map(str::to_owned) })
    }
}

/// A space before each parameter, as they follow a path.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Param { keyword, value } in &self.0 {
            write!(f, " {keyword}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

fn body_type(value: &str) -> Option<BodyType> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Some(BodyType::SevenBit),
        "8BITMIME" => Some(BodyType::EightBitMime),
        "BINARYMIME" => Some(BodyType::BinaryMime),
        _ => None,
    }
}

/// The beginning of an unknown parameter, for the reply.
fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::smtp::{Notify, Ret};

    fn parse(verb: Verb, text: &str) -> Result<Params, SyntaxError> {
        Params::take(&mut LineCursor::new(text.as_bytes()), verb)
    }

    #[test]
    fn what_parameters_mean() {
        let params = parse(Verb::Mail, " size=1000  Body=8bitMIME SMTPUTF8 AUTH=<> ").unwrap();
        assert_eq!(params.size(), Some(1000));
        assert_eq!(params.body(), Some(BodyType::EightBitMime));
        assert!(params.smtputf8());
        assert_eq!(params.to_string(), " SIZE=1000 BODY=8bitMIME SMTPUTF8 AUTH=<>");

        let dsn = parse(Verb::Mail, " RET=hdrs ENVID=a+2Bb BODY=BINARYMIME").unwrap();
        assert_eq!((dsn.ret(), dsn.envid()), (Some(Ret::Headers), Some("a+b".to_owned())));
        assert_eq!(dsn.body(), Some(BodyType::BinaryMime));
        let dsn = parse(Verb::Rcpt, " NOTIFY=NEVER ORCPT=rfc822;b@x").unwrap();
        assert_eq!(dsn.notify(), Some(Notify::NEVER));
        assert_eq!(dsn.orcpt().unwrap().to_string(), "rfc822;b@x");

        let huge = parse(Verb::Mail, " SIZE=99999999999999999999").unwrap();
        assert_eq!(huge.size(), Some(u64::MAX));
        assert_eq!(Params::new().size(), None);
    }

    #[test]
    fn wrong_parameters() {
        let rows = [
            (Verb::Mail, " SIZE", 501),
            (Verb::Mail, " SIZE=", 501),
            (Verb::Mail, " SIZE=-1", 501),
            (Verb::Mail, " SIZE=1 SIZE=2", 501),
            (Verb::Mail, " SIZE=999999999999999999999", 501),
            (Verb::Mail, " BODY=9BIT", 501),
            (Verb::Mail, " SMTPUTF8=yes", 501),
            (Verb::Mail, "SIZE=1", 501),
            (Verb::Mail, " COLOUR=blue", 555),
            (Verb::Mail, " =", 555),
            (Verb::Rcpt, " SIZE=1", 555),
            (Verb::Mail, " RET=SOME", 501),
            (Verb::Mail, " ENVID=a+0Ab", 501),
            (Verb::Mail, " NOTIFY=NEVER", 555),
            (Verb::Rcpt, " NOTIFY=NEVER,DELAY", 501),
            (Verb::Rcpt, " ORCPT=bob", 501),
        ];
        for (verb, text, code) in rows {
            let error = parse(verb, text).unwrap_err();
            assert_eq!(error.reply().code, code, "{text}");
        }
    }
}
