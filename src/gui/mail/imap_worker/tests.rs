//! When the worker counts unasked, and what it does not do for that.

use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::thread;

use super::*;
use crate::client::{Endpoint, Gate, Security};

/// A worker for this server, not connected yet.
fn worker(server: &TcpListener) -> ImapWorker {
    let port = server.local_addr().unwrap().port();
    let mut endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, PathBuf::new());
    endpoint.gate = Gate::guarded(|| {});
    ImapWorker {
        account: MailAccount::alice_at(endpoint),
        client: None,
        folder: None,
        reported_validity: None,
    }
}

/// Connects; the server greets, and closes.
fn greeted(worker: &mut ImapWorker, server: &TcpListener) {
    thread::scope(|scope| {
        scope.spawn(|| {
            let (mut connection, _) = server.accept().unwrap();
            connection.write_all(b"* OK ready\r\n").unwrap();
        });
        worker.client = Some(ImapClient::connect(worker.account.imap()).unwrap());
    });
}

#[test]
fn it_counts_unasked_only_while_connected_and_not_in_step_mode() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut worker = worker(&server);
    assert!(!worker.may_count());
    greeted(&mut worker, &server);
    assert!(worker.may_count());
    worker.account.imap().gate.close();
    assert!(!worker.may_count());
    worker.account.imap().gate.open();
    assert!(worker.may_count());
}

#[test]
fn for_an_unasked_count_it_does_not_connect_again_and_reports_no_failure() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut worker = worker(&server);
    greeted(&mut worker, &server);
    let (sender, receiver) = channel();
    let work = move |_: Receiver<ImapJob>, reporter| sender.send(reporter).unwrap();
    let thread: WorkerThread<ImapJob, ImapUpdate> =
        WorkerThread::start("test", &Context::default(), work).unwrap();
    worker.perform(ImapJob::Count, &receiver.recv().unwrap());
    assert_eq!(thread.updates().count(), 0);
    server.set_nonblocking(true).unwrap();
    assert!(server.accept().is_err());
    assert!(!worker.may_count());
}
