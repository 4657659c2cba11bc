//! Commands as they go on the wire: the inverse of `parse.rs`.

use std::fmt;

use super::{Command, CopyMessages, Tagged};
use crate::mail::protocol::imap::flags::StoreItem;
use crate::mail::protocol::imap::mailbox::{Astring, Quoted};
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::imap::string::Spaced;
use crate::mail::protocol::sasl;

/// The whole command without the CRLF at its end. Text that cannot be quoted is a literal, for which a
/// client must stop and wait (RFC 3501 §4.3).
impl fmt::Display for Tagged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tag, self.command)
    }
}

/// The command without its tag.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Capability => f.write_str("CAPABILITY"),
            Command::Noop => f.write_str("NOOP"),
            Command::Logout => f.write_str("LOGOUT"),
            Command::Id(pairs) => write!(f, "ID {}", IdPairs(pairs)),
            Command::StartTls => f.write_str("STARTTLS"),
            Command::Authenticate { mechanism, initial } => {
                let argument = sasl::Argument(mechanism, initial.as_deref());
                write!(f, "AUTHENTICATE {argument}")
            }
            Command::Login { user, password } => {
                write!(f, "LOGIN {} {}", Astring(user), Astring(password))
            }
            Command::Enable(names) => write!(f, "ENABLE {}", names.join(" ")),
            Command::Select(mailbox) => write!(f, "SELECT {mailbox}"),
            Command::Examine(mailbox) => write!(f, "EXAMINE {mailbox}"),
            Command::Create { mailbox, uses } if uses.is_empty() => write!(f, "CREATE {mailbox}"),
            Command::Create { mailbox, uses } => {
                write!(f, "CREATE {mailbox} (USE ({}))", Spaced(uses))
            }
            Command::Delete(mailbox) => write!(f, "DELETE {mailbox}"),
            Command::Rename { from, to } => write!(f, "RENAME {from} {to}"),
            Command::Subscribe(mailbox) => write!(f, "SUBSCRIBE {mailbox}"),
            Command::Unsubscribe(mailbox) => write!(f, "UNSUBSCRIBE {mailbox}"),
            Command::List(list) => write!(f, "LIST {list}"),
            Command::Lsub { reference, pattern } => {
                write!(f, "LSUB {} {pattern}", Astring(&mutf7::encode(reference)))
            }
            Command::Namespace => f.write_str("NAMESPACE"),
            Command::Status { mailbox, items } => {
                write!(f, "STATUS {mailbox} ({})", Spaced(items))
            }
            Command::Append(append) => write!(f, "APPEND {append}"),
            Command::Idle => f.write_str("IDLE"),
            Command::Check => f.write_str("CHECK"),
            Command::Close => f.write_str("CLOSE"),
            Command::Unselect => f.write_str("UNSELECT"),
            on_messages => on_messages.print_on_messages(f),
        }
    }
}

impl Command {
    fn print_on_messages(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = |uid: &bool| if *uid { "UID " } else { "" };
        match self {
            Command::Expunge { uids: None } => f.write_str("EXPUNGE"),
            Command::Expunge { uids: Some(set) } => write!(f, "UID EXPUNGE {set}"),
            Command::Search { uid, search } => write!(f, "{}SEARCH {search}", form(uid)),
            Command::Sort { uid, sort } => write!(f, "{}SORT {sort}", form(uid)),
            Command::Thread { uid, thread } => write!(f, "{}THREAD {thread}", form(uid)),
            Command::Fetch { uid, set, items } => {
                write!(f, "{}FETCH {set} ({})", form(uid), Spaced(items))
            }
            Command::Store(store) => {
                let change = StoreItem(&store.change, store.silent);
                write!(f, "{}STORE {} {change}", form(&store.uid), store.set)
            }
            Command::Copy(CopyMessages { uid, set, mailbox }) => {
                write!(f, "{}COPY {set} {mailbox}", form(uid))
            }
            Command::Move(CopyMessages { uid, set, mailbox }) => {
                write!(f, "{}MOVE {set} {mailbox}", form(uid))
            }
            _ => Ok(()),
        }
    }
}

/// Prints the argument of ID (RFC 2971 §3.1).
pub(in crate::mail::protocol::imap) struct IdPairs<'a>(
    pub(in crate::mail::protocol::imap) &'a [(String, Option<String>)],
);

impl fmt::Display for IdPairs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (field, value)) in self.0.iter().enumerate() {
            let before = if position == 0 { "(" } else { " " };
            write!(f, "{before}{} ", Quoted(field))?;
            match value {
                Some(value) => write!(f, "{}", Quoted(value))?,
                None => f.write_str("NIL")?,
            }
        }
        f.write_str(if self.0.is_empty() { "NIL" } else { ")" })
    }
}
