//! What can go wrong in the store, each as one sentence.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the store could not do something.
#[derive(Debug)]
pub enum StoreError {
    /// There is no such mailbox.
    NoSuchMailbox(String),
    /// There is such a mailbox already.
    MailboxExists(String),
    /// The name cannot name a mailbox or an account; the second text says why.
    BadName(String, &'static str),
    /// It is no mailbox, but a place above others.
    HasChildren(String),
    /// Another mailbox, the second, is for this already.
    UseTaken(String, String),
    /// The message was removed meanwhile.
    MessageGone,
    /// The disk said no.
    Disk(PathBuf, io::Error),
}

impl StoreError {
    /// For `map_err`: the disk's error, with the path that it is about.
    pub(crate) fn disk(path: impl AsRef<Path>) -> impl FnOnce(io::Error) -> StoreError {
        move |error| StoreError::Disk(path.as_ref().to_path_buf(), error)
    }

    /// Did the disk say that there is no such file?
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, StoreError::Disk(_, error) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::NoSuchMailbox(name) => write!(f, "there is no mailbox {name:?}"),
            StoreError::MailboxExists(name) => write!(f, "there is a mailbox {name:?} already"),
            StoreError::BadName(name, why) => {
                let shown: String = name.chars().take(60).collect();
                write!(f, "{shown:?} cannot be a name: {why}")
            }
            StoreError::HasChildren(name) => {
                write!(f, "{name:?} is only the place above other mailboxes")
            }
            StoreError::UseTaken(special_use, name) => {
                write!(f, "there is a mailbox for {special_use} already: {name:?}")
            }
            StoreError::MessageGone => f.write_str("the message is gone"),
            StoreError::Disk(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for StoreError {}
