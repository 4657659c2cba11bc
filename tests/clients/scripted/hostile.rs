//! IMAP servers and arguments that try to make the client do something else.

use std::io::Write;

use super::{say, serve};
use pillarbox::client::{ClientError, ImapClient, Security};
use pillarbox::mail::message::{FlagChange, Flags};
use pillarbox::mail::protocol::imap::SequenceSet;

/// Each row is a hostile reply to `UID FETCH 1 (BODY.PEEK[])`, and the error.
#[test]
fn no_answer_exhausts_or_stops_the_client() {
    let rows: [(&str, &str); 9] = [
        ("220 smtp", "“220 smtp”, which is not a valid reply in IMAP"),
        ("* 1 FETCH (UID 1 BODY[HEADER] {9223372036854775807}", "more than can be kept in memory"),
        ("* 1 FETCH (UID 1 BODY[] {99999999999999999999}", "not a valid reply in IMAP"),
        ("* 1 FETCH (UID 1 BODY[] {9223372036854775807}", "closed the connection"),
        ("* 1 FETCH (BODY[] {1}\r\na BODY[] {1}\r\nb)", "two messages instead of one"),
        ("* 1 FETCH (UID 2 BODY[] \"x\")\r\na1 OK", "a message that was not requested"),
        ("* 1 FETCH (UID 1 BODY[] NIL)\r\na1 OK", "there is no such message"),
        ("a7 OK", "a command “a7” that was not sent"),
        ("+ go on", "“+” to a complete command"),
    ];
    for (said, expected) in rows {
        let (endpoint, _server) = say(format!("* OK ready\r\n{said}\r\n"));
        let mut client = ImapClient::connect(&endpoint).unwrap();
        let error = client.fetch_body(1, &mut Vec::new()).unwrap_err().to_string();
        assert!(error.contains(expected), "{said}: {error}");
    }
}

#[test]
fn news_without_end_is_cut_off() {
    let (endpoint, _server) = serve(|stream| {
        stream.write_all(b"* OK ready\r\n").unwrap();
        let many = b"* 1 EXISTS\r\n".repeat(10_000);
        while stream.write_all(&many).is_ok() {}
    });
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let error = client.noop().unwrap_err();
    assert!(matches!(error, ClientError::Unexpected { .. }), "{error}");
}

#[test]
fn a_server_that_says_goodbye_is_quoted() {
    let rows = [
        ("* BYE too many", "refuses the connection: BYE too many"),
        ("* OK\r\n* BYE going down", "refuses to continue: BYE going down"),
    ];
    for (said, expected) in rows {
        let (endpoint, _server) = say(format!("{said}\r\n"));
        let noop = ImapClient::connect(&endpoint).and_then(|mut client| client.noop());
        let error = noop.unwrap_err();
        assert!(error.to_string().ends_with(expected), "{error}");
        assert!(error.is_transient());
    }
}

#[test]
fn no_argument_becomes_a_second_command() {
    let (endpoint, _server) = say("* OK ready\r\n");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    let mut flags = Flags::new();
    flags.set_keyword("x)\r\na2 LOGOUT");
    let result = client.store(&SequenceSet::from_sorted(&[1]), FlagChange::Add(flags));
    assert!(matches!(result, Err(ClientError::Unsendable { .. })));
}

#[test]
fn unencrypted_text_after_starttls_is_refused() {
    let (mut endpoint, _server) = say(b"* OK\r\na1 OK begin\r\n* 5 EXISTS\r\n");
    endpoint.security = Security::StartTls;
    let error = ImapClient::connect(&endpoint).err().unwrap().to_string();
    assert!(error.contains("unencrypted text"), "{error}");
}
