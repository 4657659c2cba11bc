//! The threads that send: one takes due messages, and one worker serves each next hop.
//!
//! ```text
//!  scheduler ── due message ──▶ queue thread ── batch for each next hop ──▶ lanes ──▶ workers
//!      ▲                                                                                │
//!      └──────────────── due again or done: the results of all recipients ◀─────────────┘
//! ```
//!
//! A worker sends everything in its lane over one connection. Without a connection, all of it waits.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;

use super::attempt::{AfterAttempt, Attempt, AttemptResult, Attempted};
use super::delivery_run::{DeliveryRun, RecipientBatch};
use super::envelope::{DeliveryState, Envelope, now};
use super::queue_core::QueueCore;
use super::reports::{ReportWriter, Resolver};
use super::scheduler::{DueMessage, QueueTask};
use crate::client::{self, ClientError, Endpoint, Hello, SmtpClient};
use crate::config::{NextHop, RelayTls};
use crate::limits;
use crate::mail::net::Taps;
use crate::mail::store::StoreError;

/// The sending threads of a queue; they end when this is dropped.
pub struct QueueThreads {
    core: Arc<QueueCore>,
    /// `None` once the threads have been stopped.
    main_thread: Option<JoinHandle<()>>,
}

/// What every thread needs.
struct QueueSender {
    core: Arc<QueueCore>,
    reporter: ReportWriter,
    taps: Taps,
}

impl QueueThreads {
    pub(super) fn start(
        core: Arc<QueueCore>,
        resolver: Box<Resolver>,
        taps: Taps,
    ) -> io::Result<QueueThreads> {
        let sender = Arc::new(QueueSender {
            core: Arc::clone(&core),
            reporter: ReportWriter::new(Arc::clone(&core), resolver),
            taps,
        });
        let thread = thread::Builder::new().name("queue".to_owned());
        let main_thread = Some(thread.spawn(move || sender.run())?);
        Ok(QueueThreads { core, main_thread })
    }

    /// Ends after the messages that are being sent; the rest stays in the queue. Returns true if
    /// they were finished within this time.
    pub fn stop(&mut self, grace: Duration) -> bool {
        let finished = self.core.scheduler.stop(grace);
        if let Some(thread) = self.main_thread.take() {
            // If it panicked, the message is on the screen already.
            let _ = thread.join();
        }
        if finished {
            self.core.unlock();
        }
        finished
    }
}

impl Drop for QueueThreads {
    fn drop(&mut self) {
        // `stop()` may have waited already.
        if self.main_thread.is_some() {
            self.stop(limits::SHUTDOWN_GRACE);
        }
    }
}

impl QueueSender {
    fn run(self: &Arc<Self>) {
        loop {
            match self.core.scheduler.next() {
                QueueTask::Send(due) => self.send_message(due),
                QueueTask::CheckRequests => self.check_requests(),
                QueueTask::Stop => return,
            }
        }
    }

    /// Looks for requests of `pillarbox queue --now`.
    fn check_requests(&self) {
        match self.core.spool.take_requests() {
            Ok(ids) if ids.is_empty() => {}
            Ok(ids) => self.core.scheduler.hasten(&ids),
            Err(error) => log::error!("the queue: {error}"),
        }
    }

    fn send_message(self: &Arc<Self>, due: DueMessage) {
        let envelope = match due.unsaved {
            Some(envelope) => Ok(Some(envelope)),
            None => self.core.spool.load(&due.id),
        };
        match envelope {
            Ok(Some(envelope)) => self.begin_run(&due.id, envelope, due.urgent),
            // `pillarbox queue` has removed the message.
            Ok(None) => self.core.scheduler.finish(&due.id, None, None),
            Err(error) => {
                log::error!("the queue: {error}");
                let soon = self.core.retry.soon(now());
                self.core.scheduler.finish(&due.id, Some(soon), None);
            }
        }
    }

    /// Makes a batch for each next hop of the recipients that are due.
    fn begin_run(self: &Arc<Self>, id: &str, mut envelope: Envelope, urgent: bool) {
        let mut hops: HashMap<NextHop, Vec<usize>> = HashMap::new();
        let now = now();
        for (at, recipient) in envelope.recipients.iter_mut().enumerate() {
            let is_due = urgent || recipient.next <= now;
            if recipient.state != DeliveryState::Waiting || !is_due {
                continue;
            }
            match self.core.routes.next_hop(&recipient.to) {
                Ok(hop) => hops.entry(hop.clone()).or_default().push(at),
                Err(reply) => {
                    // The configuration has changed since the message was accepted.
                    recipient.state = DeliveryState::Failed;
                    // An earlier report was about a delay.
                    recipient.reported = false;
                    recipient.note(&reply.to_string());
                }
            }
        }
        if hops.is_empty() {
            return self.settle(id, &mut envelope);
        }
        let run = DeliveryRun::begin(id, envelope, hops.len());
        for (hop, to) in hops {
            if self.core.scheduler.enqueue(&hop, run.batch(to)) {
                self.start_worker(hop);
            }
        }
    }

    fn start_worker(self: &Arc<Self>, hop: NextHop) {
        let sender = Arc::clone(self);
        let served = hop.clone();
        let thread = thread::Builder::new().name(format!("to {hop}"));
        if let Err(error) = thread.spawn(move || sender.work(served)) {
            log::error!("no thread to send to {hop}: {error}; the queue's own thread does it");
            self.work(hop);
        }
    }

    /// Serves lanes until no lane is without a worker.
    fn work(&self, hop: NextHop) {
        let mut next = Some(hop);
        while let Some(hop) = next {
            self.serve(&hop);
            next = self.core.scheduler.next_lane();
        }
    }

    /// Sends everything in a lane over one connection, or over several if it breaks.
    fn serve(&self, hop: &NextHop) {
        let mut client = None;
        while let Some(batch) = self.core.scheduler.next_batch(hop) {
            if let Err(error) = self.send_batch(&batch, hop, &mut client) {
                self.finish_unconnected(&batch, hop, &error);
                // The other batches of the lane need not find this out one by one.
                while let Some(batch) = self.core.scheduler.next_batch(hop) {
                    self.finish_unconnected(&batch, hop, &error);
                }
            }
        }
        if let Some(client) = client {
            // The answer to QUIT changes nothing.
            let _ = client.quit();
        }
    }

    /// Sends a batch over this connection, or over a new one.
    fn send_batch(
        &self,
        batch: &RecipientBatch,
        hop: &NextHop,
        client: &mut Option<SmtpClient>,
    ) -> Result<(), ClientError> {
        let reused = client.is_some();
        let mut attempted = self.attempt(batch, hop, client)?;
        if reused && attempted.connection == AfterAttempt::Stale {
            *client = None;
            attempted = self.attempt(batch, hop, client)?;
        }
        if attempted.connection != AfterAttempt::Usable {
            *client = None;
        }
        self.finish(batch, hop, attempted.results);
        Ok(())
    }

    fn attempt(
        &self,
        batch: &RecipientBatch,
        hop: &NextHop,
        client: &mut Option<SmtpClient>,
    ) -> Result<Attempted, ClientError> {
        let (mut message, octets) = match self.open(batch.id()) {
            Ok(opened) => opened,
            Err(error) => return Ok(nothing_sent(batch, &error)),
        };
        let client = match client {
            Some(client) => client,
            None => client.insert(connect(&self.core, hop, &self.taps)?),
        };
        let envelope = batch.envelope();
        let mut attempt = Attempt { client, hop, envelope: &envelope, to: &batch.to, octets };
        Ok(attempt.run(&mut message))
    }

    fn open(&self, id: &str) -> Result<(File, u64), StoreError> {
        let file = self.core.spool.message(id)?;
        let file = file.ok_or(StoreError::MessageGone)?;
        let octets = file.metadata().map_err(StoreError::disk(id))?.len();
        Ok((file, octets))
    }

    fn finish_unconnected(&self, batch: &RecipientBatch, hop: &NextHop, error: &ClientError) {
        let result = AttemptResult::unconnected(error);
        self.finish(batch, hop, vec![result; batch.to.len()]);
    }

    /// Enters the results of a batch and saves them; after the last batch, settles the message.
    fn finish(&self, batch: &RecipientBatch, hop: &NextHop, results: Vec<AttemptResult>) {
        let mut progress = batch.record(hop, results, &self.core.retry);
        if progress.is_finished() {
            return self.settle(batch.id(), &mut progress.envelope);
        }
        if let Err(error) = self.core.spool.save(batch.id(), &progress.envelope) {
            // The last batch saves all results again.
            log::error!("the queue: {error}");
        }
    }

    /// Ends a run: the sender gets its reports, and the message waits again or is removed.
    fn settle(&self, id: &str, envelope: &mut Envelope) {
        match self.try_settle(id, envelope) {
            Ok(due) => self.core.scheduler.finish(id, due, None),
            Err(error) => {
                log::error!("the queue: {error}");
                let soon = self.core.retry.soon(now());
                let unsaved = Some(envelope.clone());
                self.core.scheduler.finish(id, Some(soon), unsaved);
            }
        }
    }

    /// The results are on the disk before a report of them is written.
    fn try_settle(
        &self,
        id: &str,
        envelope: &mut Envelope,
    ) -> Result<Option<Timestamp>, StoreError> {
        let about = self.reporter.due_reports(envelope);
        if !about.is_empty() {
            self.core.spool.save(id, envelope)?;
            self.reporter.report(id, envelope, &about)?;
            for at in about {
                if let Some(recipient) = envelope.recipients.get_mut(at) {
                    recipient.reported = true;
                }
            }
        }
        let due = envelope.due();
        if due.is_some() {
            self.core.spool.save(id, envelope)?;
        } else {
            self.core.spool.remove(id)?;
        }
        Ok(due)
    }
}

fn nothing_sent(batch: &RecipientBatch, error: &StoreError) -> Attempted {
    let error = ClientError::Local(io::Error::other(error.to_string()));
    Attempted {
        results: vec![AttemptResult::of(&error); batch.to.len()],
        connection: AfterAttempt::Usable,
    }
}

/// Connects as the configuration says, and logs in.
fn connect(core: &QueueCore, hop: &NextHop, taps: &Taps) -> Result<SmtpClient, ClientError> {
    let security = match hop.security {
        RelayTls::Implicit => client::Security::Tls,
        RelayTls::StartTls => client::Security::StartTls,
        RelayTls::WhereOffered | RelayTls::None => client::Security::Plain,
    };
    let mut endpoint = Endpoint::new(hop.host.as_str(), hop.port, security, &core.ca);
    endpoint.versions = core.versions;
    endpoint.timeout = limits::NEXT_HOP_TIMEOUT;
    endpoint.taps = taps.clone();
    let name = core.hostname.clone();
    let hello = if hop.lmtp { Hello::Lmtp(name) } else { Hello::Name(name) };
    let mut client = SmtpClient::connect_as(&endpoint, hello.clone())?;
    if hop.security == RelayTls::WhereOffered && client.extension("STARTTLS").is_some() {
        // RFC 7435 §3: some protection is better than none, and unencrypted mail is better than no
        // mail. With `starttls` in the route, mail never goes out unencrypted.
        if let Err(error) = client.start_tls() {
            log::warn!("mail goes to {hop} unencrypted: {error}");
            client = SmtpClient::connect_as(&endpoint, hello)?;
        }
    }
    if let Some(login) = &hop.login {
        client.login(&login.user, &login.password)?;
    }
    Ok(client)
}
