//! The arguments of the commands that have some, but for LOGIN and FETCH, which are in `parse.rs`.

use super::{Command, CopyMessages, StoreFlags};
use crate::mail::protocol::imap::cursor::{Bound, Cursor, Parsed, utf8};
use crate::mail::protocol::imap::flags;
use crate::mail::protocol::imap::list::ListPattern;
use crate::mail::protocol::imap::mailbox::{self, MailboxName, StatusItem};
use crate::mail::protocol::imap::message_set::MessageSet;
use crate::mail::protocol::imap::special_use::SpecialUse;
use crate::mail::protocol::sasl;
use crate::mail::protocol::span::Role;

/// RFC 2971 §3.3: at most 30 pairs of ID.
const ID_PAIRS: Bound = Bound { most: 30, expected: "at most 30 pairs in ID" };

/// RFC 2971 §3.1: pairs of strings in one list, or NIL.
pub(super) fn id(cursor: &mut Cursor<'_>) -> Parsed<Command> {
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

pub(super) fn authenticate(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let error = cursor.expected("a mechanism and, perhaps, a first response in base64");
    let argument = str::from_utf8(cursor.take_rest()).map_err(|_| error)?;
    let (mechanism, initial) = sasl::parse(argument).map_err(|_| error)?;
    Ok(Command::Authenticate { mechanism, initial })
}

pub(super) fn enable(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let names = cursor.separated(|cursor| {
        let expected = "the name of an extension";
        let name = cursor.named(Role::Capability, |cursor| cursor.atom(expected))?;
        Ok(name.to_ascii_uppercase())
    })?;
    Ok(Command::Enable(names))
}

/// RFC 6154 §3: of the parameters that RFC 4466 §2.2 allows, there is only this one.
pub(super) fn create(cursor: &mut Cursor<'_>) -> Parsed<Command> {
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

pub(super) fn rename(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let from = MailboxName::parse(cursor)?;
    cursor.space()?;
    let to = MailboxName::parse(cursor)?;
    Ok(Command::Rename { from, to })
}

pub(super) fn lsub(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let reference = mailbox::parse_reference(cursor)?;
    cursor.space()?;
    let pattern = ListPattern::parse(cursor)?;
    Ok(Command::Lsub { reference, pattern })
}

pub(super) fn status(cursor: &mut Cursor<'_>) -> Parsed<Command> {
    let mailbox = MailboxName::parse(cursor)?;
    cursor.space()?;
    let items = StatusItem::parse_all(cursor)?;
    Ok(Command::Status { mailbox, items })
}

pub(super) fn store(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<Command> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let (change, silent) = flags::parse_change(cursor)?;
    Ok(Command::Store(StoreFlags { uid, set, change, silent }))
}

pub(super) fn copy(cursor: &mut Cursor<'_>, uid: bool) -> Parsed<CopyMessages> {
    let set = MessageSet::parse(cursor)?;
    cursor.space()?;
    let mailbox = MailboxName::parse(cursor)?;
    Ok(CopyMessages { uid, set, mailbox })
}
