//! When client and server are both in this program, one TCP connection is told twice, from its two
//! ends. A capture shows it once: as the end tells it that was told of first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::frame::Ends;
use crate::teaching::wire_tap::{Connection, Side};

/// So long after one end has closed, the other may still be told of: a server that is busy accepts
/// late. The system gives a client's port away again only after a minute.
const LATE: Duration = Duration::from_secs(30);

/// Connections that are known before it is looked which can be forgotten.
const FEW: usize = 1024;

/// The connections that were told of, by their ends.
#[derive(Default)]
pub(super) struct Pairs {
    known: HashMap<Ends, KnownEnd>,
    /// So many are known before old ones are looked for.
    enough: usize,
}

struct KnownEnd {
    /// The connection that is shown.
    number: u64,
    /// Which end tells of it.
    side: Side,
    closed: Option<SystemTime>,
}

impl Pairs {
    /// A connection is told of; is it the second end of one that is known?
    pub(super) fn is_second(&mut self, connection: &Connection, now: SystemTime) -> bool {
        let ends = Ends::new(connection.client, connection.server);
        let other = self.known.get(&ends);
        let other = other.filter(|known| known.side != connection.ours && !known.is_old(now));
        if other.is_some() {
            return true;
        }
        self.forget_old(now);
        let known = KnownEnd {
            number: connection.number,
            side: connection.ours,
            closed: None,
        };
        self.known.insert(ends, known);
        false
    }

    /// The end that is shown has closed.
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
        // The system gives the port away again.
        assert!(!pairs.is_second(&connection(4, client, 4000), at(62)));
        assert!(pairs.is_second(&connection(5, server, 4000), at(62)));
        // Nobody told of the other end; a minute later it is another connection.
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
