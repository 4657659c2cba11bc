//! The interactive console, as a person and as a pipe use it: `pillarbox smtp`, `pop3`, `imap`.
//!
//! A pseudo-terminal takes the place of the person: it sends keys, and reads the screen.

mod others;
mod person;
mod piped;

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::Lab;
use rexpect::session::{PtySession, spawn_command};

/// The longest time to wait for text on a screen, in milliseconds: the machine may be busy.
const PATIENCE: u64 = 60_000;

/// Returns the program with these words, which runs in this folder and keeps its history there.
fn console(words: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pillarbox"));
    command.args(words).current_dir(folder);
    command.env("XDG_DATA_HOME", folder.join("data"));
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    command
}

/// A person who uses the program.
struct Person {
    terminal: PtySession,
}

impl Person {
    fn at(words: &[&str], folder: &Path) -> Person {
        let terminal = spawn_command(console(words, folder), Some(PATIENCE)).unwrap();
        Person { terminal }
    }

    /// Types this and presses Enter.
    fn types(&mut self, line: &str) {
        self.keys(&format!("{line}\r"));
    }

    /// Presses these keys.
    fn keys(&mut self, keys: &str) {
        self.terminal.send(keys).unwrap();
        self.terminal.flush().unwrap();
    }

    /// Waits until this is on the screen, and returns the text before it.
    fn sees(&mut self, text: &str) -> String {
        let seen = self.terminal.exp_string(text);
        seen.unwrap_or_else(|error| panic!("{text:?} is not on the screen: {error}"))
    }

    /// Leaves, and waits for the end.
    fn leaves(mut self) -> String {
        self.types("/quit");
        self.terminal.exp_eof().unwrap()
    }
}

/// Returns the address of a lab's server: `127.0.0.1:PORT`.
fn place(lab: &Lab, protocol: &str) -> String {
    format!("localhost:{}", lab.port(protocol))
}

/// Plays a saved script, and returns what it shows.
fn replay(script: &Path, place: &str, ca: &Path, secret: &str) -> String {
    let mut command =
        console(&["demo", script.to_str().unwrap(), "--fast"], script.parent().unwrap());
    command.args(["--against", place, "--ca", ca.to_str().unwrap()]);
    command.env("PILLARBOX_SECRET_1", secret);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    let text = fs::read_to_string(script).unwrap();
    assert!(output.status.success(), "{said}\n{text}");
    said
}
