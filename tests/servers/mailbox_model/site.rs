//! The servers under test, on free ports, and one account's Maildir.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pillarbox::config::Config;
use pillarbox::mail::net::Taps;
use pillarbox::mail::store::Store;
use pillarbox::server::Services;
use tempfile::TempDir;

const CONFIG: &str = "[server]\nmax_connections = 100\n\
    [ports]\nsmtp =\nsubmission =\nsmtps =\nlmtp = 0\npop3 = 0\npop3s =\nimap = 0\nimaps =\n\
    [limits]\nmessages_per_minute = 1000000\nrecipients_per_minute = 1000000\n\
    [accounts]\nbob = builder\n";

/// Longer than any answer takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// All servers, for bob.
pub struct Site {
    services: Services,
    folder: TempDir,
}

impl Site {
    pub fn open() -> Site {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::parse("config.ini", CONFIG, folder.path()).unwrap();
        // An account that has its mailboxes gets no first mail.
        Store::open(&config.mail).unwrap().make_account("bob").unwrap();
        let services = Services::open(&config, Taps::default()).unwrap();
        let services = services.with_grace(PATIENCE);
        Site { services, folder }
    }

    /// Connects to this protocol's port, and hears the greeting.
    pub fn connect(&self, protocol: &str) -> Wire {
        let address = self.services.address(protocol).unwrap();
        let tcp = TcpStream::connect(address).unwrap();
        tcp.set_nodelay(true).unwrap();
        tcp.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut wire = Wire(BufReader::new(tcp));
        wire.line();
        wire
    }

    /// The folder of all mail.
    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }

    /// Bob's Maildir of this name.
    pub fn maildir(&self, mailbox: &str) -> PathBuf {
        let bob = self.mail().join("bob");
        match mailbox {
            "INBOX" => bob,
            other => bob.join(format!(".{other}")),
        }
    }
}

/// A connection, line by line.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    /// An IMAP client of bob's.
    pub fn imap(site: &Site) -> Wire {
        let mut wire = site.connect("imap");
        wire.say("a LOGIN bob builder");
        assert!(wire.line().starts_with("a OK"));
        wire
    }

    /// A program that delivers to bob.
    pub fn lmtp(site: &Site) -> Wire {
        let mut wire = site.connect("lmtp");
        wire.say("LHLO model.test");
        while wire.line().as_bytes()[3] == b'-' {}
        wire
    }

    /// Delivers a message, if this is the wire of [`Wire::lmtp`].
    pub fn deliver(&mut self, text: &str) {
        for command in ["MAIL FROM:<a@b.test>", "RCPT TO:<bob@pillarbox.test>", "DATA"] {
            assert!(matches!(self.ask(command).as_bytes()[0], b'2' | b'3'));
        }
        assert!(self.ask(&format!("{text}.")).starts_with("250"));
    }

    pub fn say(&mut self, line: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// The next line; empty if the server closed.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.line()
    }
}

/// Another program that works in the Maildir.
pub struct OtherProgram;

impl OtherProgram {
    /// Delivers a message; lines end with LF on disk.
    pub fn deliver(maildir: &Path, text: &str) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let name = format!("{}.M{}P1Q1.other", now.as_secs(), now.subsec_micros());
        let unfinished = maildir.join("tmp").join(&name);
        fs::write(&unfinished, text.replace("\r\n", "\n")).unwrap();
        fs::rename(unfinished, maildir.join("new").join(name)).unwrap();
    }

    /// The file of the message with this UID, if it has been listed already.
    pub fn find(maildir: &Path, uid: u32) -> Option<PathBuf> {
        let list = fs::read_to_string(maildir.join("dovecot-uidlist")).ok()?;
        let prefix = format!("{uid} ");
        let line = list.lines().skip(1).find(|line| line.starts_with(&prefix))?;
        let base = line.split_once(" :")?.1;
        files(maildir).into_iter().find(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.split(':').next() == Some(base)
        })
    }

    /// Gives a message other flag letters, if its file has this name still.
    pub fn flag(file: &Path, change: impl Fn(&mut Vec<char>)) -> io::Result<()> {
        let name = file.file_name().unwrap().to_str().unwrap();
        let (base, letters) = name.split_once(":2,").unwrap_or((name, ""));
        let mut letters: Vec<char> = letters.chars().collect();
        change(&mut letters);
        letters.sort_unstable();
        let letters: String = letters.into_iter().collect();
        let maildir = file.parent().unwrap().parent().unwrap();
        let renamed = maildir.join("cur").join(format!("{base}:2,{letters}"));
        fs::rename(file, renamed)
    }
}

/// The messages of a Maildir.
pub fn files(maildir: &Path) -> Vec<PathBuf> {
    let folders = ["new", "cur"].map(|folder| maildir.join(folder));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// How long a message is on the wire, found by its subject.
pub fn octets(maildir: &Path, subject: &str) -> usize {
    let subject = format!("Subject: {subject}\n");
    // The server moves it from new/ to cur/ while we look for it.
    for _ in 0..100 {
        let texts = files(maildir).into_iter();
        let mut texts = texts.filter_map(|file| fs::read_to_string(file).ok());
        if let Some(text) = texts.find(|text| text.contains(&subject)) {
            return text.len() + text.matches('\n').count();
        }
    }
    panic!("no message has {subject:?}");
}
