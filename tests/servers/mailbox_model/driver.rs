//! Random commands, one at a time, and every line of every answer as the model predicts it.

use std::collections::VecDeque;

use fastrand::Rng;
use pillarbox::mail::store::Store;

use super::choice::command;
use super::command::{Command, MAILBOXES};
use super::mailbox::{Flags, Mailbox, list};
use super::pop3::Maildrop;
use super::site::{OtherProgram, Site, Wire, octets};
use super::world::{Client, World};

/// To a mailbox with so many messages nobody adds one.
const FULL: usize = 14;

/// Steps that are remembered for the report of a failure.
const REMEMBERED: usize = 25;

/// Steps between two looks at the disk.
const LOOK: usize = 50;

/// The model and the servers, side by side.
pub struct Driver {
    pub(crate) rng: Rng,
    pub(crate) seed: u64,
    pub(crate) site: Site,
    pub(crate) world: World,
    pub(crate) wires: Vec<Wire>,
    pub(crate) tags: Vec<usize>,
    pub(crate) lmtp: Wire,
    pub(crate) pop3: Option<(Wire, Maildrop)>,
    pub(crate) steps: usize,
    pub(crate) messages: usize,
    pub(crate) last: VecDeque<String>,
}

impl Driver {
    pub fn new(seed: u64, clients: usize) -> Driver {
        let site = Site::open();
        let mut first = Wire::imap(&site);
        assert!(first.ask("b CREATE Work").starts_with("b OK"));
        let validity = |name: &str| {
            let said = first.ask(&format!("c STATUS {name} (UIDVALIDITY)"));
            let number = said.trim_end_matches(')').rsplit(' ').next().unwrap().parse();
            first.line();
            Mailbox::new(number.unwrap())
        };
        let mailboxes = MAILBOXES.map(validity).into();
        let lmtp = Wire::lmtp(&site);
        Driver {
            rng: Rng::with_seed(seed),
            seed,
            world: World { mailboxes, clients: vec![Client::default(); clients] },
            wires: (0..clients).map(|_| Wire::imap(&site)).collect(),
            tags: vec![0; clients],
            site,
            lmtp,
            pop3: None,
            steps: 0,
            messages: 0,
            last: VecDeque::new(),
        }
    }

    /// One step: somebody does something, and everybody hears what he must.
    pub fn step(&mut self) {
        match self.rng.u32(..100) {
            0..5 => self.deliver_by_lmtp(),
            5..10 => self.deliver_by_another_program(),
            10..15 => self.flag_by_another_program(),
            15..18 => self.remove_by_another_program(),
            18..26 => self.pop3(),
            _ => self.imap(),
        }
        self.steps += 1;
        if self.steps.is_multiple_of(LOOK) {
            self.look_at_the_disk();
        }
    }

    pub fn steps(&self) -> usize {
        self.steps
    }

    pub(crate) fn note(&mut self, step: String) {
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(step);
    }

    pub(crate) fn fail(&self, what: &str) -> ! {
        let last: Vec<&str> = self.last.iter().map(String::as_str).collect();
        panic!(
            "{what}\nPILLARBOX_SEED={} fails at step {} with {} clients, after these:\n{}",
            self.seed,
            self.steps,
            self.wires.len(),
            last.join("\n")
        );
    }

    // What others than IMAP do.

    fn text(&mut self) -> (String, String) {
        self.messages += 1;
        let subject = format!("m{}", self.messages);
        let body = "line\r\n".repeat(self.rng.usize(..4));
        let text = format!("Subject: {subject}\r\n\r\n{body}");
        (subject, text)
    }

    fn deliver_by_lmtp(&mut self) {
        if self.is_full(0) {
            return;
        }
        let (subject, text) = self.text();
        self.note(format!("LMTP delivers {subject}"));
        self.lmtp.deliver(&text);
        let octets = octets(&self.site.maildir("INBOX"), &subject);
        self.world.mailboxes[0].arrive(&Flags::new(), octets);
        self.everybody_hears(None);
    }

    fn deliver_by_another_program(&mut self) {
        let mailbox = self.rng.usize(..MAILBOXES.len());
        if self.is_full(mailbox) {
            return;
        }
        let (subject, text) = self.text();
        self.note(format!("another program puts {subject} into {}", MAILBOXES[mailbox]));
        OtherProgram::deliver(&self.site.maildir(MAILBOXES[mailbox]), &text);
        self.world.mailboxes[mailbox].arrive(&Flags::new(), text.len());
        self.everybody_hears(None);
    }

    fn flag_by_another_program(&mut self) {
        let Some((mailbox, uid, file)) = self.some_file() else {
            return;
        };
        let (flag, letter) = *self
            .rng
            .choice(&[("\\Seen", 'S'), ("\\Flagged", 'F'), ("\\Deleted", 'T'), ("\\Answered", 'R')])
            .unwrap();
        self.note(format!("another program toggles {flag} of {} {uid}", MAILBOXES[mailbox]));
        OtherProgram::flag(&file, |letters| {
            if letters.contains(&letter) {
                letters.retain(|other| *other != letter)
            } else {
                letters.push(letter)
            }
        })
        .unwrap();
        let truth = &mut self.world.mailboxes[mailbox];
        let mut flags = truth.find(uid).unwrap().flags.clone();
        if !flags.remove(flag) {
            flags.insert(flag.to_owned());
        }
        truth.set(uid, flags);
        self.everybody_hears(None);
    }

    fn remove_by_another_program(&mut self) {
        let Some((mailbox, uid, file)) = self.some_file() else {
            return;
        };
        self.note(format!("another program removes {} {uid}", MAILBOXES[mailbox]));
        std::fs::remove_file(file).unwrap();
        self.world.mailboxes[mailbox].remove(&[uid]);
        self.everybody_hears(None);
    }

    /// A message that another program can find.
    fn some_file(&mut self) -> Option<(usize, u32, std::path::PathBuf)> {
        let mailbox = self.rng.usize(..MAILBOXES.len());
        let uid = self.rng.choice(&self.world.mailboxes[mailbox].messages)?.uid;
        let file = OtherProgram::find(&self.site.maildir(MAILBOXES[mailbox]), uid)?;
        Some((mailbox, uid, file))
    }

    fn is_full(&self, mailbox: usize) -> bool {
        self.world.mailboxes[mailbox].messages.len() >= FULL
    }

    fn pop3(&mut self) {
        let Some((mut wire, mut maildrop)) = self.pop3.take() else {
            self.note("POP3 logs in".to_owned());
            let mut wire = self.site.connect("pop3");
            assert!(wire.ask("USER bob").starts_with("+OK"));
            assert!(wire.ask("PASS builder").starts_with("+OK"));
            let maildrop = Maildrop::open(&mut self.world.mailboxes[0]);
            self.pop3 = Some((wire, maildrop));
            return;
        };
        let number = 1 + self.rng.usize(..=maildrop.count());
        let (command, expected) = match self.rng.u32(..8) {
            0..2 => (format!("DELE {number}"), maildrop.dele(number).to_owned()),
            2..4 => {
                let expected = maildrop.retr(number, &self.world.mailboxes[0]);
                (format!("RETR {number}"), expected)
            }
            4 => {
                maildrop.rset();
                ("RSET".to_owned(), "+OK".to_owned())
            }
            5 => ("STAT".to_owned(), maildrop.stat()),
            _ => return self.pop3_quits(wire, maildrop),
        };
        self.note(format!("POP3: {command}"));
        let said = wire.ask(&command);
        if !said.starts_with(&expected) {
            self.fail(&format!("POP3 said {said:?}, not {expected:?}"));
        }
        if command.starts_with("RETR") && said.starts_with("+OK") {
            while wire.line() != "." {}
        }
        self.pop3 = Some((wire, maildrop));
    }

    fn pop3_quits(&mut self, mut wire: Wire, maildrop: Maildrop) {
        self.note("POP3: QUIT".to_owned());
        assert!(wire.ask("QUIT").starts_with("+OK"));
        // The mailbox is unlocked, and let go of, when the connection is closed.
        assert_eq!(wire.line(), "");
        maildrop.update(&mut self.world.mailboxes[0]);
        self.everybody_hears(None);
    }

    // What IMAP clients do.

    fn imap(&mut self) {
        let client = self.rng.usize(..self.wires.len());
        let command = if !self.world.clients[client].idles {
            let text = self.text().1;
            command(&mut self.rng, &self.world, client, text)
        } else if self.rng.u32(..3) > 0 {
            return;
        } else {
            Command::Done
        };
        self.say(client, &command);
    }

    fn say(&mut self, client: usize, command: &Command) {
        let what = command.to_string();
        self.note(format!("client {client}: {}", what.replace("\r\n", "⏎")));
        match command {
            Command::Done => self.wires[client].say("DONE"),
            _ => {
                self.tags[client] += 1;
                let tag = self.tags[client];
                self.wires[client].say(&format!("t{tag} {what}"));
            }
        }
        let answer = self.world.perform(client, command);
        self.everybody_hears(Some((client, answer)));
    }

    /// What is on the disk is what the model says, as another program would read it.
    fn look_at_the_disk(&mut self) {
        let store = Store::open(&self.site.mail()).unwrap();
        let bob = store.account("bob").unwrap();
        for (name, truth) in MAILBOXES.iter().zip(&self.world.mailboxes) {
            let found = bob.mailbox(name).unwrap().refresh().unwrap();
            let found = found.messages.iter().map(|m| (m.uid, m.flags.to_string()));
            let expected = truth.messages.iter().map(|m| (m.uid, list(&m.flags)));
            let (found, expected): (Vec<_>, Vec<_>) = (found.collect(), expected.collect());
            if found != expected {
                self.fail(&format!("{name} has {found:?} on the disk, not {expected:?}"));
            }
        }
    }
}
