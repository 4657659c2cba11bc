//! The list of all commands (RFC 3501 §6, RFC 9051 §6), and the extensions that we know.

use crate::mail::message::FlagChange;
use crate::mail::protocol::imap::append::Append;
use crate::mail::protocol::imap::fetch::FetchItem;
use crate::mail::protocol::imap::list::{List, ListPattern};
use crate::mail::protocol::imap::mailbox::{MailboxName, StatusItem};
use crate::mail::protocol::imap::message_set::MessageSet;
use crate::mail::protocol::imap::search::{Search, Sort, Thread};
use crate::mail::protocol::imap::special_use::SpecialUse;

/// A command. If a field `uid` is true (`UID FETCH`), numbers are UIDs; otherwise message numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Asks what the server supports (RFC 3501 §6.1.1).
    Capability,
    /// Does nothing, but the server may send updates (RFC 3501 §6.1.2).
    Noop,
    /// Ends the conversation (RFC 3501 §6.1.3).
    Logout,
    /// Exchanges identities, as pairs; empty for NIL (RFC 2971 §3.1).
    Id(Vec<(String, Option<String>)>),
    /// Begins TLS (RFC 3501 §6.2.1).
    StartTls,
    /// Logs in by SASL (RFC 3501 §6.2.2, RFC 4959).
    Authenticate {
        /// The SASL mechanism, in upper case.
        mechanism: String,
        /// The client's first response, decoded.
        initial: Option<Vec<u8>>,
    },
    /// Logs in by name and password (RFC 3501 §6.2.3).
    Login {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// Enables these extensions; in upper case, at least one (RFC 5161 §3.1).
    Enable(Vec<String>),
    /// Selects a mailbox (RFC 3501 §6.3.1).
    Select(MailboxName),
    /// Selects a mailbox for reading only (RFC 3501 §6.3.2).
    Examine(MailboxName),
    /// Creates a mailbox (RFC 3501 §6.3.3).
    Create {
        /// Its name. A `.` at the end announces children.
        mailbox: MailboxName,
        /// Its special uses (RFC 6154 §3).
        uses: Vec<SpecialUse>,
    },
    /// Deletes a mailbox (RFC 3501 §6.3.4).
    Delete(MailboxName),
    /// Renames a mailbox (RFC 3501 §6.3.5).
    Rename {
        /// The mailbox.
        from: MailboxName,
        /// Its new name.
        to: MailboxName,
    },
    /// Subscribes to a mailbox (RFC 3501 §6.3.6).
    Subscribe(MailboxName),
    /// Ends a subscription (RFC 3501 §6.3.7).
    Unsubscribe(MailboxName),
    /// Lists mailboxes (RFC 3501 §6.3.8).
    List(List),
    /// Lists subscribed mailboxes (RFC 3501 §6.3.9).
    Lsub {
        /// The beginning of the names, in Unicode; usually empty.
        reference: String,
        /// The pattern of the names.
        pattern: ListPattern,
    },
    /// Asks where mailboxes are (RFC 2342 §5).
    Namespace,
    /// Asks for facts of a mailbox without selecting it (RFC 3501 §6.3.10).
    Status {
        /// The mailbox.
        mailbox: MailboxName,
        /// The facts; at least one, and none twice.
        items: Vec<StatusItem>,
    },
    /// Adds a message to a mailbox (RFC 3501 §6.3.11).
    Append(Append),
    /// Waits for updates until DONE (RFC 2177 §3).
    Idle,
    /// Asks for a checkpoint (RFC 3501 §6.4.1).
    Check,
    /// Closes the mailbox, and removes messages marked `\Deleted` (RFC 3501 §6.4.2).
    Close,
    /// Closes the mailbox, and removes nothing (RFC 3691 §2).
    Unselect,
    /// Removes messages marked `\Deleted` (RFC 3501 §6.4.3).
    Expunge {
        /// Only messages with these UIDs (RFC 4315 §2.1).
        uids: Option<MessageSet>,
    },
    /// Searches messages (RFC 3501 §6.4.4).
    Search {
        /// True if the reply has UIDs.
        uid: bool,
        /// The search.
        search: Search,
    },
    /// Searches messages and sorts them (RFC 5256 §3).
    Sort {
        /// True if the reply has UIDs.
        uid: bool,
        /// The search and the order.
        sort: Sort,
    },
    /// Searches messages and groups them as conversations (RFC 5256 §3).
    Thread {
        /// True if the reply has UIDs.
        uid: bool,
        /// The search and the algorithm.
        thread: Thread,
    },
    /// Asks for data of messages (RFC 3501 §6.4.5).
    Fetch {
        /// True if the set has UIDs.
        uid: bool,
        /// The messages.
        set: MessageSet,
        /// The data; at least one item.
        items: Vec<FetchItem>,
    },
    /// Changes flags (RFC 3501 §6.4.6).
    Store(StoreFlags),
    /// Copies messages (RFC 3501 §6.4.7).
    Copy(CopyMessages),
    /// Moves messages (RFC 6851 §3).
    Move(CopyMessages),
}

/// The arguments of STORE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreFlags {
    /// True if the set has UIDs.
    pub uid: bool,
    /// The messages.
    pub set: MessageSet,
    /// The change.
    pub change: FlagChange,
    /// True if the new flags are not to be told.
    pub silent: bool,
}

/// The arguments of COPY and MOVE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyMessages {
    /// True if the set has UIDs.
    pub uid: bool,
    /// The messages.
    pub set: MessageSet,
    /// The mailbox that gets them.
    pub mailbox: MailboxName,
}

impl Command {
    /// Returns the names of all commands, in upper case, without UID.
    pub fn names() -> impl Iterator<Item = &'static str> {
        super::parse::names()
    }
}
