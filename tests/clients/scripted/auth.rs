//! Logging in to servers that offer different mechanisms, and prove themselves or not.

use super::{Endpoint, play, play_script, say};
use pillarbox::client::{ClientError, ImapClient, Pop3Client, SmtpClient};
use pillarbox::mail::protocol::sasl::{self, Mechanism};

fn smtp(script: &str) -> Result<(), ClientError> {
    log_in(script, |endpoint| SmtpClient::connect(endpoint)?.login("user", "pencil"))
}

fn pop3(script: &str) -> Result<(), ClientError> {
    log_in(script, |endpoint| Pop3Client::connect(endpoint)?.login("user", "pencil"))
}

fn imap(script: &str) -> Result<(), ClientError> {
    log_in(script, |endpoint| ImapClient::connect(endpoint)?.login("user", "pencil"))
}

fn log_in(
    script: &str,
    act: impl FnOnce(&Endpoint) -> Result<(), ClientError>,
) -> Result<(), ClientError> {
    let (endpoint, _server) = play(script);
    act(&endpoint)
}

#[test]
fn the_best_that_is_offered_is_chosen() {
    smtp("auth/smtp-plain").unwrap();
    pop3("auth/pop3-login").unwrap();
    imap("auth/imap-plain").unwrap();
}

#[test]
fn without_sasl_each_protocol_has_its_own_way() {
    pop3("auth/pop3-user").unwrap();
    imap("auth/imap-login").unwrap();
    let error = smtp("auth/smtp-none");
    assert!(matches!(error, Err(ClientError::NotOffered { .. })));
    let error = imap("auth/imap-login-disabled");
    assert!(matches!(error, Err(ClientError::NotOffered { .. })));
}

#[test]
fn an_initial_response_that_is_not_allowed_in_the_command_waits_for_its_challenge() {
    imap("auth/imap-challenge-first").unwrap();
}

#[test]
fn a_long_initial_response_waits_too() {
    let password = "x".repeat(300);
    let initial = sasl::encode(format!("\0user\0{password}").as_bytes());
    let (endpoint, _server) = play_script(&format!(
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
        let (endpoint, _server) =
            say(format!("220 x\r\n250-x\r\n250 AUTH SCRAM-SHA-256 PLAIN\r\n{said}\r\n"));
        let mut client = SmtpClient::connect(&endpoint).unwrap();
        let error = client.login("user", "pencil").unwrap_err();
        let sentence = error.to_string();
        assert!(matches!(error, ClientError::NotTrustworthy { .. }));
        assert!(sentence.contains(expected), "{said}: {sentence}");
    }
}

#[test]
fn challenges_without_end_are_not_answered() {
    let (endpoint, _server) = say("+OK\r\n".to_owned() + &"+ VXNlcm5hbWU6\r\n".repeat(1000));
    let mut client = Pop3Client::connect(&endpoint).unwrap();
    let error = client.authenticate(Mechanism::Login, "user", "pencil");
    let error = error.unwrap_err().to_string();
    assert!(error.contains("after the end of the exchange"), "{error}");
}
