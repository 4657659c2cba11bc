//! The store's errors, each as one sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// An error of the store.
#[derive(Debug)]
pub enum StoreError {
    /// The mailbox does not exist.
    NoSuchMailbox(String),
    /// The mailbox exists already.
    MailboxExists(String),
    /// The first text cannot name a mailbox or an account; the second says why.
    BadName(String, &'static str),
    /// The name is no mailbox, but a level above others.
    HasChildren(String),
    /// The special use (first) belongs to another mailbox (second).
    UseTaken(String, String),
    /// The message was removed in the meantime.
    MessageGone,
    /// The disk failed.
    Disk(PathBuf, io::Error),
}

impl StoreError {
    /// Adds the path to an error of the disk; for `map_err`.
    pub(crate) fn disk(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> StoreError {
        move |error| StoreError::Disk(path.as_ref().to_path_buf(), error)
    }

    /// True if the file or folder does not exist.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, StoreError::Disk(_, error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::NoSuchMailbox(name) => write!(f, "there is no mailbox {name:?}"),
            StoreError::MailboxExists(name) => write!(f, "mailbox {name:?} already exists"),
            StoreError::BadName(name, why) => {
                let shown: String = name.chars().take(60).collect();
                write!(f, "{shown:?} cannot be a name: {why}")
            }
            StoreError::HasChildren(name) => {
                write!(f, "{name:?} contains other mailboxes only")
            }
            StoreError::UseTaken(special_use, name) => {
                write!(f, "a mailbox for {special_use} already exists: {name:?}")
            }
            StoreError::MessageGone => f.write_str("the message is gone"),
            StoreError::Disk(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {}
