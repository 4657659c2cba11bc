//! Mail for other domains: through a whole office, to next hops that behave and that do not.
//!
//! Time passes ten thousand times faster than for real mail, so a retry comes after some
//! milliseconds; every test waits for an event, none for a time.

mod hop;
mod lab;
mod notifications;
mod offices;
use crate::common::programs;
mod reports;

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hop::{Hop, Taken};
use lab::{Lab, free_port, until};
use pillarbox::limits::SHUTDOWN_GRACE;
use tempfile::TempDir;

/// Retries every 30 ms, for longer than any test lasts.
const FAST: &str =
    "[limits]\nretry_longest = 300\nqueue_lifetime = 50000000\ntime_factor = 10000\n";
const MESSAGE: &str = "Subject: Tea\n\nAt five?\n.\n..two\n";

fn lab(folder: &TempDir, port: u16, more: &str) -> Lab {
    let routes =
        format!("[server]\ndomain = a.test\n[routes]\nb.test = 127.0.0.1:{port} {more}\n{FAST}");
    Lab::open(&folder.path().join("a"), &routes)
}

/// What a hop took, without the line of our own server.
fn body(taken: &Taken) -> &str {
    let at = taken.text.find("Subject: Tea").expect("the message");
    &taken.text[at..]
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_hop_that_says_nothing_holds_the_end_up_for_one_grace_only() {
    let (folder, silent) = (folder(), TcpListener::bind("127.0.0.1:0").unwrap());
    let mut lab = lab(&folder, silent.local_addr().unwrap().port(), "");
    lab.send(&["bob@b.test"], MESSAGE);
    let (_connection, _) = silent.accept().unwrap();
    let took = lab.stop_sending_at_once();
    assert!(took < SHUTDOWN_GRACE / 2, "{took:?}");
    assert_eq!(lab.spool().ids().unwrap().len(), 1);
}

#[test]
fn a_message_is_passed_on_as_it_came() {
    let (folder, hop) = (folder(), Hop::new());
    let lab = lab(&folder, hop.port, "");
    lab.send(&["bob@b.test", "bob@a.test", "Carol@B.test"], MESSAGE);
    let taken = hop.next();
    let octets = taken.text.len() + taken.text.lines().count();
    assert_eq!(taken.mail, format!("MAIL FROM:<alice@a.test> SIZE={}", octets - 2));
    assert_eq!(taken.rcpt, ["RCPT TO:<bob@b.test>", "RCPT TO:<Carol@B.test>"]);
    assert_eq!(body(&taken), "Subject: Tea\n\nAt five?\n..\n...two\n");
    assert!(taken.text.starts_with("Received: from"), "{}", taken.text);
    lab.drained();
    assert_eq!(lab.mail_now("bob").len(), 1);
    assert!(hop.taken.try_recv().is_err());
    assert!(lab.mail_now("alice").is_empty(), "nobody is told of what went well");
}

#[test]
fn down_then_busy_then_ready_is_delivered_once() {
    let folder = folder();
    let lab = lab(&folder, free_port(), "");
    lab.send(&["bob@b.test"], MESSAGE);
    let id = until("a message that waits", || lab.spool().ids().unwrap().pop());
    let reply = until("a second attempt", || {
        let envelope = lab.spool().load(&id).unwrap()?;
        (envelope.recipients[0].attempts > 1).then(|| envelope.recipients[0].reply.clone())
    });
    assert!(reply.unwrap().contains("cannot be reached"));
    lab.close();

    let attempts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&attempts);
    let hop = Hop::answering(move |line| {
        let busy = line.starts_with("RCPT") && count.fetch_add(1, Ordering::SeqCst) < 2;
        busy.then(|| "451 4.3.0 Later".to_owned())
    });
    let lab = self::lab(&folder, hop.port, "");
    assert_eq!(body(&hop.next()), "Subject: Tea\n\nAt five?\n..\n...two\n");
    lab.drained();
    assert_eq!(attempts.load(Ordering::SeqCst), 3);
    assert!(hop.taken.try_recv().is_err());
    assert!(lab.mail_now("alice").is_empty());
}

#[test]
fn one_of_three_is_refused_and_the_sender_hears_of_that_one() {
    let folder = folder();
    let hop = Hop::answering(|line| {
        let refused = line.starts_with("RCPT TO:<carol@");
        refused.then(|| "550 5.1.1 No Carol here".to_owned())
    });
    let lab = lab(&folder, hop.port, "");
    lab.send(&["bob@b.test", "carol@b.test", "dan@b.test"], MESSAGE);
    assert_eq!(hop.next().rcpt, ["RCPT TO:<bob@b.test>", "RCPT TO:<dan@b.test>"]);
    let bounce = lab.mail("alice", 1).remove(0);
    for line in [
        "Return-Path: <>\r\n",
        "To: alice@a.test\r\n",
        "report-type=delivery-status",
        "Final-Recipient: rfc822; carol@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        "Diagnostic-Code: smtp; 550 5.1.1 No Carol here\r\n",
        "Content-Type: text/rfc822-headers\r\n",
        "\r\nSubject: Tea\r\n",
    ] {
        assert!(bounce.contains(line), "{line:?} in {bounce}");
    }
    assert!(!bounce.contains("bob@") && !bounce.contains("At five?"), "{bounce}");
    lab.drained();
    assert_eq!(lab.mail_now("alice").len(), 1);
    assert!(hop.taken.try_recv().is_err());
}

#[test]
fn what_cannot_be_delivered_for_five_days_goes_back() {
    let folder = folder();
    let hop =
        Hop::answering(|line| line.starts_with("MAIL").then(|| "450 4.2.0 Not now".to_owned()));
    let routes = format!("[server]\ndomain = a.test\n[routes]\nb.test = 127.0.0.1:{}\n", hop.port);
    let config = format!("{routes}[limits]\nqueue_lifetime = 2000\ntime_factor = 10000\n");
    let lab = Lab::open(&folder.path().join("a"), &config);
    lab.send(&["bob@b.test"], MESSAGE);
    let bounce = lab.mail("alice", 1).remove(0);
    assert!(bounce.contains("Status: 4.4.7\r\n"), "{bounce}");
    assert!(bounce.replace("\r\n ", " ").contains("450 4.2.0 Not now"), "{bounce}");
    lab.drained();
    assert_eq!(lab.mail_now("alice").len(), 1);
}

#[test]
fn each_recipient_of_lmtp_has_a_reply() {
    let folder = folder();
    let hop = Hop::answering(|line| match line {
        "." => Some("250 Taken\r\n552 5.2.2 Full".to_owned()),
        line if line.starts_with("EHLO") => Some("500 This is LMTP".to_owned()),
        _ => None,
    });
    let lab = lab(&folder, hop.port, "lmtp");
    lab.send(&["bob@b.test", "carol@b.test"], MESSAGE);
    assert_eq!(hop.next().rcpt.len(), 2);
    let bounce = lab.mail("alice", 1).remove(0);
    assert!(bounce.contains("Final-Recipient: rfc822; carol@b.test\r\n"), "{bounce}");
    assert!(bounce.contains("552 5.2.2 Full") && !bounce.contains("bob@"), "{bounce}");
    lab.drained();
}

#[test]
fn a_connection_that_breaks_at_any_octet_loses_nothing() {
    for extensions in ["SIZE", "PIPELINING"] {
        let folder = folder();
        let hello = format!("250-hop.test\r\n250 {extensions}");
        // Connection n ends after n octets, until a whole conversation fits.
        let hop = Hop::dropping(
            move |line| line.starts_with("EHLO").then(|| hello.clone()),
            |number| (number < 130).then_some(number),
        );
        let lab = lab(&folder, hop.port, "");
        let mut dropped = 0;
        // Each message is tried until it was acknowledged; enough of them to use up all the
        // connections.
        for number in 0..8 {
            let text = format!("Subject: Tea\n\nNumber {number}\n");
            lab.send(&["bob@b.test"], &text);
            loop {
                let taken = hop.next();
                assert_eq!(body(&taken), text);
                if taken.acknowledged {
                    break;
                }
                dropped += 1;
            }
            lab.drained();
            assert!(hop.taken.try_recv().is_err(), "sent twice, though it was acknowledged");
        }
        // What the hop took without a whole 250 came again: once for each octet of "250 Taken\r\n".
        assert_eq!(dropped, "250 Taken\r\n".len());
    }
}

/// RFC 6531 §3.4: a client may announce SMTPUTF8 for a message that does not need it.
#[test]
fn a_hop_is_asked_for_smtputf8_only_where_ascii_does_not_do() {
    use pillarbox::mail::protocol::smtp::Params;
    let (folder, hop) = (folder(), Hop::new());
    let lab = lab(&folder, hop.port, "");
    let mut alice = lab.alice();
    for (to, subject) in [("bob", "Tea"), ("bob", "Thé"), ("gr\u{fc}n", "Tea")] {
        let params = Params::new().with("BODY", Some("8BITMIME")).with("SMTPUTF8", None);
        alice.mail("alice@a.test", params).unwrap();
        alice.rcpt(&format!("{to}@b.test")).unwrap();
        let message = format!("Subject: {subject}\n\nAt five?\n");
        alice.data(&mut message.as_bytes()).unwrap();
    }
    let taken = hop.next();
    assert!(!taken.mail.contains("SMTPUTF8"), "{}", taken.mail);
    let bounces = lab.mail("alice", 2).join("");
    assert_eq!(bounces.matches("Status: 5.6.7\r\n").count(), 2);
    lab.drained();
    assert!(hop.taken.try_recv().is_err());
}

#[test]
fn nothing_is_relayed_without_a_login_or_a_way() {
    use pillarbox::client::{Endpoint, Security, SmtpClient};
    use pillarbox::mail::protocol::smtp::Params;
    let (folder, hop) = (folder(), Hop::new());
    let lab = lab(&folder, hop.port, "");
    let forms =
        ["x@b.test", "x%b.test@a.test", "b.test!x@a.test", "\"x@b.test\"@a.test", "x@[127.0.0.2]"];
    let endpoint = Endpoint::new("localhost", lab.port("smtp"), Security::Plain, "none");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    client.mail("alice@a.test", Params::new()).unwrap();
    for form in forms {
        let refusal = client.rcpt(form).unwrap_err();
        assert!(!refusal.is_transient(), "{refusal}");
    }
    client.rset().unwrap();
    client.login("alice", "wonderland").unwrap();
    client.mail("alice@a.test", Params::new()).unwrap();
    let refusal = client.rcpt("x@c.test").unwrap_err().to_string();
    assert!(refusal.contains("550 5.1.2"), "{refusal}");
    client.rcpt("x@b.test").unwrap();
}

#[test]
fn a_word_from_the_command_line_is_heard() {
    let folder = folder();
    let hop = Hop::answering({
        let mut first = true;
        move |line| {
            let busy = line.starts_with("MAIL") && std::mem::take(&mut first);
            busy.then(|| "450 4.2.0 Not now".to_owned())
        }
    });
    let lab = Lab::open(&folder.path().join("a"), &slow(&hop));
    lab.send(&["bob@b.test"], MESSAGE);
    let id = until("a failed attempt", || {
        let id = lab.spool().ids().unwrap().pop()?;
        let envelope = lab.spool().load(&id).unwrap()?;
        (envelope.recipients[0].attempts == 1).then_some(id)
    });
    assert!(!lab.spool().hasten("1-1").unwrap());
    assert!(!lab.spool().remove("../a").unwrap());
    assert!(lab.spool().hasten(&id).unwrap());
    hop.next();
    lab.drained();
}

/// Without a time factor: a second attempt would come in five minutes.
fn slow(hop: &Hop) -> String {
    format!("[server]\ndomain = a.test\n[routes]\nb.test = 127.0.0.1:{}\n", hop.port)
}

#[test]
fn those_for_whom_there_was_no_room_follow_at_once() {
    let (folder, mut named) = (folder(), 0);
    let hop = Hop::answering(move |line| {
        match line.get(..4) {
            Some("MAIL") => named = 0,
            Some("RCPT") => named += 1,
            _ => {}
        }
        let full = line.starts_with("RCPT") && named > 2;
        full.then(|| "452 4.5.3 Too many recipients".to_owned())
    });
    let lab = Lab::open(&folder.path().join("a"), &slow(&hop));
    let to = ["a@b.test", "b@b.test", "c@b.test", "d@b.test", "e@b.test"];
    lab.send(&to, MESSAGE);
    for expected in to.chunks(2) {
        let named: Vec<String> = expected.iter().map(|to| format!("RCPT TO:<{to}>")).collect();
        assert_eq!(hop.next().rcpt, named);
    }
    lab.drained();
}

#[test]
fn a_word_for_a_message_on_its_way_is_heard() {
    use std::sync::mpsc::channel;
    let folder = folder();
    let ((asks, asked), (release, released)) = (channel(), channel::<()>());
    let hop = Hop::answering({
        let mut first = true;
        move |line| {
            let busy = line.starts_with("MAIL") && std::mem::take(&mut first);
            busy.then(|| {
                asks.send(()).unwrap();
                released.recv().unwrap();
                "450 4.2.0 Not now".to_owned()
            })
        }
    });
    let lab = Lab::open(&folder.path().join("a"), &slow(&hop));
    lab.send(&["bob@b.test"], MESSAGE);
    asked.recv_timeout(hop::PATIENCE).unwrap();
    let id = lab.spool().ids().unwrap().remove(0);
    assert!(lab.spool().hasten(&id).unwrap());
    let word = folder.path().join("a/queue/now").join(&id);
    until("the word to be heard", || (!word.exists()).then_some(()));
    release.send(()).unwrap();
    hop.next();
    lab.drained();
}
