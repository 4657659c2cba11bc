//! Other people's servers as our next hop: Postfix by a route, Exim as the relay that wants a login.
//!
//! Run as root with `cargo test --test foreign next_hops -- --ignored`. Debian: postfix; and Exim, which is
//! not installed beside it: `.ci/run` shows how. Both are private instances on loopback.

use std::fmt::Write;
use std::fs;
use std::io::Cursor;
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::common::exim::Exim;
use crate::common::postfix::Postfix;
use crate::common::programs::free_port;
use crate::common::{Lab, stored};
use pillarbox::client::{Endpoint, Security, SmtpClient};
use pillarbox::server::queue::Spool;

const TRICKY: &str = "From: alice@pillarbox.test\r\nSubject: tricky\r\n\r\n.leading dot\r\nGr\u{fc}\u{df}e\r\n.\u{20}\r\n";

/// Waits until this is there.
fn until<T>(log: &dyn Fn() -> String, mut there: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(found) = there() {
            return found;
        }
        assert!(Instant::now() < end, "nothing came in a minute: {}", log());
        thread::sleep(Duration::from_millis(50));
    }
}

/// The messages in a `new/`, as the other program wrote them: with LF.
fn messages(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let text = |path| String::from_utf8(fs::read(path).unwrap()).unwrap();
    entries.map(|entry| text(entry.unwrap().path())).collect()
}

/// Alice's mail after the welcome.
fn bounces(lab: &Lab) -> Vec<String> {
    let mut found = stored(&lab.path().join("mail"), "alice");
    found.retain(|text| text.contains("Return-Path: <>"));
    found
}

/// Alice sends a message to these.
fn send(lab: &Lab, to: &[&str], message: &str) {
    let endpoint = Endpoint::new("localhost", lab.port("smtps"), Security::Tls, lab.ca());
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    let mut message = Cursor::new(message.to_owned());
    let sent = client.send("alice@pillarbox.test", to, &mut message);
    assert!(sent.unwrap().refused.is_empty());
    client.quit().unwrap();
}

/// Twenty million octets, none of them alike.
fn large() -> String {
    let mut large = "From: alice@pillarbox.test\r\nSubject: large\r\n\r\n".to_owned();
    for number in 0..20_000_000 / 72 {
        write!(large, "{number:070}\r\n").unwrap();
    }
    large
}

/// Each of these arrives as it was sent, and says this of its way.
fn assert_taken(lab: &Lab, maildir: &Path, log: &dyn Fn() -> String, domain: &str, way: &str) {
    let rows = [("bob", TRICKY.to_owned()), ("gr\u{fc}n", TRICKY.to_owned()), ("bob", large())];
    let mut before = Vec::new();
    for (name, message) in rows {
        send(lab, &[&format!("{name}@{domain}")], &message);
        let taken =
            until(log, || messages(maildir).into_iter().find(|text| !before.contains(text)));
        assert!(taken.contains(way), "{}", &taken[..1000]);
        let (_, body) = taken.split_once("Subject: ").unwrap();
        let (_, expected) = message.split_once("Subject: ").unwrap();
        // No `assert_eq`: nobody reads twenty million octets.
        assert!(body == expected.replace("\r\n", "\n"), "{}", &taken[..1000]);
        before.push(taken);
    }
}

/// Of two, one is refused: the other is delivered, and the sender hears of the first.
fn assert_half_refused(lab: &Lab, maildir: &Path, log: &dyn Fn() -> String, domain: &str) {
    let before = messages(maildir).len();
    let to = ["bob", "nobody"].map(|name| format!("{name}@{domain}"));
    send(lab, &[&to[0], &to[1]], TRICKY);
    until(log, || (messages(maildir).len() > before).then_some(()));
    let bounce = until(log, || bounces(lab).pop());
    let refused = format!("rfc822; nobody@{domain}\r\nAction: failed");
    for word in [&refused, "Diagnostic-Code: smtp; 550 "] {
        assert!(bounce.contains(word), "{word} in {bounce}");
    }
    let spool = Spool::at(&lab.path().join("queue"));
    until(log, || spool.ids().unwrap().is_empty().then_some(()));
    assert_eq!(bounces(lab).len(), 1);
}

#[test]
#[ignore = "needs postfix, and root"]
fn postfix_takes_what_we_relay() {
    let port = free_port();
    let lab = Lab::with(&format!("[routes]\nb.test = localhost:{port} starttls\n"));
    let postfix = Postfix::server(port, &lab.path().join("certs"));
    let (maildir, log) = (postfix.maildir(), || postfix.log());
    assert_taken(&lab, &maildir, &log, "b.test", "using TLSv1.3");
    assert_half_refused(&lab, &maildir, &log, "b.test");
}

#[test]
#[ignore = "needs exim, and root"]
fn exim_takes_what_we_relay_with_a_login() {
    let port = free_port();
    let relay = "tls = starttls\nuser = office\npassword = secret\n";
    let lab = Lab::with(&format!("[relay]\nhost = localhost\nport = {port}\n{relay}"));
    let exim = Exim::start(port, &lab.path().join("certs"));
    let (maildir, log) = (exim.maildir(), || exim.log());
    until(&log, || TcpStream::connect(("127.0.0.1", port)).ok());
    assert_taken(&lab, &maildir, &log, "anywhere.test", "esmtpsa");
    assert_half_refused(&lab, &maildir, &log, "anywhere.test");
}
