//! The threads that send: one that decides what is due, and one for each next hop that is served.
//!
//! ```text
//!  agenda ── due ──▶ sender ── a job for each next hop ──▶ lanes ──▶ workers ──▶ next hops
//!    ▲                                                                  │
//!    └───────── due again, or done: what became of each recipient ◀─────┘
//! ```
//!
//! A worker sends all that stands in its lane over one connection. If there is none, all of it waits.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::agenda::{Due, Turn};
use super::attempt::{Attempt, Ended, Outcome};
use super::bounce::Reporter;
use super::envelope::now;
use super::round::{self, Job, Round};
use super::{DeliveryState, Envelope, Queue, Resolver};
use crate::client::{self, ClientError, Endpoint, Hello, SmtpClient};
use crate::config::{NextHop, RelayTls};
use crate::limits;
use crate::mail::net::Taps;
use crate::mail::store::StoreError;

/// The sending threads of a queue; they end when this is dropped.
pub struct Sending {
    queue: Arc<Queue>,
    decider: Option<JoinHandle<()>>,
}

/// What every thread knows.
struct Sender {
    queue: Arc<Queue>,
    reporter: Reporter,
    taps: Taps,
}

impl Sending {
    pub(super) fn start(
        queue: Arc<Queue>,
        inboxes: Box<Resolver>,
        taps: Taps,
    ) -> io::Result<Sending> {
        let sender = Arc::new(Sender {
            queue: Arc::clone(&queue),
            reporter: Reporter::new(inboxes),
            taps,
        });
        let thread = thread::Builder::new().name("queue".to_owned());
        let decider = Some(thread.spawn(move || sender.run())?);
        Ok(Sending { queue, decider })
    }

    /// Ends after the messages that are being sent; what is not finished within `grace` stays in
    /// the queue, like everything else. Returns whether all was finished.
    pub fn stop(&mut self, grace: Duration) -> bool {
        let finished = self.queue.agenda().stop(grace);
        if let Some(decider) = self.decider.take() {
            // If it died, its message is on the screen already.
            let _ = decider.join();
        }
        if finished {
            self.queue.unlock();
        }
        finished
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        // Who was told to stop has had its time, and does not get it again.
        if self.decider.is_some() {
            self.stop(limits::SHUTDOWN_GRACE);
        }
    }
}

impl Sender {
    fn run(self: &Arc<Self>) {
        loop {
            match self.queue.agenda().next() {
                Turn::Send(due) => self.send_on(due),
                Turn::Glance => self.glance(),
                Turn::Stop => return,
            }
        }
    }

    /// Has `pillarbox queue --now` left a word?
    fn glance(&self) {
        match self.queue.spool().hastened() {
            Ok(ids) if ids.is_empty() => {}
            Ok(ids) => self.queue.agenda().hasten(&ids),
            Err(error) => log::error!("the queue: {error}"),
        }
    }

    fn send_on(self: &Arc<Self>, due: Due) {
        let envelope = match due.unsaved {
            Some(envelope) => Ok(Some(envelope)),
            None => self.queue.spool().load(&due.id),
        };
        match envelope {
            Ok(Some(envelope)) => self.begin(&due.id, envelope, due.hastened),
            // Somebody dropped it.
            Ok(None) => self.queue.agenda().done(&due.id, None, None),
            Err(error) => {
                log::error!("the queue: {error}");
                let soon = self.queue.schedule().soon(now());
                self.queue.agenda().done(&due.id, Some(soon), None);
            }
        }
    }

    /// A job for each next hop of those who are due.
    fn begin(self: &Arc<Self>, id: &str, mut envelope: Envelope, hastened: bool) {
        let (mut hops, now): (HashMap<NextHop, Vec<usize>>, _) = (HashMap::new(), now());
        for (at, recipient) in envelope.recipients.iter_mut().enumerate() {
            if recipient.state != DeliveryState::Waiting || (recipient.next > now && !hastened) {
                continue;
            }
            match self.queue.routes().next_hop(&recipient.to) {
                Ok(hop) => hops.entry(hop.clone()).or_default().push(at),
                Err(reply) => {
                    // The configuration has changed since the message was accepted.
                    recipient.state = DeliveryState::Failed;
                    // What the sender was told was of a delay.
                    recipient.told = false;
                    recipient.note(&reply.to_string());
                }
            }
        }
        if hops.is_empty() {
            return round::settle(&self.queue, id, &mut envelope, &self.reporter);
        }
        let round = Round::begin(id, envelope, hops.len());
        for (hop, to) in hops {
            if self.queue.agenda().enqueue(&hop, round.job(to)) {
                self.start_worker(hop);
            }
        }
    }

    fn start_worker(self: &Arc<Self>, hop: NextHop) {
        let (sender, name) = (Arc::clone(self), format!("to {hop}"));
        let spawned = thread::Builder::new().name(name).spawn({
            let hop = hop.clone();
            move || sender.work(hop)
        });
        if let Err(error) = spawned {
            log::error!("no thread to send to {hop}: {error}; it is done by the queue's own");
            self.work(hop);
        }
    }

    /// Serves lanes until none is left.
    fn work(&self, hop: NextHop) {
        let mut next = Some(hop);
        while let Some(hop) = next {
            self.serve(&hop);
            next = self.queue.agenda().next_lane();
        }
    }

    /// Sends all that stands in a lane over one connection, or several where it breaks.
    fn serve(&self, hop: &NextHop) {
        let mut client = None;
        while let Some(job) = self.queue.agenda().next_job(hop) {
            if let Err(error) = self.send(job, hop, &mut client) {
                // Nobody there: the others of the lane need not find that out one by one.
                while let Some(job) = self.queue.agenda().next_job(hop) {
                    let outcomes = vec![Outcome::unconnected(&error); job.to.len()];
                    job.finish(&self.queue, hop, outcomes, &self.reporter);
                }
            }
        }
        if let Some(client) = client {
            // What it answers to our goodbye changes nothing.
            let _ = client.quit();
        }
    }

    /// Sends one message over the connection that is there, or a new one.
    fn send(
        &self,
        job: Job,
        hop: &NextHop,
        client: &mut Option<SmtpClient>,
    ) -> Result<(), ClientError> {
        let reused = client.is_some();
        let mut ended = self.attempt(&job, hop, client);
        if reused && ended.as_ref().is_ok_and(|ended| ended.stale) {
            *client = None;
            ended = self.attempt(&job, hop, client);
        }
        match ended {
            Ok(ended) => {
                client.take_if(|_| !ended.usable);
                job.finish(&self.queue, hop, ended.outcomes, &self.reporter);
                Ok(())
            }
            Err(error) => {
                let outcomes = vec![Outcome::unconnected(&error); job.to.len()];
                job.finish(&self.queue, hop, outcomes, &self.reporter);
                Err(error)
            }
        }
    }

    fn attempt(
        &self,
        job: &Job,
        hop: &NextHop,
        client: &mut Option<SmtpClient>,
    ) -> Result<Ended, ClientError> {
        let (mut message, octets) = match self.open(job.id()) {
            Ok(opened) => opened,
            Err(error) => return Ok(nothing_sent(job, &error)),
        };
        let client = match client {
            Some(client) => client,
            None => client.insert(connect(&self.queue, hop, &self.taps)?),
        };
        let envelope = job.envelope();
        let mut attempt = Attempt {
            client,
            hop,
            envelope: &envelope,
            to: &job.to,
            octets,
        };
        Ok(attempt.run(&mut message))
    }

    fn open(&self, id: &str) -> Result<(File, u64), StoreError> {
        let dropped = || StoreError::MessageGone;
        let file = self.queue.spool().message(id)?.ok_or_else(dropped)?;
        let octets = file.metadata().map_err(StoreError::disk(id))?.len();
        Ok((file, octets))
    }
}

fn nothing_sent(job: &Job, error: &StoreError) -> Ended {
    let outcome = Outcome::of(&ClientError::Local(io::Error::other(error.to_string())));
    Ended {
        outcomes: vec![outcome; job.to.len()],
        usable: true,
        stale: false,
    }
}

/// Connects as the configuration wants it, and logs in.
fn connect(queue: &Queue, hop: &NextHop, taps: &Taps) -> Result<SmtpClient, ClientError> {
    let security = match hop.security {
        RelayTls::Implicit => client::Security::Tls,
        RelayTls::StartTls => client::Security::StartTls,
        RelayTls::WhereOffered | RelayTls::None => client::Security::Plain,
    };
    let mut endpoint = Endpoint::new(hop.host.as_str(), hop.port, security, queue.ca());
    endpoint.versions = queue.versions();
    endpoint.timeout = limits::NEXT_HOP_TIMEOUT;
    endpoint.taps = taps.clone();
    let name = queue.hostname().to_owned();
    let hello = match hop.lmtp {
        true => Hello::Lmtp(name),
        false => Hello::Name(name),
    };
    let mut client = SmtpClient::connect_as(&endpoint, hello.clone())?;
    if hop.security == RelayTls::WhereOffered && client.extension("STARTTLS").is_some() {
        // RFC 7435 §3: some protection is better than none, and none better than no mail. Whoever
        // wants to be sure says `starttls` in the route, and nothing goes out without it.
        if let Err(error) = client.start_tls() {
            log::warn!("mail goes to {hop} in clear: {error}");
            client = SmtpClient::connect_as(&endpoint, hello)?;
        }
    }
    if let Some(login) = &hop.login {
        client.login(&login.user, &login.password)?;
    }
    Ok(client)
}
