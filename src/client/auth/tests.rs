//! Logging in to servers that offer different mechanisms, and prove themselves or not.

use std::io::Write;

use super::*;
use crate::client::scripted::{play, serve};
use crate::client::{Endpoint, ImapClient, Pop3Client, SmtpClient};
use crate::mail::protocol::Protocol;

fn smtp(dialogue: &str) -> Result<(), ClientError> {
    log_in(dialogue, |endpoint| {
        SmtpClient::connect(endpoint)?.login("user", "pencil")
    })
}

fn pop3(dialogue: &str) -> Result<(), ClientError> {
    log_in(dialogue, |endpoint| {
        Pop3Client::connect(endpoint)?.login("user", "pencil")
    })
}

fn imap(dialogue: &str) -> Result<(), ClientError> {
    log_in(dialogue, |endpoint| {
        ImapClient::connect(endpoint)?.login("user", "pencil")
    })
}

fn log_in(
    dialogue: &str,
    act: impl FnOnce(&Endpoint) -> Result<(), ClientError>,
) -> Result<(), ClientError> {
    let (endpoint, _server) = play(dialogue);
    let result = act(&endpoint);
    result
}

#[test]
fn the_best_that_is_offered_is_chosen() {
    smtp(
        "S: 220 x
        C: EHLO [127.0.0.1]
        S: 250-x
        S: 250 AUTH LOGIN CRAM-MD5 PLAIN
        C: AUTH PLAIN AHVzZXIAcGVuY2ls
        S: 235 Ok",
    )
    .unwrap();
    pop3(
        "S: +OK
        C: CAPA
        S: +OK
        S: SASL LOGIN
        S: .
        C: AUTH LOGIN
        S: + VXNlcm5hbWU6
        C: dXNlcg==
        S: + UGFzc3dvcmQ6
        C: cGVuY2ls
        S: +OK Welcome",
    )
    .unwrap();
    imap(
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] x
        C: a1 AUTHENTICATE PLAIN AHVzZXIAcGVuY2ls
        S: a1 OK [CAPABILITY IMAP4rev1 IDLE] in",
    )
    .unwrap();
}

#[test]
fn without_sasl_each_protocol_has_its_own_way() {
    pop3(
        "S: +OK
        C: CAPA
        S: -ERR What?
        C: USER user
        S: +OK
        C: PASS pencil
        S: +OK",
    )
    .unwrap();
    imap(
        "S: * OK x
        C: a1 CAPABILITY
        S: * CAPABILITY IMAP4rev1
        S: a1 OK
        C: a2 LOGIN user pencil
        S: a2 OK",
    )
    .unwrap();
    let error = smtp(
        "S: 220 x
        C: EHLO [127.0.0.1]
        S: 250 x",
    );
    assert!(matches!(error, Err(ClientError::NotOffered { .. })));
    let error = imap("S: * OK [CAPABILITY IMAP4rev1 LOGINDISABLED] x");
    assert!(matches!(error, Err(ClientError::NotOffered { .. })));
}

#[test]
fn an_initial_response_that_is_not_allowed_in_the_command_waits_for_its_challenge() {
    imap(
        "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] x
        C: a1 AUTHENTICATE PLAIN
        S: +
        C: AHVzZXIAcGVuY2ls
        S: a1 OK in",
    )
    .unwrap();
}

#[test]
fn a_long_initial_response_waits_too() {
    let password = "x".repeat(300);
    let initial = sasl::encode(format!("\0user\0{password}").as_bytes());
    let (endpoint, _server) = play(&format!(
        "S: +OK
        C: AUTH PLAIN
        S: +
        C: {initial}
        S: +OK Welcome"
    ));
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    let plain = Mechanism::Plain;
    client.authenticate(plain, "user", &password).unwrap();
}

/// A server that reports success without the proof that SCRAM requires, or sends an invalid challenge.
#[test]
fn a_server_that_does_not_prove_itself_is_not_believed() {
    let rows = [
        ("235 Ok", "has not proved that it knows the password"),
        ("334 cj1ub25lLHM9QUFBQSxpPTQwOTY=", "for another nonce"),
        ("334 ###", "the response is not base64"),
        ("334 ", "an invalid challenge of SCRAM"),
    ];
    for (said, expected) in rows {
        let (endpoint, _server) = serve(move |stream| {
            let said = format!("220 x\r\n250-x\r\n250 AUTH SCRAM-SHA-256 PLAIN\r\n{said}\r\n");
            stream.write_all(said.as_bytes()).unwrap();
        });
        let mut client = SmtpClient::connect(&endpoint).unwrap();
        let error = client.login("user", "pencil").unwrap_err();
        let sentence = error.to_string();
        assert!(matches!(error, ClientError::NotTrustworthy { .. }));
        assert!(sentence.contains(expected), "{said}: {sentence}");
    }
}

#[test]
fn challenges_without_end_are_not_answered() {
    let (endpoint, _server) = serve(|stream| {
        let said = "+OK\r\n".to_owned() + &"+ VXNlcm5hbWU6\r\n".repeat(1000);
        stream.write_all(said.as_bytes()).unwrap();
    });
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    let error = client.authenticate(Mechanism::Login, "user", "pencil");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("after the end of the exchange"), "{error}");
}

#[test]
fn no_password_is_sent_unencrypted_unless_that_is_allowed() {
    let (mut endpoint, _server) = serve(|_| {});
    let mut socket = ClientSocket::connect(&endpoint, Protocol::Imap).unwrap();
    assert!(socket.is_private(), "to this machine it may");
    socket.pretend_to_be_far_away();
    for offered in [&["PLAIN"][..], &["LOGIN", "CRAM-MD5"]] {
        let chosen = choose(&socket, |name| offered.contains(&name));
        assert!(matches!(chosen, Err(ClientError::InClear { .. })));
    }
    let chosen = choose(&socket, |name| name != "SCRAM-SHA-256");
    assert_eq!(chosen.unwrap(), Some(Mechanism::ScramSha1));
    assert_eq!(choose(&socket, |_| false).unwrap(), None);
    let begun = begin(&socket, Mechanism::Plain, "user", "pencil");
    assert!(matches!(begun, Err(ClientError::InClear { .. })));

    let (there, _server) = serve(|_| {});
    (endpoint.port, endpoint.password_in_clear) = (there.port, true);
    assert!(
        ClientSocket::connect(&endpoint, Protocol::Imap)
            .unwrap()
            .is_private()
    );
}
