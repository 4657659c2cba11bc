//! The clients against a scripted server, which plays the conversations in the folders beside.

mod auth;
mod gate;
mod hostile;
mod imap;
mod pipelined;
mod pop3;
mod server;
mod smtp;
mod socket;

use std::fs;
use std::io::Write;
use std::path::Path;

use pillarbox::client::{Endpoint, Security};

use self::server::{ScriptedServer, play_script, serve};

/// Starts a server that plays the conversation in this file and closes: `imap/append`.
fn play(name: &str) -> (Endpoint, ScriptedServer) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/scripted");
    play_script(&fs::read_to_string(folder.join(name).with_extension("txt")).unwrap())
}

/// Starts a server that sends these octets, without waiting for commands, and closes.
fn say(octets: impl Into<Vec<u8>>) -> (Endpoint, ScriptedServer) {
    let octets = octets.into();
    serve(move |stream| stream.write_all(&octets).unwrap())
}
