//! Follows each connection once and explains to a sink what is said on it.
//!
//! The recorder's thread has one [`Annotator`] for all of its sinks. It cuts what is said into lines and
//! explains each of them, but passes over the body of a message in bulk: the lines of a body all mean the
//! same. When no sink wants explanations, nothing is explained.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use super::event::{Connection, Event, What};
use super::sink::Sink;
use crate::mail::net::Side;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, ExplainedLine, Observer, Texts, Topic};

/// What a sink wants to be explained.
#[derive(Clone)]
pub enum Explaining {
    /// Nothing.
    Nothing,
    /// Each line, by the keys of its entries: any texts will do.
    Keys,
    /// Each line, in the sentences of these texts.
    Sentences(Arc<Texts>),
}

/// A line that was said, or several lines of a body, with the explanation.
pub struct AnnotatedLine<'a> {
    /// The event with which the line was whole.
    pub event: &'a Event,
    /// The side that said it.
    pub by: Side,
    /// The octets, with the line ending.
    pub octets: &'a [u8],
    /// What the line means.
    pub explained: &'a Explained,
}

/// Explains events to a sink.
#[derive(Default)]
pub struct Annotator {
    connections: HashMap<u64, FollowedConnection>,
    /// The connections that have ended since the last flush.
    ended: Vec<u64>,
}

/// A connection whose conversation is followed.
struct FollowedConnection {
    observer: Observer,
    /// The explanation of the last line of each side, if that was a line of a body: the lines after it
    /// mean the same.
    client_body: Option<Explained>,
    server_body: Option<Explained>,
}

impl Annotator {
    /// Tells a sink what has happened, in its order, with the explanations that it wants, and flushes it.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn tell(&mut self, events: &[Event], sink: &mut dyn Sink) -> io::Result<()> {
        let texts = sink.explaining().texts();
        for event in events {
            match &texts {
                Some(texts) => self.annotate(event, texts, sink)?,
                None => sink.take(event, None)?,
            }
        }
        sink.flush(self)?;
        for number in self.ended.drain(..) {
            self.connections.remove(&number);
        }
        Ok(())
    }

    /// The observer of this connection, until the flush after its end; `None` if its protocol is not
    /// one of ours.
    #[must_use]
    pub fn observer(&self, connection: u64) -> Option<&Observer> {
        let followed = self.connections.get(&connection)?;
        Some(&followed.observer)
    }

    fn annotate(
        &mut self,
        event: &Event,
        texts: &Arc<Texts>,
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let number = event.connection.number;
        let Some(followed) = self.followed(&event.connection, texts) else {
            return sink.take(event, None);
        };
        for by in event.what.ends() {
            if let Some(rest) = followed.observer.rest(*by) {
                tell_line(event, *by, &rest, sink)?;
            }
        }
        let explained = match &event.what {
            What::Said { by, octets } => {
                followed.said(event, *by, octets, sink)?;
                None
            }
            What::Secured(secured) => Some(followed.tls(&secured.to_string())),
            What::Failed(why) => followed.observer.tls_failed(why),
            _ => None,
        };
        if matches!(event.what, What::Closed | What::Lost) {
            self.ended.push(number);
        }
        sink.take(event, explained.as_ref())
    }

    fn followed(
        &mut self,
        connection: &Connection,
        texts: &Arc<Texts>,
    ) -> Option<&mut FollowedConnection> {
        let protocol = connection.protocol?;
        let followed = self.connections.entry(connection.number);
        Some(followed.or_insert_with(|| FollowedConnection {
            observer: Observer::new(protocol, Arc::clone(texts)),
            client_body: None,
            server_body: None,
        }))
    }
}

impl FollowedConnection {
    fn said(
        &mut self,
        event: &Event,
        by: Side,
        octets: &[u8],
        sink: &mut dyn Sink,
    ) -> io::Result<()> {
        let mut rest = octets;
        while !rest.is_empty() {
            let passed = self.pass_over(by, rest);
            let (body, others) = rest.split_at_checked(passed).unwrap_or_default();
            if passed > 0
                && let Some(explained) = self.body(by)
            {
                sink.body(&AnnotatedLine { event, by, octets: body, explained })?;
                rest = others;
                continue;
            }
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, others) = rest.split_at_checked(end).unwrap_or_default();
            rest = others;
            for line in self.observer.octets(by, line) {
                tell_line(event, by, &line, sink)?;
                *self.body(by) = Some(line.explained).filter(is_body);
            }
        }
        Ok(())
    }

    /// The octets at the front that are more lines of the same body.
    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        if self.body(by).is_some() { self.observer.pass_over(by, octets) } else { 0 }
    }

    fn tls(&mut self, words: &str) -> Explained {
        self.client_body = None;
        self.server_body = None;
        self.observer.tls(words)
    }

    fn body(&mut self, by: Side) -> &mut Option<Explained> {
        match by {
            Side::Client => &mut self.client_body,
            Side::Server => &mut self.server_body,
        }
    }
}

impl Explaining {
    /// The texts in which the lines are explained; `None` if none are.
    #[must_use]
    pub fn texts(self) -> Option<Arc<Texts>> {
        match self {
            Explaining::Nothing => None,
            Explaining::Keys => Some(Texts::compiled_in()),
            Explaining::Sentences(texts) => Some(texts),
        }
    }

    /// What satisfies both.
    #[must_use]
    pub fn and(self, other: Explaining) -> Explaining {
        match (self, other) {
            (Explaining::Sentences(texts), _) => Explaining::Sentences(texts),
            (Explaining::Nothing, other) => other,
            (Explaining::Keys, Explaining::Nothing) => Explaining::Keys,
            (Explaining::Keys, other) => other,
        }
    }
}

fn tell_line(event: &Event, by: Side, line: &ExplainedLine, sink: &mut dyn Sink) -> io::Result<()> {
    sink.line(&AnnotatedLine { event, by, octets: &line.line, explained: &line.explained })
}

/// True if the line is one of a body, as those after it may be.
fn is_body(explained: &Explained) -> bool {
    let name = explained.entry.name.as_str();
    let is_body = name == Role::Body.key() || name == Role::Octets.key();
    is_body && explained.entry.topic == Topic::Part && !explained.has_secret()
}
