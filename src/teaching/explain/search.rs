//! Finds the explanation of what a student types: a name, a line of a conversation, a message of TLS.

use std::sync::Arc;

use super::explained::Explained;
use super::observer::Observer;
use super::texts::{Entry, Texts};
use super::topic::Topic;
use crate::mail::protocol::Protocol;

/// The similarity of a word that is still suggested: 1 for equal words, 0 for nothing in common.
const ALIKE: f64 = 0.8;

/// Words that are suggested at most.
const SUGGESTIONS: usize = 5;

/// The result of a search.
#[derive(Clone, Debug, Default)]
pub struct LookupResult {
    /// The entries with that name, in the order of a list.
    pub entries: Vec<Arc<Entry>>,
    /// The words read as a line of a conversation.
    pub lines: Vec<LineReading>,
    /// Similar names, if nothing else was found.
    pub near: Vec<String>,
}

/// A line as one side of one protocol would say it.
#[derive(Clone, Debug)]
pub struct LineReading {
    /// The protocol.
    pub protocol: Protocol,
    /// True if the server says it.
    pub server: bool,
    /// The meaning of the line there.
    pub explained: Explained,
}

impl LookupResult {
    /// True if nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.lines.is_empty()
    }
}

impl Texts {
    /// Looks up these words: an entry with this name, otherwise a line, otherwise each word for
    /// itself. With `only`, in this protocol, and in what belongs to all of them.
    #[must_use]
    pub fn look_up(self: &Arc<Texts>, words: &str, only: Option<Protocol>) -> LookupResult {
        let words = words.trim();
        let (words, only) = match prefixed(words) {
            Some((protocol, rest)) => (rest, Some(protocol)),
            None => (words, only),
        };
        let mut found =
            LookupResult { entries: self.named(words, only), ..LookupResult::default() };
        if found.entries.is_empty() {
            found.lines = self.readings(words, only);
        }
        if found.is_empty() {
            found.entries = self.said_of_tls(words);
        }
        if found.is_empty() {
            let each = words.split_whitespace().flat_map(|word| self.named(word, only));
            found.entries = each.collect();
            found.entries.dedup();
        }
        if found.is_empty() {
            found.near = self.near(words, only);
        }
        found
    }

    /// The entries that can be looked up.
    pub fn listed(&self, only: Option<Protocol>) -> impl Iterator<Item = &Arc<Entry>> {
        let ours = [Topic::Part, Topic::Note, Topic::Word];
        self.all().filter(move |entry| {
            !ours.contains(&entry.topic) && only.is_none_or(|only| entry.topic.is_of(only))
        })
    }

    /// The entries of this name, and those of its more general name.
    fn named(&self, name: &str, only: Option<Protocol>) -> Vec<Arc<Entry>> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        // `250` also finds each `250 to RCPT`.
        let reply = format!("{name} to ");
        let is_reply_of = |other: &str| {
            let front = other.get(..reply.len());
            front.is_some_and(|front| front.eq_ignore_ascii_case(&reply))
        };
        let mut found: Vec<Arc<Entry>> = self
            .listed(only)
            .filter(|entry| {
                (same(&entry.name) && !entry.topic.is_state())
                    || same(&entry.title)
                    || is_reply_of(&entry.name)
                    || entry.also.iter().any(|also| same(also))
            })
            .cloned()
            .collect();
        let general = [Topic::Enhanced, Topic::ImapCapability, Topic::ImapItem];
        let missing = general.into_iter().filter(|topic| only.is_none_or(|only| topic.is_of(only)));
        for entry in missing.filter_map(|topic| self.find(topic, name)) {
            if !found.contains(entry) {
                found.push(Arc::clone(entry));
            }
        }
        found
    }

    /// The line in each protocol and from each side that makes sense.
    fn readings(self: &Arc<Texts>, line: &str, only: Option<Protocol>) -> Vec<LineReading> {
        let mut readings = Vec::new();
        for protocol in [Protocol::Smtp, Protocol::Pop3, Protocol::Imap] {
            if only.is_some_and(|only| only.family() != protocol.family()) {
                continue;
            }
            for server in [true, false] {
                let mut observer = Observer::new(protocol, Arc::clone(self));
                observer.server(greeting(protocol));
                let explained = if server {
                    observer.server(line.as_bytes())
                } else {
                    observer.client(line.as_bytes())
                };
                if makes_sense(&explained, line, server) {
                    readings.push(LineReading { protocol, server, explained });
                }
            }
        }
        if readings.is_empty()
            && let Some((name, _)) = line.split_once(':')
        {
            let field = self.of(Topic::Field).any(|entry| entry.name.eq_ignore_ascii_case(name));
            readings.extend(field.then(|| self.as_header(line)));
        }
        readings
    }

    /// The line as a line of a message's header.
    fn as_header(self: &Arc<Texts>, line: &str) -> LineReading {
        let protocol = Protocol::Smtp;
        let mut observer = Observer::new(protocol, Arc::clone(self));
        observer.server(greeting(protocol));
        observer.client(b"DATA");
        observer.server(b"354 x");
        LineReading { protocol, server: false, explained: observer.client(line.as_bytes()) }
    }

    /// The entries for a text of a program whose TLS handshake failed.
    fn said_of_tls(&self, words: &str) -> Vec<Arc<Entry>> {
        let words = words.to_lowercase();
        let says = |also: &String| words.contains(&also.to_lowercase());
        let entries = self.of(Topic::TlsAlert);
        entries.filter(|entry| entry.also.iter().any(says)).cloned().collect()
    }

    /// The explanation of a failed TLS handshake. For a certificate, the verdict in brackets says more
    /// than the text before it.
    pub(super) fn why_tls_failed(&self, words: &str) -> Option<Arc<Entry>> {
        let (before, verdict) = words.split_once('(').unwrap_or((words, ""));
        let mut found = [verdict, before].into_iter().flat_map(|words| self.said_of_tls(words));
        found.next()
    }

    fn near(&self, words: &str, only: Option<Protocol>) -> Vec<String> {
        let words = words.to_ascii_uppercase();
        let alike = |name: &str| strsim::jaro_winkler(&words, &name.to_ascii_uppercase());
        let entries = self.listed(only).filter(|entry| !entry.topic.is_state());
        let names = entries.map(|entry| (alike(&entry.name), &entry.name));
        let mut near: Vec<(f64, &String)> = names.filter(|(alike, _)| *alike > ALIKE).collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        near.dedup_by(|a, b| a.1.eq_ignore_ascii_case(b.1));
        near.into_iter().take(SUGGESTIONS).map(|(_, name)| name.clone()).collect()
    }
}

/// A greeting, so that the line after it is none.
fn greeting(protocol: Protocol) -> &'static [u8] {
    match protocol {
        Protocol::Pop3 => b"+OK",
        Protocol::Imap => b"* OK",
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => b"220",
    }
}

/// Splits `smtp:250` into a protocol and the rest.
fn prefixed(words: &str) -> Option<(Protocol, &str)> {
    let (name, rest) = words.split_once(':')?;
    let protocol = name.to_ascii_lowercase().parse().ok()?;
    Some((protocol, rest.trim()))
}

/// True if the line makes sense there.
fn makes_sense(explained: &Explained, line: &str, server: bool) -> bool {
    // `+OK` is not a `+`, and `-ERR` is not a tag.
    let plus = line.starts_with('+') && !line.starts_with("+ ") && line != "+";
    let other = plus || line.starts_with("-ERR");
    let understood = explained.entry.topic != Topic::Note;
    let whole = explained.fault.is_none() || !server;
    let pop3 = explained.entry.topic == Topic::Pop3Reply;
    understood && whole && (!other || pop3 || !server)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The results: entries by topic and name, lines by protocol and side.
    fn found(words: &str) -> String {
        let found = Texts::compiled_in().look_up(words, None);
        let entries = found.entries.iter().map(|entry| format!("{}.{}", entry.topic, entry.name));
        let side = |server| if server { "server" } else { "client" };
        let lines = found.lines.iter().map(|line| {
            let name = &line.explained.entry.name;
            format!("{} {}: {name}", line.protocol.name(), side(line.server))
        });
        let near = found.near.iter().map(|name| format!("{name}?"));
        entries.chain(lines).chain(near).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn each_row_is_what_a_person_types_and_what_is_found() {
        let rows = [
            ("rcpt", "smtp.command.RCPT"),
            ("MAIL FROM", "smtp.command.MAIL"),
            ("5.1.1", "smtp.enhanced.X.1.1"),
            ("550", "smtp.reply.550, smtp.reply.550 to message, smtp.reply.550 to RCPT"),
            ("550 5.1.1", "smtp server: 550"),
            ("smtp:221", "smtp.reply.221"),
            ("imap:noop", "imap.command.NOOP"),
            ("pop3:STARTTLS", "STAT?, Status?"),
            ("NOOP", "smtp.command.NOOP, pop3.command.NOOP, imap.command.NOOP"),
            ("a1 FETCH 1:3 (FLAGS)", "imap client: FETCH"),
            ("* 3 FETCH (FLAGS (\\Seen))", "imap server: FETCH"),
            ("a1 OK done", "imap server: OK"),
            ("334 VXNlcm5hbWU6", "smtp server: 334"),
            ("+OK 3 messages", "pop3 server: +OK"),
            ("+ idling", "pop3 server: +, imap server: +"),
            ("-ERR no", "pop3 server: -ERR"),
            ("MAIL FORM:<a@b>", "smtp client: MAIL"),
            ("RETR 1", "pop3 client: RETR"),
            ("QUIT now", "smtp client: QUIT, pop3 client: QUIT"),
            ("Subject: Hello", "smtp client: Subject"),
            ("subject", "imap.search.SUBJECT, imap.sort.SUBJECT, mail.field.Subject"),
            ("AUTH=PLAIN", "imap.capability.AUTH"),
            ("BODY[TEXT]", "imap.item.BODY[]"),
            ("\\Seen", "imap.flag.\\Seen"),
            ("error: certificate verify failed (self-signed)", "tls.alert.unknown_ca"),
            ("DSN XOAUTH2", "smtp.keyword.DSN, sasl.mechanism.XOAUTH2"),
            ("RCTP", "RCPT?"),
            ("", ""),
            ("xyzzy", ""),
        ];
        for (words, expected) in rows {
            assert_eq!(found(words), expected, "{words}");
        }
    }
}
