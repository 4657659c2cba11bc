//! `pillarbox queue`, as a person types it.

use std::io::Cursor;

use crate::common::{Lab, run};
use pillarbox::client::{Endpoint, Security, SmtpClient};

/// What the command prints.
fn queue(lab: &Lab, words: &[&str]) -> String {
    let words: Vec<&str> = std::iter::once("queue").chain(words.iter().copied()).collect();
    let (status, out, errors) = run(&words, lab.path());
    assert_eq!((status, errors.as_str()), (0, ""), "{words:?}");
    out
}

#[test]
fn a_message_waits_is_shown_hastened_and_dropped() {
    // Nobody listens on port 1.
    let lab = Lab::with("[routes]\nb.test = 127.0.0.1:1\n");
    assert!(queue(&lab, &[]).starts_with("The queue is empty"));

    let endpoint = Endpoint::new("localhost", lab.port("smtps"), Security::Tls, lab.ca());
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    let message = &mut Cursor::new("Subject: waits\r\n\r\nHello\r\n");
    client.send("alice@pillarbox.test", &["bob@b.test"], message).unwrap();

    let listed = loop {
        let listed = queue(&lab, &[]);
        if listed.contains("cannot be reached") {
            break listed;
        }
    };
    assert!(
        listed.contains("<alice@pillarbox.test>") && listed.contains("-> bob@b.test"),
        "{listed}"
    );
    let id = listed.lines().nth(1).unwrap().split(' ').next().unwrap();

    let shown = queue(&lab, &["--show", id]);
    assert!(shown.starts_with("from: <alice@pillarbox.test>\n"), "{shown}");
    assert!(shown.contains("attempts: 1\n") && shown.contains("Subject: waits\r\n"), "{shown}");

    queue(&lab, &["--now", id]);
    while !queue(&lab, &["--show", id]).contains("attempts: 2\n") {}

    queue(&lab, &["--drop", id]);
    assert!(queue(&lab, &[]).starts_with("The queue is empty"));
    for option in ["--show", "--now", "--drop"] {
        let (status, _, error) = run(&["queue", option, id], lab.path());
        assert_eq!(status, 1);
        assert!(error.contains("there is no message"), "{error}");
    }
}
