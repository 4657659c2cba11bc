//! Python's smtplib, poplib and imaplib, as they come with Python.

use std::process::Command;

use crate::common::{Lab, PROTOCOLS};

/// KiB that a mailbox of two thousand messages may take: their names, flags and structure.
const ROOM: u64 = 8 * 1024;

/// Runs a script of `tests/foreign/python` against the lab.
fn python(script: &str, lab: &Lab) {
    python_with(script, lab, &[]);
}

/// The same with more words, `name=number`; what it said.
fn python_with(script: &str, lab: &Lab, words: &[&str]) -> String {
    let script = format!("{}/tests/foreign/python/{script}", env!("CARGO_MANIFEST_DIR"));
    let ports = PROTOCOLS.map(|protocol| format!("{protocol}={}", lab.port(protocol)));
    let output = Command::new("python3")
        .arg(script)
        .arg(lab.path())
        .args(ports)
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.ends_with("ok\n"), "{said}");
    said.into_owned()
}

#[test]
#[ignore = "needs python3"]
fn a_message_makes_the_round_trip_by_every_way() {
    python("round_trip.py", &Lab::start());
}

#[test]
#[ignore = "needs python3"]
fn twenty_megabytes_pass_byte_for_byte_in_eight_of_memory() {
    let lab = Lab::start();
    python("warm_up.py", &lab);
    for (step, script) in [
        ("sent", "large_send.py"),
        ("read by POP3", "large_pop3.py"),
        ("read by IMAP", "large_imap.py"),
    ] {
        let before = lab.peak_memory();
        python(script, &lab);
        let grown = lab.peak_memory() - before;
        println!("{step}: {grown} KiB more");
        assert!(grown < 8 * 1024, "{step}: the peak grew by {grown} KiB");
    }
}

#[test]
#[ignore = "needs python3"]
fn all_that_imaplib_can_say_is_answered() {
    python("imaplib_all.py", &Lab::start());
}

#[test]
#[ignore = "needs python3 and a minute"]
fn a_day_in_the_life_of_a_mailbox_leaves_nothing_behind() {
    // What the journal leaves is counted in recording_memory.rs: here, where only the system can be asked,
    // the buffers that its bursts took and gave back would hide everything else.
    let lab = Lab::with("[store]\njournal =\n");
    // Once in short, so that what is taken once is not counted.
    python_with("day.py", &lab, &["seconds=5", "round=1"]);
    let (before, threads, files) = lab.holdings_at_rest();
    let said = python_with("day.py", &lab, &["seconds=60", "round=2"]);
    let (after, threads_after, files_after) = lab.holdings_at_rest();
    println!("{said}{before} KiB before, {after} KiB after");
    assert_eq!((threads, files), (threads_after, files_after));
    assert!(after < before + ROOM, "{before} KiB before, {after} after");
}
