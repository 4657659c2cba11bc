//! Conversations that are recorded, explained, shown and played, through the public interface.

mod capture;
mod journal;
mod observer;
mod page;
mod pcapng_reader;
mod player;
mod recorder;
mod screen;
mod script_format;
mod transcript;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pillarbox::config::Journal;
use pillarbox::mail::net::{Side, TlsSession};
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::Texts;
use pillarbox::teaching::transcript::{Dialogue, Sessions};
use pillarbox::teaching::wire_tap::journal::Writer;
use pillarbox::teaching::wire_tap::{Annotator, Connection, Event, Sink, What};
use tempfile::TempDir;

/// A journal that is large enough not to be rotated.
fn journal(folder: &Path) -> Journal {
    Journal { folder: folder.to_owned(), size: 1 << 24, keep: 3 }
}

/// A connection of a service such as `smtps`, from this port of the client.
fn connection(number: u64, ours: Side, service: &str, port: u16) -> Arc<Connection> {
    Arc::new(Connection {
        number,
        ours,
        protocol: service.trim_end_matches('s').parse::<Protocol>().ok(),
        service: service.to_owned(),
        client: format!("127.0.0.1:{port}").parse().unwrap(),
        server: "127.0.0.1:2025".parse().unwrap(),
        thread: "a test".to_owned(),
    })
}

fn said(by: Side, text: &str) -> What {
    let octets = text.as_bytes().to_vec();
    What::Said { by, octets }
}

fn tls_session() -> What {
    What::Secured(TlsSession {
        version: "TLSv1.3".to_owned(),
        cipher: "TLS_AES_256_GCM_SHA384".to_owned(),
    })
}

fn event(connection: &Arc<Connection>, what: What) -> Event {
    Event { time: SystemTime::now(), connection: Arc::clone(connection), what }
}

/// Tells a sink what happens on a connection, each event in a batch of its own, as on a slow network.
fn tell_each(
    sink: &mut dyn Sink,
    connection: &Arc<Connection>,
    whats: impl IntoIterator<Item = What>,
) {
    let mut annotator = Annotator::default();
    for what in whats {
        annotator.tell(&[event(connection, what)], sink).unwrap();
    }
}

/// Records conversations of lines such as `C: QUIT`, `TLS` and `S ends`. Half a second passes before
/// each line.
fn recorded(conversations: &[(Protocol, &str)]) -> (TempDir, Sessions) {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::open(&journal(folder.path()), false).unwrap();
    let mut annotator = Annotator::default();
    for (number, (protocol, lines)) in (0..).zip(conversations) {
        let connection = connection(number, Side::Server, protocol.name(), 4711);
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        let whats = [What::Opened].into_iter().chain(lines.map(what));
        for (at, what) in (0..).zip(whats) {
            let event = Event {
                time: UNIX_EPOCH + Duration::from_millis(number * 3_600_000 + at * 500),
                connection: Arc::clone(&connection),
                what,
            };
            annotator.tell(&[event], &mut writer).unwrap();
        }
    }
    let sessions = Sessions::read(folder.path()).unwrap();
    (folder, sessions)
}

fn what(line: &str) -> What {
    // A line with an ellipsis goes on in the next one.
    let said = |by, line: &str| What::Said {
        by,
        octets: match line.strip_suffix('…') {
            Some(line) => line.as_bytes().to_vec(),
            None => format!("{line}\r\n").into_bytes(),
        },
    };
    match line {
        "TLS" => tls_session(),
        "C ends" => What::Ended { by: Side::Client },
        "S ends" => What::Ended { by: Side::Server },
        "reset" => What::Reset,
        "lost" => What::Lost,
        "closed" => What::Closed,
        "C:" => said(Side::Client, ""),
        line => match line.split_once(": ") {
            Some(("C", line)) => said(Side::Client, line),
            Some((_, line)) => said(Side::Server, line),
            None => said(Side::Server, ""),
        },
    }
}

/// Records one conversation.
fn dialogue(protocol: Protocol, lines: &str) -> Dialogue {
    let (folder, sessions) = recorded(&[(protocol, lines)]);
    let name = &sessions.summaries[0].place.connection;
    let texts = Texts::compiled_in();
    let read = Dialogue::read(folder.path(), name, &texts);
    read.unwrap().unwrap()
}
