//! The server, as a thread that holds the connection to it.
//!
//! A person types whenever he likes, and the server speaks whenever it likes: news to a client that
//! idles, a goodbye after a long silence. So one thread waits at the terminal and this one at the
//! wire. It is given [`Order`]s, and tells what happened as [`Event`]s, in the order in which it did.
//! Whoever is told may answer with orders that cannot wait: a handshake follows the word for it.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::client::{ClientError, ClientSocket, Security};
use crate::mail::net::{Bell, Heard};

/// After so long without a greeting a person would like to know what is the matter.
const SILENCE: Duration = Duration::from_secs(3);

/// Octets that the client says.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) octets: Vec<u8>,
    /// Did the person type just these? Then they stand on his terminal already.
    pub(super) typed: bool,
}

/// What the person wants of the connection.
#[derive(Debug)]
pub(super) enum Order {
    /// Send these octets.
    Say(Words),
    /// Tell [`Event::Asked`]: the person wants to hear something in between.
    Ask,
    /// The client's TLS handshake.
    StartTls,
    /// Close it.
    Close,
}

/// What happened on the connection.
#[derive(Debug)]
pub(super) enum Event {
    /// These octets were sent.
    Said(Words),
    /// The server said this line, its ending removed.
    Heard(Vec<u8>),
    /// A line was too long to be kept; it was skipped.
    TooLong,
    /// In clear, and the server has not said its greeting.
    Silent,
    /// The person asked.
    Asked,
    /// The handshake is done.
    Encrypted,
    /// The server closed the connection.
    Closed,
    /// The connection failed, or what was to be done with it did.
    Failed(ClientError),
}

/// The thread, as the person's thread knows it. Dropped, it closes the connection.
pub(super) struct Partner {
    orders: Sender<Order>,
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

impl Partner {
    /// Begins to listen; everything that happens is told to `tell`, up to the connection's end.
    ///
    /// # Errors
    /// When there is no thread, or no descriptor, to be had.
    pub(super) fn new(
        socket: ClientSocket,
        tell: impl FnMut(Event) -> Vec<Order> + Send + 'static,
    ) -> io::Result<Partner> {
        let (bell, (orders, received)) = (Bell::new()?, channel());
        let rung = bell.clone();
        let thread = Builder::new()
            .name(format!("console {}", socket.endpoint()))
            .spawn(move || hold(socket, &received, &rung, tell))?;
        Ok(Partner {
            orders,
            bell,
            thread: Some(thread),
        })
    }

    /// Gives an order. After the connection's end nobody obeys it any more.
    pub(super) fn order(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            self.bell.ring();
        }
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        self.order(Order::Close);
        if let Some(thread) = self.thread.take() {
            // If it died, its message is on the screen already.
            let _ = thread.join();
        }
    }
}

/// Holds the connection until one side closes it.
fn hold(
    mut socket: ClientSocket,
    orders: &Receiver<Order>,
    bell: &Bell,
    mut tell: impl FnMut(Event) -> Vec<Order>,
) {
    let in_clear = socket.endpoint().security != Security::Tls;
    if in_clear && matches!(socket.wait(SILENCE), Ok(false)) {
        tell(Event::Silent);
    }
    loop {
        let at_once = match socket.listen(bell) {
            Ok(Heard::Line(line)) => tell(Event::Heard(line)),
            Ok(Heard::TooLong(_)) => tell(Event::TooLong),
            Ok(Heard::News) => {
                bell.answer();
                orders.try_iter().collect()
            }
            // A person may think for as long as he likes.
            Ok(Heard::TimedOut | Heard::Stopping) => Vec::new(),
            Ok(Heard::Closed) => return drop(tell(Event::Closed)),
            Ok(Heard::Endless) => return drop(tell(Event::Failed(socket.endless()))),
            Err(error) => return drop(tell(Event::Failed(error))),
        };
        let mut to_do = VecDeque::from(at_once);
        while let Some(order) = to_do.pop_front() {
            let happened = match order {
                Order::Close => return socket.close(),
                Order::Ask => Ok(Event::Asked),
                Order::Say(words) => {
                    let sent = socket.send_octets(&words.octets);
                    sent.map(|()| Event::Said(words))
                }
                Order::StartTls => socket.start_tls().map(|()| Event::Encrypted),
            };
            match happened {
                Ok(event) => to_do.extend(tell(event)),
                Err(error) => return drop(tell(Event::Failed(error))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::io::{Read, Write};

    use super::*;
    use crate::client::scripted::serve;
    use crate::mail::protocol::Protocol;

    fn noop() -> Order {
        Order::Say(Words {
            octets: b"NOOP\r\n".to_vec(),
            typed: true,
        })
    }

    #[test]
    fn both_sides_speak_whenever_they_like() {
        let (endpoint, server) = serve(|stream| {
            stream.write_all(b"* OK ready\r\n* 1 EXISTS\r\n").unwrap();
            let mut heard = [0; 6];
            stream.read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"NOOP\r\n");
            stream.write_all(b"* BYE\r\n").unwrap();
        });
        let (events, told) = channel();
        let socket = ClientSocket::connect(&endpoint, Protocol::Imap).unwrap();
        let partner = Partner::new(socket, move |event| {
            events.send(event).unwrap();
            Vec::new()
        })
        .unwrap();
        let next = || match told.recv().unwrap() {
            Event::Heard(line) => String::from_utf8(line).unwrap(),
            Event::Said(words) => String::from_utf8(words.octets).unwrap(),
            other => format!("{other:?}"),
        };
        assert_eq!((next(), next()), ("* OK ready".into(), "* 1 EXISTS".into()));
        partner.order(noop());
        assert_eq!((next(), next()), ("NOOP\r\n".into(), "* BYE".into()));
        assert_eq!(next(), "Closed");
        partner.order(noop());
        server.join().unwrap();
    }
}
