//! The POP3 client with servers that follow the protocol, and with some that do not.

use std::io::Write;

use super::{play, say, serve};
use pillarbox::client::pop3::Stat;
use pillarbox::client::{ClientError, Pop3Client};

#[test]
fn a_mailbox_is_listed_read_and_emptied() {
    let (endpoint, _server) = play("pop3/list-read-delete");
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    client.login("bob", " two  spaces").unwrap();
    let stat = Stat { messages: 2, octets: 320 };
    assert_eq!(client.stat().unwrap(), stat);
    assert_eq!(client.list().unwrap(), [(1, 120), (2, 200)]);
    assert_eq!(client.uidl().unwrap(), [(1, "abc".to_owned())]);
    let mut message = Vec::new();
    client.retr(1, &mut message).unwrap();
    assert_eq!(message, b"Subject: dots\r\n..\r\n");
    client.dele(1).unwrap();
    let error = client.dele(9).unwrap_err().to_string();
    assert!(error.ends_with("refuses DELE 9: -ERR Message number out of range"));
    client.quit().unwrap();
}

#[test]
fn a_locked_mailbox_is_worth_another_try() {
    for (script, transient) in [("pop3/in-use", true), ("pop3/wrong-password", false)] {
        let (endpoint, _server) = play(script);
        let mut client = Pop3Client::connect(&endpoint).unwrap();
        let error = client.login("bob", "x").unwrap_err();
        assert_eq!(error.is_transient(), transient, "{error}");
    }
}

#[test]
fn nonsense_is_an_error() {
    let rows: [(&[u8], &str); 5] = [
        (b"+OK\r\n+OK two 320\r\n", "“two 320”, which is not a valid reply to STAT"),
        (b"+OK\r\n+OK 2 99999999999999999999\r\n", "not a valid reply to STAT"),
        (b"+OK\r\n250 Ok\r\n", "“250 Ok”, which is not a valid reply in POP3"),
        (b"220 smtp\r\n", "“220 smtp”, which is not a valid reply in POP3"),
        (b"+OK\r\n", "closed the connection"),
    ];
    for (said, expected) in rows {
        let (endpoint, _server) = say(said);
        let stat = Pop3Client::connect(&endpoint).and_then(|mut client| client.stat());
        let error = stat.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_list_without_end_is_cut_off() {
    let (endpoint, _server) = serve(|stream| {
        stream.write_all(b"+OK\r\n+OK\r\n").unwrap();
        let many = b"1 1\r\n".repeat(10_000);
        while stream.write_all(&many).is_ok() {}
    });
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    let error = client.list().unwrap_err();
    assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
}

#[test]
fn a_message_that_is_cut_is_no_message() {
    let (endpoint, _server) = say(b"+OK\r\n+OK 10 octets\r\nSubject: half\r\n.");
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    let error = client.retr(1, &mut Vec::new()).unwrap_err();
    assert!(matches!(error, ClientError::Closed { .. }), "{error}");
}
