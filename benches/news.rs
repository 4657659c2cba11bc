//! Measures how soon an idling client learns of a change, and the cost of many idling clients.
//!
//! `cargo bench --bench news` prints figures and judges nothing.
// A benchmark stops when something fails.
#![allow(clippy::unwrap_used)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use common::Lab;
use common::typed::Typed;

/// Limits so high that only the machine limits the clients.
const NO_LIMITS: &str = "[server]\nmax_connections = 3000\n[limits]\nconnections_per_address = 3000\n\
     messages_per_minute = 1000000\nrecipients_per_minute = 1000000\n";

/// The time between two changes, so that each is reported alone.
const PAUSE: Duration = Duration::from_millis(30);

fn main() {
    println!("{:<62} {:>22}", "what", "how much");
    latencies();
    sleepers();
    crowd(100, 100, Duration::from_secs(10));
    one_delivery_to_a_thousand();
}

fn report(what: &str, much: String) {
    println!("{what:<62} {much:>22}");
}

/// A client that has bob's INBOX open and idles.
fn idler(lab: &Lab) -> Typed {
    let mut imap = select(lab);
    assert_eq!(imap.ask("c IDLE"), "+ idling");
    imap
}

fn select(lab: &Lab) -> Typed {
    let mut imap = Typed::connect(lab, "imap");
    assert!(imap.ask("a LOGIN bob builder").starts_with("a OK"));
    imap.send(b"b SELECT INBOX\r\n");
    while !imap.line().starts_with("b OK") {}
    imap
}

/// Reads lines until one ends with this text.
fn hear(imap: &mut Typed, end: &str) {
    while !imap.line().ends_with(end) {}
}

/// Measures the time from a change to the line that reports it, for each way of changing a mailbox.
fn latencies() {
    let lab = Lab::with(NO_LIMITS);
    let mut idler = idler(&lab);
    let mut measure = |what: &str, end: &str, change: &mut dyn FnMut()| {
        let mut times: Vec<Duration> = (0..100)
            .map(|_| {
                thread::sleep(PAUSE);
                let begun = Instant::now();
                change();
                hear(&mut idler, end);
                begun.elapsed()
            })
            .collect();
        times.sort();
        let ms = |at: usize| times[at].as_secs_f64() * 1e3;
        report(
            &format!("news of {what}: half of them within, and all"),
            format!("{:.1} ms, {:.1} ms", ms(49), ms(99)),
        );
    };
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.ask("HELO client.test");
    measure("a delivery by SMTP", "EXISTS", &mut || deliver(&mut smtp));
    let mut imap = select(&lab);
    let mut flag = ["+", "-"].into_iter().cycle();
    measure("a flag by IMAP STORE", ")", &mut || {
        let sign = flag.next().unwrap();
        imap.send(format!("d UID STORE * {sign}FLAGS.SILENT (\\Flagged)\r\n").as_bytes());
        while !imap.line().starts_with("d OK") {}
    });
    measure("a removal by POP3", "EXPUNGE", &mut || remove_by_pop3(&lab));
    let (mut files, inbox) = (Files::new(), lab.path().join("mail/bob"));
    measure("a message that another program puts into new/", "EXISTS", &mut || {
        files.put(&inbox);
    });
    measure("a flag that another program sets in cur/", ")", &mut || {
        flag_a_file(&inbox);
    });
    measure("a file that another program removes", "EXPUNGE", &mut || {
        fs::remove_file(files_in(&inbox.join("cur")).pop().unwrap()).unwrap();
    });
}

fn deliver(smtp: &mut Typed) {
    smtp.ask("MAIL FROM:<a@elsewhere.test>");
    smtp.ask("RCPT TO:<bob@pillarbox.test>");
    smtp.ask("DATA");
    assert!(smtp.ask("Subject: news\r\n\r\nx\r\n.").starts_with("250"));
}

fn remove_by_pop3(lab: &Lab) {
    let mut pop3 = Typed::connect(lab, "pop3");
    pop3.ask("USER bob");
    pop3.ask("PASS builder");
    assert!(pop3.ask("DELE 1").starts_with("+OK"));
    assert!(pop3.ask("QUIT").starts_with("+OK"));
}

/// Delivers messages as another program does.
struct Files(usize);

impl Files {
    fn new() -> Files {
        Files(0)
    }

    fn put(&mut self, maildir: &Path) {
        self.0 += 1;
        let name = format!("{}.M1P1.theirs", 1_800_000_000 + self.0);
        let unfinished = maildir.join("tmp").join(&name);
        fs::write(&unfinished, "Subject: news\n\nx\n").unwrap();
        fs::rename(unfinished, maildir.join("new").join(name)).unwrap();
    }
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Sets the flag, or removes it.
fn flag_a_file(maildir: &Path) {
    let old = files_in(&maildir.join("cur")).pop().unwrap();
    let name = old.to_str().unwrap();
    let new = match name.strip_suffix("F") {
        Some(name) => name.to_owned(),
        None => format!("{name}F"),
    };
    fs::rename(&old, new).unwrap();
}

/// Measures a thousand idling clients: 500 on one mailbox, each of the others on its own.
fn sleepers() {
    let lab = Lab::with(NO_LIMITS);
    let mut maker = select(&lab);
    for n in 0..500 {
        assert!(maker.ask(&format!("d CREATE Box{n}")).starts_with("d OK"));
    }
    let clients: Vec<Typed> = (0..1000)
        .map(|n| {
            let mut imap = Typed::connect(&lab, "imap");
            assert!(imap.ask("a LOGIN bob builder").starts_with("a OK"));
            let name = if n < 500 { "INBOX".to_owned() } else { format!("Box{}", n - 500) };
            imap.send(format!("b SELECT {name}\r\nc IDLE\r\n").as_bytes());
            hear(&mut imap, "+ idling");
            imap
        })
        .collect();
    let used = cpu(&lab, || thread::sleep(Duration::from_secs(30)));
    report("1,000 clients idle for 30 s: processor time of the server", used);
    let (watches, descriptors) = watches(&lab);
    report("their inotify watches (501 mailboxes)", watches.to_string());
    report("descriptors of the server (a socket and a bell of two each)", descriptors.to_string());
    report("the server's peak memory", format!("{} KiB", lab.peak_memory()));
    drop(clients);
}

/// Measures what `act` costs the server.
fn cpu(lab: &Lab, happen: impl FnOnce()) -> String {
    let before = lab.processor_time();
    happen();
    format!("{:.2} s", (lab.processor_time() - before).as_secs_f64())
}

/// Counts the inotify watches and the descriptors of the server.
fn watches(lab: &Lab) -> (usize, usize) {
    let folder = format!("/proc/{}/fdinfo", lab.process());
    let all = files_in(Path::new(&folder));
    let texts = all.iter().filter_map(|file| fs::read_to_string(file).ok());
    let watches = texts.map(|text| text.matches("inotify wd").count()).sum();
    (watches, all.len())
}

/// Measures many clients that idle on one mailbox with many deliveries a second.
fn crowd(clients: usize, per_second: u32, length: Duration) {
    let lab = Lab::with(NO_LIMITS);
    let wakes_before = lab.wakes();
    let count = (length.as_secs_f64() * f64::from(per_second)) as usize;
    let heard = AtomicUsize::new(0);
    let used = thread::scope(|scope| {
        let last = format!("* {} EXISTS", count + start_count(&lab));
        for _ in 0..clients {
            let (mut idler, heard, last) = (idler(&lab), &heard, last.clone());
            scope.spawn(move || {
                loop {
                    let line = idler.line();
                    heard.fetch_add(usize::from(line.ends_with("EXISTS")), Ordering::Relaxed);
                    if line == last {
                        return;
                    }
                }
            });
        }
        cpu(&lab, || {
            let mut smtp = Typed::connect(&lab, "smtp");
            smtp.ask("HELO client.test");
            let begun = Instant::now();
            for n in 0..count {
                let due = begun + Duration::from_secs(1) / per_second * n as u32;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                deliver(&mut smtp);
            }
        })
    });
    let what =
        format!("{clients} clients idle on a mailbox, {per_second} deliveries/s for {length:?}");
    report(&format!("{what}: processor"), used);
    report(
        "  EXISTS that they heard (one for each delivery would be)",
        format!("{} ({})", heard.into_inner(), count * clients),
    );
    let wakes = lab.wakes() - wakes_before;
    report("  times that the server's threads went to sleep", wakes.to_string());
}

fn start_count(lab: &Lab) -> usize {
    let mut imap = Typed::connect(lab, "imap");
    imap.ask("a LOGIN bob builder");
    let status = imap.ask("b STATUS INBOX (MESSAGES)");
    let count = status.trim_end_matches(')').rsplit(' ').next();
    count.unwrap().parse().unwrap()
}

/// Measures the time from one delivery until the last of a thousand clients knows of it.
fn one_delivery_to_a_thousand() {
    let lab = Lab::with(NO_LIMITS);
    let mut idlers: Vec<Typed> = (0..1000).map(|_| idler(&lab)).collect();
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.ask("HELO client.test");
    let begun = Instant::now();
    deliver(&mut smtp);
    let told = begun.elapsed();
    idlers.iter_mut().for_each(|idler| hear(idler, "EXISTS"));
    report(
        "one delivery, 1,000 clients idle there: its 250, and the last news",
        format!("{told:.1?}, {:.1?}", begun.elapsed()),
    );
}
