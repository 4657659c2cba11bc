//! One conversation by hand: what has passed, what it means, and where it stands.
//!
//! Both threads share it: the one at the wire tells it what [`happened`](Conversation::happened), and
//! shows the answer; the one at the keyboard asks it what could come next. It does no I/O.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::Options;
use super::connection_thread::{Event, Order, Words};
use super::examples::{self, ExampleNames};
use super::file;
use super::terminal::masked;
use super::wrong_protocol;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Entry, Explained, Observer, State, Topic};
use crate::teaching::script::Script;
use crate::teaching::text::TextStyle;
use crate::teaching::text::without_ending;
use crate::teaching::transcript::Explain;
use crate::teaching::transcript::saved::{self, Turn};

/// Lines of one sending that are shown when there are more.
const SHOWN: usize = 6;

/// A conversation.
pub(super) struct Conversation {
    pub(super) observer: Observer,
    pub(super) options: Options,
    pub(super) cast: ExampleNames,
    pub(super) explain: Explain,
    pub(super) raw: bool,
    /// Is a tag put before each command?
    pub(super) tags: bool,
    /// Commands in IMAP that were sent.
    commands: u32,
    turns: Vec<Turn>,
    /// The last line: was it the server's, and what is known of it?
    pub(super) last: Option<(bool, Vec<u8>, Explained)>,
    /// What was said already of the reasons why.
    pub(super) told: HashSet<(Topic, String)>,
    /// What is explained below the line before.
    pub(super) above: Option<Arc<Entry>>,
    /// A file that is sent when the server asks for it.
    literal: Option<Vec<u8>>,
    /// Lines of the message that is being sent.
    message_lines: usize,
    /// Was something ordered, of which nothing has been heard yet?
    ordered: bool,
    over: bool,
}

/// What follows from something that happened.
#[derive(Default)]
pub(super) struct Reaction {
    /// What to show.
    pub(super) lines: Vec<String>,
    /// What to do on the connection.
    pub(super) orders: Vec<Order>,
}

impl Conversation {
    /// One that begins.
    pub(super) fn new(options: Options, cast: ExampleNames) -> Conversation {
        Conversation {
            observer: Observer::new(options.protocol, Arc::clone(&options.texts)),
            cast,
            explain: options.explain,
            raw: false,
            tags: false,
            commands: 0,
            turns: Vec::new(),
            last: None,
            told: HashSet::new(),
            above: None,
            literal: None,
            message_lines: 0,
            ordered: false,
            over: false,
            options,
        }
    }

    /// A new connection takes the old one's place.
    pub(super) fn begin_anew(&mut self) {
        let texts = Arc::clone(&self.options.texts);
        self.observer = Observer::new(self.options.protocol, texts);
        (self.over, self.ordered, self.literal, self.above) = (false, false, None, None);
        if !self.turns.is_empty() {
            self.turns.push(Turn::Again);
        }
    }

    /// Something happened on the connection.
    pub(super) fn happened(&mut self, event: Event) -> Reaction {
        match event {
            Event::Said(words) => self.said(&words),
            Event::Heard(line) => self.heard(line),
            Event::Encrypted => self.encrypted(),
            Event::TooLong => self.aside("The server sent a line that is too long to show."),
            Event::Silent => self.aside(wrong_protocol::SILENCE),
            Event::Asked => Reaction {
                lines: self.why(),
                ..Reaction::default()
            },
            Event::Closed => {
                self.over = true;
                self.turns.push(Turn::Closed);
                self.aside(&format!(
                    "The server has closed the connection.{}",
                    self.way_out()
                ))
            }
            Event::Failed(error) => {
                self.over = true;
                self.aside(&format!("{error}.{}", self.way_out()))
            }
        }
    }

    /// The client's octets have gone out: lines of its side.
    fn said(&mut self, words: &Words) -> Reaction {
        let (mut lines, octets) = (Vec::new(), &words.octets);
        let stands_there = words.typed && self.options.person;
        let all: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        for (at, line) in all.iter().enumerate() {
            let explained = self.observer.client(line);
            let text = without_ending(line);
            self.ordered = false;
            if explained.before == State::Data {
                self.message_lines += 1;
            } else {
                self.message_lines = 0;
            }
            if at < SHOWN {
                if !stands_there {
                    lines.extend(self.line("C: ", text, &explained, TextStyle::client));
                }
                lines.extend(self.below(text, &explained, true));
            }
            self.turns
                .push(Turn::Client(line.to_vec(), explained.parts.clone()));
            self.last = Some((false, text.to_vec(), explained));
        }
        if all.len() > SHOWN {
            let (more, octets) = (all.len() - SHOWN, octets.len());
            let words = format!("   … and {more} more lines, {octets} octets in all");
            lines.push(self.options.style.faint(&words));
        }
        Reaction {
            lines,
            orders: Vec::new(),
        }
    }

    fn heard(&mut self, line: Vec<u8>) -> Reaction {
        let explained = self.observer.server(&line);
        let mut lines = self.line("S: ", &line, &explained, TextStyle::server);
        lines.extend(self.below(&line, &explained, false));
        if explained.before == State::Greeting
            && let Some(mistake) = wrong_protocol::mistaken(self.options.protocol, &explained.entry)
        {
            lines.extend(self.aside(&mistake).lines);
        }
        let orders = self.what_follows(&explained);
        self.turns
            .push(Turn::Server(line.clone(), explained.parts.clone()));
        self.last = Some((true, line, explained));
        Reaction { lines, orders }
    }

    /// The handshake follows the server's agreement, and a file its `+`.
    fn what_follows(&mut self, explained: &Explained) -> Vec<Order> {
        let has = |role| explained.parts.iter().any(|part| part.role == role);
        if explained.after == State::Tls && explained.before != State::Tls {
            return vec![Order::StartTls];
        }
        if has(Role::Continuation) {
            let literal = self.literal.take();
            let say = |octets| {
                Order::Say(Words {
                    octets,
                    typed: false,
                })
            };
            return literal.map(say).into_iter().collect();
        }
        if has(Role::Tag) {
            // The command is over; if it was refused, nobody wants the file.
            self.literal = None;
        }
        Vec::new()
    }

    fn encrypted(&mut self) -> Reaction {
        let explained = self.observer.tls("TLS");
        self.turns.push(Turn::Tls);
        let mut lines = vec![self.options.style.bold("── under TLS from here on ──")];
        lines.extend(self.explanation(&explained, false));
        self.last = Some((true, b"TLS".to_vec(), explained));
        Reaction {
            lines,
            orders: Vec::new(),
        }
    }

    /// The conversation so far, as a script.
    pub(super) fn script(&self) -> Script {
        let protocol = self.options.protocol;
        let title = format!("A conversation in {} by hand", protocol.name());
        saved::script(&title, protocol, &self.turns, self.options.show_secrets)
    }

    /// The octets for a file at the end of this line, and what must be kept until it is asked for.
    pub(super) fn with_file(
        &mut self,
        line: &str,
        contents: &[u8],
    ) -> Result<Vec<u8>, &'static str> {
        let state = self.observer.state();
        let is_bdat = line
            .get(..4)
            .is_some_and(|verb| verb.eq_ignore_ascii_case("BDAT"));
        match self.options.protocol {
            Protocol::Imap if !line.is_empty() => {
                let mut literal = contents.to_vec();
                literal.extend_from_slice(b"\r\n");
                self.literal = Some(literal);
                Ok(format!("{line} {{{}}}\r\n", contents.len()).into_bytes())
            }
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp
                if line.is_empty() && state == State::Data =>
            {
                Ok(file::stuffed(contents))
            }
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp if is_bdat => {
                let mut octets = format!("BDAT {} LAST\r\n", contents.len()).into_bytes();
                octets.extend_from_slice(contents);
                Ok(octets)
            }
            Protocol::Imap => Err("behind which command? For example: a1 APPEND INBOX /file FILE"),
            Protocol::Pop3 => Err("POP3 takes no messages"),
            _ => Err("say DATA first, or BDAT /file FILE"),
        }
    }

    /// The command that asks for TLS; `None` if it is not the time.
    pub(super) fn starttls(&self) -> Option<String> {
        let verb = if self.options.protocol == Protocol::Pop3 {
            "STLS"
        } else {
            "STARTTLS"
        };
        let tag = self.tag_to_come();
        self.observer
            .legal()
            .contains(&verb)
            .then(|| format!("{tag}{verb}"))
    }

    /// What stands before a command: a tag in IMAP.
    pub(super) fn tag_to_come(&self) -> String {
        let waits_for_command = !matches!(
            self.observer.state(),
            State::Idle | State::Login | State::Greeting | State::Closed
        );
        match self.options.protocol {
            Protocol::Imap if waits_for_command && self.literal.is_none() => {
                format!("a{} ", self.commands + 1)
            }
            _ => String::new(),
        }
    }

    /// A line is sent: the tag that it may have is used.
    pub(super) fn note_tag(&mut self, line: &str) {
        if !self.tag_to_come().is_empty() && line.starts_with(self.tag_to_come().trim_end()) {
            self.commands += 1;
        }
    }

    /// Has the connection ended?
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Something was ordered, of which [`happened`](Conversation::happened) has yet to tell.
    pub(super) fn note_order(&mut self) {
        self.ordered = true;
    }

    /// A line that was not sent, as it may be shown.
    pub(super) fn shown(&self, line: &str) -> String {
        masked(line, &self.secrets(line))
    }

    /// Is it the client's turn?
    pub(super) fn is_our_turn(&self) -> bool {
        // Behind the last words only the end can come, and behind the word for TLS the handshake.
        let between = matches!(self.observer.state(), State::Closed | State::Tls);
        let waits = self.ordered || self.observer.is_answer_due() || between;
        self.over || (!waits && self.literal.is_none())
    }

    /// Lines that could be typed here, the likeliest first.
    pub(super) fn candidates(&self) -> Vec<String> {
        let tag = self.tag_to_come();
        let example =
            |verb: &&str| format!("{tag}{}", self.cast.example(self.options.protocol, verb));
        self.observer.legal().iter().map(example).collect()
    }

    /// What could stand in the next line of a message.
    pub(super) fn in_message(&self) -> Option<&'static str> {
        examples::in_message(self.observer.state(), self.message_lines)
    }

    /// Where secrets stand in a line, or what may be one, if it were said now; nowhere, if they may be seen.
    fn secrets(&self, line: &str) -> Vec<Range<usize>> {
        if self.options.show_secrets {
            return Vec::new();
        }
        let explained = self.observer.clone().client(line.as_bytes());
        let secret = explained
            .parts
            .into_iter()
            .filter(|part| part.role.is_secret());
        secret.map(|part| part.range).collect()
    }

    /// The same while the line is typed: behind what is its only argument so far another word may come,
    /// so that a name is not hidden until then.
    pub(super) fn secrets_so_far(&self, line: &str) -> Vec<Range<usize>> {
        let mut secrets = self.secrets(&format!("{line} …"));
        secrets.retain(|secret| secret.start < line.len());
        for secret in &mut secrets {
            secret.end = secret.end.min(line.len());
        }
        secrets
    }
}
