//! The secrets of TLS handshakes, as lines of an NSS key log: for Wireshark, to decrypt with.
//!
//! OpenSSL tells each secret in the thread of its handshake. It goes to the file that was asked for,
//! if one was, and to the tap of the connection, if there is one; otherwise nowhere. Whoever has these
//! lines reads everything that was recorded of those connections, so nothing is written unasked.
//!
//! The format: `LABEL CLIENT_RANDOM SECRET`, the last two in hexadecimal
//! (draft-ietf-tls-keylogfile, which all TLS libraries and Wireshark share).

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Can secrets be had? Of the TLS libraries that native-tls stands on, only OpenSSL tells them.
pub const ARE_TOLD: bool = cfg!(not(target_vendor = "apple"));

/// The file of the whole program.
static LOG: Mutex<Option<File>> = Mutex::new(None);

thread_local! {
    /// What was heard in this thread for the tap of its handshake; `None`: nobody listens.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From now on appends the secrets of every handshake of this program, of servers and clients, to a
/// file. One that is made here only its owner can read; one that is there keeps its rights.
///
/// # Errors
/// When the file cannot be opened.
pub fn log_to(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(file)?;
    *LOG.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    Ok(())
}

/// Begins or ends to keep what is heard in this thread.
pub(super) fn listen(listen: bool) {
    HEARD.set(listen.then(String::new));
}

/// What was heard since the last time.
pub(super) fn take() -> Option<String> {
    HEARD.with_borrow_mut(|heard| {
        heard
            .as_mut()
            .filter(|heard| !heard.is_empty())
            .map(std::mem::take)
    })
}

/// A line of a key log, without its ending.
#[cfg_attr(target_vendor = "apple", allow(dead_code))] // Nobody tells secrets there.
pub(super) fn heard(line: &str) {
    HEARD.with_borrow_mut(|heard| {
        if let Some(heard) = heard {
            heard.push_str(line);
            heard.push('\n');
        }
    });
    let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(file) = log.as_mut() else { return };
    // One write, so that several programs can share a file.
    if let Err(error) = file.write_all(format!("{line}\n").as_bytes()) {
        log::warn!("the key log cannot be written any more: {error}");
        *log = None;
    }
}
