//! The laboratory's servers as the window knows them: where they listen, what is in their mailboxes,
//! what waits in their queue.

use std::net::SocketAddr;

use jiff::Timestamp;

use crate::server::Listening;

/// What is known of the servers inside.
#[derive(Default)]
pub struct BuiltInServers {
    /// Are they open?
    pub standing: ServersState,
    /// Their mail, as it was counted last.
    pub counts: Counts,
    /// Why it could not be counted.
    pub trouble: Option<String>,
}

/// Are the servers inside open?
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServersState {
    /// Nobody has looked yet.
    #[default]
    Unknown,
    /// They are not, and could be.
    Closed,
    /// They are about to be.
    Opening,
    /// They listen here.
    Open(Vec<Listening>),
    /// They are ending their conversations.
    Closing,
    /// Another program has this address: `pillarbox serve`, most likely.
    Elsewhere(SocketAddr),
    /// They could not be opened, and this says why.
    Failed(String),
}

/// The mail of the servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Each mailbox of each account.
    pub mailboxes: Vec<MailboxRow>,
    /// What waits for other servers: a row for each recipient.
    pub queue: Vec<QueueRow>,
}

/// A mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxRow {
    /// Whose.
    pub account: String,
    /// Its name.
    pub mailbox: String,
    /// How many messages are in it.
    pub messages: usize,
    /// How many of them were not read.
    pub unread: usize,
}

/// A recipient of a message that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRow {
    /// The message's name in the queue.
    pub id: String,
    /// Who sent it.
    pub from: String,
    /// Who is to get it.
    pub to: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next.
    pub next: Timestamp,
    /// What was answered last.
    pub why: String,
}

/// What the worker tells.
pub enum News {
    /// Whether the servers are open.
    Stands(ServersState),
    /// Their mail, or why it cannot be counted.
    Counted(Result<Counts, String>),
}

impl BuiltInServers {
    /// Takes in what the worker has told.
    pub fn take(&mut self, news: News) {
        match news {
            News::Stands(standing) => {
                if !matches!(standing, ServersState::Open(_)) {
                    self.counts = Counts::default();
                }
                self.trouble = None;
                self.standing = standing;
            }
            News::Counted(Ok(counts)) => (self.counts, self.trouble) = (counts, None),
            News::Counted(Err(why)) => self.trouble = Some(why),
        }
    }

    /// Are the servers inside open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.standing, ServersState::Open(_))
    }

    /// Do servers listen, ours or another program's?
    #[must_use]
    pub fn is_served(&self) -> bool {
        self.is_open() || matches!(self.standing, ServersState::Elsewhere(_))
    }

    /// How they stand, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match &self.standing {
            ServersState::Unknown => "Looking whether servers run already.".to_owned(),
            ServersState::Closed => {
                "No server runs here. Start them, and this window is a whole post office."
                    .to_owned()
            }
            ServersState::Opening => "The servers are starting.".to_owned(),
            ServersState::Open(_) => {
                "The servers run inside this window, and stop when it is closed.".to_owned()
            }
            ServersState::Closing => "The servers say goodbye to their clients.".to_owned(),
            ServersState::Elsewhere(address) => format!(
                "Another program listens at {address}, most likely pillarbox serve in a terminal: \
                 this window uses it. What happens inside it, it shows itself."
            ),
            ServersState::Failed(why) => format!("The servers could not start: {why}"),
        }
    }
}
