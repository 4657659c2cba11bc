//! The worker that waits for new mail: an IMAP connection that idles on the folder that is open
//! (RFC 2177), and connects again when its server has died, after pauses that grow.

use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use eframe::egui::Context;
use jiff::Zoned;

use crate::client::{ClientError, ImapClient};
use crate::gui::model::account::MailAccount;
use crate::gui::worker::{Reporter, Worker};
use crate::mail::net::{Bell, readable};
use crate::mail::protocol::imap::Response;

/// A wait in IDLE: shorter than the 29 minutes of RFC 2177 §3, so that a server that has vanished
/// without a word is missed.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Between two looks at a server that does not know IDLE.
const GLANCE: Duration = Duration::from_secs(60);

/// Before the first attempt to connect again; each later one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// And no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the window tells it.
enum IdleOrder {
    /// Watch this folder.
    Folder(String),
    /// Do not wait for the next attempt.
    Now,
}

/// What it tells the window.
#[derive(Debug)]
pub(super) enum IdleUpdate {
    /// It watches the folder from now on.
    Watching,
    /// Messages have come or gone.
    Changed,
    /// So many messages have other flags.
    Flagged(usize),
    /// There is no connection, for this reason; the next attempt is made then, if there is one.
    Lost(String, Option<Zoned>),
}

/// The window's end. Dropping it ends the wait.
pub(super) struct IdleWorker {
    worker: Option<Worker<IdleOrder, IdleUpdate>>,
    bell: Bell,
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
        let (bell, folder) = (Bell::new()?, folder.to_owned());
        let watch = Watch {
            account,
            folder,
            bell: bell.clone(),
            attempts: 0,
        };
        let name = format!("watch {}", watch.account.name);
        let worker = Worker::start(&name, window, move |orders, reporter| {
            watch.run(&orders, &reporter)
        })?;
        let worker = Some(worker);
        Ok(IdleWorker { worker, bell })
    }

    /// Watches another folder.
    pub(super) fn turn_to(&self, folder: &str) {
        self.order(IdleOrder::Folder(folder.to_owned()));
    }

    /// Attempts to connect now.
    pub(super) fn try_now(&self) {
        self.order(IdleOrder::Now);
    }

    fn order(&self, order: IdleOrder) {
        if let Some(worker) = &self.worker {
            worker.order(order);
            self.bell.ring();
        }
    }

    /// What it has told since the last time.
    pub(super) fn news(&self) -> Vec<IdleUpdate> {
        let worker = self.worker.iter();
        worker.flat_map(Worker::news).collect()
    }
}

impl Drop for IdleWorker {
    fn drop(&mut self) {
        // The channel first: the bell wakes it to find that closed.
        self.worker = None;
        self.bell.ring();
    }
}

struct Watch {
    account: MailAccount,
    folder: String,
    bell: Bell,
    /// In a row, without success.
    attempts: u32,
}

impl Watch {
    fn run(mut self, orders: &Receiver<IdleOrder>, reporter: &Reporter<IdleUpdate>) {
        loop {
            let Err(error) = self.watch(orders, reporter) else {
                return;
            };
            let pause = (FIRST_PAUSE * 2_u32.saturating_pow(self.attempts)).min(LONGEST_PAUSE);
            self.attempts = (self.attempts + 1).min(u32::BITS / 2);
            let again = error.is_transient().then_some(pause);
            let then = again.map(|pause| Zoned::now().saturating_add(pause));
            reporter.report(IdleUpdate::Lost(error.to_string(), then));
            let order = match again {
                Some(pause) => orders.recv_timeout(pause),
                // A password that is wrong is not tried until somebody says so.
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(IdleOrder::Folder(folder)) => self.folder = folder,
                Ok(IdleOrder::Now) => self.attempts = 0,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Watches until the window is gone, or the connection.
    fn watch(
        &mut self,
        orders: &Receiver<IdleOrder>,
        reporter: &Reporter<IdleUpdate>,
    ) -> Result<(), ClientError> {
        let mut client = ImapClient::connect(self.account.imap())?;
        client.login(self.account.login(), &self.account.password)?;
        client.select(&self.folder)?;
        self.attempts = 0;
        reporter.report(IdleUpdate::Watching);
        loop {
            let news = self.wait(&mut client)?;
            let is_flags = |news: &&Response| matches!(news, Response::Fetch(..));
            let moves =
                |news: &Response| matches!(news, Response::Exists(_) | Response::Expunge(_));
            match news.iter().filter(is_flags).count() {
                _ if news.iter().any(moves) => reporter.report(IdleUpdate::Changed),
                0 => {}
                messages => reporter.report(IdleUpdate::Flagged(messages)),
            }
            if !self.obey(&mut client, orders, reporter)? {
                return client.logout();
            }
        }
    }

    /// Waits for news, or for the bell.
    fn wait(&self, client: &mut ImapClient) -> Result<Vec<Response>, ClientError> {
        match client.idle_or(PATIENCE, &self.bell) {
            // BYE passes, and is said before the connection ends.
            Err(ClientError::Refused {
                transient: false, ..
            }) => {
                // This server does not know IDLE.
                let _ = readable(&[self.bell.as_fd()], Some(GLANCE));
                client.noop()
            }
            news => news,
        }
    }

    /// Does what the window has ordered; `false`: the window is gone.
    fn obey(
        &mut self,
        client: &mut ImapClient,
        orders: &Receiver<IdleOrder>,
        reporter: &Reporter<IdleUpdate>,
    ) -> Result<bool, ClientError> {
        self.bell.answer();
        loop {
            match orders.try_recv() {
                Ok(IdleOrder::Folder(folder)) => {
                    client.select(&folder)?;
                    self.folder = folder;
                    reporter.report(IdleUpdate::Watching);
                }
                Ok(IdleOrder::Now) => {}
                Err(TryRecvError::Empty) => return Ok(true),
                Err(TryRecvError::Disconnected) => return Ok(false),
            }
        }
    }
}
