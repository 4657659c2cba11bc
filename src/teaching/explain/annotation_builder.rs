//! An explanation in the making: what a protocol's follower finds in a line, before the texts are
//! looked up.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::dialogue_state::{Asked, DialogueState};
use super::explained::{Explained, LinePart};
use super::login;
use super::state::ProtocolState;
use super::texts::{Entry, Texts};
use super::topic::Topic;
use crate::limits;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::imap::mutf7;
use crate::mail::protocol::span::{Role, Span, Spans, trimmed};

/// Names that are longer have no entry.
const LONGEST_NAME: usize = 100;

/// Other entries that are given with a line; a screen has no room for more.
const MOST_ALSO: usize = 30;

/// What was found in a line.
pub(super) struct AnnotationBuilder<'a> {
    line: &'a [u8],
    about: Option<(Topic, String)>,
    notes: Vec<&'static str>,
    parts: Vec<(Span, Option<String>)>,
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

    /// A line that is no command, but looks as if a password stood in it: `LOGIN alice secret`
    /// without a tag, `USER alice secret` said to SMTP, `a LOGN alice secret`, `AUTHPLAIN c2VjcmV0`. All that
    /// follows is masked.
    pub(super) fn mask_what_looks_secret(&mut self) {
        self.mask_what_looks_secret_at(0);
    }

    /// The same of what begins at this place of the line.
    pub(super) fn mask_what_looks_secret_at(&mut self, at: usize) {
        if self.has_secret() {
            return;
        }
        let said = self.line.get(at..).unwrap_or_default();
        for (place, word) in words(said).take(2).enumerate() {
            let text = said.get(word.clone()).unwrap_or_default();
            let names_user = || place == 0 && is_like_user(text);
            let verb = like_a_login(text).or_else(|| names_user().then_some(text.len()));
            if let Some(verb) = verb {
                return self.mask_from(at + word.start + verb);
            }
        }
    }

    /// A line of what the server has not agreed to hear: if it refuses that, the line was a command, and
    /// perhaps a login, of which the lines that follow may be the rest. `in_doubt`: has such a login
    /// begun?
    pub(super) fn mask_in_doubt(&mut self, in_doubt: &mut bool) {
        match *in_doubt {
            true => self.mask_all(),
            false => self.mask_what_looks_secret(),
        }
        *in_doubt |= self.has_secret();
    }

    /// The first words of the line, at most so many.
    pub(super) fn first_words(&self, count: usize) -> impl Iterator<Item = &'a str> {
        let line = self.line;
        let text = move |range: Range<usize>| str::from_utf8(line.get(range)?).ok();
        words(line).take(count).filter_map(text)
    }

    /// What follows so many words may be a password.
    pub(super) fn mask_behind(&mut self, count: usize) {
        if !self.has_secret()
            && let Some(last) = words(self.line).take(count).last()
        {
            self.mask_from(last.end);
        }
    }

    /// Masks what stands behind this place, if something does.
    fn mask_from(&mut self, at: usize) {
        let behind = self.line.get(at..).unwrap_or_default();
        let start = at + (behind.len() - behind.trim_ascii_start().len());
        if start < self.line.len() {
            self.parts.retain(|(span, _)| span.range.end <= start);
            let range = start..self.line.len();
            let role = Role::Password;
            self.part(Span { role, range });
        }
    }

    /// The whole line may be a password.
    pub(super) fn mask_all(&mut self) {
        self.parts.clear();
        self.part(Span::of(Role::Password, self.line, self.line));
        self.about(Topic::Note, "behind-login");
    }

    /// Must a part of the line be masked?
    pub(super) fn has_secret(&self) -> bool {
        self.spans().any(|span| span.role.is_secret())
    }

    /// A command of which every word has a name but the secret ones.
    pub(super) fn mask_what_is_unnamed(&mut self) {
        for (span, _) in &mut self.parts {
            if span.role == Role::Octets {
                span.role = Role::Password;
            }
        }
        let mut at = 0;
        let mut gaps = Vec::new();
        let end = self.line.len();
        for named in self
            .parts
            .iter()
            .map(|(span, _)| span.range.clone())
            .chain(std::iter::once(end..end))
        {
            let gap = self.line.get(at..named.start).unwrap_or_default();
            if !trimmed(gap).is_empty() {
                gaps.push(Span::of(Role::Password, self.line, trimmed(gap)));
            }
            at = at.max(named.end);
        }
        gaps.into_iter().for_each(|gap| self.part(gap));
        self.parts.sort_by_key(|(span, _)| span.range.start);
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
            user: login::user(&parts, self.line),
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

/// What a password follows; the longer ones come before those with which they begin.
const SECRETIVE: [&str; 4] = ["PASS", "LOGIN", "AUTHENTICATE", "AUTH"];

/// Does a word begin with a command that a password follows, or with something that may be one with a
/// slip of the finger? How many of its octets are the command.
fn like_a_login(word: &[u8]) -> Option<usize> {
    let letters = word.iter().take_while(|octet| octet.is_ascii_alphabetic());
    let letters = word.get(..letters.count()).unwrap_or_default();
    let letters = str::from_utf8(letters).ok()?.to_ascii_uppercase();
    if let Some(verb) = SECRETIVE.iter().find(|verb| letters.starts_with(**verb)) {
        return Some(verb.len());
    }
    let mistyped = SECRETIVE.iter().any(|verb| is_meant(&letters, verb));
    mistyped.then_some(letters.len())
}

/// Is a word USER, which SMTP has not, and behind which some say all? Only as a whole, for messages and
/// addresses begin like it, too: `User-Agent: x`, `user@client.test`.
fn is_like_user(word: &[u8]) -> bool {
    let word = str::from_utf8(word).unwrap_or_default();
    is_meant(&word.to_ascii_uppercase(), "USER")
}

/// Is a word this one, or that with a slip of the finger: a letter too many, too few, another one, or two
/// that changed places? Both in upper case.
pub(super) fn is_meant(word: &str, as_word: &str) -> bool {
    // A word may be as long as a line, which is not compared letter by letter.
    word.len().abs_diff(as_word.len()) <= 1 && strsim::osa_distance(word, as_word) <= 1
}

/// Where the words of a line stand.
fn words(line: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let is_blank = |octet: &u8| octet.is_ascii_whitespace();
        let start = at + line.get(at..)?.iter().position(|octet| !is_blank(octet))?;
        let length = line.get(start..)?.iter().position(is_blank);
        at = length.map_or(line.len(), |length| start + length);
        Some(start..at)
    })
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
