//! Holds blocks back until they can be written to the file.
//!
//! Wireshark wants every secret of a handshake before its first packets, but OpenSSL reports the last
//! secrets after those have crossed. So packets from the beginning of a handshake wait until it is
//! done, and the secrets are written before them. Secrets have no time, and packets keep theirs.

use std::collections::BTreeSet;
use std::io;
use std::time::SystemTime;

use super::blocks;
use super::frame::{self, Ends};
use super::stream::Segment;

/// Octets of packets that wait for handshakes, at most. A thousand handshakes of 4 KB at once are 4
/// MiB; with more, the secrets of a few may come too late.
const WAITING: usize = 16 * 1024 * 1024;

/// The blocks that are not written yet.
#[derive(Default)]
pub(super) struct BlockBuffer {
    head: Vec<u8>,
    packets: Vec<u8>,
    /// True if secrets will come.
    secrets: bool,
    /// Octets of packets that have left the buffer.
    passed: u64,
    /// The handshakes in progress: the octet of the packets before which each began, and its
    /// connection.
    handshakes: BTreeSet<(u64, u64)>,
}

impl BlockBuffer {
    /// A buffer whose first blocks are these. Without `secrets`, nothing waits for a handshake.
    pub(super) fn new(head: Vec<u8>, secrets: bool) -> BlockBuffer {
        BlockBuffer { head, secrets, ..BlockBuffer::default() }
    }

    /// The octets that wait.
    pub(super) fn len(&self) -> usize {
        self.head.len() + self.packets.len()
    }

    /// Adds secrets.
    pub(super) fn secrets(&mut self, lines: &str) {
        blocks::secrets(&mut self.head, lines);
    }

    /// Adds a packet.
    pub(super) fn packet(
        &mut self,
        time: SystemTime,
        (ends, mss): (&Ends, u16),
        segment: &Segment,
        payload: &[u8],
        comments: &[String],
    ) -> io::Result<()> {
        let frame = frame::compose(ends, segment, mss, payload)?;
        blocks::packet(&mut self.packets, time, &frame, comments);
        Ok(())
    }

    /// Notes the beginning of a handshake on this connection, and returns its place among the packets.
    pub(super) fn handshake_begins(&mut self, connection: u64) -> u64 {
        let here = self.passed + self.packets.len() as u64;
        if self.secrets {
            self.handshakes.insert((here, connection));
        }
        here
    }

    /// Notes the end of the handshake that began there.
    pub(super) fn handshake_is_done(&mut self, began: u64, connection: u64) {
        self.handshakes.remove(&(began, connection));
    }

    /// Takes out what can be written now, in whole blocks.
    pub(super) fn ready(&mut self) -> Vec<u8> {
        let all = self.packets.len();
        let first = self.handshakes.first();
        let ready = first.map_or(all, |(began, _)| began.saturating_sub(self.passed) as usize);
        let ready = if all > WAITING { all } else { ready.min(all) };
        let mut blocks = std::mem::take(&mut self.head);
        blocks.extend(self.packets.drain(..ready));
        self.passed += ready as u64;
        blocks
    }

    /// Waits for no handshake any longer.
    pub(super) fn give_up_waiting(&mut self) {
        self.handshakes.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::teaching::pcapng::stream::TcpConversation;
    use crate::teaching::wire_tap::Side;

    fn add(gathered: &mut BlockBuffer, payload: &[u8]) {
        let end: SocketAddr = (Ipv4Addr::LOCALHOST, 1).into();
        let ends = Ends::new(end, end);
        let segments = TcpConversation::new(false, 0, 0).say(Side::Client, payload.len());
        gathered.packet(UNIX_EPOCH, (&ends, 1460), &segments[0], payload, &[]).unwrap();
    }

    /// The order of these texts in the octets.
    fn order(octets: &[u8], texts: &[&str]) -> Vec<usize> {
        let at = |text: &&str| octets.windows(text.len()).position(|w| w == text.as_bytes());
        texts.iter().filter_map(at).collect()
    }

    #[test]
    fn what_crosses_in_a_handshake_waits_for_its_secrets() {
        let mut gathered = BlockBuffer::new(b"HEAD".to_vec(), true);
        add(&mut gathered, b"before");
        let first = gathered.handshake_begins(7);
        add(&mut gathered, b"hello");
        let ready = gathered.ready();
        assert_eq!(order(&ready, &["HEAD", "before", "hello"]).len(), 2);
        let second = gathered.handshake_begins(8);
        add(&mut gathered, b"other");
        assert!(gathered.ready().is_empty());
        gathered.secrets("CLIENT_RANDOM");
        gathered.handshake_is_done(first, 7);
        let ready = gathered.ready();
        let found = order(&ready, &["CLIENT_RANDOM", "hello"]);
        assert!(found.len() == 2 && found.is_sorted(), "{found:?}");
        assert!(order(&ready, &["other"]).is_empty());
        gathered.handshake_is_done(second, 8);
        assert_eq!(order(&gathered.ready(), &["other"]).len(), 1);
        assert_eq!(gathered.len(), 0);
    }

    #[test]
    fn without_secrets_nothing_waits() {
        let mut gathered = BlockBuffer::new(Vec::new(), false);
        gathered.handshake_begins(1);
        add(&mut gathered, b"hello");
        assert_eq!(order(&gathered.ready(), &["hello"]).len(), 1);
    }

    #[test]
    fn a_handshake_that_never_ends_costs_no_more_than_its_bound() {
        let mut gathered = BlockBuffer::new(Vec::new(), true);
        gathered.handshake_begins(1);
        let payload = [b'x'; 1460];
        for _ in 0..=WAITING / payload.len() {
            add(&mut gathered, &payload);
        }
        assert!(gathered.len() > WAITING);
        assert!(gathered.ready().len() > WAITING);
        gathered.handshake_begins(2);
        add(&mut gathered, b"last");
        assert!(gathered.ready().is_empty());
        gathered.give_up_waiting();
        assert_eq!(order(&gathered.ready(), &["last"]).len(), 1);
    }
}
