//! The [`Sink`] that writes a capture.
//!
//! It knows which connections are in the capture and their state. After each [`Sink::flush`] the file
//! is whole: it can be opened while the recording goes on.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::SystemTime;

use super::block_buffer::BlockBuffer;
use super::connection::CapturedConnection;
use super::frame::Ends;
use super::pairs::Pairs;
use super::{about, blocks};
use crate::config::{CapturePorts, Ports};
use crate::teaching::explain::{Explained, Texts};
use crate::teaching::wire_tap::{
    AnnotatedLine, Annotator, Connection, Event, Explaining, Sink, What,
};

/// The name in the file of the program that wrote it, without its version.
pub(super) const PROGRAM: &str = "Pillarbox";

/// Octets that are gathered before they are written.
const GATHERED: usize = 64 * 1024;

/// The contents of a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureStyle {
    /// True if the TLS secrets are written, too: then the file can be decrypted by anyone who has
    /// it.
    pub keys: bool,
    /// The ports of the servers in it.
    pub ports: CapturePorts,
    /// The octets of its packets.
    pub octets: CapturedOctets,
}

/// The octets of which a capture is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapturedOctets {
    /// Those that crossed the socket: ciphertext under TLS.
    #[default]
    AsCrossed,
    /// Those that were said, as if they had crossed unencrypted: for recordings that have nothing
    /// else. Then the servers have the well-known ports of the protocols without TLS. What follows
    /// STARTTLS is in a TCP connection of its own, because Wireshark expects ciphertext after it.
    AsSaid,
}

/// A capture that is being written. When it is dropped, everything is in the file.
pub struct Capture<W: Write> {
    name: String,
    style: CaptureStyle,
    texts: Arc<Texts>,
    shown: HashMap<u64, CapturedConnection>,
    /// The ends of the connections in the capture.
    taken: HashSet<Ends>,
    pairs: Pairs,
    /// The connections that are in the capture from their other end.
    second: HashSet<u64>,
    gathered: BlockBuffer,
    out: W,
}

impl<W: Write> Capture<W> {
    /// A capture that is written to `out`, in whole blocks. Warnings call it `name`.
    ///
    /// # Errors
    /// When its head cannot be written.
    pub fn new(
        name: &str,
        out: W,
        style: CaptureStyle,
        texts: Arc<Texts>,
    ) -> io::Result<Capture<W>> {
        let program = format!("{PROGRAM} {}", env!("CARGO_PKG_VERSION"));
        let interface = (about::INTERFACE, about::DESCRIPTION);
        let head = blocks::head(&program, &about::file(&style), interface);
        let mut capture = Capture {
            name: name.to_owned(),
            style,
            texts,
            shown: HashMap::new(),
            taken: HashSet::new(),
            pairs: Pairs::default(),
            second: HashSet::new(),
            gathered: BlockBuffer::new(head, style.keys),
            out,
        };
        capture.write()?;
        Ok(capture)
    }

    /// Takes one event.
    fn tell(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()> {
        let time = event.time;
        let connection = &event.connection;
        self.find(time, connection)?;
        let is_last = matches!(event.what, What::Closed | What::Lost);
        let file = &mut self.gathered;
        if let Some(shown) = self.shown.get_mut(&connection.number) {
            let encrypted = self.style.octets == CapturedOctets::AsCrossed;
            match &event.what {
                What::Said { by, octets } => {
                    shown.comments().said(*by, octets.len());
                    if !encrypted {
                        shown.cross(file, time, *by, octets)?;
                    }
                }
                What::Crossed { by, octets } if encrypted => {
                    shown.crossed(file, time, *by, octets)?;
                }
                What::Secrets(lines) if self.style.keys => file.secrets(lines),
                What::Secured(secured) => {
                    shown.secured(file, time, (secured, encrypted), explained)?;
                }
                What::Ended { by } => shown.ended(file, time, *by)?,
                What::Reset => shown.reset(file, time)?,
                What::Lost => shown.lost(file, time)?,
                What::Closed => shown.close(file, time)?,
                What::Opened
                | What::Presented(_)
                | What::Crossed { .. }
                | What::Secrets(_)
                | What::Failed(_) => {}
            }
        }
        if is_last {
            self.forget(time, connection);
        }
        Ok(())
    }

    /// Finds the connection of an event, or makes it, unless the capture has it from its other end.
    fn find(&mut self, time: SystemTime, connection: &Arc<Connection>) -> io::Result<()> {
        let number = connection.number;
        if self.shown.contains_key(&number) || self.second.contains(&number) {
            return Ok(());
        }
        if self.pairs.is_second(connection, time) {
            self.second.insert(number);
            return Ok(());
        }
        let real = Ends::new(connection.client, connection.server);
        let ends = self.ends(real, &connection.service);
        self.taken.insert(ends);
        let mut shown = CapturedConnection::new(connection, ends);
        let comment = about::connection(connection, (ends != real).then_some(real.server.1));
        shown.open(&mut self.gathered, time, comment)?;
        self.shown.insert(number, shown);
        Ok(())
    }

    /// The ends that a connection has in the capture.
    fn ends(&self, real: Ends, service: &str) -> Ends {
        let service = match self.style.octets {
            CapturedOctets::AsCrossed if self.style.ports == CapturePorts::Own => return real,
            CapturedOctets::AsCrossed => service,
            CapturedOctets::AsSaid => about::in_clear(service),
        };
        let mut ends = real;
        ends.server.1 = Ports::well_known(service).unwrap_or(real.server.1);
        // With two servers of one kind, the same client's port may be in use at both.
        if self.taken.contains(&ends) { real } else { ends }
    }

    fn forget(&mut self, time: SystemTime, connection: &Connection) {
        self.second.remove(&connection.number);
        if let Some(shown) = self.shown.remove(&connection.number) {
            self.taken.remove(&shown.ends());
            self.pairs.closed(connection, time);
        }
    }

    fn write(&mut self) -> io::Result<()> {
        let blocks = self.gathered.ready();
        if blocks.is_empty() {
            return Ok(());
        }
        let written = self.out.write_all(&blocks);
        if written.is_err() {
            // Nothing may follow a gap.
            self.gathered = BlockBuffer::default();
        }
        written
    }
}

impl<W: Write + Send> Sink for Capture<W> {
    fn name(&self) -> String {
        format!("the capture {}", self.name)
    }

    fn wants_crossed(&self) -> bool {
        self.style.octets == CapturedOctets::AsCrossed
    }

    fn explaining(&self) -> Explaining {
        Explaining::Sentences(Arc::clone(&self.texts))
    }

    fn line(&mut self, line: &AnnotatedLine<'_>) -> io::Result<()> {
        let connection = &line.event.connection;
        self.find(line.event.time, connection)?;
        if let Some(shown) = self.shown.get_mut(&connection.number) {
            let comments = shown.comments();
            comments.line(line.by, line.octets.len(), line.explained);
        }
        Ok(())
    }

    fn body(&mut self, lines: &AnnotatedLine<'_>) -> io::Result<()> {
        self.line(lines)
    }

    fn take(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()> {
        self.tell(event, explained)?;
        if self.gathered.len() >= GATHERED {
            self.write()?;
        }
        Ok(())
    }

    fn flush(&mut self, _annotator: &Annotator) -> io::Result<()> {
        self.write()?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Capture<W> {
    fn drop(&mut self) {
        // A handshake may not have been done. If the disk is full, there was a warning already.
        self.gathered.give_up_waiting();
        let _ = self.write();
    }
}
