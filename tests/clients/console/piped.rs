//! The console fed by a pipe, and servers that behave badly.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::thread;

use super::{console, place};
use crate::common::Lab;

fn fed(words: &[&str], lines: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    crate::common::fed(&mut console(words, folder.path()), lines.as_bytes())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// Starts a server that sends this to its first client, and then reads until the client leaves.
fn server(says: &'static [u8], times: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        for _ in 0..times {
            if stream.write_all(says).is_err() {
                return;
            }
        }
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}

#[test]
fn each_line_of_a_pipe_waits_for_the_answer_before_it() {
    let lab = Lab::start();
    let lines = "EHLO x\nAUTH LOGIN\nYWxpY2U=\nd29uZGVybGFuZA==\nMAIL FROM:<alice@pillarbox.test>\n\
        RCPT TO:<nobody@pillarbox.test>\nRCPT TO:<bob@pillarbox.test>\nDATA\nSubject: x\n\nMAIL FROM:<x>\n.\nQUIT\n";
    let output = fed(&["smtp", &place(&lab, "smtp"), "--explain", "off"], lines);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let codes: Vec<&str> =
        said.lines().filter_map(|line| line.strip_prefix("S: ")?.get(..3)).collect();
    let codes: Vec<&str> = codes.into_iter().filter(|code| *code != "250").collect();
    assert_eq!(codes, ["220", "334", "334", "235", "550", "354", "221"], "{said}");
    assert!(said.contains("C: ********") && !said.contains("d29uZGVybGFuZA=="), "{said}");
    assert!(!said.contains('\x1b'), "{said}");
}

#[test]
fn a_literal_and_idle_pass_through_a_pipe() {
    let lab = Lab::start();
    let lines = "a LOGIN {3}\nbob {7+}\nbuilder\nb APPEND INBOX {12}\nSubject: x\n\nc SELECT INBOX\nd IDLE\nDONE\ne LOGOUT\n";
    let output = fed(&["imap", &place(&lab, "imap"), "--explain", "off"], lines);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    for answer in ["S: a OK", "S: b OK [APPENDUID", "S: c OK", "S: d OK", "S: e OK"] {
        assert!(said.contains(answer), "no {answer} in {said}");
    }
    assert!(!said.contains("builder"), "{said}");
}

#[test]
fn a_line_that_cannot_be_sent_is_an_error() {
    let lab = Lab::start();
    let output = fed(&["pop3", &place(&lab, "pop3")], "QUIT\nUSER bob\n");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("closed the connection before this line could be sent: USER bob"),
        "{said}"
    );
    let nobody = fed(&["pop3", "localhost:1"], "");
    assert_eq!(nobody.status.code(), Some(1));
    let wrong = fed(&["pop3", "localhost:pop3"], "");
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_hundred_megabytes_in_one_line_end_the_conversation_with_a_sentence() {
    let megabyte: &'static [u8] = Box::leak(vec![b'x'; 1 << 20].into_boxed_slice());
    let output = fed(&["imap", &server(megabyte, 100)], "a NOOP\n");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("a line without an end") && said.len() < 10_000);
}

#[test]
fn control_characters_of_a_server_are_escaped() {
    let output = fed(&["smtp", &server(b"220 \x1b]0;owned\x07 hi\r\n", 1)], "");
    let said = said(&output);
    assert!(said.contains("owned") && !said.contains('\x1b') && !said.contains('\x07'), "{said:?}");
}
