//! Follows one conversation, and explains each of its lines.
//!
//! A line alone does not say what it is: `250` may answer RCPT or a message, `d29uZGVybGFuZA==` is a
//! password after `334`, and after `354` nothing is a command. So an [`Observer`] gets every line of
//! both sides, in their order. It sends nothing, and of a command it keeps only what the grammar has
//! to see until the command is whole. It trusts no peer: hostile lines cost it no more memory than
//! honest ones.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::annotation_builder::AnnotationBuilder;
use super::dialogue_state::DialogueState;
use super::explained::Explained;
use super::follow::Follow;
use super::imap::Imap;
use super::line::{LineCutter, ObservedLine};
use super::masking::Masking;
use super::pop3::Pop3;
use super::smtp::Smtp;
use super::state::ProtocolState;
use super::texts::Texts;
use super::topic::Topic;
use super::turn_taking;
use crate::mail::net::Side;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::span::Role;

/// Follows one conversation. A clone knows the same, and can be asked what a line would mean.
#[derive(Clone)]
pub struct Observer {
    texts: Arc<Texts>,
    dialogue: DialogueState,
    follow: ProtocolFollower,
    /// The beginning of each side's next line.
    from_client: LineCutter,
    from_server: LineCutter,
    /// True if the client waits for an answer: at first for the greeting.
    due: bool,
    masking: Masking,
}

/// The follower of the protocol, in a type that can be cloned.
struct ProtocolFollower(Box<dyn Follow + Send>);

impl Clone for ProtocolFollower {
    fn clone(&self) -> ProtocolFollower {
        ProtocolFollower(self.0.twin())
    }
}

/// A line that was cut out of octets, with its explanation.
pub struct ExplainedLine {
    /// The line with its ending; a piece of one if it is too long or a chunk ends in it.
    pub line: Vec<u8>,
    /// What it means.
    pub explained: Explained,
}

impl Observer {
    /// A conversation that begins with the next line.
    #[must_use]
    pub fn new(protocol: Protocol, texts: Arc<Texts>) -> Observer {
        let follow = ProtocolFollower(match protocol {
            Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => Box::new(Smtp::default()),
            Protocol::Pop3 => Box::new(Pop3::default()),
            Protocol::Imap => Box::new(Imap::default()),
        });
        Observer {
            texts,
            dialogue: DialogueState::new(protocol),
            follow,
            from_client: LineCutter::default(),
            from_server: LineCutter::default(),
            due: true,
            masking: Masking::default(),
        }
    }

    /// Explains a line of the client, with or without its line ending.
    ///
    /// The ending may be a bare LF. Without an ending, the line counts as if it ended with CRLF.
    /// Octets that are no line (a chunk of BDAT that ends within one) may come with what follows them,
    /// or alone.
    pub fn client(&mut self, line: &[u8]) -> Explained {
        self.explain(ObservedLine::of(line), Side::Client)
    }

    /// Explains a line of the server, with or without its line ending.
    pub fn server(&mut self, line: &[u8]) -> Explained {
        self.explain(ObservedLine::of(line), Side::Server)
    }

    /// Explains octets of one side as they came from the connection: the lines that are whole now, and
    /// a chunk of BDAT that is, wherever it ends. The beginning of a line is kept until the rest comes,
    /// up to a bound.
    pub fn octets(&mut self, by: Side, mut octets: &[u8]) -> Vec<ExplainedLine> {
        let mut lines = Vec::new();
        while !octets.is_empty() {
            let announced = match by {
                Side::Client => self.follow.0.announced(),
                Side::Server => None,
            };
            if let Some(line) = self.cutter(by).take(&mut octets, announced) {
                lines.push(self.explained(line, by));
            }
        }
        lines
    }

    /// Explains the beginning of a line that will have no end, because this side says nothing more.
    pub fn rest(&mut self, by: Side) -> Option<ExplainedLine> {
        let rest = self.cutter(by).take_rest()?;
        Some(self.explained(rest, by))
    }

    /// Passes over whole lines of a body at the front of what this side says, without explaining them,
    /// at a hundredth of the cost. Returns how many octets that are; the caller explains the others.
    pub fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        if self.cutter(by).is_empty() { self.follow.0.pass_over(by, octets) } else { 0 }
    }

    /// Explains that TLS began, in the words that a user sees: `TLSv1.3 TLS_AES_256_GCM_SHA384`. TLS
    /// begins with the connection or after STARTTLS; everything that was said unencrypted is
    /// forgotten.
    pub fn tls(&mut self, words: &str) -> Explained {
        let line = words.as_bytes();
        self.follow.0.tls();
        let before = self.dialogue.state;
        self.dialogue.encrypt();
        let mut builder = AnnotationBuilder::new(line);
        builder.about(Topic::TlsEvent, "handshake");
        builder.words(line, Role::TlsVersion, Role::Cipher);
        builder.finish(&self.texts, &self.dialogue, before)
    }

    /// Explains why a TLS handshake failed, from the words of the TLS library (`tlsv1 alert unknown
    /// ca`); `None` if there is no entry for them.
    #[must_use]
    pub fn tls_failed(&self, why: &str) -> Option<Explained> {
        let entry = self.texts.why_tls_failed(why)?;
        let mut builder = AnnotationBuilder::new(why.as_bytes());
        builder.about(Topic::TlsAlert, entry.name.clone());
        Some(builder.finish(&self.texts, &self.dialogue, self.dialogue.state))
    }

    /// The state of the conversation.
    #[must_use]
    pub fn state(&self) -> ProtocolState {
        self.dialogue.state
    }

    /// True if the client waits for an answer. What it says before that may be taken for something
    /// else.
    #[must_use]
    pub fn is_answer_due(&self) -> bool {
        self.due
    }

    /// The protocol of the conversation.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.dialogue.protocol
    }

    /// The capabilities that the server has listed, in upper case; `None` if it has listed none yet.
    #[must_use]
    pub fn offered(&self) -> Option<&BTreeSet<String>> {
        self.dialogue.offered()
    }

    /// The commands that are legal now, the likeliest first, as far as is known.
    #[must_use]
    pub fn legal(&self) -> Vec<&'static str> {
        self.dialogue.legal()
    }

    fn explain(&mut self, line: ObservedLine<'_>, side: Side) -> Explained {
        let before = self.dialogue.state;
        let was_logged_in = self.dialogue.is_logged_in();
        let dialogue = &mut self.dialogue;
        let mut builder = AnnotationBuilder::new(line.text);
        match side {
            Side::Client => {
                self.follow.0.client(dialogue, &line, &mut builder);
                self.masking.client(&mut self.dialogue, &self.texts, &mut builder);
            }
            Side::Server => {
                self.follow.0.server(dialogue, &line, &mut builder);
                self.masking.server(&mut builder);
            }
        }
        if !was_logged_in && self.dialogue.is_logged_in() {
            self.masking.logged_in();
        }
        let first = before == ProtocolState::Greeting && matches!(side, Side::Server);
        if let Some(note) = first.then(|| stranger(self.dialogue.protocol, line.text)).flatten() {
            builder.about(Topic::Note, note);
        }
        let explained = builder.finish(&self.texts, &self.dialogue, before);
        let waits = self.dialogue.unanswered() > 0;
        self.due = match side {
            Side::Client => waits && !turn_taking::client_goes_on(line.text, &explained),
            Side::Server => waits && !turn_taking::client_is_asked(line.text, &explained),
        };
        explained
    }

    fn explained(&mut self, line: Vec<u8>, by: Side) -> ExplainedLine {
        let explained = self.explain(ObservedLine::cut(&line), by);
        ExplainedLine { line, explained }
    }

    fn cutter(&mut self, by: Side) -> &mut LineCutter {
        match by {
            Side::Client => &mut self.from_client,
            Side::Server => &mut self.from_server,
        }
    }
}

/// The note about a server whose first line belongs to another protocol.
fn stranger(protocol: Protocol, line: &[u8]) -> Option<&'static str> {
    // RFC 8446 §5.1: a record begins with its type, an alert or a handshake, and the version 3.
    if let [0x15 | 0x16, 3, ..] = line {
        return Some("speaks-tls");
    }
    let (_, family, note) = FIRST_WORDS.iter().find(|(word, ..)| line.starts_with(word))?;
    (*family != protocol.family()).then_some(note)
}

/// The beginnings of servers' first lines, the family of protocols that each belongs to, and the note
/// for a client that expected another.
const FIRST_WORDS: [(&[u8], &str, &str); 10] = [
    (b"220", "smtp", "speaks-smtp"),
    (b"421", "smtp", "speaks-smtp"),
    (b"554", "smtp", "speaks-smtp"),
    (b"+OK", "pop3", "speaks-pop3"),
    (b"-ERR", "pop3", "speaks-pop3"),
    (b"* OK", "imap", "speaks-imap"),
    (b"* PREAUTH", "imap", "speaks-imap"),
    (b"* BYE", "imap", "speaks-imap"),
    (b"HTTP/", "", "speaks-http"),
    (b"SSH-", "", "speaks-ssh"),
];
