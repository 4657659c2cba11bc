//! `OK`, `NO`, `BAD`, `BYE` and `PREAUTH`, with a response code and a text for people
//! (RFC 3501 §7.1).

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::sequence::SequenceSet;
use crate::mail::protocol::span::Role;

/// A condition, perhaps a code, and a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How it went.
    pub condition: Condition,
    /// What a program should know of it.
    pub code: Option<Code>,
    /// What a person should; perhaps empty.
    pub text: String,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was done.
    Ok,
    /// It was not done.
    No,
    /// It was no command.
    Bad,
    /// The server closes the connection.
    Bye,
    /// The client need not log in (only as a greeting).
    PreAuth,
}

/// What stands in brackets (RFC 3501 §7.1, RFC 4315 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// The text must be shown to a person.
    Alert,
    /// What the server can do, in upper case.
    Capability(Vec<String>),
    /// The flags that can be kept.
    PermanentFlags(FlagList),
    /// The mailbox is open for reading only.
    ReadOnly,
    /// The mailbox is open for reading and writing.
    ReadWrite,
    /// The mailbox does not exist, but could be made.
    TryCreate,
    /// The UID that the next message will have, at least.
    UidNext(u32),
    /// Changes when the UIDs start anew.
    UidValidity(u32),
    /// The number of the first message that has not been read.
    Unseen(u32),
    /// The UIDs of messages that were appended.
    AppendUid(AppendUid),
    /// The UIDs of messages that were copied or moved.
    CopyUid(CopyUid),
    /// Something else, as it stands between the brackets.
    Other(String),
}

/// Where messages are that were appended (RFC 4315 §3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppendUid {
    /// The mailbox's UIDVALIDITY.
    pub validity: u32,
    /// The new UIDs.
    pub uids: SequenceSet,
}

/// Where messages are that were copied or moved, old and new UIDs in the same order (RFC 4315 §3).
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
    /// The condition with this name, in upper case.
    pub(super) fn named(word: &str) -> Option<Condition> {
        Some(match word {
            "OK" => Condition::Ok,
            "NO" => Condition::No,
            "BAD" => Condition::Bad,
            "BYE" => Condition::Bye,
            "PREAUTH" => Condition::PreAuth,
            _ => return None,
        })
    }
}

impl Status {
    /// Was it done?
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.condition == Condition::Ok
    }

    /// Reads a condition and all that follows it.
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
        Ok(Status {
            condition,
            code,
            text: String::from_utf8_lossy(text).into_owned(),
        })
    }
}

impl Code {
    /// Reads `[…]` from the front. A code that is known but has strange arguments is `Other`.
    fn parse(cursor: &mut Cursor<'_>) -> Parsed<Code> {
        let mut ahead = cursor.clone();
        if let Ok(code) = Code::known(&mut ahead) {
            *cursor = ahead;
            return Ok(code);
        }
        cursor.expect(b'[', "an opening bracket")?;
        let is_name = |byte| !matches!(byte, b' ' | b']');
        let mut inside = cursor
            .named(Role::ResponseCode, |cursor| Ok(cursor.take_while(is_name)))?
            .to_vec();
        inside.extend(cursor.named(Role::Value, |cursor| {
            Ok(cursor.take_while(|byte| byte != b']'))
        })?);
        cursor.expect(b']', "a closing bracket")?;
        Ok(Code::Other(String::from_utf8_lossy(&inside).into_owned()))
    }

    fn known(cursor: &mut Cursor<'_>) -> Parsed<Code> {
        cursor.expect(b'[', "an opening bracket")?;
        let name = cursor.named(Role::ResponseCode, |cursor| cursor.atom("a response code"))?;
        let name = name.to_ascii_uppercase();
        let code = match name.as_str() {
            "ALERT" => Code::Alert,
            "READ-ONLY" => Code::ReadOnly,
            "READ-WRITE" => Code::ReadWrite,
            "TRYCREATE" => Code::TryCreate,
            _ => {
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

fn number(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    cursor.named(Role::Number, Cursor::nz_number)
}
