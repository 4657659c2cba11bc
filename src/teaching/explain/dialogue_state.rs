//! What an [`Observer`](super::Observer) remembers in every protocol: the state, the commands that
//! wait for an answer, and what is known of both sides.

use std::collections::{BTreeSet, VecDeque};

use super::state::{CommandOutcome, Diagram, ProtocolState};
use crate::limits;
use crate::mail::protocol::Protocol;

/// The name of what the server's first line answers, in place of a command.
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
    /// True if it may be a password, and its tag, too.
    pub(super) secret: bool,
}

#[derive(Clone)]
pub(super) struct DialogueState {
    pub(super) protocol: Protocol,
    pub(super) state: ProtocolState,
    /// The commands without an answer, the oldest first.
    waiting: VecDeque<Asked>,
    commands: u64,
    encrypted: bool,
    logged_in: bool,
    /// Capabilities in upper case; `None` until the server has listed them.
    offered: Option<BTreeSet<String>>,
    /// The state in which IDLE began.
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

    /// Begins TLS: everything that was said unencrypted is forgotten (RFC 3207 §4.2).
    pub(super) fn encrypt(&mut self) {
        self.encrypted = true;
        self.logged_in = false;
        self.offered = None;
        self.waiting.clear();
        self.pass("TLS", CommandOutcome::Done);
    }

    /// Notes a command of the client, and returns its number.
    pub(super) fn ask(&mut self, verb: &'static str, tag: &str) -> u64 {
        self.commands += 1;
        self.await_answer(verb, tag, self.commands);
        self.pass(verb, CommandOutcome::Said);
        self.commands
    }

    /// Expects one more answer to the newest command: LMTP answers once for each recipient.
    pub(super) fn await_one_more(&mut self, verb: &'static str) {
        self.await_answer(verb, "", self.commands);
    }

    fn await_answer(&mut self, verb: &'static str, tag: &str, number: u64) {
        if self.waiting.len() < limits::EXPLAINED_WAITING {
            self.waiting.push_back(Asked { verb, tag: tag.to_owned(), number, secret: false });
        }
    }

    /// Notes that the newest command may be a password.
    pub(super) fn hide_newest(&mut self) {
        if let Some(asked) = self.waiting.back_mut() {
            asked.secret = true;
        }
    }

    /// True if the client has logged in.
    pub(super) fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// The command that the next reply answers, in a protocol that answers in order.
    pub(super) fn oldest(&self) -> Option<&Asked> {
        self.waiting.front()
    }

    /// How many commands wait for an answer.
    pub(super) fn unanswered(&self) -> usize {
        self.waiting.len()
    }

    /// The newest waiting command with this verb.
    pub(super) fn last_of(&self, verb: &str) -> Option<&Asked> {
        self.waiting.iter().rev().find(|asked| asked.verb == verb)
    }

    /// The newest waiting command.
    pub(super) fn newest(&self) -> Option<&Asked> {
        self.waiting.back()
    }

    /// The waiting command with this tag.
    pub(super) fn tagged(&self, tag: &str) -> Option<&Asked> {
        self.waiting.iter().find(|asked| asked.tag == tag)
    }

    /// The verb that the next reply answers; `greeting` for the server's first line, which answers
    /// nothing.
    pub(super) fn answered(&self) -> &'static str {
        match self.state {
            ProtocolState::Greeting => GREETING,
            _ => self.oldest().map_or("", |asked| asked.verb),
        }
    }

    /// Notes the answer to the command that [`answered`](DialogueState::answered) names.
    pub(super) fn answer_oldest(&mut self, outcome: CommandOutcome) {
        if self.state == ProtocolState::Greeting {
            self.pass(GREETING, outcome);
        } else if let Some(asked) = self.waiting.pop_front() {
            self.conclude(&asked, outcome);
        }
    }

    /// Notes the answer to the command with this tag.
    pub(super) fn answer_tagged(&mut self, tag: &str, outcome: CommandOutcome) {
        let at = self.waiting.iter().position(|asked| asked.tag == tag);
        if let Some(asked) = at.and_then(|at| self.waiting.remove(at)) {
            self.conclude(&asked, outcome);
        }
    }

    fn conclude(&mut self, asked: &Asked, outcome: CommandOutcome) {
        let login = matches!(asked.verb, "AUTH" | "PASS" | "APOP" | "LOGIN" | "AUTHENTICATE");
        self.logged_in |= login && outcome == CommandOutcome::Done;
        if asked.verb == "IDLE" && self.state == ProtocolState::Idle {
            self.state = self.before_idle;
        } else {
            self.pass(asked.verb, outcome);
        }
    }

    /// Changes the state as the diagram says.
    pub(super) fn pass(&mut self, by: &str, when: CommandOutcome) {
        let Some(to) = Diagram::of(self.protocol).next(self.state, by, when) else {
            return;
        };
        if to == ProtocolState::Idle {
            self.before_idle = self.state;
        }
        self.state = to;
    }

    /// Forgets the capabilities: the server begins to list them.
    pub(super) fn forget_offers(&mut self) {
        self.offered = Some(BTreeSet::new());
    }

    /// Notes a capability of the server.
    pub(super) fn offer(&mut self, capability: &str) {
        let offered = self.offered.get_or_insert_default();
        if offered.len() < limits::EXPLAINED_CAPABILITIES {
            offered.insert(capability.to_ascii_uppercase());
        }
    }

    /// The capabilities in upper case, as far as the server has listed them.
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

    /// True if the server offers this capability, perhaps with a value (`THREAD=REFERENCES`); `None`
    /// if it has listed none.
    fn offers(&self, keyword: &str) -> Option<bool> {
        let offered = self.offered.as_ref()?;
        let same = |word: &String| word.split('=').next() == Some(keyword);
        let built_in = offered.contains("IMAP4REV2") && IMAP4REV2.contains(&keyword);
        Some(built_in || offered.iter().any(same))
    }
}

/// The capability that a command needs.
fn needed(protocol: Protocol, verb: &str) -> Option<&'static str> {
    let known = match protocol {
        Protocol::Imap => IMAP_NEEDS,
        Protocol::Pop3 => POP3_NEEDS,
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => SMTP_NEEDS,
    };
    known.iter().find(|(known, _)| *known == verb).map(|(_, keyword)| *keyword)
}

const SMTP_NEEDS: &[(&str, &str)] =
    &[("STARTTLS", "STARTTLS"), ("AUTH", "AUTH"), ("BDAT", "CHUNKING"), ("EXPN", "EXPN")];

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

/// RFC 9051 appendix E: capabilities that were extensions before.
const IMAP4REV2: [&str; 5] = ["IDLE", "ENABLE", "NAMESPACE", "UNSELECT", "MOVE"];
