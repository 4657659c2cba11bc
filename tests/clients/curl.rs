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
    for (option, url) in [
        ("", "imaps://localhost:$imaps"),
        ("--ssl-reqd", "imap://localhost:$imap"),
    ] {
        let curl = format!("{curl} {option}");
        assert!(desk.run(&format!("{curl} {url}/")).contains("INBOX"));
        let found = desk.run(&format!("{curl} \"{url}/INBOX?SUBJECT%20hand\""));
        let number = found.split_whitespace().last().unwrap();
        let subject = desk.run(&format!(
            "{curl} \"{url}/INBOX;MAILINDEX={number};SECTION=HEADER.FIELDS%20(SUBJECT)\""
        ));
        assert_eq!(subject.trim_end(), "Subject: by hand");
        desk.run(&format!(
            "{curl} {url}/ -X 'CREATE Box'; {curl} {url}/Box -T message"
        ));
        assert!(
            desk.run(&format!("{curl} \"{url}/Box;UID=1\""))
                .trim_end()
                .ends_with("the end")
        );
        desk.run(&format!("{curl} {url}/ -X 'DELETE Box'"));
    }
    for (option, url) in [
        ("", "pop3s://localhost:$pop3s"),
        ("--ssl-reqd", "pop3://localhost:$pop3"),
    ] {
        let list = desk.run(&format!("{curl} {option} {url}/"));
        let last = list.lines().last().unwrap().split(' ').next().unwrap();
        assert!(
            desk.run(&format!("{curl} {option} {url}/{last}"))
                .trim_end()
                .ends_with("the end")
        );
    }
}
