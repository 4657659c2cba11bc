//! Measures speed and memory: `cargo bench`.
//!
//! It prints figures and judges nothing, because they depend on the machine. Each run has new folders, which
//! are removed only at its end.
// A benchmark stops when something fails.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use common::Lab;
use pillarbox::client::{Endpoint, ImapClient, Pop3Client, Security, SmtpClient};
use pillarbox::mail::protocol::imap::{FetchItem, SequenceSet};

fn main() {
    println!("{:<58} {:>14}", "what", "how much");
    deliveries(1, 500);
    deliveries(8, 250);
    deliveries(50, 40);
    large_message();
    large_mailbox();
    idle_connections();
}

fn report(what: &str, much: String) {
    println!("{what:<58} {much:>14}");
}

fn rate(count: usize, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

fn endpoint(lab: &Lab, protocol: &str, security: Security) -> Endpoint {
    Endpoint::new("localhost", lab.port(protocol), security, lab.ca())
}

/// Measures durable deliveries of 4 KB to one mailbox, without TLS, by many clients at once.
fn deliveries(clients: usize, each: usize) {
    let lab = Lab::start();
    let smtp = endpoint(&lab, "smtp", Security::Plain);
    let text = format!("Subject: bench\r\n\r\n{}", "0123456789abcdef\r\n".repeat(230));
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                let mut client = SmtpClient::connect(&smtp).unwrap();
                for _ in 0..each {
                    let mut message = Cursor::new(text.as_bytes());
                    client.send("a@elsewhere.test", &["bob@pillarbox.test"], &mut message).unwrap();
                }
            });
        }
    });
    let what = format!("durable deliveries of 4 KB, {clients} clients");
    report(&what, rate(clients * each, start.elapsed()));
}

/// Measures 20 MB in and out under TLS, and the memory of the server.
fn large_message() {
    let lab = Lab::start();
    let before = lab.peak_memory();
    let text =
        format!("Subject: bench\r\n\r\n{}", format!("{}\r\n", "x".repeat(76)).repeat(260_000));
    let megabytes = text.len() as f64 / 1e6;
    let timed = |what: &str, act: &mut dyn FnMut()| {
        let start = Instant::now();
        act();
        report(what, format!("{:.0} MB/s", megabytes / start.elapsed().as_secs_f64()));
    };
    timed("20 MB in by SMTPS", &mut || {
        let mut client = SmtpClient::connect(&endpoint(&lab, "smtps", Security::Tls)).unwrap();
        client.login("alice", "wonderland").unwrap();
        client
            .send(
                "alice@pillarbox.test",
                &["carol@pillarbox.test"],
                &mut Cursor::new(text.as_bytes()),
            )
            .unwrap();
    });
    timed("20 MB out by POP3S", &mut || {
        let mut client = Pop3Client::connect(&endpoint(&lab, "pop3s", Security::Tls)).unwrap();
        client.login("carol", "chimney").unwrap();
        let newest = client.stat().unwrap().messages;
        client.retr(newest, &mut std::io::sink()).unwrap();
    });
    timed("20 MB out by IMAPS", &mut || {
        let mut client = ImapClient::connect(&endpoint(&lab, "imaps", Security::Tls)).unwrap();
        client.login("carol", "chimney").unwrap();
        let newest = client.select("INBOX").unwrap().uid_next - 1;
        client.fetch_body(newest, &mut std::io::sink()).unwrap();
    });
    report("the server's peak memory grew by", format!("{} KiB", lab.peak_memory() - before));
}

/// Measures 10,000 ordinary messages in one mailbox.
fn large_mailbox() {
    let lab = Lab::start();
    lab.fill("bob", 10_000);
    let mut client = bob(&lab);
    let timed = |what: &str, act: &mut dyn FnMut()| {
        let start = Instant::now();
        act();
        report(what, format!("{:.0} ms", start.elapsed().as_secs_f64() * 1e3));
    };
    let mut select = |which| {
        let what = format!("SELECT of 10,000 messages, the {which} time");
        timed(&what, &mut || {
            client.select("INBOX").unwrap();
        });
    };
    select("first");
    select("second");
    let all = SequenceSet::all();
    let fetch = |client: &mut ImapClient, items: &[FetchItem], which| {
        let words: Vec<String> = items.iter().map(FetchItem::to_string).collect();
        let what = format!("FETCH 1:* ({}){which}", words.join(" "));
        timed(&what, &mut || drop(client.fetch(&all, items).unwrap()));
    };
    fetch(&mut client, &[FetchItem::Flags], "");
    let before = lab.peak_memory();
    let items = [FetchItem::Envelope, FetchItem::BodyStructure];
    fetch(&mut client, &items, ", the first time");
    fetch(&mut client, &items, ", again");
    client.logout().unwrap();
    let mut another = bob(&lab);
    another.select("INBOX").unwrap();
    fetch(&mut another, &items, ", by another client");
    report("the server's peak memory grew by", format!("{} KiB", lab.peak_memory() - before));
}

fn bob(lab: &Lab) -> ImapClient {
    let mut client = ImapClient::connect(&endpoint(lab, "imap", Security::Plain)).unwrap();
    client.login("bob", "builder").unwrap();
    client
}

/// Measures 900 clients that are connected and send nothing.
fn idle_connections() {
    let lab = Lab::start();
    let before = lab.peak_memory();
    let start = Instant::now();
    let clients: Vec<TcpStream> = (0..900)
        .map(|_| {
            let mut client = TcpStream::connect(lab.address("imap")).unwrap();
            client.read_exact(&mut [0; 4]).unwrap();
            client
        })
        .collect();
    report(
        "900 connections, greeted one after the other",
        format!("{:.0} ms", start.elapsed().as_secs_f64() * 1e3),
    );
    let each = (lab.peak_memory() - before) as f64 / clients.len() as f64;
    report("the server's memory for each", format!("{each:.0} KiB"));
    for mut client in clients {
        let _ = client.write_all(b"a LOGOUT\r\n");
    }
}
