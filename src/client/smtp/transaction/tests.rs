//! Pipelined transactions, with servers that refuse some of their commands.

use super::*;
use crate::client::scripted::play;
use crate::client::smtp::{address, reverse_path};

/// Returns in short the result for each of `a`, `b` and `c`, and the end of the transaction.
fn transacted(script: &str, hello: Hello) -> (Vec<String>, String) {
    let (endpoint, _server) = play(script);
    let mut client = SmtpClient::connect_as(&endpoint, hello).unwrap();
    let to = ["a@x.test", "b@x.test", "c@x.test"];
    let transaction = Transaction {
        from: reverse_path("me@x.test").unwrap(),
        params: Params::new(),
        to: to
            .map(|to| (Path::Address(address(to).unwrap()), Params::new()))
            .to_vec(),
        chunking: false,
    };
    let done = client.transact(&transaction, &mut "hi\n".as_bytes());
    let short = |result: Result<String, ClientError>| match result {
        Err(ClientError::Refused { reply, .. }) => reply,
        Err(other) => other.to_string(),
        Ok(text) => text,
    };
    let outcomes = done.outcomes.into_iter().map(|outcome| match outcome {
        Some(outcome) => short(outcome.map(|reply| reply.to_string().trim().to_owned())),
        None => "nothing".to_owned(),
    });
    let end = short(done.end.map(|()| "the end".to_owned()));
    (outcomes.collect(), end)
}

const SMTP: &str = "
    S: 220 x.test
    C: EHLO me.test
    S: 250-x.test
    S: 250 PIPELINING
    C: MAIL FROM:<me@x.test>
    C: RCPT TO:<a@x.test>
    C: RCPT TO:<b@x.test>
    C: RCPT TO:<c@x.test>
    C: DATA
";

fn smtp(rest: &str) -> (Vec<String>, String) {
    let hello = Hello::Name("me.test".to_owned());
    transacted(&format!("{SMTP}\n{rest}"), hello)
}

/// Everything up to DATA is sent before the first reply; otherwise the script's server would wait.
#[test]
fn who_is_refused_does_not_keep_the_message_from_the_others() {
    let (outcomes, end) = smtp(
        "S: 250 Ok
        S: 250 Ok
        S: 550 5.1.1 No such mailbox
        S: 250 Ok
        S: 354 Go on
        C: hi
        C: .
        S: 250 2.0.0 It is here",
    );
    let here = "250 2.0.0 It is here";
    assert_eq!(outcomes, [here, "550 5.1.1 No such mailbox", here]);
    assert_eq!(end, "the end");
}

#[test]
fn when_all_are_refused_the_server_gets_no_message() {
    let all_refused = "S: 250 Ok\nS: 550 1\nS: 452 2\nS: 550 3\n";
    let rows = [
        "S: 503 RCPT first\nC: RSET\nS: 250 Ok",
        // RFC 2920 §3.1: it replied 354, so it gets an empty message, which it refuses.
        "S: 354 Go on\nC: .\nS: 554 5.5.1 No valid recipients\nC: RSET\nS: 250 Ok",
    ];
    for data in rows {
        let (outcomes, end) = smtp(&format!("{all_refused}{data}"));
        assert_eq!(outcomes, ["550 1", "452 2", "550 3"]);
        assert_eq!(end, "the end");
    }
}

#[test]
fn a_sender_who_is_refused_is_no_fault_of_the_recipients() {
    let (outcomes, end) = smtp(
        "S: 451 4.7.1 Later
        S: 503 MAIL first
        S: 503 MAIL first
        S: 503 MAIL first
        S: 503 MAIL first",
    );
    assert_eq!(outcomes, ["nothing"; 3]);
    assert_eq!(end, "451 4.7.1 Later");
}

#[test]
fn what_was_said_before_the_connection_broke_is_known() {
    let (outcomes, end) = smtp("S: 250 Ok\nS: 550 No\nS: 250 Ok");
    assert_eq!(outcomes, ["550 No", "nothing", "nothing"]);
    assert!(end.contains("closed the connection"), "{end}");
}

#[test]
fn data_can_be_refused_on_its_own() {
    let (outcomes, end) = smtp("S: 250 1\nS: 250 2\nS: 250 3\nS: 250 4\nS: 451 4.3.2 Not now");
    assert_eq!(outcomes, ["nothing"; 3]);
    assert_eq!(end, "451 4.3.2 Not now");
}

#[test]
fn in_lmtp_each_recipient_has_a_final_reply() {
    let lmtp = SMTP.replace("EHLO", "LHLO");
    let hello = || Hello::Lmtp("me.test".to_owned());
    let script = format!(
        "{lmtp}
        S: 250 Ok
        S: 250 Ok
        S: 550 No
        S: 250 Ok
        S: 354 Go on
        C: hi
        C: .
        S: 250 It is here
        S: 452 Full"
    );
    let (outcomes, end) = transacted(&script, hello());
    assert_eq!(outcomes, ["250 It is here", "550 No", "452 Full"]);
    assert_eq!(end, "the end");

    let script = format!("{lmtp}\nS: 250 Ok\nS: 550 1\nS: 550 2\nS: 550 3\nS: 354 Go on");
    let (outcomes, end) = transacted(&script, hello());
    assert_eq!(outcomes, ["550 1", "550 2", "550 3"]);
    assert!(end.contains("354 to a message without recipients"), "{end}");
}

/// RFC 2920 §3.1: many commands are sent in groups, so that the replies cannot fill the connection.
#[test]
fn many_recipients_come_in_groups() {
    let first: Vec<String> = (1..limits::PIPELINED).map(|n| n.to_string()).collect();
    let to: Vec<String> = first.iter().cloned().chain(["last".to_owned()]).collect();
    let rcpt = |to: &String| format!("C: RCPT TO:<{to}@x.test>\n");
    let script = [
        "S: 220 x\nC: EHLO [127.0.0.1]\nS: 250-x\nS: 250 PIPELINING\n".to_owned(),
        "C: MAIL FROM:<>\n".to_owned(),
        first.iter().map(rcpt).collect(),
        "S: 250 Ok\n".repeat(limits::PIPELINED),
        to.last().map(rcpt).unwrap(),
        "C: DATA\nS: 250 Ok\nS: 354 Go on\nC: hi\nC: .\nS: 250 Ok".to_owned(),
    ];
    let (endpoint, _server) = play(&script.concat());
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let to: Vec<String> = to.iter().map(|to| format!("{to}@x.test")).collect();
    let sent = client.send("", &to, &mut std::io::Cursor::new("hi\n"));
    assert_eq!(sent.unwrap().accepted.len(), limits::PIPELINED);
}
