//! `pillarbox trace`, as a program: messages from a file, from standard input, and from a mailbox.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pillarbox::mail::store::{Delivery, Store};

/// Submitted under TLS, relayed by a server whose clock is slow, and delivered by ours.
const MESSAGE: &str = "Return-Path: <alice@a.test>\r\n\
    Received: from mx.a.test ([192.0.2.1])\r\n\
    \tby mail.pillarbox.test (Pillarbox) with ESMTP id 63-1\r\n\
    \tfor <bob@pillarbox.test>;\r\n\
    \tMon, 23 Nov 2026 15:14:07 +0000\r\n\
    Received: from lap\x1b[2Jtop (unknown [10.0.0.7]) (using TLSv1.3 with cipher TLS_AES_128_GCM_SHA256)\r\n\
    \tby mx.a.test (Postfix) with ESMTPSA id 4X; Mon, 23 Nov 2026 16:14:10 +0100 (CET)\r\n\
    Date: Mon, 23 Nov 2026 15:04:00 +0000\r\n\
    From: Alice <alice@a.test>\r\n\
    Subject: =?utf-8?q?caf=C3=A9?=\r\n\
    Message-ID: <1@a.test>\r\n\
    \r\n\
    Received: by the body, which nobody reads\r\n";

fn trace(words: &[&str], folder: &Path, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pillarbox"))
        .arg("trace")
        .args(words)
        .current_dir(folder)
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have read enough, and be gone, before all is written.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn printed(words: &[&str], folder: &Path, input: &[u8]) -> String {
    let output = trace(words, folder, input);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_hops_of_a_file_are_drawn_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("message.eml"), MESSAGE).unwrap();
    let page = printed(&["message.eml"], folder.path(), b"");
    let lines = [
        "Subject      café",
        "  o    written  Mon 2026-11-23 15:04:00 +0000",
        "  |    10 min 10 s, ESMTPSA, TLSv1.3 TLS_AES_128_GCM_SHA256",
        "  1    mx.a.test  Mon 2026-11-23 16:14:10 +0100",
        "  |      from  lap\u{fffd}[2Jtop, seen as [10.0.0.7]",
        "  |      id    4X",
        "  |    3 s back in time, ESMTP, no TLS",
        "  2    mail.pillarbox.test  Mon 2026-11-23 15:14:07 +0000",
        "         for   bob@pillarbox.test",
    ];
    let mut rest = page.lines();
    for line in lines {
        assert!(rest.any(|there| there == line), "{line:?} is not next in\n{page}");
    }
    let flowing = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "10.0.0.7 is a private address (RFC 1918)",
        "the A for a login with AUTH, so the server knows who sent it (RFC 3848 §1)",
        "It took 10 min 10 s: the message waited",
        "Its clock shows 3 s less than the clock before",
        "Without TLS, any machine that forwarded the packets",
        "Return-Path is the envelope's sender (MAIL FROM)",
        "every line may be invented (RFC 5321 §7.1)",
    ] {
        assert!(flowing.contains(sentence), "{sentence:?} is not in\n{page}");
    }
    assert!(!page.contains('\x1b') && !page.contains("the body"), "{page}");
}

#[test]
fn of_a_big_message_on_standard_input_only_the_header_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let big = [MESSAGE.as_bytes(), &vec![b'x'; 20 * 1024 * 1024]].concat();
    let page = printed(&["-"], folder.path(), &big);
    assert_eq!(page, printed(&["-"], folder.path(), MESSAGE.as_bytes()));
    assert!(page.contains("mail.pillarbox.test"));
}

#[test]
fn a_message_that_went_nowhere_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    for message in ["Subject: a draft\n\nReceived: by the body\n", "", "\0\u{1}\n"] {
        let page = printed(&["-"], folder.path(), message.as_bytes());
        assert!(page.contains("There are no Received lines"), "{page}");
    }
}

#[test]
fn a_message_in_a_mailbox_is_found_by_its_number() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.ini"), "[store]\npath = mail\n").unwrap();
    let store = Store::open(&folder.path().join("mail")).unwrap();
    let alice = store.account("alice").unwrap();
    alice.create("Sent").unwrap();
    for (mailbox, message) in
        [("INBOX", "Subject: first\r\n\r\n"), ("INBOX", MESSAGE), ("Sent", "Subject: sent\r\n\r\n")]
    {
        let mut delivery = Delivery::begin(vec![alice.mailbox(mailbox).unwrap()]).unwrap();
        delivery.write_all(message.as_bytes()).unwrap();
        delivery.commit().unwrap();
        alice.mailbox(mailbox).unwrap().refresh().unwrap();
    }
    let rows: [(&[&str], &str); 3] = [
        (&["alice", "1"], "Subject      first"),
        (&["alice", "2"], "Subject      café"),
        (&["alice", "1", "--mailbox", "Sent"], "Subject      sent"),
    ];
    for (words, subject) in rows {
        assert!(printed(words, folder.path(), b"").starts_with(subject), "{words:?}");
    }
    let errors: [(&[&str], i32, &str); 6] = [
        (&["alice", "3"], 1, "no message 3 in INBOX of alice, which has 2"),
        (&["alice", "1", "--mailbox", "No"], 1, "there is no mailbox \"No\""),
        (&["bob", "1"], 1, "there is no account bob in mail"),
        (&["alice"], 1, "there is no file alice; for a message of an account add its number"),
        (&["alice", "0"], 2, "0 is not in 1.."),
        (&["-", "--mailbox", "Sent"], 2, "<NUMBER>"),
    ];
    for (words, status, sentence) in errors {
        let output = trace(words, folder.path(), b"");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        assert!(said.contains(sentence), "{words:?}: {said}");
    }
    assert!(!folder.path().join("mail/bob").exists());
}
