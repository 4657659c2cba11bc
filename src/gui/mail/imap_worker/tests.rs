//! When the mailer looks unasked, and what it then does not do.

// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread;

use super::*;
use crate::client::{Endpoint, Gate, Security};

/// A mailer of this server, not connected yet.
fn mailer(server: &TcpListener) -> ImapWorker {
    let port = server.local_addr().unwrap().port();
    let mut endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, PathBuf::new());
    endpoint.gate = Gate::guarded(|| {});
    ImapWorker {
        account: MailAccount::alice_at(endpoint),
        client: None,
        folder: None,
        told_validity: None,
    }
}

/// Connects; the server greets, and closes.
fn greeted(mailer: &mut ImapWorker, server: &TcpListener) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut connection, _) = server.accept().unwrap();
            connection.write_all(b"* OK ready\r\n").unwrap();
        });
        mailer.client = Some(ImapClient::connect(mailer.account.imap()).unwrap());
    });
}

#[test]
fn unasked_it_looks_only_while_connected_and_not_step_by_step() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut mailer = mailer(&server);
    assert!(!mailer.may_look());
    greeted(&mut mailer, &server);
    assert!(mailer.may_look());
    mailer.account.imap().gate.close();
    assert!(!mailer.may_look());
    mailer.account.imap().gate.open();
    assert!(mailer.may_look());
}

#[test]
fn unasked_it_does_not_connect_again_and_tells_no_trouble() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut mailer = mailer(&server);
    greeted(&mut mailer, &server);
    let (tellers, told) = channel();
    let window = Context::default();
    let work = move |_: Receiver<ImapJob>, reporter| tellers.send(reporter).unwrap();
    let worker: Worker<ImapJob, ImapUpdate> = Worker::start("test", &window, work).unwrap();
    mailer.perform(ImapJob::Round, &told.recv().unwrap());
    assert_eq!(worker.news().count(), 0);
    server.set_nonblocking(true).unwrap();
    assert!(server.accept().is_err());
    assert!(!mailer.may_look());
}
