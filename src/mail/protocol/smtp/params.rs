//! The parameters of MAIL and RCPT: `SIZE=1000 BODY=8BITMIME` (RFC 5321 §4.1.1.11).
//!
//! A keyword that this table does not know is refused, as RFC 5321 §4.1.1.11 asks for (`555`); a
//! value is checked when it is read, so the typed questions (`size()`, `body()`) cannot fail. Whoever
//! adds an extension adds a row to [`KNOWN`].

use std::fmt;

use super::SyntaxError;
use super::dsn::{self, Notify, OriginalRecipient, Ret};

/// More parameters than all extensions together define.
const MOST: usize = 32;

/// One parameter: `KEYWORD` or `KEYWORD=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    /// In upper case: keywords ignore case.
    pub keyword: String,
    /// As it was written; never empty.
    pub value: Option<String>,
}

/// The parameters of one command, in the order in which they stood, each keyword once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(Vec<Param>);

/// What kind of body is announced (RFC 6152 §3, RFC 3030 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `7BIT`: ASCII, the default.
    SevenBit,
    /// `8BITMIME`: lines of octets.
    EightBitMime,
    /// `BINARYMIME`: octets without lines, which only BDAT can carry.
    BinaryMime,
}

/// Whose parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Mail,
    Rcpt,
}

/// A parameter that is understood.
struct Known {
    verb: Verb,
    keyword: &'static str,
    is_right: fn(Option<&str>) -> bool,
}

const KNOWN: [Known; 8] = [
    // RFC 1870 §6: at most 20 digits.
    Known {
        verb: Verb::Mail,
        keyword: "SIZE",
        is_right: |value| {
            value.is_some_and(|v| v.len() <= 20 && v.bytes().all(|b| b.is_ascii_digit()))
        },
    },
    // RFC 6152 §3, RFC 3030 §3.
    Known {
        verb: Verb::Mail,
        keyword: "BODY",
        is_right: |value| value.and_then(body).is_some(),
    },
    // RFC 6531 §3.4: no value.
    Known {
        verb: Verb::Mail,
        keyword: "SMTPUTF8",
        is_right: |value| value.is_none(),
    },
    // RFC 4954 §5: taken, whatever it says; only a trusted client's would be believed.
    Known {
        verb: Verb::Mail,
        keyword: "AUTH",
        is_right: |value| value.is_some(),
    },
    // RFC 3461 §4.3.
    Known {
        verb: Verb::Mail,
        keyword: "RET",
        is_right: |value| value.and_then(Ret::parse).is_some(),
    },
    // RFC 3461 §4.4.
    Known {
        verb: Verb::Mail,
        keyword: "ENVID",
        is_right: |value| value.and_then(dsn::envid).is_some(),
    },
    // RFC 3461 §4.1.
    Known {
        verb: Verb::Rcpt,
        keyword: "NOTIFY",
        is_right: |value| value.and_then(Notify::parse).is_some(),
    },
    // RFC 3461 §4.2.
    Known {
        verb: Verb::Rcpt,
        keyword: "ORCPT",
        is_right: |value| value.and_then(OriginalRecipient::parse).is_some(),
    },
];

impl Params {
    /// No parameter.
    #[must_use]
    pub fn new() -> Params {
        Params::default()
    }

    /// The same, and this one: for clients.
    #[must_use]
    pub fn with(mut self, keyword: &str, value: Option<&str>) -> Params {
        self.0.push(Param {
            keyword: keyword.to_ascii_uppercase(),
            value: value.map(str::to_owned),
        });
        self
    }

    /// `SIZE`: how large the message will be, in octets (RFC 1870 §6). More than a `u64` holds is
    /// as much as it holds.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        Some(self.value("SIZE")?.parse().unwrap_or(u64::MAX))
    }

    /// `BODY`: what kind of body will come (RFC 6152 §3).
    #[must_use]
    pub fn body(&self) -> Option<Body> {
        body(self.value("BODY")?)
    }

    /// `RET`: how much of the message a bounce brings back (RFC 3461 §4.3).
    #[must_use]
    pub fn ret(&self) -> Option<Ret> {
        Ret::parse(self.value("RET")?)
    }

    /// `ENVID`: the sender's name for this transaction, decoded (RFC 3461 §4.4).
    #[must_use]
    pub fn envid(&self) -> Option<String> {
        dsn::envid(self.value("ENVID")?)
    }

    /// `NOTIFY`: when the sender wants to hear of this recipient (RFC 3461 §4.1).
    #[must_use]
    pub fn notify(&self) -> Option<Notify> {
        Notify::parse(self.value("NOTIFY")?)
    }

    /// `ORCPT`: whom the sender named at first (RFC 3461 §4.2).
    #[must_use]
    pub fn orcpt(&self) -> Option<OriginalRecipient> {
        OriginalRecipient::parse(self.value("ORCPT")?)
    }

    /// `SMTPUTF8`: addresses or header beyond ASCII (RFC 6531 §3.4).
    #[must_use]
    pub fn smtputf8(&self) -> bool {
        self.find("SMTPUTF8").is_some()
    }

    /// The parameter with this keyword, written in upper case.
    #[must_use]
    pub fn find(&self, keyword: &str) -> Option<&Param> {
        self.0.iter().find(|param| param.keyword == keyword)
    }

    fn value(&self, keyword: &str) -> Option<&str> {
        self.find(keyword)?.value.as_deref()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Param> {
        self.0.iter()
    }

    /// Reads what follows a path: nothing, or a space and parameters.
    pub(super) fn parse(verb: Verb, text: &str) -> Result<Params, SyntaxError> {
        let mut params = Params::new();
        if !(text.is_empty() || text.starts_with(' ')) {
            return Err(SyntaxError::Argument("a space must follow the address"));
        }
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let param = Param::parse(verb, word)?;
            if params.find(&param.keyword).is_some() {
                return Err(SyntaxError::Argument("a parameter stands there twice"));
            }
            if params.0.len() == MOST {
                return Err(SyntaxError::Argument("there are too many parameters"));
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
        let known = KNOWN
            .iter()
            .find(|known| known.verb == verb && known.keyword == keyword);
        let Some(known) = known else {
            return Err(SyntaxError::UnknownParameter(shortened(word)));
        };
        // RFC 5321 §4.1.2, esmtp-value: at least one character, no `=`.
        let well_formed = value.is_none_or(|v| !v.is_empty() && !v.contains('='));
        if !well_formed || !(known.is_right)(value) {
            return Err(SyntaxError::Argument(match known.keyword {
                "SIZE" => "SIZE wants a number of octets",
                "BODY" => "BODY is 7BIT or 8BITMIME",
                "RET" => "RET is FULL or HDRS",
                "ENVID" => "ENVID wants at most 100 characters in xtext",
                "NOTIFY" => "NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY",
                "ORCPT" => "ORCPT wants a type and an address in xtext: rfc822;bob@example.org",
                _ => "a parameter has a wrong value",
            }));
        }
        Ok(Param {
            keyword,
            value: value.map(str::to_owned),
        })
    }
}

/// With a space before each parameter, as they follow a path.
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

fn body(value: &str) -> Option<Body> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Some(Body::SevenBit),
        "8BITMIME" => Some(Body::EightBitMime),
        "BINARYMIME" => Some(Body::BinaryMime),
        _ => None,
    }
}

/// A reply repeats what it does not know, but not a whole screen of it.
fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use super::*;

    #[test]
    fn what_parameters_mean() {
        let params =
            Params::parse(Verb::Mail, " size=1000  Body=8bitMIME SMTPUTF8 AUTH=<> ").unwrap();
        assert_eq!(params.size(), Some(1000));
        assert_eq!(params.body(), Some(Body::EightBitMime));
        assert!(params.smtputf8());
        assert_eq!(
            params.to_string(),
            " SIZE=1000 BODY=8bitMIME SMTPUTF8 AUTH=<>"
        );

        let dsn = Params::parse(Verb::Mail, " RET=hdrs ENVID=a+2Bb BODY=BINARYMIME").unwrap();
        assert_eq!(
            (dsn.ret(), dsn.envid()),
            (Some(Ret::Headers), Some("a+b".to_owned()))
        );
        assert_eq!(dsn.body(), Some(Body::BinaryMime));
        let dsn = Params::parse(Verb::Rcpt, " NOTIFY=NEVER ORCPT=rfc822;b@x").unwrap();
        assert_eq!(dsn.notify(), Some(Notify::NEVER));
        assert_eq!(dsn.orcpt().unwrap().to_string(), "rfc822;b@x");

        let huge = Params::parse(Verb::Mail, " SIZE=99999999999999999999").unwrap();
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
            let error = Params::parse(verb, text).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
        }
    }
}
