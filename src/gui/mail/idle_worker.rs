//! The worker that waits for new mail: an IMAP connection in IDLE (RFC 2177) on the open folder. When the server goes
//! away, it connects again, after pauses that grow.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use eframe::egui::Context;
use jiff::Zoned;

use crate::client::{ClientError, ImapClient};
use crate::gui::model::account::MailAccount;
use crate::gui::worker::{Reporter, WorkerThread};
use crate::mail::net::{Waker, readable};
use crate::mail::protocol::imap::Response;

/// How long one IDLE lasts: less than the 29 minutes of RFC 2177 §3, so that a server that has vanished is noticed.
const IDLE_TIME: Duration = Duration::from_secs(10 * 60);

/// The time between two NOOPs to a server without IDLE.
const NOOP_PAUSE: Duration = Duration::from_secs(60);

/// The pause before the first attempt to connect again; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the window orders.
enum IdleOrder {
    /// Watch this folder.
    Folder(String),
    /// Try to connect now.
    TryNow,
}

/// What the worker reports.
#[derive(Debug)]
pub(super) enum IdleUpdate {
    /// It watches the folder from now on.
    Watching,
    /// Messages have come or gone.
    Changed,
    /// This many messages have other flags.
    Flagged(usize),
    /// The connection was lost, for this reason. The next attempt, if there is one, is made at this time.
    Lost(String, Option<Zoned>),
}

/// The window's end of the worker. Dropping it ends the worker.
pub(super) struct IdleWorker {
    thread: Option<WorkerThread<IdleOrder, IdleUpdate>>,
    waker: Waker,
}

impl IdleWorker {
    /// Starts to watch a folder of this account.
    ///
    /// # Errors
    /// When the system has no thread or no file descriptor left.
    pub(super) fn start(
        account: MailAccount,
        folder: &str,
        window: &Context,
    ) -> io::Result<IdleWorker> {
        let waker = Waker::new()?;
        let name = format!("watch {}", account.name);
        let connection = IdleConnection {
            account,
            folder: folder.to_owned(),
            waker: waker.clone(),
            failures: 0,
        };
        let thread = WorkerThread::start(&name, window, move |orders, reporter| {
            connection.run(&orders, &reporter)
        })?;
        Ok(IdleWorker { thread: Some(thread), waker })
    }

    /// Watches another folder.
    pub(super) fn turn_to(&self, folder: &str) {
        self.order(IdleOrder::Folder(folder.to_owned()));
    }

    /// Tries to connect now.
    pub(super) fn try_now(&self) {
        self.order(IdleOrder::TryNow);
    }

    fn order(&self, order: IdleOrder) {
        if let Some(thread) = &self.thread {
            thread.order(order);
            self.waker.wake();
        }
    }

    /// The updates that have come since the last call.
    pub(super) fn updates(&self) -> Vec<IdleUpdate> {
        self.thread.iter().flat_map(WorkerThread::updates).collect()
    }
}

impl Drop for IdleWorker {
    fn drop(&mut self) {
        // The channel closes first, so that the worker finds it closed when it wakes.
        self.thread = None;
        self.waker.wake();
    }
}

/// The worker's end.
struct IdleConnection {
    account: MailAccount,
    folder: String,
    waker: Waker,
    /// The number of attempts that failed since the last success.
    failures: u32,
}

impl IdleConnection {
    fn run(mut self, orders: &Receiver<IdleOrder>, reporter: &Reporter<IdleUpdate>) {
        while let Err(error) = self.watch(orders, reporter) {
            let pause = (FIRST_PAUSE * 2_u32.saturating_pow(self.failures)).min(LONGEST_PAUSE);
            self.failures = (self.failures + 1).min(u32::BITS / 2);
            let pause = error.is_transient().then_some(pause);
            let next = pause.map(|pause| Zoned::now().saturating_add(pause));
            reporter.report(IdleUpdate::Lost(error.to_string(), next));
            let order = match pause {
                Some(pause) => orders.recv_timeout(pause),
                // A wrong password is tried again only when the user asks for it.
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(IdleOrder::Folder(folder)) => self.folder = folder,
                Ok(IdleOrder::TryNow) => self.failures = 0,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Watches until the window is gone; fails when the connection is lost.
    fn watch(
        &mut self,
        orders: &Receiver<IdleOrder>,
        reporter: &Reporter<IdleUpdate>,
    ) -> Result<(), ClientError> {
        let mut client = ImapClient::connect(self.account.imap())?;
        client.login(self.account.login(), &self.account.password)?;
        client.select(&self.folder)?;
        self.failures = 0;
        reporter.report(IdleUpdate::Watching);
        loop {
            let responses = self.wait(&mut client)?;
            if let Some(update) = meaning(&responses) {
                reporter.report(update);
            }
            if !self.obey(&mut client, orders, reporter)? {
                return client.logout();
            }
        }
    }

    /// Waits for news from the server, or for the waker.
    fn wait(&self, client: &mut ImapClient) -> Result<Vec<Response>, ClientError> {
        match client.idle_or(IDLE_TIME, &self.waker) {
            // The server does not know IDLE. A BYE is transient, and is not meant here.
            Err(ClientError::Refused { transient: false, .. }) => {
                let _ = readable(&[self.waker.as_fd()], Some(NOOP_PAUSE));
                client.noop()
            }
            responses => responses,
        }
    }

    /// Does what the window has ordered; returns false if the window is gone.
    fn obey(
        &mut self,
        client: &mut ImapClient,
        orders: &Receiver<IdleOrder>,
        reporter: &Reporter<IdleUpdate>,
    ) -> Result<bool, ClientError> {
        self.waker.clear();
        loop {
            match orders.try_recv() {
                Ok(IdleOrder::Folder(folder)) => {
                    client.select(&folder)?;
                    self.folder = folder;
                    reporter.report(IdleUpdate::Watching);
                }
                Ok(IdleOrder::TryNow) => {}
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Ok(false),
            }
        }
    }
}

/// What the responses mean for the window: new messages count more than other flags.
fn meaning(responses: &[Response]) -> Option<IdleUpdate> {
    let mut flagged = 0;
    for response in responses {
        match response {
            Response::Exists(_) | Response::Expunge(_) => return Some(IdleUpdate::Changed),
            Response::Fetch(..) => flagged += 1,
            _ => {}
        }
    }
    (flagged > 0).then_some(IdleUpdate::Flagged(flagged))
}
