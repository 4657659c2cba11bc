//! The dialogue of a conversation: its state, the commands that wait for an answer, and what is known
//! of the two who speak. What an [`Observer`](super::Observer) remembers, whatever the protocol.

use std::collections::{BTreeSet, VecDeque};

use super::state::{CommandOutcome, Diagram, ProtocolState};
use crate::mail::protocol::Protocol;

/// Commands that may wait for an answer at once. Beyond, they are no longer told apart; no client
/// sends so many without listening.
const MOST_WAITING: usize = 10_000;

/// Capabilities that are remembered; servers list some dozens.
const MOST_OFFERED: usize = 300;

/// What the server's first line answers, in place of a command.
const GREETING: &str = "greeting";

/// A command that waits for its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// Its verb in upper case; empty if it is unknown.
    pub(super) verb: &'static str,
    /// Its tag, in IMAP.
    pub(super) tag: String,
    /// Which command of the conversation it is, from 1.
    pub(super) number: u64,
    /// It may be a password, and its tag, too.
    pub(super) secret: bool,
}

#[derive(Clone)]
pub(super) struct DialogueState {
    pub(super) protocol: Protocol,
    pub(super) state: ProtocolState,
    /// The oldest first.
    waiting: VecDeque<Asked>,
    commands: u64,
    encrypted: bool,
    logged_in: bool,
    /// In upper case; `None` until the server has said what it can do.
    offered: Option<BTreeSet<String>>,
    /// Where IDLE began.
    before_idle: ProtocolState,
}

impl DialogueState {
    pub(super) fn new(protocol: Protocol) -> DialogueState {
        DialogueState {
            protocol,
            state: ProtocolState::Greeting,
            waiting: VecDeque::new(),
            commands: 0,
            encrypted: false,
            logged_in: false,
            offered: None,
            before_idle: ProtocolState::Authenticated,
        }
    }

    /// TLS has begun: everything that was said in clear is forgotten (RFC 3207 §4.2).
    pub(super) fn encrypt(&mut self) {
        self.encrypted = true;
        self.logged_in = false;
        self.offered = None;
        self.waiting.clear();
        self.pass("TLS", CommandOutcome::Done);
    }

    /// The client says a command; its number.
    pub(super) fn ask(&mut self, verb: &'static str, tag: &str) -> u64 {
        self.commands += 1;
        self.await_answer(verb, tag, self.commands);
        self.pass(verb, CommandOutcome::Said);
        self.commands
    }

    /// One more answer will come to the command that was said last: LMTP answers each recipient.
    pub(super) fn await_one_more(&mut self, verb: &'static str) {
        self.await_answer(verb, "", self.commands);
    }

    fn await_answer(&mut self, verb: &'static str, tag: &str, number: u64) {
        if self.waiting.len() < MOST_WAITING {
            self.waiting.push_back(Asked {
                verb,
                tag: tag.to_owned(),
                number,
                secret: false,
            });
        }
    }

    /// What the client has said last may be a password.
    pub(super) fn hide_newest(&mut self) {
        if let Some(asked) = self.waiting.back_mut() {
            asked.secret = true;
        }
    }

    /// Has the client logged in?
    pub(super) fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// The command that a reply answers, where replies come in the order of commands.
    pub(super) fn oldest(&self) -> Option<&Asked> {
        self.waiting.front()
    }

    /// How many commands wait.
    pub(super) fn unanswered(&self) -> usize {
        self.waiting.len()
    }

    /// The last command of this verb that waits.
    pub(super) fn last_of(&self, verb: &str) -> Option<&Asked> {
        self.waiting.iter().rev().find(|asked| asked.verb == verb)
    }

    /// The last command that waits.
    pub(super) fn newest(&self) -> Option<&Asked> {
        self.waiting.back()
    }

    /// The command with this tag.
    pub(super) fn tagged(&self, tag: &str) -> Option<&Asked> {
        self.waiting.iter().find(|asked| asked.tag == tag)
    }

    /// What the next reply answers: `greeting` is the server's first word, which answers nothing.
    pub(super) fn answered(&self) -> &'static str {
        match self.state {
            ProtocolState::Greeting => GREETING,
            _ => self.oldest().map_or("", |asked| asked.verb),
        }
    }

    /// What [`answered`](DialogueState::answered) says is answered.
    pub(super) fn answer_oldest(&mut self, outcome: CommandOutcome) {
        if self.state == ProtocolState::Greeting {
            self.pass(GREETING, outcome);
        } else if let Some(asked) = self.waiting.pop_front() {
            self.conclude(&asked, outcome);
        }
    }

    /// The command with this tag is answered.
    pub(super) fn answer_tagged(&mut self, tag: &str, outcome: CommandOutcome) {
        let at = self.waiting.iter().position(|asked| asked.tag == tag);
        if let Some(asked) = at.and_then(|at| self.waiting.remove(at)) {
            self.conclude(&asked, outcome);
        }
    }

    fn conclude(&mut self, asked: &Asked, outcome: CommandOutcome) {
        let login = matches!(
            asked.verb,
            "AUTH" | "PASS" | "APOP" | "LOGIN" | "AUTHENTICATE"
        );
        self.logged_in |= login && outcome == CommandOutcome::Done;
        if asked.verb == "IDLE" && self.state == ProtocolState::Idle {
            self.state = self.before_idle;
        } else {
            self.pass(asked.verb, outcome);
        }
    }

    /// Goes where this leads.
    pub(super) fn pass(&mut self, by: &str, when: CommandOutcome) {
        let Some(to) = Diagram::of(self.protocol).next(self.state, by, when) else {
            return;
        };
        if to == ProtocolState::Idle {
            self.before_idle = self.state;
        }
        self.state = to;
    }

    /// The server begins to say what it can do.
    pub(super) fn forget_offers(&mut self) {
        self.offered = Some(BTreeSet::new());
    }

    /// It can do this.
    pub(super) fn offer(&mut self, capability: &str) {
        let offered = self.offered.get_or_insert_default();
        if offered.len() < MOST_OFFERED {
            offered.insert(capability.to_ascii_uppercase());
        }
    }

    /// What it can do, in upper case, as far as it has said.
    pub(super) fn offered(&self) -> Option<&BTreeSet<String>> {
        self.offered.as_ref()
    }

    /// The commands that are legal now, as far as is known.
    pub(super) fn legal(&self) -> Vec<&'static str> {
        let commands = Diagram::of(self.protocol).commands(self.state).iter();
        commands.copied().filter(|verb| self.may(verb)).collect()
    }

    fn may(&self, verb: &str) -> bool {
        let in_vain = match verb {
            "STARTTLS" | "STLS" => self.encrypted,
            "AUTH" => self.logged_in,
            "LOGIN" => self.offers("LOGINDISABLED") == Some(true),
            _ => false,
        };
        let needed = needed(self.protocol, verb);
        !in_vain && needed.is_none_or(|keyword| self.offers(keyword) != Some(false))
    }

    /// Does the server offer this, perhaps with something behind it (`THREAD=REFERENCES`)? `None`
    /// if it has not said.
    fn offers(&self, keyword: &str) -> Option<bool> {
        let offered = self.offered.as_ref()?;
        let same = |word: &String| word.split('=').next() == Some(keyword);
        let built_in = offered.contains("IMAP4REV2") && IMAP4REV2.contains(&keyword);
        Some(built_in || offered.iter().any(same))
    }
}

/// The capability without which a command does not exist.
fn needed(protocol: Protocol, verb: &str) -> Option<&'static str> {
    let known = match protocol {
        Protocol::Imap => IMAP_NEEDS,
        Protocol::Pop3 => POP3_NEEDS,
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => SMTP_NEEDS,
    };
    known
        .iter()
        .find(|(known, _)| *known == verb)
        .map(|(_, keyword)| *keyword)
}

const SMTP_NEEDS: &[(&str, &str)] = &[
    ("STARTTLS", "STARTTLS"),
    ("AUTH", "AUTH"),
    ("BDAT", "CHUNKING"),
    ("EXPN", "EXPN"),
];

const POP3_NEEDS: &[(&str, &str)] = &[
    ("STLS", "STLS"),
    ("USER", "USER"),
    ("PASS", "USER"),
    ("AUTH", "SASL"),
    ("UIDL", "UIDL"),
    ("TOP", "TOP"),
];

const IMAP_NEEDS: &[(&str, &str)] = &[
    ("STARTTLS", "STARTTLS"),
    ("ID", "ID"),
    ("IDLE", "IDLE"),
    ("ENABLE", "ENABLE"),
    ("NAMESPACE", "NAMESPACE"),
    ("UNSELECT", "UNSELECT"),
    ("MOVE", "MOVE"),
    ("SORT", "SORT"),
    ("THREAD", "THREAD"),
];

/// RFC 9051 appendix E: what were extensions once.
const IMAP4REV2: [&str; 5] = ["IDLE", "ENABLE", "NAMESPACE", "UNSELECT", "MOVE"];
