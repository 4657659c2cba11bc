//! An explanation in the making: what a protocol's follower finds in a line, before the texts are
//! looked up.

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

/// Names that are longer have no entry.
const LONGEST_NAME: usize = 100;

/// Other entries that are given with a line; a screen has no room for more.
const MOST_ALSO: usize = 30;

/// What was found in a line.
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
    /// Nothing yet, of this line without its ending.
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

    /// What the line is about; the last word counts.
    pub(super) fn about(&mut self, topic: Topic, name: impl Into<String>) {
        self.about = Some((topic, name.into()));
    }

    /// The line is a part of something, as a whole.
    pub(super) fn about_part(&mut self, role: Role) {
        self.about(Topic::Part, role.key());
    }

    /// There is something more to be said: `[line.note.KEY]`.
    pub(super) fn note(&mut self, key: &'static str) {
        self.notes.push(key);
    }

    /// A part, by its octets of the line.
    pub(super) fn part(&mut self, span: Span) {
        self.part_that_reads(span, None);
    }

    /// A part that is encoded, and how it reads.
    pub(super) fn part_that_reads(&mut self, span: Span, decoded: Option<String>) {
        let end = span.range.end.min(self.line.len());
        let start = span.range.start.min(end);
        let range = start..end;
        let role = span.role;
        self.parts.push((Span { role, range }, decoded));
    }

    /// Parts of what stands at this place of the line.
    pub(super) fn parts_at(&mut self, at: usize, spans: impl IntoIterator<Item = Span>) {
        for Span { role, range } in spans {
            let range = range.start + at..range.end + at;
            self.part(Span { role, range });
        }
    }

    /// Two parts: the first word of this piece of the line, and all that follows it.
    pub(super) fn words(&mut self, piece: &[u8], first: Role, rest: Role) {
        let mut spans = Spans::new(self.line);
        spans.add_words(piece, first, rest);
        self.parts_at(0, spans.found());
    }

    /// The line is this command's, or belongs to its answer.
    pub(super) fn belongs_to(&mut self, asked: Option<&Asked>) {
        if asked.is_some_and(|asked| asked.secret) {
            self.recast(Role::Tag, Role::Password, None);
        }
        self.command = asked.map(|asked| asked.verb);
        self.number = asked.map(|asked| asked.number);
    }

    /// The part with this role is something else, and reads so.
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

    /// The parts that were found.
    pub(super) fn spans(&self) -> impl Iterator<Item = &Span> {
        self.parts.iter().map(|(span, _)| span)
    }

    /// Must a part of the line be masked?
    pub(super) fn has_secret(&self) -> bool {
        self.spans().any(|span| span.role.is_secret())
    }

    /// The verb among the parts, if it is one of these; empty otherwise.
    pub(super) fn verb_of(&self, mut verbs: impl Iterator<Item = &'static str>) -> &'static str {
        let verb = self.text_of(Role::Verb).unwrap_or_default();
        let known = verbs.find(|known| verb.eq_ignore_ascii_case(known.as_bytes()));
        known.unwrap_or_default()
    }

    /// IMAP's `UID FETCH` has two words, of which the first stands for no command.
    pub(super) fn recast_uid(&mut self) {
        let verbs = self.spans().filter(|span| span.role == Role::Verb);
        if verbs.count() > 1 {
            self.recast(Role::Verb, Role::UidPrefix, None);
        }
    }

    /// Behind the part with this role two others stand: a word, and all that follows it.
    pub(super) fn words_behind(&mut self, role: Role, first: Role, rest: Role) {
        let behind = self
            .spans()
            .find(|span| span.role == role)
            .map(|span| span.range.end);
        let piece = behind.and_then(|behind| self.line.get(behind..));
        self.words(piece.unwrap_or_default(), first, rest);
    }

    /// The line is octets of a literal, perhaps of a message.
    pub(super) fn about_octets(&mut self) {
        if self.parts.is_empty() {
            self.part(Span::of(Role::Octets, self.line, self.line));
        }
        if self.about.is_none() {
            self.about_part(Role::Octets);
        }
    }

    /// A part that begins with the last octet of this kind and goes to the end of the line.
    pub(super) fn part_from_last(&mut self, octet: u8, role: Role) {
        let end = self.line.len();
        let start = self.line.iter().rposition(|other| *other == octet);
        let range = start.unwrap_or(end)..end;
        self.part(Span { role, range });
    }

    /// The whole explanation.
    pub(super) fn finish(
        mut self,
        texts: &Texts,
        dialogue: &DialogueState,
        before: ProtocolState,
    ) -> Explained {
        self.cover_the_end();
        let entry = self
            .about
            .take()
            .and_then(|(topic, name)| texts.find(topic, &name));
        let entry = entry.map_or_else(|| texts.note("unknown"), Arc::clone);
        let parts: Vec<LinePart> = self
            .parts
            .iter()
            .map(|part| self.named(part, texts, dialogue))
            .collect();
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

    /// What a grammar was not shown of a line that is too long belongs to its last part: should that
    /// be a password, all of it is masked.
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
        let text = octets
            .get(..LONGEST_NAME)
            .is_none()
            .then(|| str::from_utf8(octets).ok());
        let text = text.flatten();
        let topic = topic_of(dialogue.protocol, *role);
        let entry = topic
            .zip(text)
            .and_then(|(topic, text)| texts.find(topic, text));
        let decoded = match role {
            Role::Mailbox => text.and_then(in_unicode),
            _ => decoded.clone(),
        };
        LinePart {
            role: *role,
            range: range.clone(),
            entry: entry.map(Arc::clone),
            decoded,
        }
    }
}

/// A mailbox's name that is not in ASCII.
fn in_unicode(name: &str) -> Option<String> {
    let encoded = name.trim_matches('"');
    let unicode = mutf7::decode(encoded.as_bytes())?;
    (unicode != encoded).then_some(unicode)
}

/// Where a part of this role is explained.
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
