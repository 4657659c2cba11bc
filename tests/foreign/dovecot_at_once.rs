//! Dovecot and Pillarbox serve one Maildir at the same moment: each message has one UID, no flag is
//! lost, and no message.
//!
//! Needs Dovecot (Debian: dovecot-imapd) and root, from where both change to `nobody`. Run with
//! `cargo test --test foreign dovecot_at_once -- --ignored --nocapture`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::common::Lab;
use crate::common::dovecot::Dovecot;
use crate::common::typed::Typed;
use fastrand::Rng;

/// Debian's `nobody`.
const NOBODY: u32 = 65534;

/// Clients of each server.
const CLIENTS: usize = 2;

/// Commands of each client.
const COMMANDS: usize = 300;

/// A client of bob's that has his INBOX open.
struct Client {
    wire: BufReader<TcpStream>,
    server: &'static str,
    tag: usize,
}

impl Client {
    fn connect(server: &'static str, port: u16) -> Client {
        let tcp = TcpStream::connect(("127.0.0.1", port)).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut client = Client { wire: BufReader::new(tcp), server, tag: 0 };
        client.line();
        client.ask("LOGIN bob builder");
        client.ask("SELECT INBOX");
        client
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.wire.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "{} closed", self.server);
        line.trim_end().to_owned()
    }

    /// Everything up to the tagged line, which must say OK.
    fn ask(&mut self, command: &str) -> Vec<String> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        let text = format!("{tag}{command}\r\n");
        self.wire.get_mut().write_all(text.as_bytes()).unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.line();
            lines.push(line.clone());
            if let Some(end) = line.strip_prefix(&tag) {
                assert!(end.starts_with("OK"), "{}: {command}: {end}", self.server);
                return lines;
            }
        }
    }

    /// Every message: its subject, and its flags without `\\Recent`.
    fn all(&mut self) -> BTreeMap<u32, (String, BTreeSet<String>)> {
        self.ask("NOOP");
        let lines = self.ask("UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])");
        let mut all = BTreeMap::new();
        let mut last = None;
        for line in lines {
            if let Some(uid) = after(&line, "UID ", &[' ', ')']) {
                let flags = after(&line, "FLAGS (", &[')']).unwrap();
                let flags = flags.split_whitespace().filter(|flag| *flag != "\\Recent");
                let flags = flags.map(str::to_owned).collect();
                last = Some(uid.parse::<u32>().unwrap());
                all.insert(last.unwrap(), (String::new(), flags));
            } else if let (Some(uid), Some(subject)) = (last, line.strip_prefix("Subject: ")) {
                all.get_mut(&uid).unwrap().0 = subject.to_owned();
            }
        }
        all
    }

    fn uid_validity(&mut self) -> String {
        let said = self.ask("STATUS INBOX (UIDVALIDITY)");
        after(&said[0], "UIDVALIDITY ", &[')']).unwrap().to_owned()
    }
}

fn after<'a>(line: &'a str, word: &str, ends: &[char]) -> Option<&'a str> {
    line.split_once(word)?.1.split(ends).next()
}

/// What was acknowledged.
#[derive(Default)]
struct Ledger {
    /// Subject and flags of each message whose UID was told. Nobody takes a flag away.
    messages: BTreeMap<u32, (String, BTreeSet<String>)>,
    /// Noted before anybody is asked to remove it.
    unwanted: BTreeSet<u32>,
}

fn work(client: &mut Client, number: usize, ledger: &Mutex<Ledger>) {
    let mut rng = Rng::with_seed(number as u64);
    let flags = ["\\Seen", "\\Flagged", "\\Answered", "work", "play", "$Forwarded"];
    for count in 0..COMMANDS {
        let uids: Vec<u32> = ledger.lock().unwrap().messages.keys().copied().collect();
        let flag = (*rng.choice(&flags).unwrap()).to_owned();
        match (rng.u32(..10), rng.choice(uids)) {
            (0..3, _) | (_, None) => append(client, format!("m{number}-{count}"), flag, ledger),
            (3..7, Some(uid)) => {
                let said = client.ask(&format!("UID STORE {uid} +FLAGS ({flag})"));
                // Both answer with the flags of a message that is there.
                let told = said
                    .iter()
                    .any(|line| line.contains(&format!("UID {uid} ")) && line.contains(&flag));
                let mut ledger = ledger.lock().unwrap();
                if let (true, Some((_, flags))) = (told, ledger.messages.get_mut(&uid)) {
                    flags.insert(flag);
                }
            }
            (7, Some(uid)) => {
                ledger.lock().unwrap().unwanted.insert(uid);
                client.ask(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"));
                client.ask(&format!("UID EXPUNGE {uid}"));
            }
            _ => drop(client.ask("NOOP")),
        }
    }
}

fn append(client: &mut Client, subject: String, flag: String, ledger: &Mutex<Ledger>) {
    let text = format!("Subject: {subject}\r\n\r\nx\r\n");
    let said = client.ask(&format!("APPEND INBOX ({flag}) {{{}+}}\r\n{text}", text.len()));
    let Some(told) = after(said.last().unwrap(), "APPENDUID ", &[']']) else {
        panic!("{} tells no UID: {said:?}", client.server);
    };
    let uid = told.split_once(' ').unwrap().1.parse().unwrap();
    let flags = BTreeSet::from([flag]);
    let before = ledger.lock().unwrap().messages.insert(uid, (subject, flags));
    assert!(before.is_none(), "{}: UID {uid} was that of {before:?}", client.server);
}

fn deliver(lab: &Lab, over: &AtomicBool) -> usize {
    let mut lmtp = Typed::connect(lab, "lmtp");
    lmtp.send(b"LHLO client.test\r\n");
    while lmtp.line().as_bytes()[3] == b'-' {}
    for count in 0.. {
        if over.load(Ordering::Relaxed) {
            return count;
        }
        lmtp.ask("MAIL FROM:<a@b.test>");
        lmtp.ask("RCPT TO:<bob@pillarbox.test>");
        lmtp.ask("DATA");
        let said = lmtp.ask(&format!("Subject: lmtp{count}\r\n\r\nx\r\n."));
        assert!(said.starts_with("250"), "{said}");
        thread::sleep(Duration::from_millis(20));
    }
    0
}

#[test]
#[ignore = "needs dovecot-imapd"]
fn dovecot_and_pillarbox_serve_one_mailbox_at_the_same_moment() {
    let dovecot = Dovecot::start();
    let config = format!(
        "[store]\npath = {}\n[limits]\nmessages_per_minute = 100000\n",
        dovecot.mail().display()
    );
    let lab = Lab::as_user(NOBODY, &config);
    let (ledger, over) = (Mutex::new(Ledger::default()), AtomicBool::new(false));
    let connect = |number: usize| match number % 2 {
        0 => Client::connect("Pillarbox", lab.port("imap")),
        _ => Client::connect("Dovecot", dovecot.imap),
    };
    let delivered = thread::scope(|scope| {
        let delivery = scope.spawn(|| deliver(&lab, &over));
        let clients: Vec<_> = (0..2 * CLIENTS)
            .map(|number| {
                let (connect, ledger) = (&connect, &ledger);
                scope.spawn(move || work(&mut connect(number), number, ledger))
            })
            .collect();
        let ended: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
        over.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(|ended| ended.unwrap());
        delivery.join().unwrap()
    });
    let (mut ours, mut theirs) = (connect(0), connect(1));
    assert_eq!(ours.uid_validity(), theirs.uid_validity());
    let (found, by_dovecot) = (ours.all(), theirs.all());
    assert_eq!(found, by_dovecot, "UIDs, subjects and flags");
    let by_lmtp = found.values().filter(|(subject, _)| subject.starts_with("lmtp"));
    assert_eq!(by_lmtp.count(), delivered, "of what LMTP delivered");
    let ledger = ledger.into_inner().unwrap();
    for (uid, (subject, flags)) in &ledger.messages {
        match found.get(uid) {
            Some((found, flagged)) => {
                assert_eq!(found, subject, "UID {uid}");
                assert!(flags.is_subset(flagged), "UID {uid}: {flags:?}, {flagged:?}");
            }
            None => assert!(
                ledger.unwanted.contains(uid),
                "UID {uid}, {subject}, is lost; it is {:?} now",
                found.iter().find(|(_, (other, _))| other == subject)
            ),
        }
    }
    println!("{} appended, {delivered} delivered", ledger.messages.len());
}
