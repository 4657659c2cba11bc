//! Pipelined transactions, with servers that refuse some of their commands.

use super::{play, play_script};
use pillarbox::client::smtp::Transaction;
use pillarbox::client::{ClientError, Hello, SmtpClient};
use pillarbox::limits;
use pillarbox::mail::protocol::smtp::{Address, Params, Path, ReversePath};

/// Returns in short the result for each of `a`, `b` and `c`, and the end of the transaction.
fn transacted(script: &str, hello: Hello) -> (Vec<String>, String) {
    let (endpoint, _server) = play(script);
    let mut client = SmtpClient::connect_as(&endpoint, hello).unwrap();
    let to = ["a@x.test", "b@x.test", "c@x.test"];
    let transaction = Transaction {
        from: ReversePath::Address(Address::parse("me@x.test").unwrap()),
        params: Params::new(),
        to: to.map(|to| (Path::Address(Address::parse(to).unwrap()), Params::new())).to_vec(),
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

fn smtp(script: &str) -> (Vec<String>, String) {
    transacted(script, Hello::Name("me.test".to_owned()))
}

/// Everything up to DATA is sent before the first reply; otherwise the script's server would wait.
#[test]
fn a_refused_recipient_does_not_keep_the_message_from_the_others() {
    let (outcomes, end) = smtp("pipelined/one-refused");
    let here = "250 2.0.0 It is here";
    assert_eq!(outcomes, [here, "550 5.1.1 No such mailbox", here]);
    assert_eq!(end, "the end");
}

#[test]
fn when_all_are_refused_the_server_gets_no_message() {
    for script in ["pipelined/all-refused-503", "pipelined/all-refused-354"] {
        let (outcomes, end) = smtp(script);
        assert_eq!(outcomes, ["550 1", "452 2", "550 3"]);
        assert_eq!(end, "the end");
    }
}

#[test]
fn a_refused_sender_is_no_fault_of_the_recipients() {
    let (outcomes, end) = smtp("pipelined/sender-refused");
    assert_eq!(outcomes, ["nothing"; 3]);
    assert_eq!(end, "451 4.7.1 Later");
}

#[test]
fn the_replies_before_the_connection_breaks_are_known() {
    let (outcomes, end) = smtp("pipelined/connection-breaks");
    assert_eq!(outcomes, ["550 No", "nothing", "nothing"]);
    assert!(end.contains("closed the connection"), "{end}");
}

#[test]
fn data_can_be_refused_on_its_own() {
    let (outcomes, end) = smtp("pipelined/data-refused");
    assert_eq!(outcomes, ["nothing"; 3]);
    assert_eq!(end, "451 4.3.2 Not now");
}

#[test]
fn in_lmtp_each_recipient_has_a_final_reply() {
    let hello = || Hello::Lmtp("me.test".to_owned());
    let (outcomes, end) = transacted("pipelined/lmtp", hello());
    assert_eq!(outcomes, ["250 It is here", "550 No", "452 Full"]);
    assert_eq!(end, "the end");

    let (outcomes, end) = transacted("pipelined/lmtp-all-refused", hello());
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
    let (endpoint, _server) = play_script(&script.concat());
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let to: Vec<String> = to.iter().map(|to| format!("{to}@x.test")).collect();
    let sent = client.send("", &to, &mut std::io::Cursor::new("hi\n"));
    assert_eq!(sent.unwrap().accepted.len(), limits::PIPELINED);
}
