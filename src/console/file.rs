//! A message from a file, as the wire wants it.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::client::Crlf;
use crate::limits;
use crate::mail::net::dot::Stuffed;

/// The contents of a message's file, its lines ended by CRLF.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, String> {
    let name = file.display();
    let size = fs::metadata(file)
        .map_err(|error| format!("{name} cannot be read: {error}"))?
        .len();
    if size > limits::READABLE as u64 {
        return Err(format!(
            "{name} is too big for the console; `pillarbox send` takes any size"
        ));
    }
    let mut contents = Vec::new();
    File::open(file)
        .and_then(|file| Crlf::new(file).read_to_end(&mut contents))
        .map_err(|error| format!("{name} cannot be read: {error}"))?;
    Ok(contents)
}

/// A message as DATA sends it: dots stuffed, and the lone dot at its end (RFC 5321 §4.5.2).
pub(super) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(message.len() + 5);
    // To read memory does not fail.
    let _ = Stuffed::new(message).read_to_end(&mut octets);
    octets
}
