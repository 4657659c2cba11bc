//! Other people's programs against our servers: swaks, msmtp, curl, and Postfix as a client that
//! relays to us by SMTP and LMTP. Debian: swaks msmtp curl postfix.
//!
//! Run with `cargo test --test foreign smtp_programs -- --ignored`. Postfix runs as a private instance in a
//! temporary folder; its master wants root. Where it is the next hop: `next_hops.rs`.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::common::postfix::Postfix;
use crate::common::programs::run;
use crate::common::{Lab, stored};
use pillarbox::server::queue::Spool;

/// What swaks exits with.
const MAIL_REFUSED: i32 = 23;
const RCPT_REFUSED: i32 = 24;

/// Whom a stranger pretends to be.
const SENDERS: [&str; 2] = ["alice@pillarbox.test", "<>"];

const MESSAGE: &str = "From: alice@pillarbox.test\r\nTo: bob@pillarbox.test\r\n\
    Subject: interop\r\n\r\n.leading dot\r\nGr\u{fc}\u{df}e\r\n";

/// The messages in this inbox, after the welcome, that say `interop`.
fn inbox(lab: &Lab, account: &str) -> Vec<String> {
    let mut found = stored(&lab.path().join("mail"), account);
    found.retain(|text| text.contains("Subject: interop"));
    found
}

fn assert_delivered(lab: &Lab, account: &str, with: &str) {
    let [text] = &inbox(lab, account)[..] else {
        panic!("{account} has {} messages", inbox(lab, account).len())
    };
    assert!(text.contains(&format!(" with {with} id ")), "{text}");
    assert!(text.contains("\r\n.leading dot\r\n"), "{text}");
}

#[test]
#[ignore = "needs swaks"]
fn swaks_by_every_way() {
    let rows: [(&str, &[&str], &str); 6] = [
        ("smtp", &[], "ESMTP"),
        ("smtp", &["--tls"], "ESMTPS"),
        ("submission", &["--tls", "--auth", "PLAIN"], "ESMTPSA"),
        ("submission", &["--auth", "LOGIN"], "ESMTPA"),
        ("smtps", &["--tls-on-connect", "--auth"], "ESMTPSA"),
        ("lmtp", &["--protocol", "LMTP"], "LMTP"),
    ];
    for (service, more, with) in rows {
        let lab = Lab::start();
        let port = lab.port(service).to_string();
        let mut words = vec!["--server", "127.0.0.1", "--port", &port, "--data", "-"];
        words.extend(["--from", "alice@pillarbox.test", "--to", "bob@pillarbox.test"]);
        words.extend(more);
        if more.contains(&"--auth") {
            words.extend(["--auth-user", "alice", "--auth-password", "wonderland"]);
        }
        run("swaks", &words, MESSAGE);
        assert_delivered(&lab, "bob", with);
    }
}

/// Every role, over the network, though there is a way to `other.test`. All forms of an address:
/// `tests/conversations/open_relay.rs`.
#[test]
#[ignore = "needs swaks"]
fn swaks_finds_no_open_relay() {
    let roles: [(&str, &[&str], i32); 6] = [
        ("smtp", &[], RCPT_REFUSED),
        ("smtp", &["--tls"], RCPT_REFUSED),
        ("submission", &[], MAIL_REFUSED),
        ("submission", &["--tls"], MAIL_REFUSED),
        ("smtps", &["--tls-on-connect"], MAIL_REFUSED),
        ("lmtp", &["--protocol", "LMTP"], RCPT_REFUSED),
    ];
    let forms = [
        "x@other.test",
        "x%other.test@pillarbox.test",
        "other.test!x@pillarbox.test",
        "\"x@other.test\"@pillarbox.test",
        "@pillarbox.test:x@other.test",
        "x@[192.0.2.1]",
    ];
    let lab = Lab::with("[routes]\nother.test = 127.0.0.1:9\n");
    for (service, more, expected) in roles {
        for (form, from) in forms.iter().flat_map(|form| SENDERS.map(|from| (form, from))) {
            let port = lab.port(service).to_string();
            let mut words = vec!["--server", "127.0.0.1", "--port", &port];
            words.extend(["--to", form, "--from", from]);
            words.extend(more);
            let output = Command::new("swaks").args(&words).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert_eq!(output.status.code(), Some(expected), "{words:?}: {said}");
            let refused = said.contains("* 550 ") || said.contains("* 530 ");
            assert!(refused, "{words:?}: {said}");
        }
    }
    let spool = Spool::at(&lab.path().join("queue"));
    assert!(spool.ids().unwrap().is_empty());
}

#[test]
#[ignore = "needs msmtp"]
fn msmtp_with_starttls_tls_and_lmtp() {
    let rows: [(&str, &[&str], &str); 3] = [
        ("submission", &["--tls=on", "--auth=plain"], "ESMTPSA"),
        ("smtps", &["--tls=on", "--tls-starttls=off", "--auth=login"], "ESMTPSA"),
        ("lmtp", &["--protocol=lmtp", "--tls=on"], "LMTPS"),
    ];
    for (service, more, with) in rows {
        let lab = Lab::start();
        let (port, ca) = (lab.port(service).to_string(), lab.ca());
        let port = format!("--port={port}");
        let ca = format!("--tls-trust-file={}", ca.display());
        let mut words = vec!["--file=/dev/null", "--host=localhost", &port, &ca];
        words.extend(["--from=alice@pillarbox.test", "--user=alice"]);
        words.push("--passwordeval=echo wonderland");
        words.extend(more);
        words.extend(["--", "bob@pillarbox.test"]);
        run("msmtp", &words, &MESSAGE.replace("\r\n", "\n"));
        assert_delivered(&lab, "bob", with);
    }
}

#[test]
#[ignore = "needs curl"]
fn curl_sends_asks_and_expands() {
    let lab = Lab::start();
    let ca = lab.ca();
    let trust = [
        "--silent",
        "--show-error",
        "--user",
        "alice:wonderland",
        "--cacert",
        ca.to_str().unwrap(),
    ];
    let smtps = format!("smtps://localhost:{}", lab.port("smtps"));
    let submission = format!("smtp://localhost:{}", lab.port("submission"));
    for (url, account, more) in [(&smtps, "bob", None), (&submission, "carol", Some("--ssl-reqd"))]
    {
        let to = format!("{account}@pillarbox.test");
        let mut words = trust.to_vec();
        words.extend([url, "--mail-from", "alice@pillarbox.test", "--mail-rcpt", &to]);
        words.extend(["--upload-file", "-"]);
        words.extend(more);
        run("curl", &words, MESSAGE);
        assert_delivered(&lab, account, "ESMTPSA");
    }
    let mut words = trust.to_vec();
    words.extend([smtps.as_str(), "--request", "EXPN", "--mail-rcpt", "postmaster"]);
    // There is no list of this name, and curl says so.
    let output = Command::new("curl").args(&words).output().unwrap();
    assert!(!output.status.success());
    let mut words = trust.to_vec();
    words.extend([smtps.as_str(), "--mail-rcpt", "bob"]);
    let said = run("curl", &words, "");
    assert!(said.contains("bob@pillarbox.test"), "{said}");
}

#[test]
#[ignore = "needs postfix, and root"]
fn postfix_relays_to_us_by_smtp_and_lmtp() {
    for (service, transport, with) in [("smtp", "smtp", "ESMTPS"), ("lmtp", "lmtp", "LMTPS")] {
        let lab = Lab::start();
        let hop = format!("{transport}:[127.0.0.1]:{}", lab.port(service));
        let postfix = Postfix::client(&hop);
        let words = ["-f", "someone@elsewhere.test", "bob@pillarbox.test", "carol@pillarbox.test"];
        postfix.sendmail(&words, &MESSAGE.replace("\r\n", "\n"));
        let begin = Instant::now();
        while inbox(&lab, "carol").is_empty() || inbox(&lab, "bob").is_empty() {
            if begin.elapsed() > Duration::from_secs(60) {
                panic!("{service}: nothing came in a minute: {}", postfix.log());
            }
            thread::sleep(Duration::from_millis(100));
        }
        for account in ["bob", "carol"] {
            assert_delivered(&lab, account, with);
        }
    }
}
