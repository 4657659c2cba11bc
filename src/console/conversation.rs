//! A typed conversation: what has passed, what it means, and what may come next.
//!
//! Both threads share it. The connection's thread tells it what [`happened`](TypedConversation::happened)
//! and shows the reaction; the terminal's thread asks it what could come next. It does no I/O.

use std::ops::Range;
use std::sync::Arc;

use super::ConsoleOptions;
use super::connection_thread::{ConnectionEvent, ConnectionRequest, Origin, Outgoing};
use super::examples::{self, ExampleNames};
use super::terminal::masked;
use super::wrong_protocol;
use crate::mail::net::Side;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, Observer, ProtocolState};
use crate::teaching::script::Script;
use crate::teaching::text::without_ending;
use crate::teaching::transcript::{
    Explain, LINES_SHOWN, NoteChooser, Secrets, TranscriptLine, script_of,
};
use crate::teaching::wire_tap::journal::Happened;

/// A typed conversation.
pub(super) struct TypedConversation {
    pub(super) observer: Observer,
    pub(super) options: ConsoleOptions,
    pub(super) names: ExampleNames,
    pub(super) explain: Explain,
    /// True after `/raw on`: octets are shown in hexadecimal.
    pub(super) raw: bool,
    /// True after `/tag on`: a tag is put before each command.
    pub(super) tags: bool,
    /// The IMAP commands that were sent.
    commands: u32,
    transcript: Vec<TranscriptLine>,
    pub(super) last: Option<LastLine>,
    pub(super) chooser: NoteChooser,
    /// A file that is sent when the server asks for it.
    pub(super) literal: Option<Vec<u8>>,
    /// The lines of the message that is being sent.
    message_lines: usize,
    /// True between a request and its first event.
    requested: bool,
    over: bool,
}

/// The last line of a conversation.
pub(super) struct LastLine {
    pub(super) by: Side,
    pub(super) line: Vec<u8>,
    pub(super) explained: Explained,
}

/// What follows from an event.
#[derive(Default)]
pub(super) struct Reaction {
    /// The lines to show.
    pub(super) lines: Vec<String>,
    /// The requests to the connection.
    pub(super) requests: Vec<ConnectionRequest>,
}

impl TypedConversation {
    /// Begins a conversation.
    pub(super) fn new(options: ConsoleOptions, names: ExampleNames) -> TypedConversation {
        TypedConversation {
            observer: Observer::new(options.protocol, Arc::clone(&options.texts)),
            names,
            explain: options.explain,
            raw: false,
            tags: false,
            commands: 0,
            transcript: Vec::new(),
            last: None,
            chooser: NoteChooser::default(),
            literal: None,
            message_lines: 0,
            requested: false,
            over: false,
            options,
        }
    }

    /// Goes on with a new connection.
    pub(super) fn begin_anew(&mut self) {
        let texts = Arc::clone(&self.options.texts);
        self.observer = Observer::new(self.options.protocol, texts);
        self.chooser.begin_anew();
        self.over = false;
        self.requested = false;
        self.literal = None;
        self.transcript.push(TranscriptLine::now(Happened::Opened));
    }

    /// Reacts to an event on the connection.
    pub(super) fn happened(&mut self, event: ConnectionEvent) -> Reaction {
        match event {
            ConnectionEvent::Sent(outgoing) => self.sent(&outgoing),
            ConnectionEvent::Received(line) => self.received(line),
            ConnectionEvent::Encrypted => self.encrypted(),
            ConnectionEvent::TooLong => {
                self.remark("The server sent a line that is too long to show.")
            }
            ConnectionEvent::NoGreeting => self.remark(wrong_protocol::NO_GREETING),
            ConnectionEvent::ExplainAgain => Reaction { lines: self.why(), ..Reaction::default() },
            ConnectionEvent::Closed => {
                self.over = true;
                let closed = Happened::Ended { by: Side::Server };
                self.transcript.push(TranscriptLine::now(closed));
                let way_out = self.way_out();
                self.remark(&format!("The server has closed the connection.{way_out}"))
            }
            ConnectionEvent::Failed(error) => {
                self.over = true;
                self.remark(&format!("{error}.{}", self.way_out()))
            }
        }
    }

    /// Shows what the client has sent.
    fn sent(&mut self, outgoing: &Outgoing) -> Reaction {
        let octets = &outgoing.octets;
        let is_visible = outgoing.origin == Origin::Typed && self.options.person;
        let all: Vec<&[u8]> = octets.split_inclusive(|octet| *octet == b'\n').collect();
        let mut lines = Vec::new();
        for (at, line) in all.iter().enumerate() {
            let explained = self.observer.client(line);
            let text = without_ending(line);
            self.requested = false;
            if explained.before == ProtocolState::Data {
                self.message_lines += 1;
            } else {
                self.message_lines = 0;
            }
            if at < LINES_SHOWN {
                if !is_visible {
                    lines.extend(self.line(Side::Client, text, &explained));
                }
                lines.extend(self.below(Side::Client, text, &explained));
            }
            self.note(Side::Client, line, text, explained);
        }
        if all.len() > LINES_SHOWN {
            let hidden = all.len() - LINES_SHOWN;
            let words = format!("and {hidden} more lines, {} octets in all", octets.len());
            lines.extend(self.layout().aside(&words));
        }
        Reaction { lines, requests: Vec::new() }
    }

    fn received(&mut self, line: Vec<u8>) -> Reaction {
        let explained = self.observer.server(&line);
        let mut lines = self.line(Side::Server, &line, &explained);
        lines.extend(self.below(Side::Server, &line, &explained));
        if explained.before == ProtocolState::Greeting {
            let mistake = wrong_protocol::mistake(self.options.protocol, &explained.entry);
            lines.extend(mistake.map_or(Vec::new(), |mistake| self.remark(&mistake).lines));
        }
        let requests = self.what_follows(&explained);
        let whole = [&line, &b"\r\n"[..]].concat();
        self.note(Side::Server, &whole, &line, explained);
        Reaction { lines, requests }
    }

    /// Adds a line to the transcript; `text` is the line without its ending.
    fn note(&mut self, by: Side, line: &[u8], text: &[u8], explained: Explained) {
        let said = TranscriptLine::said_now(by, line.to_vec(), explained.clone());
        self.transcript.push(said);
        self.last = Some(LastLine { by, line: text.to_vec(), explained });
    }

    /// Returns the handshake that the server agreed to, or the file that it asks for.
    fn what_follows(&mut self, explained: &Explained) -> Vec<ConnectionRequest> {
        if explained.after == ProtocolState::Tls && explained.before != ProtocolState::Tls {
            return vec![ConnectionRequest::StartTls];
        }
        if explained.has(Role::Continuation) {
            let send =
                |octets| ConnectionRequest::Send(Outgoing { octets, origin: Origin::Console });
            return self.literal.take().map(send).into_iter().collect();
        }
        if explained.has(Role::Tag) {
            // The command is over. If the server refused it, it does not want the file.
            self.literal = None;
        }
        Vec::new()
    }

    fn encrypted(&mut self) -> Reaction {
        let explained = self.observer.tls("TLS");
        let secured =
            Happened::Secured { version: String::new(), cipher: String::new(), explained: None };
        self.transcript.push(TranscriptLine::now(secured));
        let mut lines = vec![self.layout().rule("TLS from here on")];
        lines.extend(self.explanation(Side::Server, &explained));
        self.last = Some(LastLine { by: Side::Server, line: b"TLS".to_vec(), explained });
        Reaction { lines, requests: Vec::new() }
    }

    /// Writes the conversation so far as a script.
    pub(super) fn script(&self) -> Script {
        let protocol = self.options.protocol;
        let title = format!("A conversation in {}, typed by hand", protocol.name());
        let secrets = if self.options.show_secrets { Secrets::Written } else { Secrets::Asked };
        script_of(&title, protocol, &self.transcript, secrets)
    }

    /// Returns the command that asks for TLS; `None` if it is not legal now.
    pub(super) fn starttls(&self) -> Option<String> {
        let verb = match self.options.protocol {
            Protocol::Pop3 => "STLS",
            _ => "STARTTLS",
        };
        let is_legal = self.observer.legal().contains(&verb);
        is_legal.then(|| format!("{}{verb}", self.next_tag()))
    }

    /// Returns the text before the next command: a tag in IMAP.
    pub(super) fn next_tag(&self) -> String {
        let awaits_command = !matches!(
            self.observer.state(),
            ProtocolState::Idle
                | ProtocolState::Login
                | ProtocolState::Greeting
                | ProtocolState::Closed
        );
        match self.options.protocol {
            Protocol::Imap if awaits_command && self.literal.is_none() => {
                format!("a{} ", self.commands + 1)
            }
            _ => String::new(),
        }
    }

    /// Notes that a line is sent, and with it perhaps the next tag.
    pub(super) fn note_tag(&mut self, line: &str) {
        let tag = self.next_tag();
        if !tag.is_empty() && line.starts_with(tag.trim_end()) {
            self.commands += 1;
        }
    }

    /// True if the connection has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Notes that a request was made, which has no event yet.
    pub(super) fn note_request(&mut self) {
        self.requested = true;
    }

    /// Returns a line that was not sent, with its secrets masked.
    pub(super) fn masked(&self, line: &str) -> String {
        masked(line, &self.secrets(line))
    }

    /// True if the client may send a line.
    pub(super) fn is_our_turn(&self) -> bool {
        // After a goodbye only the end can come, after STARTTLS only the handshake.
        let between = matches!(self.observer.state(), ProtocolState::Closed | ProtocolState::Tls);
        let waits = self.requested || self.observer.is_answer_due() || between;
        self.over || (!waits && self.literal.is_none())
    }

    /// Returns lines that could be typed now, the likeliest first.
    pub(super) fn candidates(&self) -> Vec<String> {
        let tag = self.next_tag();
        let protocol = self.options.protocol;
        let example = |verb: &&str| format!("{tag}{}", self.names.example(protocol, verb));
        self.observer.legal().iter().map(example).collect()
    }

    /// Returns a hint for the next line of a message.
    pub(super) fn message_hint(&self) -> Option<&'static str> {
        examples::message_hint(self.observer.state(), self.message_lines)
    }

    /// Returns the octets of a line that are secret, or may be, if it is sent now.
    fn secrets(&self, line: &str) -> Vec<Range<usize>> {
        if self.options.show_secrets {
            return Vec::new();
        }
        let explained = self.observer.clone().client(line.as_bytes());
        let parts = explained.parts.into_iter();
        let secret = parts.filter(|part| part.role.is_secret());
        secret.map(|part| part.range).collect()
    }

    /// Returns the secret octets of a line that is still being typed.
    ///
    /// One more word may follow: the first argument of LOGIN is a password only if it is the last one.
    pub(super) fn secrets_so_far(&self, line: &str) -> Vec<Range<usize>> {
        let mut secrets = self.secrets(&format!("{line} …"));
        secrets.retain(|secret| secret.start < line.len());
        for secret in &mut secrets {
            secret.end = secret.end.min(line.len());
        }
        secrets
    }
}
