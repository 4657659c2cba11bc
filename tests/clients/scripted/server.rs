//! A server for tests that plays a script over a real connection: it sends the `S:` lines and expects the
//! `C:` lines; a line with `#` is a comment.
//!
//! The library's own tests include this file too.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Endpoint, Security};

/// A running server. When it is dropped, it waits for the end of its client, and the test fails if the client
/// did not follow the script.
pub(crate) struct ScriptedServer(Option<JoinHandle<()>>);

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        // A test that has failed already may not have connected: there is nothing to wait for.
        if thread::panicking() {
            return;
        }
        if let Some(Err(failure)) = self.0.take().map(JoinHandle::join) {
            resume_unwind(failure);
        }
    }
}

/// Starts a server that plays the script and closes; a client must send nothing more.
pub(crate) fn play_script(script: &str) -> (Endpoint, ScriptedServer) {
    let script = script.to_owned();
    serve(move |stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        for line in
            script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let text = line.get(3..).unwrap_or_default();
            if line.starts_with('S') {
                stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
                continue;
            }
            let mut heard = String::new();
            reader.read_line(&mut heard).unwrap();
            assert_eq!(heard, format!("{text}\r\n"));
        }
        // A client that closes with unread octets resets the connection, which is no failure.
        let _ = stream.shutdown(Shutdown::Write);
        let mut more = Vec::new();
        let _ = reader.read_to_end(&mut more);
        assert_eq!(String::from_utf8_lossy(&more), "", "the script has no such line");
    })
}

/// Starts a server that handles its only connection with `act`.
pub(crate) fn serve(
    act: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (Endpoint, ScriptedServer) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        act(&mut stream);
        // Closing with unread octets would destroy what was sent last.
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, "no-such-ca.pem");
    endpoint.timeout = Duration::from_secs(20);
    (endpoint, ScriptedServer(Some(server)))
}
