//! `kill -9` while mail is being relayed: what was acknowledged arrives, and hardly ever twice.
// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

mod common;
#[allow(dead_code, reason = "the other tests use the rest")]
#[path = "relay/hop.rs"]
mod hop;

use std::collections::HashMap;
use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use common::Lab;
use hop::Hop;
use pillarbox::client::{ClientError, Endpoint, Security, SmtpClient};

/// Kills, unless `PILLARBOX_KILLS` says how many.
const KILLS: usize = 8;

/// Sends messages until the server dies; the error has the number of the first that was not acknowledged.
fn send_until_killed(endpoint: &Endpoint, first: usize) -> Result<(), (usize, ClientError)> {
    let mut client = SmtpClient::connect(endpoint).map_err(|error| (first, error))?;
    client
        .login("alice", "wonderland")
        .map_err(|error| (first, error))?;
    for number in first.. {
        let message = format!("Subject: number {number};\r\n\r\nHello\r\n");
        let sent = client.send(
            "alice@pillarbox.test",
            &["bob@b.test"],
            &mut Cursor::new(message),
        );
        sent.map_err(|error| (number, error))?;
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_arrives_whenever_the_server_dies() {
    // The hop counts, and the server dies when it has counted enough.
    let counted = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&counted);
    let hop = Hop::answering(move |line| {
        count.fetch_add(usize::from(line == "."), Ordering::SeqCst);
        None
    });
    let mut lab = Lab::with(&format!("[routes]\nb.test = 127.0.0.1:{}\n", hop.port));
    let kills = std::env::var("PILLARBOX_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut number = 0;
    let mut acknowledged = Vec::new();
    for round in 0..kills {
        let endpoint = Endpoint::new("localhost", lab.port("smtps"), Security::Tls, lab.ca());
        let target = counted.load(Ordering::SeqCst) + 5 + (7 * round) % 11;
        let sender = thread::spawn(move || send_until_killed(&endpoint, number).unwrap_err().0);
        while counted.load(Ordering::SeqCst) < target {
            thread::yield_now();
        }
        // Anywhere in the next few steps: 7919 is a prime, so no two rounds in a row die alike.
        thread::sleep(Duration::from_micros(round as u64 * 7919 % 5000));
        lab.kill();
        let unacknowledged = sender.join().unwrap();
        acknowledged.extend(number..unacknowledged);
        number = unacknowledged + 1;
        lab.restart();
    }
    let mut arrived: HashMap<usize, usize> = HashMap::new();
    while acknowledged
        .iter()
        .any(|number| !arrived.contains_key(number))
    {
        let text = hop.next().text;
        let (_, rest) = text.split_once("Subject: number ").unwrap();
        let (number, rest) = rest.split_once(';').unwrap();
        assert!(rest.ends_with("Hello\n"), "{text}");
        *arrived.entry(number.parse().unwrap()).or_default() += 1;
    }
    // One connection, and so one message whose acknowledgement may be lost with the server.
    let twice = arrived.values().filter(|times| **times > 1).count();
    assert!(twice <= kills, "{twice} of {} came twice", arrived.len());
    println!(
        "{} arrived, {twice} of them twice, after {kills} kills",
        arrived.len()
    );
}
