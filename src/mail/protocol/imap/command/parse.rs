//! The grammar of commands (RFC 3501 §9, `command-any` to `command-select`).
//!
//! Three tables name every command: those without arguments, those with arguments, and those on
//! messages, which may follow UID. The longer arguments are in `arguments.rs`.

use super::Command;
use super::arguments::{authenticate, copy, create, enable, id, lsub, rename, status, store};
use crate::mail::protocol::imap::append::Append;
use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::imap::fetch::FetchItem;
use crate::mail::protocol::imap::list::List;
use crate::mail::protocol::imap::mailbox::MailboxName;
use crate::mail::protocol::imap::message_set::MessageSet;
use crate::mail::protocol::imap::search::{Search, Sort, Thread};
use crate::mail::protocol::span::Role;

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

/// Parses what follows a command's name and a space.
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
    ("SUBSCRIBE", |c| MailboxName::parse(c).map(Command::Subscribe)),
    ("UNSUBSCRIBE", |c| MailboxName::parse(c).map(Command::Unsubscribe)),
    ("LIST", |c| List::parse(c).map(Command::List)),
    ("LSUB", lsub),
    ("STATUS", status),
    ("APPEND", |c| Append::parse_arguments(c).map(Command::Append)),
];

/// Parses what follows the name of a command on messages; true after UID.
type OnMessages = fn(&mut Cursor<'_>, bool) -> Parsed<Command>;

/// The commands on messages.
const ON_MESSAGES: [(&str, OnMessages); 7] = [
    ("SEARCH", |c, uid| Search::parse(c).map(|search| Command::Search { uid, search })),
    ("SORT", |c, uid| Sort::parse(c).map(|sort| Command::Sort { uid, sort })),
    ("THREAD", |c, uid| Thread::parse(c).map(|thread| Command::Thread { uid, thread })),
    ("FETCH", fetch),
    ("STORE", store),
    ("COPY", |c, uid| copy(c, uid).map(Command::Copy)),
    ("MOVE", |c, uid| copy(c, uid).map(Command::Move)),
];

/// Returns the names in all three tables.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let alone = ALONE.iter().map(|(name, _)| *name);
    let with_arguments = WITH_ARGUMENTS.iter().map(|(name, _)| *name);
    let on_messages = ON_MESSAGES.iter().map(|(name, _)| *name);
    alone.chain(with_arguments).chain(on_messages)
}

/// Parses all that follows the tag.
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

fn login(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let user = cursor.named(Role::UserName, |cursor| cursor.text("a user name"))?;
    cursor.space()?;
    let password = cursor.named(Role::Password, |cursor| cursor.text("a password"))?;
    Ok(Command::Login { user, password })
}

fn fetch(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Command> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let items = FetchItem::parse_all(cursor)?;
    Ok(Command::Fetch { uid, set, items })
}
