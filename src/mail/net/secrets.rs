//! The secrets of TLS handshakes, as lines of an NSS key log: for Wireshark, to decrypt with.
//!
//! OpenSSL reports each secret in the thread of its handshake. It goes to the key log file if there is
//! one, and to the connection's tap if there is one. With these lines, everything that was recorded of
//! a connection can be decrypted, so nothing is written unless a user asks for it.
//!
//! The format: `LABEL CLIENT_RANDOM SECRET`, the last two in hexadecimal
//! (draft-ietf-tls-keylogfile, which all TLS libraries and Wireshark share).

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// True if the TLS library reports secrets: of those that native-tls uses, only OpenSSL does.
pub const ARE_TOLD: bool = cfg!(not(target_vendor = "apple"));

/// The key log of the whole program.
static LOG: Mutex<Option<File>> = Mutex::new(None);

thread_local! {
    /// The secrets of this thread's handshake, for its tap; `None` without a tap.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Appends the secrets of every later handshake of this program to a file.
///
/// A new file can be read by its owner only; an existing file keeps its permissions.
///
/// # Errors
/// When the file cannot be opened.
pub fn log_to(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).mode(0o600).open(file)?;
    *LOG.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    Ok(())
}

/// Begins to keep this thread's secrets, for a tap.
pub(super) fn begin() {
    HEARD.set(Some(String::new()));
}

/// Stops keeping this thread's secrets.
pub(super) fn end() {
    HEARD.set(None);
}

/// Takes the secrets that came since the last call.
pub(super) fn take() -> Option<String> {
    HEARD.with_borrow_mut(|heard| match heard {
        Some(lines) if !lines.is_empty() => Some(std::mem::take(lines)),
        _ => None,
    })
}

/// Takes in a secret: a line of a key log, without its ending.
#[cfg_attr(target_vendor = "apple", allow(dead_code))] // Secrets are not reported there.
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
