//! In step mode each line of a client waits at a gate, where it can be edited.

use std::io::Cursor;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::play;
use pillarbox::client::{Gate, Hello, SmtpClient};

/// Returns a closed gate, and a channel that gets a message for each held line.
fn closed() -> (Gate, Receiver<()>) {
    let (sender, held) = channel();
    let gate = Gate::guarded(move || sender.send(()).unwrap());
    gate.close();
    (gate, held)
}

/// Waits for the next held line; returns it as text, and its ticket.
fn next(gate: &Gate, held: &Receiver<()>) -> (String, u64) {
    held.recv().unwrap();
    let waiting = gate.waiting();
    assert_eq!(waiting.len(), 1);
    let line = String::from_utf8_lossy(&waiting[0].line).into_owned();
    (line, waiting[0].ticket)
}

#[test]
fn each_line_waits_and_can_be_edited_and_a_body_does_not_wait() {
    let (mut endpoint, _server) = play("smtp/edited-sender");
    let (gate, held) = closed();
    endpoint.gate = gate.clone();
    let client = thread::spawn(move || {
        let hello = Hello::Name("lab".to_owned());
        let mut client = SmtpClient::connect_as(&endpoint, hello).unwrap();
        let mut message = Cursor::new("one\r\ntwo\r\n");
        client.send("a@here.test", &["b@here.test"], &mut message).unwrap();
        client.quit().unwrap();
    });
    let mut said = Vec::new();
    for edited in [None, Some("MAIL FROM:<mallory@here.test>"), None] {
        let (line, ticket) = next(&gate, &held);
        gate.let_pass(ticket, edited.map(|line| line.as_bytes().to_vec()));
        said.push(line);
    }
    assert_eq!(said, ["EHLO lab", "MAIL FROM:<a@here.test>", "RCPT TO:<b@here.test>"]);
    assert_eq!(next(&gate, &held).0, "DATA");
    gate.open();
    client.join().unwrap();
    assert!(gate.waiting().is_empty());
}
