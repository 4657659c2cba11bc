//! Makes the [`Record`]s of one connection from its [`Event`]s and explained lines.
//!
//! It masks the lines, and gathers those of a message's body. Of a message, and of lines that are all
//! alike, it writes a limited number and how much was left out. In a protocol that is not one of ours
//! any octet may be part of a password, so only the octets are counted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::SystemTime;

use jiff::Timestamp;

use super::record::{Happened, LeftOut, Record, RecordedConnection, Said, SaidOctets};
use crate::limits;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, Topic};
use crate::teaching::wire_tap::{AnnotatedLine, Connection, Event, Side, What};

pub(super) struct ConnectionWriter {
    place: RecordedConnection,
    show_secrets: bool,
    client: Speaker,
    server: Speaker,
    /// The lines of a body that were gathered and are not written yet.
    gathered: Option<(Timestamp, Side, Vec<u8>, Explained)>,
    written: Vec<Record>,
}

/// What one side has said so far, so that it does not fill the journal.
#[derive(Default)]
struct Speaker {
    /// The command whose lines are counted here.
    number: Option<u64>,
    /// How many lines of each entry that command has.
    alike: HashMap<String, u32>,
    /// The octets of the present message.
    message: usize,
    /// True if the line that announced the message was left out.
    skips: bool,
    left_out: LeftOut,
}

impl ConnectionWriter {
    /// A writer for a connection, under this name.
    pub(super) fn new(
        connection: &Connection,
        name: String,
        show_secrets: bool,
    ) -> ConnectionWriter {
        ConnectionWriter {
            place: RecordedConnection {
                connection: name,
                ours: connection.ours,
                protocol: connection.protocol,
                service: connection.service.clone(),
                thread: connection.thread.clone(),
                client: connection.client,
                server: connection.server,
            },
            show_secrets,
            client: Speaker::default(),
            server: Speaker::default(),
            gathered: None,
            written: Vec::new(),
        }
    }

    /// Takes an event.
    pub(super) fn note(&mut self, event: &Event, explained: Option<&Explained>) {
        let time = moment(event.time);
        match &event.what {
            What::Said { by, octets } => self.said(*by, octets),
            What::Crossed { .. } | What::Secrets(_) | What::Presented(_) => {}
            What::Opened => self.write(time, Happened::Opened),
            What::Secured(secured) => {
                let what = Happened::Secured {
                    version: secured.version.clone(),
                    cipher: secured.cipher.clone(),
                    explained: explained.cloned(),
                };
                self.write(time, what);
            }
            What::Failed(why) => {
                let what = Happened::Failed { why: why.clone(), explained: explained.cloned() };
                self.end(time, what);
            }
            What::Ended { by } => self.end(time, Happened::Ended { by: *by }),
            What::Reset => self.end(time, Happened::Reset),
            What::Lost => self.end(time, Happened::Lost),
            What::Closed => self.end(time, Happened::Closed),
        }
    }

    /// Takes the records that are ready.
    pub(super) fn take(&mut self) -> impl Iterator<Item = Record> {
        self.written.drain(..)
    }

    /// Counts what was said in a protocol that is not ours. In our protocols each line comes by
    /// itself.
    fn said(&mut self, by: Side, octets: &[u8]) {
        if self.place.protocol.is_none() {
            self.speaker(by).left_out.octets += octets.len() as u64;
        }
    }

    /// Takes more lines of a body: those for which there is room join the lines before them.
    pub(super) fn body(&mut self, lines: &AnnotatedLine<'_>) {
        let by = lines.by;
        let time = moment(lines.event.time);
        // What was left out of the other side came before this. After writing that, nothing is
        // gathered.
        self.write_left_out(time, by.other());
        let room = self.speaker(by).room();
        let within = lines.octets.get(..room).unwrap_or(lines.octets);
        let end = memchr::memrchr(b'\n', within).map_or(0, |end| end + 1);
        let (kept, rest) = lines.octets.split_at_checked(end).unwrap_or_default();
        if !kept.is_empty() {
            self.gather(time, by, kept, lines.explained);
        }
        let speaker = self.speaker(by);
        speaker.message += lines.octets.len();
        if !rest.is_empty() {
            speaker.leave_out(rest);
        }
    }

    /// Takes a line, and writes it masked if there is room.
    pub(super) fn line(&mut self, annotated: &AnnotatedLine<'_>) {
        let AnnotatedLine { event, by, octets: line, explained } = *annotated;
        let time = moment(event.time);
        // What was left out of the other side came before this.
        self.write_left_out(time, by.other());
        if !self.speaker(by).has_room(line, explained) {
            self.speaker(by).leave_out(line);
            return;
        }
        self.write_left_out(time, by);
        if is_body(explained) {
            return self.gather(time, by, line, explained);
        }
        self.write_gathered();
        let (shown, parts) = if self.show_secrets {
            (Cow::Borrowed(line), explained.parts.clone())
        } else {
            (explained.masked(line), explained.masked_parts())
        };
        let kept = shown.get(..limits::JOURNAL_LINE).unwrap_or(&shown);
        let said = Said {
            by,
            octets: SaidOctets::of(kept.to_vec()),
            left_out: LeftOut { lines: 0, octets: (shown.len() - kept.len()) as u64 },
            explained: Some(explained.with_parts(parts, kept.len())),
        };
        self.write(time, Happened::Said(said));
    }

    /// Adds lines of a body to those before them.
    fn gather(&mut self, time: Timestamp, by: Side, line: &[u8], explained: &Explained) {
        match &mut self.gathered {
            Some((_, side, lines, meaning))
                if *side == by && meaning.number == explained.number =>
            {
                lines.extend_from_slice(line);
                meaning.after = explained.after;
            }
            _ => {
                self.write_gathered();
                let meaning = explained.with_parts(Vec::new(), 0);
                self.gathered = Some((time, by, line.to_vec(), meaning));
            }
        }
    }

    /// Makes a record of the gathered lines of a body, without waiting for more.
    pub(super) fn write_gathered(&mut self) {
        if let Some((time, by, lines, meaning)) = self.gathered.take() {
            let said = Said {
                by,
                octets: SaidOctets::of(lines),
                left_out: LeftOut::default(),
                explained: Some(meaning),
            };
            self.write(time, Happened::Said(said));
        }
    }

    fn write_left_out(&mut self, time: Timestamp, by: Side) {
        let left_out = std::mem::take(&mut self.speaker(by).left_out);
        if left_out.is_nothing() {
            return;
        }
        self.write_gathered();
        let said = Said { by, octets: SaidOctets::Text(String::new()), left_out, explained: None };
        self.write(time, Happened::Said(said));
    }

    /// Writes an event after which one side or both say nothing more.
    fn end(&mut self, time: Timestamp, what: Happened) {
        self.write_left_out(time, Side::Client);
        self.write_left_out(time, Side::Server);
        self.write(time, what);
    }

    fn write(&mut self, time: Timestamp, what: Happened) {
        self.write_gathered();
        let place = self.place.clone();
        self.written.push(Record { time, place, what });
    }

    fn speaker(&mut self, by: Side) -> &mut Speaker {
        match by {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

impl Speaker {
    /// True if this line is to be written: there are not enough lines like it yet.
    fn has_room(&mut self, line: &[u8], explained: &Explained) -> bool {
        if is_of_message(explained) {
            // Each line has a cost, however short it is.
            self.message += line.len() + LINE_COST;
            return !self.skips && self.message <= limits::JOURNAL_MESSAGE;
        }
        if !may_go_on(explained) {
            self.message = 0;
        }
        if self.number != explained.number {
            self.number = explained.number;
            self.alike.clear();
        }
        let alike = self.alike.entry(explained.entry.key()).or_default();
        *alike = alike.saturating_add(1);
        self.skips = *alike > limits::JOURNAL_ALIKE && !explained.has_secret();
        !self.skips
    }

    /// The octets of the present message for which there is room.
    fn room(&self) -> usize {
        if self.skips { 0 } else { limits::JOURNAL_MESSAGE.saturating_sub(self.message) }
    }

    /// Counts lines that are not written.
    fn leave_out(&mut self, lines: &[u8]) {
        self.left_out.lines += memchr::memchr_iter(b'\n', lines).count() as u64;
        self.left_out.octets += lines.len() as u64;
    }
}

/// The cost of a line of a message beside its octets: roughly that of the JSON around it.
const LINE_COST: usize = 64;

/// The commands that begin a message in SMTP or give one up (RFC 5321 §3.3, §4.1.1.5, §4.1.4). A
/// message in chunks continues after all other commands (RFC 3030 §2).
const FRESH: [&str; 5] = ["MAIL", "RSET", "EHLO", "HELO", "LHLO"];

/// True for a command, or a line in its place, after which the same message may continue.
fn may_go_on(explained: &Explained) -> bool {
    let stays = matches!(explained.entry.topic, Topic::SmtpCommand | Topic::Note);
    stays && !explained.command.as_deref().is_some_and(|verb| FRESH.contains(&verb))
}

/// True for any line of a message.
fn is_of_message(explained: &Explained) -> bool {
    let field = [Role::FieldName, Role::Folded];
    let has = |role: &Role| explained.parts.iter().any(|part| part.role == *role);
    is_body(explained) || (field.iter().any(has) && !explained.has_secret())
}

/// True for a line of which it is enough to know that it belongs to a body.
fn is_body(explained: &Explained) -> bool {
    let body = [Role::Body, Role::HeaderEnd, Role::Octets, Role::StuffedDot];
    let name = explained.entry.name.as_str();
    let is_body =
        explained.entry.topic == Topic::Part && body.iter().any(|role| role.key() == name);
    is_body && !explained.has_secret()
}

/// The time as it is written, to the microsecond.
fn moment(time: SystemTime) -> Timestamp {
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}
