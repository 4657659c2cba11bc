//! The rules for what must not be shown of a line: passwords, and what may be one.
//!
//! The grammars name the parts of a line, and a password among them has a secret role. The rules here
//! name as secret what the grammars do not know: a login with a typing mistake, a password where no
//! command was expected. `docs/journal.md` lists the rules for students. In doubt a text is masked.

use std::borrow::Cow;
use std::iter;
use std::ops::Range;

mod answers;

use super::annotation_builder::AnnotationBuilder;
use super::dialogue_state::DialogueState;
use super::explained::{Explained, LinePart};
use super::texts::Texts;
use super::topic::Topic;
use crate::mail::protocol::span::{Role, Span, trimmed};
use crate::mail::protocol::{Protocol, sasl};

pub(super) use self::answers::{is_name, masked_answer};

/// The text that replaces a secret.
pub const MASK: &str = "********";

/// The commands with which a client logs in, in all protocols.
const LOGINS: [&str; 6] = ["AUTH", "USER", "PASS", "APOP", "LOGIN", "AUTHENTICATE"];

/// The commands before a password; a longer one comes before its own beginning.
const BEFORE_PASSWORD: [&str; 4] = ["PASS", "LOGIN", "AUTHENTICATE", "AUTH"];

impl Explained {
    /// The line as it may be shown: `********` replaces each secret.
    #[must_use]
    pub fn masked<'a>(&self, line: &'a [u8]) -> Cow<'a, [u8]> {
        if !self.has_secret() {
            return Cow::Borrowed(line);
        }
        let mut masked = Vec::with_capacity(line.len());
        let mut at = 0;
        for secret in self.secrets() {
            masked.extend_from_slice(line.get(at..secret.start).unwrap_or_default());
            masked.extend_from_slice(MASK.as_bytes());
            at = at.max(secret.end);
        }
        masked.extend_from_slice(line.get(at..).unwrap_or_default());
        Cow::Owned(masked)
    }

    /// The parts of the masked line.
    #[must_use]
    pub fn masked_parts(&self) -> Vec<LinePart> {
        let mut parts = self.parts.clone();
        for part in &mut parts {
            part.range = self.moved(part.range.start)..self.moved(part.range.end);
        }
        parts
    }

    /// The secret octets, in their order.
    fn secrets(&self) -> impl Iterator<Item = Range<usize>> {
        let secret = self.parts.iter().filter(|part| part.role.is_secret());
        secret.map(|part| part.range.clone())
    }

    /// The place in the masked line of a place in the line.
    fn moved(&self, at: usize) -> usize {
        let mut moved = at;
        for secret in self.secrets().filter(|secret| secret.start < at) {
            moved = moved - (at.min(secret.end) - secret.start) + MASK.len();
        }
        moved
    }
}

/// The rules that need to know what was said before.
#[derive(Clone, Default)]
pub(super) struct Masking {
    /// True after a login, of which more lines may come.
    in_login: bool,
}

impl Masking {
    /// Masks a line of the client.
    ///
    /// After a login that was refused, a line that is no command may be the password: a client that does
    /// not read the replies sends it all the same. A client that has not logged in yet may have mistyped
    /// the command, or said the password in place of a mechanism.
    pub(super) fn client(
        &mut self,
        dialogue: &mut DialogueState,
        texts: &Texts,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        match builder.command {
            Some("") if self.in_login => {
                builder.mask_all();
                return dialogue.hide_newest();
            }
            Some("") if may_log_in(dialogue) && !is_other_command(dialogue, texts, builder) => {
                let tag = usize::from(dialogue.protocol == Protocol::Imap);
                builder.mask_after(tag + 1);
            }
            _ => {}
        }
        let mechanism = builder.text_of(Role::Mechanism);
        if mechanism.is_some_and(|name| !is_mechanism(name, texts)) {
            builder.recast(Role::Mechanism, Role::Password, None);
        }
        self.in_login = match builder.command {
            Some(verb) => LOGINS.contains(&verb) || builder.has_secret(),
            // A line of a body: if the server has not agreed to it, it may be a login.
            None => self.in_login || builder.has_secret(),
        };
    }

    /// Masks a line of the server: it may repeat as a tag what it took for a command.
    pub(super) fn server(&self, builder: &mut AnnotationBuilder<'_>) {
        if self.in_login && builder.command.is_none() {
            builder.recast(Role::Tag, Role::Password, None);
        }
    }

    /// Notes that the client has logged in: no more of its login will come.
    pub(super) fn logged_in(&mut self) {
        self.in_login = false;
    }
}

/// True if the client can hardly do anything yet but log in: then a password may follow an unknown word.
///
/// Most clients of SMTP and LMTP are other mail servers, which do not log in. One that does waits until
/// the server has offered AUTH.
fn may_log_in(dialogue: &DialogueState) -> bool {
    let asks = match dialogue.protocol {
        Protocol::Submission | Protocol::Pop3 | Protocol::Imap => true,
        Protocol::Smtp | Protocol::Lmtp => {
            dialogue.offered().is_some_and(|offered| offered.contains("AUTH"))
        }
    };
    asks && !dialogue.is_logged_in()
}

/// True if a line is plainly a command that is no login, but has a typing mistake or, in IMAP, no tag:
/// `EHOL client.test`, `FETCH 1 BODY[]`.
fn is_other_command(
    dialogue: &DialogueState,
    texts: &Texts,
    builder: &AnnotationBuilder<'_>,
) -> bool {
    let (topic, count) = match dialogue.protocol {
        Protocol::Imap => (Topic::ImapCommand, 2),
        Protocol::Pop3 => (Topic::Pop3Command, 1),
        _ => (Topic::SmtpCommand, 1),
    };
    let ranges = words(builder.line).take(count);
    let mut words = ranges.filter_map(|range| str::from_utf8(builder.line.get(range)?).ok());
    words.any(|word| {
        let word = word.to_ascii_uppercase();
        let mut names = texts.of(topic).map(|entry| entry.name.as_str());
        let is_meant = |name: &str| !LOGINS.contains(&name) && is_meant(&word, name);
        word.len() > 2 && names.any(is_meant)
    })
}

/// True if IANA or our texts know this mechanism.
fn is_mechanism(name: &[u8], texts: &Texts) -> bool {
    let is_known = |name| sasl::begins_registered(name) || texts.find(Topic::Sasl, name).is_some();
    str::from_utf8(name).is_ok_and(is_known)
}

/// Masks what POP3's grammar takes for a name, and what may be the password.
pub(super) fn mask_pop3_login(verb: &str, builder: &mut AnnotationBuilder<'_>) {
    if verb == "USER" {
        // A name has no spaces: the password follows it, one command too early.
        builder.mask_after(2);
    }
    if verb == "APOP" && builder.text_of(Role::Answer).is_none() {
        // One word alone may be the name or the digest.
        builder.recast(Role::UserName, Role::Password, None);
    }
}

/// Masks in IMAP's LOGIN what has no name. The user name is masked, too, if it is the only argument, or
/// if the literal that it should be was counted wrongly.
pub(super) fn mask_imap_login(begins: bool, builder: &mut AnnotationBuilder<'_>) {
    builder.mask_unnamed();
    if builder.fault.is_some() && !(begins && builder.has_secret()) {
        builder.recast(Role::UserName, Role::Password, None);
    }
}

impl AnnotationBuilder<'_> {
    /// Masks the arguments of a line that is no command, but looks like a login: `LOGIN alice secret`
    /// without a tag, `USER alice secret` in SMTP, `a LOGN alice secret`, `AUTHPLAIN c2VjcmV0`.
    pub(super) fn mask_likely_login(&mut self) {
        self.mask_likely_login_at(0);
    }

    /// Masks a likely login that begins at this place of the line.
    pub(super) fn mask_likely_login_at(&mut self, at: usize) {
        if self.has_secret() {
            return;
        }
        let said = self.line.get(at..).unwrap_or_default();
        for (place, word) in words(said).take(2).enumerate() {
            let text = said.get(word.clone()).unwrap_or_default();
            let names_user = || place == 0 && is_like_user(text);
            let verb = like_login(text).or_else(|| names_user().then_some(text.len()));
            if let Some(verb) = verb {
                return self.mask_from(at + word.start + verb);
            }
        }
    }

    /// Masks a line of a body to which the server has not agreed: if it refuses the body, the line was a
    /// command, perhaps a login, and the lines after it may be the rest of that. `in_doubt` is true once
    /// such a login has begun.
    pub(super) fn mask_in_doubt(&mut self, in_doubt: &mut bool) {
        if *in_doubt {
            self.mask_all();
        } else {
            self.mask_likely_login();
        }
        *in_doubt |= self.has_secret();
    }

    /// Masks everything after so many words.
    fn mask_after(&mut self, count: usize) {
        if !self.has_secret()
            && let Some(last) = words(self.line).take(count).last()
        {
            self.mask_from(last.end);
        }
    }

    /// Masks everything from this place on, but not the white space there.
    fn mask_from(&mut self, at: usize) {
        let rest = self.line.get(at..).unwrap_or_default();
        let start = at + (rest.len() - rest.trim_ascii_start().len());
        if start < self.line.len() {
            self.parts.retain(|(span, _)| span.range.end <= start);
            let range = start..self.line.len();
            let role = Role::Password;
            self.part(Span { role, range });
        }
    }

    /// Masks the whole line.
    pub(super) fn mask_all(&mut self) {
        self.parts.clear();
        self.part(Span::of(Role::Password, self.line, self.line));
        self.about(Topic::Note, "behind-login");
    }

    /// Masks every word of a command that has no name.
    fn mask_unnamed(&mut self) {
        for (span, _) in &mut self.parts {
            if span.role == Role::Octets {
                span.role = Role::Password;
            }
        }
        let end = self.line.len();
        let named = self.parts.iter().map(|(span, _)| span.range.clone());
        let mut at = 0;
        let mut gaps = Vec::new();
        for named in named.chain(iter::once(end..end)) {
            let gap = trimmed(self.line.get(at..named.start).unwrap_or_default());
            if !gap.is_empty() {
                gaps.push(Span::of(Role::Password, self.line, gap));
            }
            at = at.max(named.end);
        }
        for gap in gaps {
            self.part(gap);
        }
        self.parts.sort_by_key(|(span, _)| span.range.start);
    }
}

/// The length of a login command, or of a likely typing mistake for one, at the start of a word.
fn like_login(word: &[u8]) -> Option<usize> {
    let letters = word.iter().take_while(|octet| octet.is_ascii_alphabetic());
    let letters = word.get(..letters.count()).unwrap_or_default();
    let letters = str::from_utf8(letters).ok()?.to_ascii_uppercase();
    let mut verbs = BEFORE_PASSWORD.iter();
    if let Some(verb) = verbs.find(|verb| letters.starts_with(**verb)) {
        return Some(verb.len());
    }
    let mistyped = BEFORE_PASSWORD.iter().any(|verb| is_meant(&letters, verb));
    mistyped.then_some(letters.len())
}

/// True if a word is USER, which SMTP does not have, and after which some clients say name and password.
/// Only as a whole word: header fields and addresses begin with it, too (`User-Agent: x`,
/// `user@client.test`).
fn is_like_user(word: &[u8]) -> bool {
    let word = str::from_utf8(word).unwrap_or_default();
    is_meant(&word.to_ascii_uppercase(), "USER")
}

/// True if a word is the same as another one but for one typing mistake: a letter too many, too few or
/// wrong, or two letters exchanged. Both are in upper case.
fn is_meant(word: &str, as_word: &str) -> bool {
    // A word may be as long as a line: such a word is not compared letter by letter.
    word.len().abs_diff(as_word.len()) <= 1 && strsim::osa_distance(word, as_word) <= 1
}

/// The places of the words of a line.
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
