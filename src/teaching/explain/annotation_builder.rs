//! Builds the explanation of a line: the follower of a protocol adds what it finds, and at the end the
//! texts are looked up.

use std::borrow::Cow;
use std::sync::Arc;

use super::dialogue_state::{Asked, DialogueState};
use super::explained::{Explained, LinePart, user};
use super::state::ProtocolState;
use super::texts::{Entry, Texts};
use super::topic::Topic;
use crate::limits;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::span::{Role, Span, Spans};

/// The longest name that can have an entry, in octets.
const LONGEST_NAME: usize = 100;

/// Further entries of one line, at most; a screen has no room for more.
const MOST_ALSO: usize = 30;

/// The explanation of a line while it is built.
pub(super) struct AnnotationBuilder<'a> {
    pub(super) line: &'a [u8],
    about: Option<(Topic, String)>,
    notes: Vec<&'static str>,
    pub(super) parts: Vec<(Span, Option<String>)>,
    pub(super) fault: Option<String>,
    pub(super) command: Option<&'static str>,
    pub(super) number: Option<u64>,
}

impl<'a> AnnotationBuilder<'a> {
    /// An empty explanation of this line, which is without its ending.
    pub(super) fn new(line: &'a [u8]) -> AnnotationBuilder<'a> {
        AnnotationBuilder {
            line,
            about: None,
            notes: Vec::new(),
            parts: Vec::new(),
            fault: None,
            command: None,
            number: None,
        }
    }

    /// Sets the entry of the line; the last call counts.
    pub(super) fn about(&mut self, topic: Topic, name: impl Into<String>) {
        self.about = Some((topic, name.into()));
    }

    /// Sets the entry of a line that is, as a whole, a part of something.
    pub(super) fn about_part(&mut self, role: Role) {
        self.about(Topic::Part, role.key());
    }

    /// Adds a note: `[line.note.KEY]`.
    pub(super) fn note(&mut self, key: &'static str) {
        self.notes.push(key);
    }

    /// Adds a part, by its octets of the line.
    pub(super) fn part(&mut self, span: Span) {
        self.part_that_reads(span, None);
    }

    /// Adds a part that is encoded, with its text.
    pub(super) fn part_that_reads(&mut self, span: Span, decoded: Option<String>) {
        let end = span.range.end.min(self.line.len());
        let start = span.range.start.min(end);
        let range = start..end;
        let role = span.role;
        self.parts.push((Span { role, range }, decoded));
    }

    /// Adds parts of the text that begins at this place of the line.
    pub(super) fn parts_at(&mut self, at: usize, spans: impl IntoIterator<Item = Span>) {
        for Span { role, range } in spans {
            let range = range.start + at..range.end + at;
            self.part(Span { role, range });
        }
    }

    /// Adds two parts: the first word of this piece of the line, and everything after it.
    pub(super) fn words(&mut self, piece: &[u8], first: Role, rest: Role) {
        let mut spans = Spans::new(self.line);
        spans.add_words(piece, first, rest);
        self.parts_at(0, spans.found());
    }

    /// Assigns the line to this command or its answer.
    pub(super) fn belongs_to(&mut self, asked: Option<&Asked>) {
        if asked.is_some_and(|asked| asked.secret) {
            self.recast(Role::Tag, Role::Password, None);
        }
        self.command = asked.map(|asked| asked.verb);
        self.number = asked.map(|asked| asked.number);
    }

    /// Gives the part with this role another role and text.
    pub(super) fn recast(&mut self, role: Role, as_role: Role, decoded: Option<String>) {
        if let Some(part) = self.parts.iter_mut().find(|(span, _)| span.role == role) {
            part.0.role = as_role;
            part.1 = decoded;
        }
    }

    /// The text of the first part with this role.
    pub(super) fn text_of(&self, role: Role) -> Option<&'a [u8]> {
        let (span, _) = self.parts.iter().find(|(span, _)| span.role == role)?;
        self.line.get(span.range.clone())
    }

    /// The parts so far.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.parts.iter().map(|(span, _)| span)
    }

    /// True if a part of the line must be masked.
    pub(super) fn has_secret(&self) -> bool {
        self.spans().any(|span| span.role.is_secret())
    }

    /// The verb among the parts, if it is one of these; empty otherwise.
    pub(super) fn verb_of(&self, mut verbs: impl Iterator<Item = &'static str>) -> &'static str {
        let verb = self.text_of(Role::Verb).unwrap_or_default();
        let known = verbs.find(|known| verb.eq_ignore_ascii_case(known.as_bytes()));
        known.unwrap_or_default()
    }

    /// Marks the first word of IMAP's `UID FETCH`, which is no command by itself.
    pub(super) fn recast_uid(&mut self) {
        let verbs = self.spans().filter(|span| span.role == Role::Verb);
        if verbs.count() > 1 {
            self.recast(Role::Verb, Role::UidPrefix, None);
        }
    }

    /// Adds two parts after the part with this role: a word, and everything after it.
    pub(super) fn words_behind(&mut self, role: Role, first: Role, rest: Role) {
        let behind = self.spans().find(|span| span.role == role).map(|span| span.range.end);
        let piece = behind.and_then(|behind| self.line.get(behind..));
        self.words(piece.unwrap_or_default(), first, rest);
    }

    /// Sets the entry of a line of a literal, perhaps of a message.
    pub(super) fn about_octets(&mut self) {
        if self.parts.is_empty() {
            self.part(Span::of(Role::Octets, self.line, self.line));
        }
        if self.about.is_none() {
            self.about_part(Role::Octets);
        }
    }

    /// Adds a part from the last octet of this kind to the end of the line.
    pub(super) fn part_from_last(&mut self, octet: u8, role: Role) {
        let end = self.line.len();
        let start = self.line.iter().rposition(|other| *other == octet);
        let range = start.unwrap_or(end)..end;
        self.part(Span { role, range });
    }

    /// Finishes the explanation.
    pub(super) fn finish(
        mut self,
        texts: &Texts,
        dialogue: &DialogueState,
        before: ProtocolState,
    ) -> Explained {
        self.cover_the_end();
        let entry = self.about.take().and_then(|(topic, name)| texts.find(topic, &name));
        let entry = entry.map_or_else(|| texts.note("unknown"), Arc::clone);
        let parts: Vec<LinePart> =
            self.parts.iter().map(|part| self.named(part, texts, dialogue)).collect();
        let notes = self.notes.iter().map(|key| texts.note(key));
        let mut also: Vec<Arc<Entry>> = Vec::new();
        for other in notes.chain(parts.iter().filter_map(|part| part.entry.clone())) {
            if also.len() < MOST_ALSO && other != entry && !also.contains(&other) {
                also.push(other);
            }
        }
        Explained {
            user: user(&parts, self.line),
            entry,
            also,
            parts,
            fault: self.fault,
            command: self.command.map(Cow::Borrowed),
            number: self.number,
            before,
            after: dialogue.state,
            next: dialogue.legal(),
        }
    }

    /// Extends the last part to the end of a line that was too long for the grammar: if that part is a
    /// password, the rest is masked, too.
    fn cover_the_end(&mut self) {
        if self.line.len() <= limits::LINE_LENGTH {
            return;
        }
        if let Some((last, _)) = self.parts.last_mut() {
            last.range.end = self.line.len();
        }
    }

    fn named(
        &self,
        part: &(Span, Option<String>),
        texts: &Texts,
        dialogue: &DialogueState,
    ) -> LinePart {
        let (Span { role, range }, decoded) = part;
        let octets = self.line.get(range.clone()).unwrap_or_default();
        let text = octets.get(..LONGEST_NAME).is_none().then(|| str::from_utf8(octets).ok());
        let text = text.flatten();
        let topic = topic_of(dialogue.protocol, *role);
        let entry = topic.zip(text).and_then(|(topic, text)| texts.find(topic, text));
        let decoded = match role {
            Role::Mailbox => text.and_then(in_unicode),
            _ => decoded.clone(),
        };
        LinePart { role: *role, range: range.clone(), entry: entry.map(Arc::clone), decoded }
    }
}

/// The name of a mailbox in Unicode, if it is not in ASCII.
fn in_unicode(name: &str) -> Option<String> {
    let encoded = name.trim_matches('"');
    let unicode = mutf7::decode(encoded.as_bytes())?;
    (unicode != encoded).then_some(unicode)
}

/// The topic that explains a part with this role.
fn topic_of(protocol: Protocol, role: Role) -> Option<Topic> {
    Some(match (protocol, role) {
        (_, Role::EnhancedCode) => Topic::Enhanced,
        (_, Role::Parameter) => Topic::SmtpParameter,
        (_, Role::Mechanism) => Topic::Sasl,
        (_, Role::TlsVersion) => Topic::TlsEvent,
        (_, Role::FieldName) => Topic::Field,
        (Protocol::Imap, Role::Verb | Role::UidPrefix) => Topic::ImapCommand,
        (Protocol::Imap, Role::Status | Role::ResponseName) => Topic::ImapResponse,
        (Protocol::Imap, Role::ResponseCode) => Topic::ImapCode,
        (Protocol::Imap, Role::Capability) => Topic::ImapCapability,
        (_, Role::FetchItem | Role::StoreItem) => Topic::ImapItem,
        (_, Role::SearchKey) => Topic::ImapSearch,
        (_, Role::SortKey) => Topic::ImapSort,
        (_, Role::Option) => Topic::ImapOption,
        (_, Role::StatusItem) => Topic::ImapStatus,
        (_, Role::Flag) => Topic::ImapFlag,
        (_, Role::MailboxAttribute) => Topic::ImapMailbox,
        (Protocol::Pop3, Role::Verb) => Topic::Pop3Command,
        (Protocol::Pop3, Role::Status) => Topic::Pop3Reply,
        (Protocol::Pop3, Role::ResponseCode) => Topic::Pop3Code,
        (Protocol::Pop3, Role::Capability) => Topic::Pop3Capability,
        (_, Role::Verb) => Topic::SmtpCommand,
        (_, Role::ReplyCode) => Topic::SmtpReply,
        (_, Role::Capability) => Topic::SmtpKeyword,
        _ => return None,
    })
}
