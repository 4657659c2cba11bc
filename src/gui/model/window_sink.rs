//! The sink that fills the window's conversations from the recorder's thread.
//!
//! Lines are masked before they are kept, so no secret is shown. Of the built-in servers only the last line of each
//! conversation is kept, because the window's clients record the others. The lock that it shares with the window is held
//! only for a moment.

mod kept_line;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use self::kept_line::{LineRun, of_body_line, shown, shown_text};
use super::conversations::{ConversationChange, Conversations, LineContent, MOST_CROSSED};
use super::saved_events::SavedEvents;
use super::security::{CertificateInfo, ConnectionSecurity};
use crate::mail::net::{PeerCertificate, TlsSession};
use crate::teaching::explain::{Explained, Texts};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::{
    AnnotatedLine, Annotator, Connection, Event, Explaining, Side, Sink, What, why_no_tls,
};

/// The sink that fills a window's conversations.
pub struct WindowSink {
    conversations: Arc<Mutex<Conversations>>,
    events: Arc<Mutex<SavedEvents>>,
    texts: Arc<Texts>,
    /// The file of an authority that is trusted in addition to the system's.
    ca: PathBuf,
    connections: BTreeMap<u64, WindowConnection>,
    /// The connections with lines since the last flush.
    changed: BTreeSet<u64>,
    /// Wakes the window.
    wake: Box<dyn Fn() + Send>,
}

/// What the sink knows of a connection.
struct WindowConnection {
    connection: Arc<Connection>,
    security: ConnectionSecurity,
    /// What the last lines have in common, and their number.
    run: Option<(LineRun, u64)>,
    changes: Vec<ConversationChange>,
}

impl WindowSink {
    /// A sink that fills these models, and then calls `wake`. `ca` is the file of an authority that our clients trust in
    /// addition to the system's.
    pub fn new(
        (conversations, events): (Arc<Mutex<Conversations>>, Arc<Mutex<SavedEvents>>),
        texts: Arc<Texts>,
        ca: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> WindowSink {
        WindowSink {
            conversations,
            events,
            texts,
            ca,
            connections: BTreeMap::new(),
            changed: BTreeSet::new(),
            wake: Box::new(wake),
        }
    }

    /// The changes that an event makes.
    fn changes(&mut self, event: &Event, explained: Option<&Explained>) -> Vec<ConversationChange> {
        let number = event.connection.number;
        if event.what == What::Opened {
            let connection = WindowConnection::new(&event.connection);
            self.connections.insert(number, connection);
            // The window gets the first state at the next flush.
            self.changed.insert(number);
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
            What::Ended { by } => connection.happened(event.time, &ended(*by), None),
            What::Reset => connection.went_wrong(event.time, RESET, None),
            What::Lost => connection.went_wrong(event.time, LOST, None),
            What::Closed => connection.changes.push(ConversationChange::Ended(number)),
            What::Failed(why) => connection.failed(event.time, why, explained),
            What::Opened | What::Said { .. } | What::Secrets(_) => {}
        }
        if matches!(event.what, What::Said { .. } | What::Secured(_)) {
            self.changed.insert(number);
        }
        let changes = std::mem::take(&mut connection.changes);
        if matches!(event.what, What::Closed | What::Lost) {
            self.connections.remove(&number);
        }
        changes
    }

    /// The states of the conversations with lines since the last flush.
    fn states(&mut self, annotator: &Annotator) -> Vec<ConversationChange> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        let state = |number| {
            let observer = annotator.observer(number)?.clone();
            Some(ConversationChange::Observed(number, Box::new(observer)))
        };
        changed.filter_map(state).collect()
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
            self.changed.insert(number);
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
        // A thread that panicked with the lock has at worst not drawn a line.
        let events = self.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).take(event);
        let changes = self.changes(event, explained);
        self.apply(changes);
        Ok(())
    }

    fn flush(&mut self, annotator: &Annotator) -> io::Result<()> {
        let states = self.states(annotator);
        self.apply(states);
        (self.wake)();
        Ok(())
    }
}

impl WindowSink {
    fn apply(&self, changes: Vec<ConversationChange>) {
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
            security: ConnectionSecurity::of(connection),
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
            self.changes.push(ConversationChange::Last(number, by, text));
            return;
        }
        let run = LineRun::of(by, line.explained);
        let before = self.length(&run);
        let change = if before < run.most() {
            ConversationChange::Line(number, time, shown(by, line.octets, line.explained))
        } else {
            let octets = line.octets.len() as u64;
            ConversationChange::More(number, time, by, (1, octets))
        };
        self.run = Some((run, before + 1));
        self.changes.push(change);
    }

    /// Takes lines of a body. The first ones are shown, the others are counted.
    fn body(&mut self, lines: &AnnotatedLine<'_>) {
        let mut rest = lines.octets;
        if self.connection.ours == Side::Server {
            let before = memchr::memrchr(b'\n', without_ending(rest)).map_or(0, |end| end + 1);
            rest = rest.get(before..).unwrap_or_default();
        }
        let run = LineRun::of(lines.by, lines.explained);
        while !rest.is_empty() && self.length(&run) < run.most() {
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
            let before = self.length(&run);
            self.run = Some((run, before + count));
            self.changes.push(change);
        }
    }

    /// The number of the last lines that belong to this run.
    fn length(&self, run: &LineRun) -> u64 {
        match &self.run {
            Some((same, count)) if same == run => *count,
            _ => 0,
        }
    }

    fn crossed(&mut self, octets: &[u8]) {
        // Without TLS, the line itself crosses the network.
        if self.security.secured.is_some() && self.connection.ours == Side::Client {
            let begin = octets.get(..MOST_CROSSED).unwrap_or(octets).to_vec();
            let change = ConversationChange::Crossed(self.connection.number, begin, octets.len());
            self.changes.push(change);
        }
    }

    fn presented(&mut self, time: SystemTime, shown: &PeerCertificate, ca: &Path) {
        let info = CertificateInfo::of(shown, ca);
        let why = info.why();
        self.security.certificate = Some(info);
        self.security_changed();
        if shown.fault.is_none() {
            let text = format!("The server shows a certificate, which is trusted: {why}");
            self.happened(time, &text, None);
        } else {
            let text = format!("The server’s certificate is not trusted: {why}");
            self.went_wrong(time, &text, None);
        }
    }

    fn secured(&mut self, time: SystemTime, secured: &TlsSession, explained: Option<&Explained>) {
        self.security.secured = Some(secured.clone());
        self.security_changed();
        let text = format!("TLS begins: {secured}");
        self.happened(time, &text, explained);
    }

    fn failed(&mut self, time: SystemTime, why: &str, explained: Option<&Explained>) {
        let text = format!("There is no TLS: {}", why_no_tls(why));
        self.went_wrong(time, &text, explained);
    }

    fn security_changed(&mut self) {
        let change = ConversationChange::Secured(self.connection.number, self.security.clone());
        self.changes.push(change);
    }

    fn happened(&mut self, time: SystemTime, text: &str, explained: Option<&Explained>) {
        self.push(
            time,
            LineContent::Happened {
                text: text.to_owned(),
                explained: explained.cloned().map(Box::new),
                wrong: false,
            },
        );
    }

    fn went_wrong(&mut self, time: SystemTime, text: &str, explained: Option<&Explained>) {
        self.push(
            time,
            LineContent::Happened {
                text: text.to_owned(),
                explained: explained.cloned().map(Box::new),
                wrong: true,
            },
        );
    }

    /// Shows an event, unless it is on a server's connection.
    fn push(&mut self, time: SystemTime, content: LineContent) {
        if self.connection.ours == Side::Client {
            let change = ConversationChange::Line(self.connection.number, time, content);
            self.changes.push(change);
            self.run = None;
        }
    }
}

fn ended(by: Side) -> String {
    format!("The {by} will send nothing more")
}

const RESET: &str = "The other end has reset the connection";
const LOST: &str = "Too many lines at once: what follows is not recorded";

#[cfg(test)]
mod tests;
