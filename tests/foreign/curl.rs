//! curl, which speaks a command for each of its words.

use crate::desk::{Desk, MESSAGE};

#[test]
#[ignore = "needs curl"]
fn curl_speaks_all_three_under_both_kinds_of_tls() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    let curl = "curl -sS --cacert $CA --user bob:builder";
    for url in [
        "smtps://localhost:$smtps",
        "--ssl-reqd smtp://localhost:$submission",
        "--ssl-reqd smtp://localhost:$smtp",
    ] {
        desk.run(&format!(
            "{curl} --crlf {url} --mail-from bob@pillarbox.test --mail-rcpt bob@pillarbox.test -T message"
        ));
    }
    assert_eq!(desk.with_text("mail/bob", "by-hand@client.test").len(), 3);
    for (option, url) in
        [("", "imaps://localhost:$imaps"), ("--ssl-reqd", "imap://localhost:$imap")]
    {
        let curl = format!("{curl} {option}");
        assert!(desk.run(&format!("{curl} {url}/")).contains("INBOX"));
        let found = desk.run(&format!("{curl} \"{url}/INBOX?SUBJECT%20hand\""));
        let number = found.split_whitespace().last().unwrap();
        let subject = desk.run(&format!(
            "{curl} \"{url}/INBOX;MAILINDEX={number};SECTION=HEADER.FIELDS%20(SUBJECT)\""
        ));
        assert_eq!(subject.trim_end(), "Subject: by hand");
        desk.run(&format!("{curl} {url}/ -X 'CREATE Box'; {curl} {url}/Box -T message"));
        assert!(desk.run(&format!("{curl} \"{url}/Box;UID=1\"")).trim_end().ends_with("the end"));
        desk.run(&format!("{curl} {url}/ -X 'DELETE Box'"));
    }
    for (option, url) in
        [("", "pop3s://localhost:$pop3s"), ("--ssl-reqd", "pop3://localhost:$pop3")]
    {
        let list = desk.run(&format!("{curl} {option} {url}/"));
        let last = list.lines().last().unwrap().split(' ').next().unwrap();
        assert!(desk.run(&format!("{curl} {option} {url}/{last}")).trim_end().ends_with("the end"));
    }
}

#[test]
#[ignore = "needs curl"]
fn curl_looks_at_parts_searches_sorts_and_appends() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    let url = "imaps://localhost:$imaps";
    let curl = "curl -sS --cacert $CA --user alice:wonderland --login-options AUTH=PLAIN --sasl-ir";
    let ask = |mailbox: &str, command: &str| {
        desk.run(&format!("{curl} \"{url}/{mailbox}\" -X '{command}'"))
    };
    // RFC 4959: the credentials come with the command.
    let said = desk.run(&format!("{curl} -v {url}/ 2>&1"));
    assert!(said.contains("AUTHENTICATE PLAIN AGFsaWNl"), "{said}");
    assert!(!said.contains("\n< +"), "no challenge is needed: {said}");
    desk.run(&format!("{curl} {url}/Drafts -T message"));
    assert_eq!(desk.with_text("mail/alice/.Drafts", "by hand").len(), 1);
    let fetch = |what: &str| desk.run(&format!("{curl} \"{url}/Drafts;{what}\""));
    let whole = MESSAGE.replace('\n', "\r\n");
    assert_eq!(fetch("UID=1").replace("\r\n", "\n"), MESSAGE);
    assert_eq!(fetch("MAILINDEX=1").len(), whole.len());
    let (head, text) = whole.split_at(whole.find("\r\n\r\n").unwrap() + 4);
    assert_eq!(fetch("UID=1;SECTION=HEADER"), head);
    assert_eq!(fetch("MAILINDEX=1;SECTION=TEXT"), text);
    assert_eq!(fetch("UID=1;SECTION=1"), text);
    // Exit status 78: there is no such message.
    desk.run(&format!("{curl} \"{url}/Drafts;UID=9\" || test $? = 78"));
    for (mailbox, command, answer) in [
        ("Drafts", "STORE 1 +FLAGS (\\Flagged $Mine)", "\\Flagged"),
        ("Drafts", "UID SEARCH KEYWORD $Mine", "* SEARCH 1\r\n"),
        ("Drafts", "SEARCH TEXT nowhere", "* SEARCH\r\n"),
        ("INBOX", "SORT (REVERSE DATE) UTF-8 1:3", "* SORT 3 2 1"),
        ("INBOX", "FETCH 1 (ENVELOPE)", "Welcome to Pillarbox"),
        ("INBOX", "FETCH 2 (BODYSTRUCTURE)", "\"RELATED\""),
        ("", "STATUS INBOX (MESSAGES)", "(MESSAGES 7)"),
        ("", "NAMESPACE", "((\"\" \".\"))"),
    ] {
        let said = ask(mailbox, command).to_ascii_uppercase();
        assert!(said.contains(&answer.to_ascii_uppercase()), "{command}: {said}");
    }
    ask("Drafts", "UID MOVE 1 Archive");
    assert_eq!(desk.with_text("mail/alice/.Archive", "by hand").len(), 1);
    assert!(desk.with_text("mail/alice/.Drafts", "").is_empty());
}
