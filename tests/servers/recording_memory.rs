//! What recorded conversations leave in memory: nothing. Counted at the allocator, because what the
//! system gives a process also contains what the allocator only keeps for the next time.
//!
//! The allocator counts for the whole process, so the test runs itself once more, alone in its process.

use std::alloc::System;
use std::env;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use pillarbox::config::Journal;
use pillarbox::mail::net::{ConnectionInfo, Direction, Tap};
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::wire_tap::{Event, Live, Recorder, Side, What, journal};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Octets that may be held more than before: buffers have grown. A thousand conversations that left
/// nine octets each would be more.
const ROOM: usize = 8 * 1024;

/// How long to wait for the recorder.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is allocated and not freed, in octets.
fn held() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// A conversation by POP3 that fetches a message.
fn converse(tap: &mut dyn Tap) {
    tap.said(Direction::Out, b"+OK ready\r\n");
    for (command, reply) in [
        ("USER bob", "+OK"),
        ("PASS builder", "+OK logged in"),
        ("LIST", "+OK\r\n1 44\r\n."),
        ("RETR 1", "+OK\r\nSubject: Tea\r\n\r\nAt five, by the gate.\r\n."),
        ("QUIT", "+OK bye"),
    ] {
        tap.said(Direction::In, format!("{command}\r\n").as_bytes());
        tap.said(Direction::Out, format!("{reply}\r\n").as_bytes());
    }
}

/// Set in the process that counts.
const ALONE: &str = "PILLARBOX_TEST_COUNTS_MEMORY";

#[test]
fn a_thousand_conversations_leave_nothing_in_memory() {
    if env::var_os(ALONE).is_some() {
        return record_a_thousand();
    }
    let name = "recording_memory::a_thousand_conversations_leave_nothing_in_memory";
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ALONE, "yes")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

/// Records conversations, and compares what is allocated before and after.
fn record_a_thousand() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Journal { folder: folder.path().to_owned(), size: 64 * 1024 * 1024, keep: 1 };
    let (ended, endings) = channel();
    let tell = move |event: &Event| {
        if event.what == What::Closed {
            ended.send(()).unwrap();
        }
    };
    let writer = journal::Writer::open(&shelf, false).unwrap();
    let recorder = Recorder::new(vec![Box::new(writer), Box::new(Live(tell))]).unwrap();
    let place: SocketAddr = "127.0.0.1:110".parse().unwrap();
    // One after the other: how many wait for the recorder together would decide how buffers grow.
    let record = |conversations: usize| {
        for _ in 0..conversations {
            let connection = ConnectionInfo {
                ours: Side::Server,
                service: "pop3",
                protocol: Some(Protocol::Pop3),
                client: place,
                server: place,
            };
            let tap = recorder.taps().tap(&connection);
            converse(&mut *tap.unwrap());
            endings.recv_timeout(PATIENCE).unwrap();
        }
    };
    record(100);
    let before = held();
    record(1_000);
    // The last events are freed when all have been told of them.
    let end = Instant::now() + PATIENCE;
    while held() > before + ROOM {
        assert!(Instant::now() < end, "{before} octets before, {} after", held());
        thread::yield_now();
    }
}
