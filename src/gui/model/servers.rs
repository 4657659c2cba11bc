//! The built-in servers as the window shows them: their state, their mailboxes, and their queue.

use std::net::SocketAddr;

use jiff::Timestamp;

use crate::server::Listening;

/// The built-in servers.
#[derive(Default)]
pub struct BuiltInServers {
    /// Whether they are open.
    pub state: ServersState,
    /// Their mail, as it was counted last.
    pub counts: Counts,
    /// Why the mail could not be counted.
    pub error: Option<String>,
}

/// Whether the built-in servers are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServersState {
    /// Not known yet.
    #[default]
    Unknown,
    /// They are closed, and their ports are free.
    Closed,
    /// They are starting.
    Opening,
    /// They listen at these addresses.
    Open(Vec<Listening>),
    /// They are ending their conversations.
    Closing,
    /// Another program listens at this address, most likely `pillarbox serve`.
    Elsewhere(SocketAddr),
    /// They could not be opened, for this reason.
    Failed(String),
}

/// The number of messages in the mailboxes and in the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// A row for each mailbox of each account.
    pub mailboxes: Vec<MailboxRow>,
    /// A row for each recipient to whom a message could not be delivered yet.
    pub queue: Vec<QueueRow>,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRow {
    /// Its account.
    pub account: String,
    /// Its name.
    pub mailbox: String,
    /// The number of messages in it.
    pub messages: usize,
    /// The number of unread messages.
    pub unread: usize,
}

/// A recipient of a message in the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The message's name in the queue.
    pub id: String,
    /// Its sender.
    pub from: String,
    /// The recipient.
    pub to: String,
    /// The number of attempts so far.
    pub attempts: u32,
    /// The time of the next attempt.
    pub next: Timestamp,
    /// The last answer of the other server.
    pub why: String,
}

impl BuiltInServers {
    /// Sets the state. Servers that are not open have no mail.
    pub fn set_state(&mut self, state: ServersState) {
        self.state = state;
        self.error = None;
        if !self.is_open() {
            self.counts = Counts::default();
        }
    }

    /// Sets the counts, or the reason why the mail could not be counted.
    pub fn set_counts(&mut self, counts: Result<Counts, String>) {
        match counts {
            Ok(counts) => {
                self.counts = counts;
                self.error = None;
            }
            Err(why) => self.error = Some(why),
        }
    }

    /// True if they are open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state, ServersState::Open(_))
    }

    /// True if servers listen, these or another program's.
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.is_open() || matches!(self.state, ServersState::Elsewhere(_))
    }

    /// The state as a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.state {
            ServersState::Unknown => "Checking whether servers are already running.".to_owned(),
            ServersState::Closed => {
                "No server runs here. Start the servers, and this window is a whole post office."
                    .to_owned()
            }
            ServersState::Opening => "The servers are starting.".to_owned(),
            ServersState::Open(_) => {
                "The servers run inside this window, and stop when it is closed.".to_owned()
            }
            ServersState::Closing => "The servers are ending their conversations.".to_owned(),
            ServersState::Elsewhere(address) => format!(
                "Another program listens at {address}, most likely pillarbox serve in a terminal. This window uses \
                 that program's servers, but cannot show their mailboxes and their queue."
            ),
            ServersState::Failed(why) => format!("The servers could not start: {why}"),
        }
    }
}
