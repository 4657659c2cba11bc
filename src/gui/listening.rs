//! Listens to what is said on all connections of the window, and makes lines of it.
//!
//! The recorder's thread explains the lines ([`Observer`]) and leaves out the secrets in them, so the
//! window has only to show them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use eframe::egui::Context;

use super::model::conversation::{Said, Speaker};
use crate::protocol::Protocol;
use crate::protocol::explain::{Explained, Observer, Texts};
use crate::wire_tap::{Connection, Event, Live, Recorder, Side, What};

/// Characters of a line that are shown.
const SHOWN: usize = 500;

/// A recorder for the endpoints of the window, and the lines that come of it.
///
/// # Errors
/// When the system has no thread left.
pub(super) fn listen(
    texts: Arc<Texts>,
    window: &Context,
) -> io::Result<(Recorder, Receiver<Vec<Said>>)> {
    let (lines, heard) = mpsc::channel();
    let window = window.clone();
    let mut listener = Listener {
        texts,
        observers: HashMap::new(),
    };
    let live = Live(move |events: &[Event]| {
        let said: Vec<Said> = events
            .iter()
            .flat_map(|event| listener.hear(event))
            .collect();
        if !said.is_empty() && lines.send(said).is_ok() {
            window.request_repaint();
        }
    });
    Ok((Recorder::new(vec![Box::new(live)])?, heard))
}

struct Listener {
    texts: Arc<Texts>,
    /// One for each connection that is open.
    observers: HashMap<u64, Observer>,
}

impl Listener {
    fn hear(&mut self, event: &Event) -> Vec<Said> {
        let connection = &event.connection;
        let aside = |text: String| vec![said(connection, Speaker::Aside, text)];
        match &event.what {
            What::Opened => {
                let protocol = connection.protocol.unwrap_or(Protocol::Smtp);
                let observer = Observer::new(protocol, Arc::clone(&self.texts));
                self.observers.insert(connection.number, observer);
                aside(format!("connected to {}", connection.server))
            }
            What::Secured(secured) => {
                if let Some(observer) = self.observers.get_mut(&connection.number) {
                    observer.tls(&secured.to_string());
                }
                aside(format!("under TLS from here on: {secured}"))
            }
            What::Said { by, octets } => self.said(connection, *by, octets),
            What::Closed => {
                self.observers.remove(&connection.number);
                aside("closed".to_owned())
            }
            What::Lost => aside("more was said than could be shown in time".to_owned()),
            _ => Vec::new(),
        }
    }

    fn said(&mut self, connection: &Connection, by: Side, octets: &[u8]) -> Vec<Said> {
        let Some(observer) = self.observers.get_mut(&connection.number) else {
            return Vec::new();
        };
        let (told, speaker) = match by {
            Side::Client => (observer.client_octets(octets), Speaker::Client),
            Side::Server => (observer.server_octets(octets), Speaker::Server),
        };
        let lines = told.into_iter();
        lines
            .map(|told| said(connection, speaker, shown(&told.line, &told.explained)))
            .collect()
    }
}

fn said(connection: &Connection, speaker: Speaker, text: String) -> Said {
    Said {
        connection: format!("{} {}", connection.service, connection.number),
        speaker,
        text,
    }
}

/// A line without its ending and its secrets.
fn shown(line: &[u8], explained: &Explained) -> String {
    let masked = explained.masked(line);
    let text = String::from_utf8_lossy(masked.trim_ascii_end());
    let visible = text.chars().filter(|c| !c.is_control());
    visible.take(SHOWN).collect()
}
