//! The grammar of each command's arguments (RFC 3501 §9, `command-any` to `command-select`).
//!
//! Three tables name every command: those without arguments, those with, and those on messages,
//! before which UID may stand.

use super::{Command, CopyMessages, StoreFlags};
use crate::mail::protocol::imap::append::Append;
use crate::mail::protocol::imap::cursor::{Bound, Cursor, Parsed, utf8};
use crate::mail::protocol::imap::fetch::FetchItem;
use crate::mail::protocol::imap::flags;
use crate::mail::protocol::imap::list::{List, ListPattern};
use crate::mail::protocol::imap::mailbox::{self, MailboxName, StatusItem};
use crate::mail::protocol::imap::message_set::MessageSet;
use crate::mail::protocol::imap::search::{Search, Sort, Thread};
use crate::mail::protocol::imap::special_use::SpecialUse;
use crate::mail::protocol::sasl;
use crate::mail::protocol::span::Role;

/// RFC 2971 §3.3: at most 30 pairs of ID.
const ID_PAIRS: Bound = Bound {
    most: 30,
    expected: "at most 30 pairs in ID",
};

/// The commands without arguments.
const ALONE: [(&str, Command); 10] = [
    ("CAPABILITY", Command::Capability),
    ("NOOP", Command::Noop),
    ("LOGOUT", Command::Logout),
    ("STARTTLS", Command::StartTls),
    ("NAMESPACE", Command::Namespace),
    ("IDLE", Command::Idle),
    ("CHECK", Command::Check),
    ("CLOSE", Command::Close),
    ("UNSELECT", Command::Unselect),
    ("EXPUNGE", Command::Expunge { uids: None }),
];

/// Reads what follows a command's name and the space behind it.
type ParseArguments = fn(&mut Cursor<'_>) -> Parsed<Command>;

/// The commands with arguments.
const WITH_ARGUMENTS: [(&str, ParseArguments); 15] = [
    ("ID", id),
    ("AUTHENTICATE", authenticate),
    ("LOGIN", login),
    ("ENABLE", enable),
    ("SELECT", |c| MailboxName::parse(c).map(Command::Select)),
    ("EXAMINE", |c| MailboxName::parse(c).map(Command::Examine)),
    ("CREATE", create),
    ("DELETE", |c| MailboxName::parse(c).map(Command::Delete)),
    ("RENAME", rename),
    ("SUBSCRIBE", |c| {
        MailboxName::parse(c).map(Command::Subscribe)
    }),
    ("UNSUBSCRIBE", |c| {
        MailboxName::parse(c).map(Command::Unsubscribe)
    }),
    ("LIST", |c| List::parse(c).map(Command::List)),
    ("LSUB", lsub),
    ("STATUS", status),
    ("APPEND", |c| {
        Append::parse_arguments(c).map(Command::Append)
    }),
];

/// Reads what follows the name of a command on messages; true when UID stood before it.
type OnMessages = fn(&mut Cursor<'_>, bool) -> Parsed<Command>;

/// The commands on messages.
const ON_MESSAGES: [(&str, OnMessages); 7] = [
    ("SEARCH", |c, uid| {
        Search::parse(c).map(|search| Command::Search { uid, search })
    }),
    ("SORT", |c, uid| {
        Sort::parse(c).map(|sort| Command::Sort { uid, sort })
    }),
    ("THREAD", |c, uid| {
        Thread::parse(c).map(|thread| Command::Thread { uid, thread })
    }),
    ("FETCH", fetch),
    ("STORE", store),
    ("COPY", |c, uid| copy(c, uid).map(Command::Copy)),
    ("MOVE", |c, uid| copy(c, uid).map(Command::Move)),
];

/// The names in all three tables.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let alone = ALONE.iter().map(|(name, _)| *name);
    let with_arguments = WITH_ARGUMENTS.iter().map(|(name, _)| *name);
    let on_messages = ON_MESSAGES.iter().map(|(name, _)| *name);
    alone.chain(with_arguments).chain(on_messages)
}

/// Reads all that follows the tag.
pub(super) fn command(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    cursor.space()?;
    let mut unknown = cursor.expected("the name of a command");
    let mut name = verb(cursor, unknown.expected)?;
    let uid = name == "UID";
    if uid {
        cursor.space()?;
        unknown = cursor.expected("a command that has a UID form");
        name = verb(cursor, unknown.expected)?;
    }
    let command = if let Some(arguments) = find(&ON_MESSAGES, &name) {
        cursor.space()?;
        arguments(cursor, uid)?
    } else if uid && name == "EXPUNGE" {
        cursor.space()?;
        let uids = Some(MessageSet::parse(cursor)?);
        Command::Expunge { uids }
    } else if uid {
        return Err(unknown);
    } else if let Some(arguments) = find(&WITH_ARGUMENTS, &name) {
        cursor.space()?;
        arguments(cursor)?
    } else {
        find(&ALONE, &name).ok_or(unknown)?
    };
    cursor.end()?;
    Ok(command)
}

fn verb(cursor: &mut Cursor<'_>, expected: &'static str) -> Parsed<String> {
    let name = cursor.named(Role::Verb, |cursor| cursor.atom(expected))?;
    Ok(name.to_ascii_uppercase())
}

fn find<T: Clone>(table: &[(&str, T)], name: &str) -> Option<T> {
    let row = table.iter().find(|(candidate, _)| *candidate == name)?;
    Some(row.1.clone())
}

/// RFC 2971 §3.1: pairs of strings in one list, or NIL.
fn id(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    if cursor.eat_text("NIL") {
        return Ok(Command::Id(Vec::new()));
    }
    let pairs = cursor.list_or_empty_within(ID_PAIRS, |cursor| {
        let error = cursor.expected("a string in UTF-8");
        let expected = "a field's name as a string";
        let field = cursor.named(Role::Option, |cursor| cursor.string(expected))?;
        let field = utf8(field).ok_or(error)?;
        cursor.space()?;
        let error = cursor.expected("a string in UTF-8");
        let expected = "a field's value as a string, or NIL";
        let value = match cursor.named(Role::Value, |cursor| cursor.nstring(expected))? {
            Some(value) => Some(utf8(value).ok_or(error)?),
            None => None,
        };
        Ok((field, value))
    })?;
    Ok(Command::Id(pairs))
}

fn authenticate(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let error = cursor.expected("a mechanism and, perhaps, a first response in base64");
    let argument = str::from_utf8(cursor.take_rest()).map_err(|_| error)?;
    let (mechanism, initial) = sasl::parse(argument).map_err(|_| error)?;
    Ok(Command::Authenticate { mechanism, initial })
}

fn login(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let user = cursor.named(Role::UserName, |cursor| cursor.text("a user name"))?;
    cursor.space()?;
    let password = cursor.named(Role::Password, |cursor| cursor.text("a password"))?;
    Ok(Command::Login { user, password })
}

fn enable(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let names = cursor.separated(|cursor| {
        let expected = "the name of an extension";
        let name = cursor.named(Role::Capability, |cursor| cursor.atom(expected))?;
        Ok(name.to_ascii_uppercase())
    })?;
    Ok(Command::Enable(names))
}

/// RFC 6154 §3: of the parameters that RFC 4466 §2.2 allows, there is only this one.
fn create(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let mailbox = MailboxName::parse(cursor)?;
    let mut uses = Vec::new();
    if cursor.eat(b' ') {
        if !cursor.eat_text("(USE ") {
            return cursor.fail("special uses, as in (USE (\\Drafts))");
        }
        uses = cursor.list_or_empty(SpecialUse::parse)?;
        cursor.expect(b')', "a closing parenthesis")?;
    }
    Ok(Command::Create { mailbox, uses })
}

fn rename(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let from = MailboxName::parse(cursor)?;
    cursor.space()?;
    let to = MailboxName::parse(cursor)?;
    Ok(Command::Rename { from, to })
}

fn lsub(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let reference = mailbox::parse_reference(cursor)?;
    cursor.space()?;
    let pattern = ListPattern::parse(cursor)?;
    Ok(Command::Lsub { reference, pattern })
}

fn status(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let mailbox = MailboxName::parse(cursor)?;
    cursor.space()?;
    let items = StatusItem::parse_all(cursor)?;
    Ok(Command::Status { mailbox, items })
}

fn fetch(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Command> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let items = FetchItem::parse_all(cursor)?;
    Ok(Command::Fetch { uid, set, items })
}

fn store(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Command> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let (change, silent) = flags::parse_change(cursor)?;
    Ok(Command::Store(StoreFlags {
        uid,
        set,
        change,
        silent,
    }))
}

fn copy(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<CopyMessages> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let mailbox = MailboxName::parse(cursor)?;
    Ok(CopyMessages { uid, set, mailbox })
}
