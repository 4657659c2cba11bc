//! Three programs that relay to each other, as three machines would: mail from `a.test` goes by
//! `c.test` to `b.test`, which answers directly; mail for anybody else goes round in a circle.
//!
//! `tests/servers/relay/offices.rs` has more of it, within one process.

use std::io::Cursor;

use crate::common::programs::{free_ports, until};
use crate::common::{Lab, stored};
use pillarbox::client::{Endpoint, Security, SmtpClient};
use pillarbox::server::queue::Spool;
use tempfile::TempDir;

/// The three, and the certificates that they share.
struct Offices {
    a: Lab,
    b: Lab,
    c: Lab,
    certs: TempDir,
}

impl Offices {
    fn open() -> Offices {
        let certs = tempfile::tempdir().unwrap();
        let [smtp, smtps] = free_ports();
        let office = |domain: &str| {
            let certs = certs.path().display();
            format!(
                "[tls]\ncerts = {certs}\n[server]\ndomain = {domain}\nhostname = mail.{domain}\n"
            )
        };
        // Carol is no person here: it is the other server that logs in.
        let relay = |port: u16| {
            let login = "user = carol\npassword = chimney\ngateways = carol\n";
            format!("[relay]\nhost = localhost\nport = {port}\n{login}")
        };
        let route = |domain: &str, port: u16| format!("[routes]\n{domain} = localhost:{port}\n");
        let b = Lab::with(&(office("b.test") + &route("a.test", smtp)));
        let to_b = route("b.test", b.port("smtp"));
        let c = Lab::with(&(office("c.test") + &to_b + &relay(smtps)));
        let a = Lab::at(smtp, smtps, &(office("a.test") + &relay(c.port("smtps"))));
        Offices { a, b, c, certs }
    }

    fn send(&self, at: &Lab, from: &str, to: &str, message: &str) {
        let ca = self.certs.path().join("ca.pem");
        let endpoint = Endpoint::new("localhost", at.port("smtps"), Security::Tls, ca);
        let (name, password) =
            if from.starts_with("alice") { ("alice", "wonderland") } else { ("bob", "builder") };
        let mut client = SmtpClient::connect(&endpoint).unwrap();
        client.login(name, password).unwrap();
        // Without these, submission would add them (RFC 6409 §8).
        let whole = "Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@a.test>\r\n";
        let message = format!("{whole}From: {from}\r\n{message}");
        let sent = client.send(from, &[to], &mut Cursor::new(message));
        assert!(sent.unwrap().refused.is_empty());
        client.quit().unwrap();
    }
}

/// The messages with this subject.
fn mail(lab: &Lab, account: &str, subject: &str) -> Vec<String> {
    let field = format!("Subject: {subject}\r\n");
    let mut mail = stored(&lab.path().join("mail"), account);
    mail.retain(|text| text.contains(&field));
    mail
}

fn drained(lab: &Lab) {
    let spool = Spool::at(&lab.path().join("queue"));
    until("an empty queue", || spool.ids().unwrap().is_empty().then_some(()));
}

/// The hops that a message names, the last one first.
fn hops(message: &str) -> Vec<&str> {
    let by = message.split("\tby mail.").skip(1);
    by.filter_map(|rest| rest.split(' ').next()).collect()
}

#[test]
fn mail_goes_by_a_third_and_comes_back_directly() {
    let offices = Offices::open();
    let Offices { a, b, c, .. } = &offices;
    let attached = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\r\n".repeat(20_000_000 / 46);
    let rows = [
        (
            "alice@a.test",
            "bob@b.test",
            "Subject: bits\r\n\r\nGr\u{fc}\u{df}e\r\n.\r\n..\r\n".to_owned(),
        ),
        // RFC 6531: what stands after the plus is bob's own.
        (
            "alice+\u{e9}t\u{e9}@a.test",
            "bob+gr\u{fc}n@b.test",
            "Subject: beyond\r\n\r\nASCII\r\n".to_owned(),
        ),
        (
            "alice@a.test",
            "bob@b.test",
            format!(
                "Subject: large\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\n{attached}"
            ),
        ),
    ];
    for (from, to, message) in rows {
        let subject = message.split("\r\n").next().unwrap().replace("Subject: ", "");
        offices.send(a, from, to, &message);
        let arrived = until(&subject, || mail(b, "bob", &subject).pop());
        assert!(arrived.ends_with(&message), "{}", &arrived[..1000]);
        assert!(arrived.starts_with(&format!("Return-Path: <{from}>\r\n")));
        assert_eq!(hops(&arrived), ["b.test", "c.test", "a.test"]);
    }
    offices.send(b, "bob@b.test", "alice@a.test", "Subject: answer\r\n\r\nHello\r\n");
    let answer = until("an answer", || mail(a, "alice", "answer").pop());
    assert_eq!(hops(&answer), ["a.test", "b.test"]);
    for lab in [a, b, c] {
        drained(lab);
    }
}

#[test]
fn a_circle_ends_in_one_bounce() {
    let offices = Offices::open();
    let Offices { a, c, .. } = &offices;
    offices.send(a, "alice@a.test", "x@elsewhere.test", "Subject: round\r\n\r\n");
    let bounces = || [a, c].map(|lab| mail(lab, "alice", "round")).concat();
    let bounce = until("a bounce", || bounces().pop());
    assert!(bounce.contains("Status: 5.4.6\r\n"), "{bounce}");
    drained(a);
    drained(c);
    assert_eq!(bounces().len(), 1);
}
