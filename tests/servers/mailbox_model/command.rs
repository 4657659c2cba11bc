//! What a client can say, as it stands on the wire.

use std::fmt;

use super::mailbox::{Flags, list};

/// The mailboxes of the model; a number stands for a name.
pub const MAILBOXES: [&str; 2] = ["INBOX", "Work"];

/// An IMAP command.
#[derive(Clone, Debug)]
pub enum Command {
    Select { mailbox: usize, read_only: bool },
    Close,
    Unselect,
    Noop,
    Check,
    Idle,
    Done,
    Status { mailbox: usize },
    Append { mailbox: usize, flags: Flags, text: String },
    Store { which: Which, change: Change, silent: bool },
    Fetch { which: Which, items: &'static [Item] },
    Search { by_uid: bool, key: Key },
    Copy { which: Which, to: usize },
    Move { which: Which, to: usize },
    Expunge { only: Option<Set> },
}

/// Messages by number, or by UID.
#[derive(Clone, Debug)]
pub struct Which {
    pub by_uid: bool,
    pub set: Set,
}

/// A sequence set (RFC 3501 §9); `None` is `*`.
#[derive(Clone, Debug)]
pub struct Set(pub Vec<(Option<u32>, Option<u32>)>);

/// What STORE does with flags.
#[derive(Clone, Debug)]
pub enum Change {
    Replace(Flags),
    Add(Flags),
    Remove(Flags),
}

/// What FETCH asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Flags,
    Uid,
    Size,
    /// A piece beyond the text's end: empty, but the message counts as read.
    Read,
}

/// What SEARCH looks for.
#[derive(Clone, Debug)]
pub enum Key {
    All,
    Recent,
    New,
    Old,
    Flag(&'static str),
    Keyword(&'static str),
    Numbers(Set),
    Uids(Set),
    Not(Box<Key>),
    Both(Box<Key>, Box<Key>),
}

/// The flags for which SEARCH has a word of its own.
pub const SEARCHED: [(&str, &str); 5] = [
    ("ANSWERED", "\\Answered"),
    ("DELETED", "\\Deleted"),
    ("DRAFT", "\\Draft"),
    ("FLAGGED", "\\Flagged"),
    ("SEEN", "\\Seen"),
];

impl Change {
    /// Flags after this change.
    pub fn of(&self, before: &Flags) -> Flags {
        match self {
            Change::Replace(flags) => flags.clone(),
            Change::Add(flags) => before | flags,
            Change::Remove(flags) => before - flags,
        }
    }
}

impl Set {
    /// Is this number in the set, when `*` stands for the largest?
    pub fn contains(&self, number: u32, largest: u32) -> bool {
        self.0.iter().any(|(one, other)| {
            let (one, other) = (one.unwrap_or(largest), other.unwrap_or(largest));
            (one.min(other)..=one.max(other)).contains(&number)
        })
    }

    /// Does it name a message number that there is not?
    pub fn exceeds(&self, count: u32) -> bool {
        let ends = self.0.iter().flat_map(|(one, other)| [one, other]);
        count == 0 || ends.flatten().any(|number| *number > count)
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Select { mailbox, read_only } => {
                let verb = if *read_only { "EXAMINE" } else { "SELECT" };
                write!(f, "{verb} {}", MAILBOXES[*mailbox])
            }
            Command::Close => f.write_str("CLOSE"),
            Command::Unselect => f.write_str("UNSELECT"),
            Command::Noop => f.write_str("NOOP"),
            Command::Check => f.write_str("CHECK"),
            Command::Idle => f.write_str("IDLE"),
            Command::Done => f.write_str("DONE"),
            Command::Status { mailbox } => {
                let name = MAILBOXES[*mailbox];
                write!(f, "STATUS {name} (MESSAGES RECENT UIDNEXT UNSEEN)")
            }
            Command::Append { mailbox, flags, text } => {
                let (name, flags) = (MAILBOXES[*mailbox], list(flags));
                write!(f, "APPEND {name} ({flags}) {{{}+}}\r\n{text}", text.len())
            }
            Command::Store { which, change, silent } => {
                let silent = if *silent { ".SILENT" } else { "" };
                let (sign, flags) = match change {
                    Change::Replace(flags) => ("", flags),
                    Change::Add(flags) => ("+", flags),
                    Change::Remove(flags) => ("-", flags),
                };
                let uid = which.uid();
                write!(f, "{uid}STORE {} {sign}FLAGS{silent} ({})", which.set, list(flags))
            }
            Command::Fetch { which, items } => {
                let items: Vec<&str> = items.iter().map(|item| item.asked()).collect();
                write!(f, "{}FETCH {} ({})", which.uid(), which.set, items.join(" "))
            }
            Command::Search { by_uid, key } => {
                write!(f, "{}SEARCH {key}", if *by_uid { "UID " } else { "" })
            }
            Command::Copy { which, to } => {
                write!(f, "{}COPY {} {}", which.uid(), which.set, MAILBOXES[*to])
            }
            Command::Move { which, to } => {
                write!(f, "{}MOVE {} {}", which.uid(), which.set, MAILBOXES[*to])
            }
            Command::Expunge { only: None } => f.write_str("EXPUNGE"),
            Command::Expunge { only: Some(set) } => write!(f, "UID EXPUNGE {set}"),
        }
    }
}

impl Which {
    fn uid(&self) -> &'static str {
        if self.by_uid { "UID " } else { "" }
    }
}

impl Item {
    fn asked(self) -> &'static str {
        match self {
            Item::Flags => "FLAGS",
            Item::Uid => "UID",
            Item::Size => "RFC822.SIZE",
            Item::Read => "BODY[TEXT]<99999.1>",
        }
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |end: &Option<u32>| end.map_or("*".to_owned(), |number| number.to_string());
        let range = |(one, other): &(Option<u32>, Option<u32>)| {
            if one == other { end(one) } else { format!("{}:{}", end(one), end(other)) }
        };
        let ranges: Vec<String> = self.0.iter().map(range).collect();
        f.write_str(&ranges.join(","))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::All => f.write_str("ALL"),
            Key::Recent => f.write_str("RECENT"),
            Key::New => f.write_str("NEW"),
            Key::Old => f.write_str("OLD"),
            Key::Flag(word) => f.write_str(word),
            Key::Keyword(keyword) => write!(f, "KEYWORD {keyword}"),
            Key::Numbers(set) => write!(f, "{set}"),
            Key::Uids(set) => write!(f, "UID {set}"),
            Key::Not(key) => write!(f, "NOT {key}"),
            Key::Both(one, other) => write!(f, "({one} {other})"),
        }
    }
}
