//! Status responses: OK, NO, BAD, BYE, PREAUTH, with a response code and a text (RFC 3501 §7.1).

use std::fmt;

use crate::mail::protocol::imap::cursor::{Cursor, Parsed, word_for};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::sequence::SequenceSet;
use crate::mail::protocol::imap::string::Spaced;
use crate::mail::protocol::span::Role;

/// A condition, an optional code, and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The condition.
    pub condition: Condition,
    /// The part for programs.
    pub code: Option<Code>,
    /// The part for people; it may be empty.
    pub text: String,
}

/// How a command ended, or the state of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The command succeeded.
    Ok,
    /// The command failed.
    No,
    /// The command was invalid.
    Bad,
    /// The server closes the connection.
    Bye,
    /// The client is already authenticated (only in a greeting).
    PreAuth,
}

/// A response code in brackets (RFC 3501 §7.1, RFC 4315 §3, RFC 5530 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// ALERT: the text must be shown to a person.
    Alert,
    /// CAPABILITY: what the server supports, in upper case when parsed.
    Capability(Vec<String>),
    /// CLOSED: the mailbox that was selected before is closed (RFC 9051 §7.1).
    Closed,
    /// PERMANENTFLAGS: the flags that a client can change permanently.
    PermanentFlags(FlagList),
    /// READ-ONLY: the mailbox is selected for reading only.
    ReadOnly,
    /// READ-WRITE: the mailbox is selected for reading and writing.
    ReadWrite,
    /// TRYCREATE: the mailbox does not exist, but can be created.
    TryCreate,
    /// UIDNEXT: no later message has a lower UID.
    UidNext(u32),
    /// UIDVALIDITY: changes when the UIDs start anew.
    UidValidity(u32),
    /// UNSEEN: the number of the first message without `\Seen`.
    Unseen(u32),
    /// APPENDUID: where the appended messages are.
    AppendUid(AppendUid),
    /// COPYUID: where the copied or moved messages are.
    CopyUid(CopyUid),
    /// A code that gives the reason of a failure.
    Refusal(RefusalCode),
    /// Any other code, as it is between the brackets.
    Other(String),
}

/// A code without arguments that gives the reason of a failure (RFC 5530 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// The mailbox exists already.
    AlreadyExists,
    /// The name or the password is wrong.
    AuthenticationFailed,
    /// The operation can never succeed.
    Cannot,
    /// Some of the messages were expunged by another client.
    ExpungeIssued,
    /// The name is only a place above other mailboxes (RFC 9051 §7.1).
    HasChildren,
    /// Another client uses the mailbox.
    InUse,
    /// A limit of the server was exceeded.
    Limit,
    /// The mailbox does not exist.
    Nonexistent,
    /// There is no more room.
    OverQuota,
    /// The command needs an encrypted connection.
    PrivacyRequired,
    /// The server failed.
    ServerBug,
    /// The message or the command is too large (RFC 4469 §4.2).
    TooBig,
    /// A part of the server is down for now.
    Unavailable,
    /// A part is in an unknown transfer encoding (RFC 3516 §4.3).
    UnknownCte,
    /// The special use is not supported, or taken (RFC 6154 §3).
    UseAttr,
}

/// The UIDs of appended messages (RFC 4315 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendUid {
    /// The mailbox's UIDVALIDITY.
    pub validity: u32,
    /// The new UIDs.
    pub uids: SequenceSet,
}

/// The UIDs of copied or moved messages, old and new in the same order (RFC 4315 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyUid {
    /// The UIDVALIDITY of the mailbox that has the copies.
    pub validity: u32,
    /// The UIDs of the originals.
    pub from: SequenceSet,
    /// The UIDs of the copies.
    pub to: SequenceSet,
}

impl Condition {
    const NAMES: [(&'static str, Condition); 5] = [
        ("OK", Condition::Ok),
        ("NO", Condition::No),
        ("BAD", Condition::Bad),
        ("BYE", Condition::Bye),
        ("PREAUTH", Condition::PreAuth),
    ];

    /// Returns the condition with this name, in upper case.
    pub(super) fn named(word: &str) -> Option<Condition> {
        let row = Condition::NAMES.iter().find(|(name, _)| *name == word);
        row.map(|(_, condition)| *condition)
    }
}

impl Status {
    /// A status without a code.
    pub fn new(condition: Condition, text: impl Into<String>) -> Status {
        Status { condition, code: None, text: text.into() }
    }

    /// Adds a code.
    #[must_use]
    pub fn with(mut self, code: Code) -> Status {
        self.code = Some(code);
        self
    }

    /// True if the command succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.condition == Condition::Ok
    }

    /// Parses a condition and all that follows it.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Status> {
        let error = cursor.expected("OK, NO, BAD, BYE or PREAUTH");
        let word = cursor.named(Role::Status, |cursor| cursor.atom(error.expected))?;
        let condition = Condition::named(&word.to_ascii_uppercase()).ok_or(error)?;
        // RFC 3501 §9, `resp-text`: a space and a text must follow; some servers leave them out.
        let mut code = None;
        if cursor.eat(b' ') && cursor.peek() == Some(b'[') {
            code = Some(Code::parse(cursor)?);
            cursor.eat(b' ');
        }
        let text = cursor.named(Role::Text, |cursor| Ok(cursor.take_rest()))?;
        Ok(Status { condition, code, text: String::from_utf8_lossy(text).into_owned() })
    }
}

impl Code {
    /// The codes without arguments.
    const WORDS: [(&'static str, Code); 20] = [
        ("ALERT", Code::Alert),
        ("CLOSED", Code::Closed),
        ("READ-ONLY", Code::ReadOnly),
        ("READ-WRITE", Code::ReadWrite),
        ("TRYCREATE", Code::TryCreate),
        ("ALREADYEXISTS", Code::Refusal(RefusalCode::AlreadyExists)),
        ("AUTHENTICATIONFAILED", Code::Refusal(RefusalCode::AuthenticationFailed)),
        ("CANNOT", Code::Refusal(RefusalCode::Cannot)),
        ("EXPUNGEISSUED", Code::Refusal(RefusalCode::ExpungeIssued)),
        ("HASCHILDREN", Code::Refusal(RefusalCode::HasChildren)),
        ("INUSE", Code::Refusal(RefusalCode::InUse)),
        ("LIMIT", Code::Refusal(RefusalCode::Limit)),
        ("NONEXISTENT", Code::Refusal(RefusalCode::Nonexistent)),
        ("OVERQUOTA", Code::Refusal(RefusalCode::OverQuota)),
        ("PRIVACYREQUIRED", Code::Refusal(RefusalCode::PrivacyRequired)),
        ("SERVERBUG", Code::Refusal(RefusalCode::ServerBug)),
        ("TOOBIG", Code::Refusal(RefusalCode::TooBig)),
        ("UNAVAILABLE", Code::Refusal(RefusalCode::Unavailable)),
        ("UNKNOWN-CTE", Code::Refusal(RefusalCode::UnknownCte)),
        ("USEATTR", Code::Refusal(RefusalCode::UseAttr)),
    ];

    /// Parses `[…]` from the front. A known code with strange arguments is `Other`.
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Code> {
        let mut ahead = cursor.clone();
        if let Ok(code) = Code::known(&mut ahead) {
            *cursor = ahead;
            return Ok(code);
        }
        cursor.expect(b'[', "an opening bracket")?;
        let is_name = |byte| !matches!(byte, b' ' | b']');
        let mut inside =
            cursor.named(Role::ResponseCode, |cursor| Ok(cursor.take_while(is_name)))?.to_vec();
        inside.extend(
            cursor.named(Role::Value, |cursor| Ok(cursor.take_while(|byte| byte != b']')))?,
        );
        cursor.expect(b']', "a closing bracket")?;
        Ok(Code::Other(String::from_utf8_lossy(&inside).into_owned()))
    }

    fn known(cursor: &mut Cursor<'_>) -> Parsed<Code> {
        cursor.expect(b'[', "an opening bracket")?;
        let name = cursor.named(Role::ResponseCode, |cursor| cursor.atom("a response code"))?;
        let name = name.to_ascii_uppercase();
        let word = Code::WORDS.iter().find(|(word, _)| *word == name);
        let code = match word {
            Some((_, code)) => code.clone(),
            None => {
                cursor.space()?;
                Code::with_argument(cursor, &name)?
            }
        };
        cursor.expect(b']', "a closing bracket")?;
        Ok(code)
    }

    fn with_argument(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Code> {
        Ok(match name {
            "CAPABILITY" => Code::Capability(cursor.separated(|cursor| {
                let word = cursor.named(Role::Capability, |cursor| cursor.atom("a capability"))?;
                Ok(word.to_ascii_uppercase())
            })?),
            "PERMANENTFLAGS" => Code::PermanentFlags(FlagList::parse(cursor)?),
            "UIDNEXT" => Code::UidNext(number(cursor)?),
            "UIDVALIDITY" => Code::UidValidity(number(cursor)?),
            "UNSEEN" => Code::Unseen(number(cursor)?),
            "APPENDUID" => {
                let validity = number(cursor)?;
                cursor.space()?;
                let uids = SequenceSet::parse(cursor)?;
                Code::AppendUid(AppendUid { validity, uids })
            }
            "COPYUID" => {
                let validity = number(cursor)?;
                cursor.space()?;
                let from = SequenceSet::parse(cursor)?;
                cursor.space()?;
                let to = SequenceSet::parse(cursor)?;
                Code::CopyUid(CopyUid { validity, from, to })
            }
            _ => return cursor.fail("a known response code"),
        })
    }
}

#[cfg(test)]
impl Condition {
    /// Returns every condition.
    pub(super) fn all() -> impl Iterator<Item = Condition> {
        Condition::NAMES.into_iter().map(|(_, condition)| condition)
    }
}

#[cfg(test)]
impl Code {
    /// Returns every code without arguments.
    pub(super) fn words() -> impl Iterator<Item = Code> {
        Code::WORDS.into_iter().map(|(_, code)| code)
    }
}

/// As on the wire: `NO [TRYCREATE] no mailbox "x"`.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(word_for(&Condition::NAMES, &self.condition))?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        if !self.text.is_empty() {
            write!(f, " {}", self.text)?;
        }
        Ok(())
    }
}

/// As on the wire, without the brackets: `UIDNEXT 5`.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Code::Capability(words) => write!(f, "CAPABILITY {}", Spaced(words)),
            Code::PermanentFlags(flags) => write!(f, "PERMANENTFLAGS {flags}"),
            Code::UidNext(uid) => write!(f, "UIDNEXT {uid}"),
            Code::UidValidity(validity) => write!(f, "UIDVALIDITY {validity}"),
            Code::Unseen(number) => write!(f, "UNSEEN {number}"),
            Code::AppendUid(AppendUid { validity, uids }) => {
                write!(f, "APPENDUID {validity} {uids}")
            }
            Code::CopyUid(CopyUid { validity, from, to }) => {
                write!(f, "COPYUID {validity} {from} {to}")
            }
            Code::Other(text) => f.write_str(text),
            word => f.write_str(word_for(&Code::WORDS, word)),
        }
    }
}

fn number(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    cursor.named(Role::Number, Cursor::nz_number)
}
