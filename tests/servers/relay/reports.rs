//! The queue by itself, with envelopes that say what they want to be told.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pillarbox::config::Config;
use pillarbox::mail::net::Taps;
use pillarbox::mail::protocol::smtp::Address;
use pillarbox::mail::store::{Mailbox, Store};
use pillarbox::server::queue::{Destination, Envelope, Queue, QueueThreads, new_id};
use tempfile::TempDir;

use super::hop::Hop;
use super::lab::until;
use super::{FAST, folder};

/// A queue that sends, and alice's mailbox.
struct Post {
    inbox: Arc<Mailbox>,
    queue: Arc<Queue>,
    _sending: QueueThreads,
}

impl Post {
    fn open(folder: &TempDir, config: &str) -> Post {
        let config = Config::parse("config.ini", config, folder.path()).unwrap();
        let store = Store::open(&config.mail).unwrap();
        let inbox = store.account("alice").unwrap().inbox().unwrap();
        let queue = Queue::open(&config).unwrap();
        let here = Arc::clone(&inbox);
        let home = move |address: &Address| match address.to_string().as_str() {
            "alice@a.test" => Ok(Destination::Local(vec![Arc::clone(&here)])),
            _ => Ok(Destination::Remote(address.clone())),
        };
        let sending = queue.start(Box::new(home), Taps::default()).unwrap();
        Post { inbox, queue, _sending: sending }
    }

    fn send(&self, envelope: &str, message: &str) {
        let received = Envelope::new(pillarbox::mail::protocol::smtp::ReversePath::Null).received;
        let text = format!("received: {received}\n{envelope}");
        let envelope = Envelope::parse(&text).unwrap();
        let mut submission = self.queue.begin(&new_id(), envelope).unwrap();
        submission.write_all(message.as_bytes()).unwrap();
        submission.commit().unwrap();
    }

    fn drained(&self) {
        let spool = self.queue.spool();
        until("an empty queue", || spool.ids().unwrap().is_empty().then_some(()));
    }

    fn reports(&self) -> Vec<String> {
        let snapshot = self.inbox.refresh().unwrap();
        let read = |message| io::read_to_string(self.inbox.open(message).unwrap()).unwrap();
        snapshot.messages.iter().map(|m| read(m)).collect()
    }
}

fn route(hop: &Hop) -> String {
    format!("[routes]\nb.test = 127.0.0.1:{}\n{FAST}", hop.port)
}

/// Nobody of this name there, and no octets beyond ASCII.
fn picky() -> Hop {
    Hop::answering(|line| match line {
        line if line.starts_with("EHLO") => Some("250 hop.test".to_owned()),
        line if line.starts_with("RCPT TO:<no") => Some("550 No".to_owned()),
        _ => None,
    })
}

#[test]
fn each_row_is_an_envelope_and_what_its_sender_hears() {
    const ALICE: &str = "from: <alice@a.test>\n";
    let rows: [(&str, &str, &[&str]); 11] = [
        ("from: <>\n", "to: <no@b.test>\n", &[]),
        (ALICE, "to: <no@b.test>\nnotify: NEVER\n", &[]),
        (ALICE, "to: <bob@b.test>\n", &[]),
        (ALICE, "to: <bob@b.test>\nnotify: SUCCESS\n", &["Action: relayed\r\nStatus: 2.0.0"]),
        (ALICE, "to: <no@b.test>\n", &["Action: failed\r\nStatus: 5.0.0", "text/rfc822-headers"]),
        (
            "from: <alice@a.test>\nret: FULL\nenvid: QQ+2B3\n",
            "to: <no@b.test>\norcpt: rfc822;x+3Dy@y.test\n",
            &[
                "message/rfc822",
                "\r\nHello\r\n",
                "Original-Envelope-Id: QQ+3\r\n",
                "Original-Recipient: rfc822; x=y@y.test",
            ],
        ),
        (
            "from: <alice@a.test>\nbody: 8bit\n",
            "to: <bob@b.test>\n",
            &["Status: 5.6.3", "Diagnostic-Code: x-pillarbox;"],
        ),
        (ALICE, "to: <bob@c.test>\n", &["Status: 5.1.2"]),
        // What a crash left behind: in the mailbox, and nobody was told.
        (
            "from: <alice@a.test>\nret: FULL\n",
            "to: <carol@a.test>\nnotify: SUCCESS\nstate: delivered\n",
            &[
                "Action: delivered\r\nStatus: 2.0.0",
                "text/rfc822-headers",
                "Subject: Your message was delivered\r\n",
            ],
        ),
        (
            ALICE,
            "to: <staff@a.test>\nnotify: SUCCESS\nstate: expanded\n",
            &["Action: expanded\r\nStatus: 2.0.0"],
        ),
        (ALICE, "to: <carol@a.test>\nnotify: NEVER\nstate: delivered\n", &[]),
    ];
    for (envelope, recipient, expected) in rows {
        let (folder, hop) = (folder(), picky());
        let post = Post::open(&folder, &route(&hop));
        post.send(&format!("{envelope}{recipient}"), "Subject: x\r\n\r\nHello\r\n");
        post.drained();
        let reports = post.reports();
        assert_eq!(reports.len(), usize::from(!expected.is_empty()), "{envelope}{recipient}");
        for (line, report) in
            expected.iter().flat_map(|line| reports.iter().map(move |r| (line, r)))
        {
            assert!(report.contains(line), "{line:?} in {report}");
        }
    }
}

#[test]
fn a_delay_is_told_once() {
    let (folder, ready) = (folder(), Arc::new(AtomicBool::new(false)));
    let is_ready = Arc::clone(&ready);
    let hop = Hop::answering(move |line| {
        let busy = line.starts_with("MAIL") && !is_ready.load(Ordering::SeqCst);
        busy.then(|| "450 4.2.0 Not now".to_owned())
    });
    let post = Post::open(&folder, &format!("{}delay_notice = 100\n", route(&hop)));
    post.send(
        "from: <alice@a.test>\nto: <bob@b.test>\nnotify: DELAY,FAILURE\n",
        "Subject: x\r\n\r\n",
    );
    let report = until("a notice", || post.reports().pop());
    assert!(report.contains("Action: delayed\r\nStatus: 4.2.0"), "{report}");
    assert!(report.contains("\r\nWill-Retry-Until: "), "{report}");
    let spool = post.queue.spool();
    let attempts =
        || Some(spool.load(spool.ids().unwrap().first()?).unwrap()?.recipients[0].attempts);
    let before = attempts().unwrap();
    until("some attempts more", || (attempts()? > before + 2).then_some(()));
    ready.store(true, Ordering::SeqCst);
    post.drained();
    hop.next();
    assert_eq!(post.reports().len(), 1);
}

#[test]
fn who_was_told_of_a_delay_is_told_of_the_failure_too() {
    let (folder, hop) = (
        folder(),
        Hop::answering(|line| line.starts_with("MAIL").then(|| "450 4.2.0 Not now".to_owned())),
    );
    let post = Post::open(&folder, &format!("{}delay_notice = 100\n", route(&hop)));
    post.send(
        "from: <alice@a.test>\nto: <bob@b.test>\nnotify: DELAY,FAILURE\n",
        "Subject: x\r\n\r\n",
    );
    until("a notice", || post.reports().pop());
    drop(post);
    // The way to b.test is taken out of the configuration.
    let post = Post::open(&folder, FAST);
    post.drained();
    let reports = post.reports();
    let failed = |report: &&String| report.contains("Action: failed\r\nStatus: 5.1.2");
    assert_eq!(reports.iter().filter(failed).count(), 1, "{reports:?}");
}

#[test]
fn a_hop_that_reports_is_asked_to() {
    let (folder, lines) = (folder(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let heard = Arc::clone(&lines);
    let hop = Hop::answering(move |line| {
        heard.lock().unwrap().push(line.to_owned());
        line.starts_with("EHLO").then(|| "250-hop.test\r\n250 DSN".to_owned())
    });
    let post = Post::open(&folder, &route(&hop));
    let envelope = "from: <alice@a.test>\nret: HDRS\nenvid: QQ3\n";
    let recipient = "to: <bob@b.test>\nnotify: SUCCESS\norcpt: rfc822;x@y.test\n";
    post.send(&format!("{envelope}{recipient}"), "Subject: x\r\n\r\n");
    post.drained();
    let lines = lines.lock().unwrap().clone();
    assert!(lines.contains(&"MAIL FROM:<alice@a.test> RET=HDRS ENVID=QQ3".to_owned()), "{lines:?}");
    let rcpt = "RCPT TO:<bob@b.test> NOTIFY=SUCCESS ORCPT=rfc822;x@y.test";
    assert!(lines.contains(&rcpt.to_owned()), "{lines:?}");
    assert!(post.reports().is_empty(), "that is the hop's business now");
}

#[test]
fn a_restart_sends_nobody_what_was_acknowledged() {
    let (folder, ready, other) = (folder(), Hop::new(), busy_hop());
    let config = format!(
        "[routes]\nb.test = 127.0.0.1:{}\nc.test = 127.0.0.1:{}\n{FAST}",
        ready.port, other.0.port
    );
    let post = Post::open(&folder, &config);
    post.send(
        "from: <alice@a.test>\n\nto: <bob@b.test>\n\nto: <carol@c.test>\n",
        "Subject: x\r\n\r\n",
    );
    ready.next();
    let spool = post.queue.spool().clone();
    until("both tried", || {
        let envelope = spool.load(spool.ids().unwrap().first()?).unwrap()?;
        envelope.recipients.iter().all(|to| to.attempts > 0).then_some(())
    });
    drop(post);
    other.1.store(true, Ordering::SeqCst);
    let post = Post::open(&folder, &config);
    assert_eq!(other.0.next().rcpt, ["RCPT TO:<carol@c.test>"]);
    post.drained();
    assert!(ready.taken.try_recv().is_err());
}

/// A hop that is busy until it is told otherwise.
fn busy_hop() -> (Hop, Arc<AtomicBool>) {
    let ready = Arc::new(AtomicBool::new(false));
    let is_ready = Arc::clone(&ready);
    let hop = Hop::answering(move |line| {
        let busy = line == "." && !is_ready.load(Ordering::SeqCst);
        busy.then(|| "451 4.3.0 Later".to_owned())
    });
    (hop, ready)
}

#[test]
fn two_servers_do_not_share_a_queue() {
    let (folder, hop) = (folder(), Hop::new());
    let config = Config::parse("config.ini", &route(&hop), folder.path()).unwrap();
    let first = Queue::open(&config).unwrap();
    let why = Queue::open(&config).err().unwrap().to_string();
    assert!(why.contains("another Pillarbox"), "{why}");
    drop(first);
    assert!(Queue::open(&config).is_ok());
}
