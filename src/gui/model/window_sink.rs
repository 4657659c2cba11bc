//! The sink that fills the window's conversations with what a recorder tells, in the recorder's thread.
//!
//! Of the servers in this program, only the last line of each conversation is kept: the window's clients
//! hear the others. A line is masked before it is kept, so no secret is shown. The lock that it shares
//! with the window is held only for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::conversations::{ConversationChange, Conversations, LineContent, MOST_CROSSED};
use super::saved_events::SavedEvents;
use super::security::{CertificateInfo, ConnectionSecurity};
use crate::client::printable;
use crate::mail::net::{PeerCertificate, TlsSession};
use crate::teaching::explain::{Explained, Texts, Topic};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::{
    AnnotatedLine, Annotator, Connection, Event, Explaining, Side, Sink, What, why_no_tls,
};

/// Octets that are kept of a line: four rows of a wide window.
const LONGEST: usize = 512;

/// Lines of a message that are kept: its header, mostly.
const MESSAGE_LINES: u64 = 24;

/// Lines of one kind in a row that are kept: of a list of mailboxes or messages.
const SAME_LINES: u64 = 24;

/// The sink that fills a window's conversations.
pub struct WindowSink {
    conversations: Arc<Mutex<Conversations>>,
    kept: Arc<Mutex<SavedEvents>>,
    texts: Arc<Texts>,
    /// The file of the authority that is trusted beside the system's.
    ca: PathBuf,
    connections: BTreeMap<u64, WindowConnection>,
    /// Those in which something was said that the window has not been told of.
    heard: BTreeSet<u64>,
    /// Wakes the window.
    wake: Box<dyn Fn() + Send>,
}

/// A connection that is followed.
struct WindowConnection {
    connection: Arc<Connection>,
    lock: ConnectionSecurity,
    /// What the last lines have in common, and how many they are.
    run: Option<(Kind, u64)>,
    changes: Vec<ConversationChange>,
}

/// What lines in a row have in common.
#[derive(PartialEq, Eq)]
enum Kind {
    /// They are of a message.
    Message(Side),
    /// They mean the same, as a part of the same answer.
    Same(Side, Topic, String, Option<u64>),
}

impl WindowSink {
    /// A sink that fills these, in the words of these texts, and then calls `wake`. `ca` is the file
    /// of the authority that our clients trust beside the system's.
    pub fn new(
        (conversations, kept): (Arc<Mutex<Conversations>>, Arc<Mutex<SavedEvents>>),
        texts: Arc<Texts>,
        ca: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> WindowSink {
        WindowSink {
            conversations,
            kept,
            texts,
            ca,
            connections: BTreeMap::new(),
            heard: BTreeSet::new(),
            wake: Box::new(wake),
        }
    }

    fn follow(&mut self, event: &Event, explained: Option<&Explained>) -> Vec<ConversationChange> {
        let number = event.connection.number;
        if event.what == What::Opened {
            let connection = WindowConnection::new(&event.connection);
            self.connections.insert(number, connection);
            // So that the window hears at once in which state it is.
            self.heard.insert(number);
            let connection = Arc::clone(&event.connection);
            return vec![ConversationChange::Opened(connection, event.time)];
        }
        let Some(connection) = self.connections.get_mut(&number) else {
            return Vec::new();
        };
        match &event.what {
            What::Crossed { octets, .. } => connection.crossed(octets),
            What::Presented(shown) => connection.presented(event.time, shown, &self.ca),
            What::Secured(secured) => connection.secured(event.time, secured, explained),
            What::Ended { by } => connection.happened(event.time, &ended(*by), false),
            What::Reset => connection.happened(event.time, RESET, true),
            What::Lost => connection.happened(event.time, LOST, true),
            What::Closed => connection.changes.push(ConversationChange::Ended(number)),
            What::Failed(why) => connection.failed(event.time, why, explained),
            What::Opened | What::Said { .. } | What::Secrets(_) => {}
        }
        if matches!(event.what, What::Said { .. } | What::Secured(_)) {
            self.heard.insert(number);
        }
        let changes = std::mem::take(&mut connection.changes);
        if matches!(event.what, What::Closed | What::Lost) {
            self.connections.remove(&number);
        }
        changes
    }

    /// The states of the conversations in which something was said since the last time.
    fn states(&mut self, annotator: &Annotator) -> Vec<ConversationChange> {
        let heard = std::mem::take(&mut self.heard).into_iter();
        let state = |number| {
            let observer = annotator.observer(number)?.clone();
            Some(ConversationChange::Observed(number, Box::new(observer)))
        };
        heard.filter_map(state).collect()
    }
}

impl Sink for WindowSink {
    fn name(&self) -> String {
        "what the window shows".to_owned()
    }

    fn wants_crossed(&self) -> bool {
        true
    }

    fn explaining(&self) -> Explaining {
        Explaining::Sentences(Arc::clone(&self.texts))
    }

    fn line(&mut self, line: &AnnotatedLine<'_>) -> io::Result<()> {
        let number = line.event.connection.number;
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.line(line);
            self.heard.insert(number);
        }
        Ok(())
    }

    fn body(&mut self, lines: &AnnotatedLine<'_>) -> io::Result<()> {
        let number = lines.event.connection.number;
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.body(lines);
        }
        Ok(())
    }

    fn take(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()> {
        // Whoever died with the lock had at worst not drawn it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take(event);
        drop(kept);
        let changes = self.follow(event, explained);
        self.tell(changes);
        Ok(())
    }

    fn flush(&mut self, annotator: &Annotator) -> io::Result<()> {
        let states = self.states(annotator);
        self.tell(states);
        (self.wake)();
        Ok(())
    }
}

impl WindowSink {
    fn tell(&self, changes: Vec<ConversationChange>) {
        if !changes.is_empty() {
            let conversations = self.conversations.lock();
            let mut conversations = conversations.unwrap_or_else(PoisonError::into_inner);
            conversations.take(changes);
        }
    }
}

impl WindowConnection {
    fn new(connection: &Arc<Connection>) -> WindowConnection {
        WindowConnection {
            connection: Arc::clone(connection),
            lock: ConnectionSecurity::of(connection),
            run: None,
            changes: Vec::new(),
        }
    }

    fn line(&mut self, line: &AnnotatedLine<'_>) {
        let number = self.connection.number;
        let time = line.event.time;
        let by = line.by;
        if self.connection.ours == Side::Server {
            let text = shown_text(line.octets, line.explained);
            self.changes
                .push(ConversationChange::Last(number, by, text));
            return;
        }
        let kind = Kind::of(by, line.explained);
        let before = self.before(&kind);
        let change = if before < kind.most() {
            ConversationChange::Line(number, time, shown(by, line.octets, line.explained))
        } else {
            let octets = line.octets.len() as u64;
            ConversationChange::More(number, time, by, (1, octets))
        };
        self.run = Some((kind, before + 1));
        self.changes.push(change);
    }

    /// Lines of a body: the first ones are shown, as long as there is room for them.
    fn body(&mut self, lines: &AnnotatedLine<'_>) {
        let mut rest = lines.octets;
        if self.connection.ours == Side::Server {
            let before = memchr::memrchr(b'\n', without_ending(rest)).map_or(0, |end| end + 1);
            rest = rest.get(before..).unwrap_or_default();
        }
        let kind = Kind::of(lines.by, lines.explained);
        while !rest.is_empty() && self.before(&kind) < kind.most() {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, others) = rest.split_at_checked(end).unwrap_or_default();
            self.line(&AnnotatedLine {
                octets: line,
                explained: &of_body_line(lines.explained, line),
                ..*lines
            });
            rest = others;
        }
        if !rest.is_empty() {
            let count = memchr::memchr_iter(b'\n', rest).count() as u64;
            let more = (count, rest.len() as u64);
            let number = self.connection.number;
            let change = ConversationChange::More(number, lines.event.time, lines.by, more);
            let before = self.before(&kind);
            self.run = Some((kind, before + count));
            self.changes.push(change);
        }
    }

    /// How many of the last lines are of this kind.
    fn before(&self, kind: &Kind) -> u64 {
        match &self.run {
            Some((same, count)) if same == kind => *count,
            _ => 0,
        }
    }

    fn crossed(&mut self, octets: &[u8]) {
        // In clear, what crosses is what was said.
        if self.lock.secured.is_some() && self.connection.ours == Side::Client {
            let begin = octets.get(..MOST_CROSSED).unwrap_or(octets).to_vec();
            let change = ConversationChange::Crossed(self.connection.number, begin, octets.len());
            self.changes.push(change);
        }
    }

    fn presented(&mut self, time: SystemTime, shown: &PeerCertificate, ca: &std::path::Path) {
        let card = CertificateInfo::of(shown, ca);
        let text = match shown.fault {
            None => format!(
                "The server shows a certificate, which is trusted: {}",
                card.why()
            ),
            Some(_) => format!("The server’s certificate is not trusted: {}", card.why()),
        };
        self.lock.certificate = Some(card);
        self.lock_changed();
        self.happened(time, &text, shown.fault.is_some());
    }

    fn secured(&mut self, time: SystemTime, secured: &TlsSession, explained: Option<&Explained>) {
        self.lock.secured = Some(secured.clone());
        self.lock_changed();
        let text = format!("TLS begins: {secured}");
        self.push(time, &text, explained, false);
    }

    fn failed(&mut self, time: SystemTime, why: &str, explained: Option<&Explained>) {
        let text = format!("There is no TLS: {}", why_no_tls(why));
        self.push(time, &text, explained, true);
    }

    fn lock_changed(&mut self) {
        let change = ConversationChange::Secured(self.connection.number, self.lock.clone());
        self.changes.push(change);
    }

    fn happened(&mut self, time: SystemTime, text: &str, wrong: bool) {
        self.push(time, text, None, wrong);
    }

    fn push(&mut self, time: SystemTime, text: &str, explained: Option<&Explained>, wrong: bool) {
        if self.connection.ours == Side::Server {
            return;
        }
        let passed = LineContent::Happened {
            text: text.to_owned(),
            explained: explained.cloned().map(Box::new),
            wrong,
        };
        let change = ConversationChange::Line(self.connection.number, time, passed);
        self.changes.push(change);
        self.run = None;
    }
}

impl Kind {
    /// Lines of this kind that are shown.
    fn most(&self) -> u64 {
        match self {
            Kind::Message(_) => MESSAGE_LINES,
            Kind::Same(..) => SAME_LINES,
        }
    }

    fn of(by: Side, explained: &Explained) -> Kind {
        let entry = &explained.entry;
        match entry.topic {
            Topic::Field | Topic::Part => Kind::Message(by),
            topic => Kind::Same(by, topic, entry.name.clone(), explained.number),
        }
    }
}

/// The explanation of one line of a body, of which only that of the line before is known: it has one
/// part, the whole line.
fn of_body_line(before: &Explained, line: &[u8]) -> Explained {
    let mut explained = before.clone();
    for part in &mut explained.parts {
        part.range = 0..without_ending(line).len();
    }
    explained
}

/// A line as it is kept.
fn shown(by: Side, line: &[u8], explained: &Explained) -> LineContent {
    let masked = explained.masked(line);
    let octets = masked.get(..LONGEST).unwrap_or(&masked).to_vec();
    let shown = explained.with_parts(explained.masked_parts(), octets.len());
    LineContent::Said {
        by,
        text: shown_text(line, explained),
        octets,
        explained: Box::new(shown),
    }
}

/// A line as text that may be shown, its ending removed.
fn shown_text(line: &[u8], explained: &Explained) -> String {
    let masked = explained.masked(line);
    let begin = masked.get(..LONGEST).unwrap_or(&masked);
    let mut text = printable(&String::from_utf8_lossy(without_ending(begin)));
    if begin.len() < masked.len() {
        text.push_str(&format!(" … ({} octets in all)", masked.len()));
    }
    text
}

fn ended(by: Side) -> String {
    format!("The {by} says that it will say no more")
}

const RESET: &str = "The other end broke the connection off";
const LOST: &str = "Too much passed at once: what follows is not recorded";

#[cfg(test)]
mod tests;
