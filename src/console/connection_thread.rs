//! The thread that holds the connection to the server.
//!
//! A person types at any time, and the server sends at any time: news to a client that idles, a goodbye
//! after a long silence. So one thread waits at the terminal, and this one at the connection. It takes
//! [`ConnectionRequest`]s and reports [`ConnectionEvent`]s in the order in which they happen. Its
//! caller may answer an event with requests that cannot wait: the handshake that STARTTLS asks for.

use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::client::{ClientError, ClientSocket, Security};
use crate::mail::net::{LineInput, Waker};

/// The time without a greeting after which a person wants to know what is wrong.
const SILENCE: Duration = Duration::from_secs(3);

/// Octets that the client sends.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) octets: Vec<u8>,
    pub(super) origin: Origin,
}

/// Where octets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The person typed exactly these octets: they are on the terminal already.
    Typed,
    /// The console made them.
    Console,
}

/// A request to the connection's thread.
#[derive(Debug)]
pub(super) enum ConnectionRequest {
    /// Send these octets.
    Send(Outgoing),
    /// Report [`ConnectionEvent::ExplainAgain`], in order with the other events.
    ExplainAgain,
    /// Perform the client's TLS handshake.
    StartTls,
    /// Close the connection.
    Close,
}

/// An event on the connection.
#[derive(Debug)]
pub(super) enum ConnectionEvent {
    /// These octets were sent.
    Sent(Outgoing),
    /// The server sent this line, without its ending.
    Received(Vec<u8>),
    /// A line was too long to be kept, and was skipped.
    TooLong,
    /// The connection is unencrypted, and the server has not sent its greeting.
    NoGreeting,
    /// The person wants the last line explained once more.
    ExplainAgain,
    /// The handshake is done.
    Encrypted,
    /// The server closed the connection.
    Closed,
    /// The connection failed.
    Failed(ClientError),
}

/// The handle of the connection's thread. Dropped, it closes the connection.
pub(super) struct ConnectionThread {
    requests: Sender<ConnectionRequest>,
    bell: Waker,
    thread: Option<JoinHandle<()>>,
}

impl ConnectionThread {
    /// Starts the thread, which reports every event up to the end of the connection.
    ///
    /// # Errors
    /// When the system has no thread or no descriptor left.
    pub(super) fn new(
        socket: ClientSocket,
        report: impl FnMut(ConnectionEvent) -> Vec<ConnectionRequest> + Send + 'static,
    ) -> io::Result<ConnectionThread> {
        let bell = Waker::new()?;
        let its_bell = bell.clone();
        let (requests, received) = channel();
        let thread = Builder::new()
            .name(format!("console {}", socket.endpoint()))
            .spawn(move || hold(socket, &received, &its_bell, report))?;
        Ok(ConnectionThread { requests, bell, thread: Some(thread) })
    }

    /// Makes a request. After the end of the connection it has no effect.
    pub(super) fn request(&self, request: ConnectionRequest) {
        if self.requests.send(request).is_ok() {
            self.bell.wake();
        }
    }
}

impl Drop for ConnectionThread {
    fn drop(&mut self) {
        self.request(ConnectionRequest::Close);
        if let Some(thread) = self.thread.take() {
            // If it panicked, its message is on the screen already.
            let _ = thread.join();
        }
    }
}

/// Holds the connection until one side closes it.
fn hold(
    mut socket: ClientSocket,
    requests: &Receiver<ConnectionRequest>,
    bell: &Waker,
    mut report: impl FnMut(ConnectionEvent) -> Vec<ConnectionRequest>,
) {
    let is_plain = socket.endpoint().security != Security::Tls;
    if is_plain && matches!(socket.wait(SILENCE), Ok(false)) {
        report(ConnectionEvent::NoGreeting);
    }
    let last = loop {
        let at_once = match socket.listen(bell) {
            Ok(LineInput::Line(line)) => report(ConnectionEvent::Received(line)),
            Ok(LineInput::TooLong(_)) => report(ConnectionEvent::TooLong),
            Ok(LineInput::News) => {
                bell.clear();
                requests.try_iter().collect()
            }
            // A person may think for as long as they like.
            Ok(LineInput::TimedOut | LineInput::Stopping) => Vec::new(),
            Ok(LineInput::Closed) => break ConnectionEvent::Closed,
            Ok(LineInput::Endless) => break ConnectionEvent::Failed(socket.endless()),
            Err(error) => break ConnectionEvent::Failed(error),
        };
        match obey(&mut socket, at_once, &mut report) {
            Ok(ControlFlow::Continue(())) => {}
            Ok(ControlFlow::Break(())) => return socket.close(),
            Err(error) => break ConnectionEvent::Failed(error),
        }
    };
    report(last);
}

/// Does what is requested, and what the answers to its reports request. A close breaks.
fn obey(
    socket: &mut ClientSocket,
    requests: Vec<ConnectionRequest>,
    report: &mut impl FnMut(ConnectionEvent) -> Vec<ConnectionRequest>,
) -> Result<ControlFlow<()>, ClientError> {
    let mut requests = VecDeque::from(requests);
    while let Some(request) = requests.pop_front() {
        let event = match request {
            ConnectionRequest::Close => return Ok(ControlFlow::Break(())),
            ConnectionRequest::ExplainAgain => ConnectionEvent::ExplainAgain,
            ConnectionRequest::Send(outgoing) => {
                socket.send_octets(&outgoing.octets)?;
                ConnectionEvent::Sent(outgoing)
            }
            ConnectionRequest::StartTls => {
                socket.start_tls()?;
                ConnectionEvent::Encrypted
            }
        };
        requests.extend(report(event));
    }
    Ok(ControlFlow::Continue(()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;
    use crate::client::scripted::serve;
    use crate::mail::protocol::Protocol;

    fn noop() -> ConnectionRequest {
        ConnectionRequest::Send(Outgoing { octets: b"NOOP\r\n".to_vec(), origin: Origin::Typed })
    }

    #[test]
    fn both_sides_speak_at_any_time() {
        let (endpoint, _server) = serve(|stream| {
            stream.write_all(b"* OK ready\r\n* 1 EXISTS\r\n").unwrap();
            let mut heard = [0; 6];
            stream.read_exact(&mut heard).unwrap();
            assert_eq!(&heard, b"NOOP\r\n");
            stream.write_all(b"* BYE\r\n").unwrap();
        });
        let (events, reported) = channel();
        let socket = ClientSocket::connect(&endpoint, Protocol::Imap).unwrap();
        let thread = ConnectionThread::new(socket, move |event| {
            events.send(event).unwrap();
            Vec::new()
        })
        .unwrap();
        let next = || match reported.recv().unwrap() {
            ConnectionEvent::Received(line) => String::from_utf8(line).unwrap(),
            ConnectionEvent::Sent(outgoing) => String::from_utf8(outgoing.octets).unwrap(),
            other => format!("{other:?}"),
        };
        assert_eq!((next(), next()), ("* OK ready".into(), "* 1 EXISTS".into()));
        thread.request(noop());
        assert_eq!((next(), next()), ("NOOP\r\n".into(), "* BYE".into()));
        assert_eq!(next(), "Closed");
        thread.request(noop());
    }
}
