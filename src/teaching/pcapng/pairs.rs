//! Recognises the two ends of one connection, when client and server are both in this program. A
//! capture shows the connection once, from the end that was reported first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::frame::Ends;
use crate::teaching::wire_tap::{Connection, Side};

/// How long after one end has closed the other may still be reported: a busy server accepts late. The
/// system gives a client's port to another connection only after a minute.
const LATE: Duration = Duration::from_secs(30);

/// Connections that are known before old ones are removed for the first time.
const FEW: usize = 1024;

/// The known connections, by their ends.
#[derive(Default)]
pub(super) struct Pairs {
    known: HashMap<Ends, KnownEnd>,
    /// The number of known connections at which old ones are removed.
    enough: usize,
}

struct KnownEnd {
    /// The connection that is in the capture.
    number: u64,
    /// Its end from which it was reported.
    side: Side,
    closed: Option<SystemTime>,
}

impl Pairs {
    /// True if this connection is the second end of a known one; otherwise it is known now.
    pub(super) fn is_second(&mut self, connection: &Connection, now: SystemTime) -> bool {
        let ends = Ends::new(connection.client, connection.server);
        let other = self.known.get(&ends);
        let other = other.filter(|known| known.side != connection.ours && !known.is_old(now));
        if other.is_some() {
            return true;
        }
        self.forget_old(now);
        let known = KnownEnd { number: connection.number, side: connection.ours, closed: None };
        self.known.insert(ends, known);
        false
    }

    /// Notes that the end in the capture has closed.
    pub(super) fn closed(&mut self, connection: &Connection, now: SystemTime) {
        let ends = Ends::new(connection.client, connection.server);
        if let Some(known) = self.known.get_mut(&ends)
            && known.number == connection.number
        {
            known.closed = Some(now);
        }
    }

    fn forget_old(&mut self, now: SystemTime) {
        if self.known.len() >= self.enough.max(FEW) {
            self.known.retain(|_, known| !known.is_old(now));
            self.enough = 2 * self.known.len();
        }
    }
}

impl KnownEnd {
    fn is_old(&self, now: SystemTime) -> bool {
        let since = |closed| now.duration_since(closed).unwrap_or_default();
        self.closed.is_some_and(|closed| since(closed) > LATE)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use std::time::UNIX_EPOCH;

    use super::*;

    fn connection(number: u64, ours: Side, port: u16) -> Connection {
        Connection {
            number,
            ours,
            protocol: None,
            service: "smtp".to_owned(),
            client: (Ipv4Addr::LOCALHOST, port).into(),
            server: (Ipv4Addr::LOCALHOST, 25).into(),
            thread: String::new(),
        }
    }

    #[test]
    fn the_second_end_is_known_even_if_it_is_late() {
        let mut pairs = Pairs::default();
        let (client, server) = (Side::Client, Side::Server);
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let first = connection(1, client, 4000);
        assert!(!pairs.is_second(&first, at(0)));
        assert!(!pairs.is_second(&connection(2, client, 4001), at(0)));
        pairs.closed(&first, at(1));
        assert!(pairs.is_second(&connection(3, server, 4000), at(2)));
        // The system gives the port to another connection.
        assert!(!pairs.is_second(&connection(4, client, 4000), at(62)));
        assert!(pairs.is_second(&connection(5, server, 4000), at(62)));
        // The other end was not reported; a minute later it is another connection.
        pairs.closed(&connection(4, client, 4000), at(63));
        assert!(!pairs.is_second(&connection(6, server, 4000), at(130)));
    }

    #[test]
    fn ipv4_in_ipv6_is_the_same_address() {
        let mut pairs = Pairs::default();
        let mut server = connection(2, Side::Server, 4000);
        assert!(!pairs.is_second(&connection(1, Side::Client, 4000), UNIX_EPOCH));
        let mapped = |address: Ipv4Addr| -> Ipv6Addr { address.to_ipv6_mapped() };
        server.client = (mapped(Ipv4Addr::LOCALHOST), 4000).into();
        server.server = (mapped(Ipv4Addr::LOCALHOST), 25).into();
        assert!(pairs.is_second(&server, UNIX_EPOCH));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let mut pairs = Pairs::default();
        for number in 0..10 * FEW {
            let now = UNIX_EPOCH + Duration::from_secs(number as u64);
            let connection = connection(number as u64, Side::Client, number as u16);
            pairs.is_second(&connection, now);
            pairs.closed(&connection, now);
        }
        assert!(pairs.known.len() <= FEW);
    }
}
