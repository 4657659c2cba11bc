//! Python's smtplib, poplib and imaplib, as they come with Python.
// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{Lab, PROTOCOLS};

/// Runs a script of `tests/python` against the lab.
fn python(script: &str, lab: &Lab) {
    let script = format!("{}/tests/python/{script}", env!("CARGO_MANIFEST_DIR"));
    let ports = PROTOCOLS.map(|protocol| format!("{protocol}={}", lab.port(protocol)));
    let output = Command::new("python3")
        .arg(script)
        .arg(lab.path())
        .args(ports)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.ends_with("ok\n"), "{said}");
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
