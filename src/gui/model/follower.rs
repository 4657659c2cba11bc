//! Makes lines with their explanations of what a recorder tells, in the recorder's thread.
//!
//! Of the servers inside, only the last line of each conversation is kept: what they say, the window's
//! clients hear. It never shows a secret: a line is masked before it leaves. Each line is explained outside of the
//! lock that it shares with the window, so that no message of any size makes the window wait.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::conversations::{ConversationChange, Conversations, LineContent, MOST_CROSSED};
use super::saved_events::SavedEvents;
use super::security::{CertificateInfo, ConnectionSecurity};
use crate::client::printable;
use crate::mail::net::{Presented, Secured};
use crate::teaching::explain::{Explained, Observer, Texts, Told, Topic};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::{Connection, Event, Side, Sink, What, why_no_tls};

/// Octets that are kept of a line: four rows of a wide window.
const LONGEST: usize = 512;

/// Lines of a message that are kept: its header, mostly.
const MESSAGE_LINES: u64 = 24;

/// Lines of one kind in a row that are kept: of a list of mailboxes or messages.
const SAME_LINES: u64 = 24;

/// The sink that fills a window's conversations.
pub struct Follower {
    conversations: Arc<Mutex<Conversations>>,
    kept: Arc<Mutex<SavedEvents>>,
    texts: Arc<Texts>,
    /// The file of the authority that is trusted beside the system's.
    ca: PathBuf,
    connections: BTreeMap<u64, Followed>,
    /// Wakes the window.
    wake: Box<dyn Fn() + Send>,
}

/// A connection that is followed.
struct Followed {
    connection: Arc<Connection>,
    observer: Option<Observer>,
    lock: ConnectionSecurity,
    /// What the last lines have in common, and how many they are.
    run: Option<(Kind, u64)>,
    /// Was something said that the window has not been told of?
    said: bool,
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

impl Follower {
    /// A sink that fills these, in the words of these texts, and then calls `wake`. `ca` is the file
    /// of the authority that our clients trust beside the system's.
    pub fn new(
        (conversations, kept): (Arc<Mutex<Conversations>>, Arc<Mutex<SavedEvents>>),
        texts: Arc<Texts>,
        ca: PathBuf,
        wake: impl Fn() + Send + 'static,
    ) -> Follower {
        Follower {
            conversations,
            kept,
            texts,
            ca,
            connections: BTreeMap::new(),
            wake: Box::new(wake),
        }
    }

    fn follow(&mut self, event: &Event) -> Vec<ConversationChange> {
        let number = event.connection.number;
        if event.what == What::Opened {
            let followed = Followed::new(&event.connection, &self.texts);
            self.connections.insert(number, followed);
            return vec![ConversationChange::Opened(
                Arc::clone(&event.connection),
                event.time,
            )];
        }
        let Some(followed) = self.connections.get_mut(&number) else {
            return Vec::new();
        };
        for by in event.what.ends() {
            followed.rest(event.time, *by);
        }
        match &event.what {
            What::Said { by, octets } => followed.said(event.time, *by, octets),
            What::Crossed { octets, .. } => followed.crossed(octets),
            What::Presented(shown) => followed.presented(event.time, shown, &self.ca),
            What::Secured(secured) => followed.secured(event.time, secured),
            What::Ended { by } => followed.happened(event.time, &ended(*by), false),
            What::Reset => followed.happened(event.time, RESET, true),
            What::Lost => followed.happened(event.time, LOST, true),
            What::Closed => followed.changes.push(ConversationChange::Ended(number)),
            What::Failed(why) => followed.failed(event.time, why),
            What::Opened | What::Secrets(_) => {}
        }
        let mut changes = std::mem::take(&mut followed.changes);
        if matches!(event.what, What::Closed | What::Lost) {
            changes.extend(followed.standing());
            self.connections.remove(&number);
        }
        changes
    }

    /// Where the conversations stand that something was said in.
    fn standings(&mut self) -> Vec<ConversationChange> {
        let connections = self.connections.values_mut();
        connections.filter_map(Followed::standing).collect()
    }
}

impl Sink for Follower {
    fn name(&self) -> String {
        "what the window shows".to_owned()
    }

    fn wants_crossed(&self) -> bool {
        true
    }

    fn take(&mut self, events: &[Event]) -> io::Result<()> {
        // Whoever died with the lock had at worst not drawn it.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        events.iter().for_each(|event| kept.take(event));
        drop(kept);
        for event in events {
            let changes = self.follow(event);
            self.tell(changes);
        }
        let standings = self.standings();
        self.tell(standings);
        (self.wake)();
        Ok(())
    }
}

impl Follower {
    fn tell(&self, changes: Vec<ConversationChange>) {
        if !changes.is_empty() {
            let conversations = self.conversations.lock();
            let mut conversations = conversations.unwrap_or_else(PoisonError::into_inner);
            conversations.take(changes);
        }
    }
}

impl Followed {
    fn new(connection: &Arc<Connection>, texts: &Arc<Texts>) -> Followed {
        let protocol = connection.protocol;
        Followed {
            connection: Arc::clone(connection),
            observer: protocol.map(|protocol| Observer::new(protocol, Arc::clone(texts))),
            lock: ConnectionSecurity::of(connection),
            run: None,
            // So that the window hears at once where it stands.
            said: true,
            changes: Vec::new(),
        }
    }

    /// Where the conversation stands, if something was said since the last time.
    fn standing(&mut self) -> Option<ConversationChange> {
        let said = std::mem::take(&mut self.said);
        let observer = self.observer.as_ref().filter(|_| said)?;
        let number = self.connection.number;
        Some(ConversationChange::Stands(
            number,
            Box::new(observer.clone()),
        ))
    }

    fn said(&mut self, time: SystemTime, by: Side, octets: &[u8]) {
        let Some(observer) = &mut self.observer else {
            return;
        };
        self.said = true;
        let told = match by {
            Side::Client => observer.client_octets(octets),
            Side::Server => observer.server_octets(octets),
        };
        for told in told {
            self.line(time, by, &told);
        }
    }

    /// What this side has said of a line to which no end will come.
    fn rest(&mut self, time: SystemTime, by: Side) {
        let rest = self.observer.as_mut().and_then(|observer| match by {
            Side::Client => observer.client_rest(),
            Side::Server => observer.server_rest(),
        });
        if let Some(told) = rest {
            self.said = true;
            self.line(time, by, &told);
        }
    }

    fn line(&mut self, time: SystemTime, by: Side, told: &Told) {
        let number = self.connection.number;
        if self.connection.ours == Side::Server {
            self.changes
                .push(ConversationChange::Last(number, by, shown_text(told)));
            return;
        }
        let kind = Kind::of(by, &told.explained);
        let before = match self.run.take() {
            Some((same, count)) if same == kind => count,
            _ => 0,
        };
        let most = match kind {
            Kind::Message(_) => MESSAGE_LINES,
            Kind::Same(..) => SAME_LINES,
        };
        self.run = Some((kind, before + 1));
        self.changes.push(match before < most {
            true => ConversationChange::Line(number, time, shown(by, told)),
            false => ConversationChange::More(number, time, by, told.line.len() as u64),
        });
    }

    fn crossed(&mut self, octets: &[u8]) {
        // In clear, what crosses is what was said.
        if self.lock.secured.is_some() && self.connection.ours == Side::Client {
            let begin = octets.get(..MOST_CROSSED).unwrap_or(octets).to_vec();
            let change = ConversationChange::Crossed(self.connection.number, begin, octets.len());
            self.changes.push(change);
        }
    }

    fn presented(&mut self, time: SystemTime, shown: &Presented, ca: &std::path::Path) {
        let card = CertificateInfo::of(shown, ca);
        let text = match shown.fault {
            None => format!(
                "The server shows a certificate, which is trusted: {}",
                card.why()
            ),
            Some(_) => format!("The server’s certificate is not trusted: {}", card.why()),
        };
        self.lock.card = Some(card);
        self.lock_changed();
        self.happened(time, &text, shown.fault.is_some());
    }

    fn secured(&mut self, time: SystemTime, secured: &Secured) {
        self.lock.secured = Some(secured.clone());
        self.lock_changed();
        self.said = true;
        let words = secured.to_string();
        let explained = self.observer.as_mut().map(|observer| observer.tls(&words));
        let text = format!("TLS begins: {words}");
        self.push(time, &text, explained, false);
    }

    fn failed(&mut self, time: SystemTime, why: &str) {
        let observer = self.observer.as_ref();
        let explained = observer.and_then(|observer| observer.tls_failed(why));
        let text = format!("There is no TLS: {}", why_no_tls(why));
        self.push(time, &text, explained, true);
    }

    fn lock_changed(&mut self) {
        let change = ConversationChange::Locked(self.connection.number, self.lock.clone());
        self.changes.push(change);
    }

    fn happened(&mut self, time: SystemTime, text: &str, wrong: bool) {
        self.push(time, text, None, wrong);
    }

    fn push(&mut self, time: SystemTime, text: &str, explained: Option<Explained>, wrong: bool) {
        if self.connection.ours == Side::Server {
            return;
        }
        let passed = LineContent::Happened {
            text: text.to_owned(),
            explained: explained.map(Box::new),
            wrong,
        };
        let change = ConversationChange::Line(self.connection.number, time, passed);
        self.changes.push(change);
        self.run = None;
    }
}

impl Kind {
    fn of(by: Side, explained: &Explained) -> Kind {
        let entry = &explained.entry;
        match entry.topic {
            Topic::Field | Topic::Part => Kind::Message(by),
            topic => Kind::Same(by, topic, entry.name.clone(), explained.number),
        }
    }
}

/// A line as it is kept.
fn shown(by: Side, told: &Told) -> LineContent {
    let masked = told.explained.masked(&told.line);
    let octets = masked.get(..LONGEST).unwrap_or(&masked).to_vec();
    let mut parts = told.explained.masked_parts();
    parts.retain(|part| part.range.end <= octets.len());
    let explained = Explained {
        parts,
        ..told.explained.clone()
    };
    LineContent::Said {
        by,
        text: shown_text(told),
        octets,
        explained: Box::new(explained),
    }
}

/// A line as text that may be shown, its ending removed.
fn shown_text(told: &Told) -> String {
    let masked = told.explained.masked(&told.line);
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
