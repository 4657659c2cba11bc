//! Measures what recording costs a server: no recording, the journal, a capture, and both.
//!
//! `cargo bench --bench recording` prints figures and judges nothing.
// A benchmark stops when something fails.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;
use std::io::Cursor;
use std::thread;
use std::time::Instant;

use common::Lab;
use pillarbox::client::{Endpoint, ImapClient, Security, SmtpClient};

/// What is recorded, each with its configuration.
const RECORDINGS: [(&str, &str); 4] = [
    ("nothing", "[store]\njournal =\n"),
    ("the journal", ""),
    ("a capture", "[store]\njournal =\n[capture]\nfile = lab.pcapng\nkeys = yes\n"),
    ("both", "[capture]\nfile = lab.pcapng\nkeys = yes\n"),
];

/// The number of clients at once, and of the messages that each of them sends.
const CLIENTS: usize = 8;
const MESSAGES: usize = 250;

fn main() {
    println!(
        "{:<14} {:>14} {:>14} {:>14} {:>14}",
        "recorded", "deliveries", "20 MB in", "20 MB out", "octets"
    );
    for (what, config) in RECORDINGS {
        let mut lab = Lab::with(config);
        let deliveries = deliveries(&lab);
        let (sent, read) = large_message(&lab);
        assert_eq!(lab.interrupt(), 0);
        let octets = fs::metadata(lab.path().join("lab.pcapng")).map_or(0, |file| file.len());
        println!("{what:<14} {deliveries:>12.0}/s {sent:>9.0} MB/s {read:>9.0} MB/s {octets:>14}");
    }
}

/// Measures durable deliveries of 4 KB per second.
fn deliveries(lab: &Lab) -> f64 {
    let smtp = Endpoint::new("localhost", lab.port("smtp"), Security::Plain, lab.ca());
    let text = format!("Subject: bench\r\n\r\n{}", "0123456789abcdef\r\n".repeat(230));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                let mut client = SmtpClient::connect(&smtp).unwrap();
                for _ in 0..MESSAGES {
                    let mut message = Cursor::new(text.as_bytes());
                    client.send("a@elsewhere.test", &["bob@pillarbox.test"], &mut message).unwrap();
                }
            });
        }
    });
    (CLIENTS * MESSAGES) as f64 / start.elapsed().as_secs_f64()
}

/// Measures 20 MB in by SMTPS and out by IMAPS, in megabytes per second.
fn large_message(lab: &Lab) -> (f64, f64) {
    let text =
        format!("Subject: bench\r\n\r\n{}", format!("{}\r\n", "x".repeat(76)).repeat(260_000));
    let timed = |act: &mut dyn FnMut()| {
        let start = Instant::now();
        act();
        text.len() as f64 / 1e6 / start.elapsed().as_secs_f64()
    };
    let endpoint = |service| Endpoint::new("localhost", lab.port(service), Security::Tls, lab.ca());
    let sent = timed(&mut || {
        let mut client = SmtpClient::connect(&endpoint("smtps")).unwrap();
        client.login("alice", "wonderland").unwrap();
        let mut message = Cursor::new(text.as_bytes());
        client.send("alice@pillarbox.test", &["carol@pillarbox.test"], &mut message).unwrap();
    });
    let read = timed(&mut || {
        let mut client = ImapClient::connect(&endpoint("imaps")).unwrap();
        client.login("carol", "chimney").unwrap();
        let newest = client.select("INBOX").unwrap().uid_next - 1;
        client.fetch_body(newest, &mut std::io::sink()).unwrap();
    });
    (sent, read)
}
