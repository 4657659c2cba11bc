//! The worker of an account's IMAP connection. It does the jobs of the window, and reports their results.
//!
//! It connects when there is a job, and connects again if the server has closed the connection meanwhile. A job that
//! must not be done twice (moving, keeping) then fails instead of being repeated. After a minute without a job it
//! counts the messages in the folders; for that it never connects, and in step mode it does not count.

use std::io::{self, Cursor};
use std::sync::mpsc::Receiver;

use eframe::egui::Context;

use super::fetch::{self, DownloadedMessage};
use super::imap_jobs::{FailedJob, ImapJob, ImapJobs, ImapUpdate};
use crate::client::{ClientError, ImapClient};
use crate::gui::model::account::MailAccount;
use crate::gui::model::compose_form::MessageLocation;
use crate::gui::model::message_list::SortOrder;
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::worker::{Reporter, WorkerThread};
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SequenceSet;

/// Starts the worker.
pub(super) fn start(
    account: MailAccount,
    window: &Context,
) -> io::Result<WorkerThread<ImapJob, ImapUpdate>> {
    let name = format!("mail {}", account.name);
    WorkerThread::start(&name, window, move |jobs: Receiver<ImapJob>, reporter| {
        let mut worker =
            ImapWorker { account, client: None, folder: None, reported_validity: None };
        let mut jobs = ImapJobs::from(jobs);
        while let Some(job) = jobs.next(worker.folder.as_deref(), || worker.may_count()) {
            worker.perform(job, &reporter);
        }
        if let Some(client) = worker.client.take() {
            // Every job is done, so an error does not matter.
            let _ = client.logout();
        }
    })
}

struct ImapWorker {
    account: MailAccount,
    client: Option<ImapClient>,
    /// The folder that is open, or was when the connection broke.
    folder: Option<String>,
    /// The UIDVALIDITY that was reported last. The UIDs in jobs are valid under it.
    reported_validity: Option<u32>,
}

impl ImapWorker {
    /// True if the folders may be counted unasked: while connected, and not in step mode, where each line is a
    /// person's. Connecting again is left to the idle worker.
    fn may_count(&self) -> bool {
        self.client.is_some() && !self.account.imap().gate.is_closed()
    }

    fn perform(&mut self, job: ImapJob, reporter: &Reporter<ImapUpdate>) {
        let failed = FailedJob::before(&job);
        let done = match job {
            ImapJob::Folders => self.repeatable(fetch::folders).map(ImapUpdate::Folders),
            ImapJob::Count => return self.count(reporter),
            ImapJob::Open { folder, order, search } => self.open(&folder, order, &search),
            ImapJob::Rows(uids) => {
                let rows = self.by_uid(|client| fetch::rows(client, &uids));
                rows.map(|rows| ImapUpdate::Rows(uids, rows))
            }
            ImapJob::Read(uid, size) => self.read(uid, size, reporter),
            ImapJob::Flag(uids, change) => self.flag(uids, change),
            ImapJob::Move(uids, to) => self.move_to(uids, &to),
            ImapJob::Remove(uids) => {
                let removed = self.by_uid_once(|client| fetch::remove(client, &uids));
                removed.map(|()| ImapUpdate::Gone(uids, "deleted for good".to_owned()))
            }
            ImapJob::Keep { folder, flags, message, replaces, ticket } => {
                let kept = self.keep(&folder, &flags, message);
                if let (Ok(()), Some(replaced)) = (&kept, replaces) {
                    self.perform(ImapJob::Discard(replaced), reporter);
                }
                kept.map(|()| ImapUpdate::Kept(folder, ticket))
            }
            ImapJob::Mark(place, change) => self.mark(place, change),
            ImapJob::Discard(place) => {
                let uid = place.uid;
                self.elsewhere(place, |client| fetch::remove(client, &[uid]))
            }
            ImapJob::Create(folder) => self.create(folder),
        };
        reporter.report(match done {
            Ok(update) => update,
            Err(error) => ImapUpdate::Failed(failed.because_of(&error)),
        });
    }

    /// Counts the messages in the folders unasked. If that fails, the window is not told.
    fn count(&mut self, reporter: &Reporter<ImapUpdate>) {
        match self.once(fetch::folders) {
            Ok(folders) => reporter.report(ImapUpdate::Counted(folders)),
            Err(error) => log::info!("the folders are not counted: {error}"),
        }
    }

    fn keep(&mut self, folder: &str, flags: &Flags, message: Vec<u8>) -> Result<(), ClientError> {
        let mut message = Cursor::new(message);
        self.once(|client| client.append(folder, flags, None, &mut message))?;
        Ok(())
    }

    fn create(&mut self, folder: String) -> Result<ImapUpdate, ClientError> {
        self.once(|client| {
            client.create(&folder)?;
            client.subscribe(&folder)
        })?;
        Ok(ImapUpdate::Created(folder))
    }

    /// The connection. A new one logs in, and opens the folder that was open.
    fn client(&mut self) -> Result<&mut ImapClient, ClientError> {
        let client = match self.client.take() {
            Some(client) => client,
            None => self.connect()?,
        };
        Ok(self.client.insert(client))
    }

    fn connect(&self) -> Result<ImapClient, ClientError> {
        let mut client = ImapClient::connect(self.account.imap())?;
        client.login(self.account.login(), &self.account.password)?;
        if let Some(folder) = &self.folder {
            client.select(folder)?;
        }
        Ok(client)
    }

    /// Does something that must not be done twice.
    fn once<T>(
        &mut self,
        act: impl FnOnce(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let done = act(self.client()?);
        if done.as_ref().is_err_and(ends_connection) {
            self.client = None;
        }
        done
    }

    /// Does something that may be done twice, and repeats it if the server has closed the connection meanwhile.
    fn repeatable<T>(
        &mut self,
        act: impl Fn(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let is_new = self.client.is_none();
        match self.once(&act) {
            Err(ClientError::Closed { .. }) if !is_new => self.once(&act),
            done => done,
        }
    }

    /// Does something with UIDs that may be done twice. Fails if the UIDs mean other messages now.
    fn by_uid<T>(
        &mut self,
        act: impl Fn(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let reported = self.reported_validity;
        self.repeatable(|client| {
            check_validity(client, reported)?;
            act(client)
        })
    }

    /// Does something with UIDs that must not be done twice. Fails if the UIDs mean other messages now.
    fn by_uid_once<T>(
        &mut self,
        act: impl FnOnce(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let reported = self.reported_validity;
        self.once(|client| {
            check_validity(client, reported)?;
            act(client)
        })
    }

    fn open(
        &mut self,
        folder: &str,
        order: SortOrder,
        search: &str,
    ) -> Result<ImapUpdate, ClientError> {
        let is_other = self.folder.as_deref() != Some(folder);
        let (uid_validity, uids, sorted) = self.repeatable(|client| {
            if is_other || client.mailbox().is_none() {
                client.select(folder)?;
            } else {
                client.noop()?;
            }
            let (uids, sorted) = fetch::in_order(client, order, search)?;
            Ok((uid_validity(client), uids, sorted))
        })?;
        self.folder = Some(folder.to_owned());
        self.reported_validity = Some(uid_validity);
        Ok(ImapUpdate::Opened { folder: folder.to_owned(), uid_validity, uids, sorted })
    }

    fn read(
        &mut self,
        uid: u32,
        size: u64,
        reporter: &Reporter<ImapUpdate>,
    ) -> Result<ImapUpdate, ClientError> {
        let source = self.by_uid(|client| {
            let report = |part| reporter.report(ImapUpdate::Progress(uid, part));
            let mut message = DownloadedMessage::new(size, report);
            client.fetch_body(uid, &mut message)?;
            Ok(message.into_inner())
        })?;
        // This fails in a folder that is open for reading only, where it does not matter.
        let set = SequenceSet::from_sorted(&[uid]);
        let seen = FlagChange::Add(Flags::from(Flag::Seen));
        let _ = self.by_uid_once(|client| client.store(&set, seen));
        Ok(ImapUpdate::Message(Box::new(RenderedMessage::of(uid, source))))
    }

    fn flag(&mut self, uids: Vec<u32>, change: FlagChange) -> Result<ImapUpdate, ClientError> {
        let set = SequenceSet::from_sorted(&uids);
        self.by_uid(|client| client.store(&set, change.clone()))?;
        Ok(ImapUpdate::Flagged(uids, change))
    }

    fn mark(
        &mut self,
        place: MessageLocation,
        change: FlagChange,
    ) -> Result<ImapUpdate, ClientError> {
        let set = SequenceSet::from_sorted(&[place.uid]);
        self.elsewhere(place, |client| {
            client.store(&set, change)?;
            Ok(())
        })
    }

    /// Does something in the folder of this message, and returns to the folder that is open.
    fn elsewhere(
        &mut self,
        place: MessageLocation,
        act: impl FnOnce(&mut ImapClient) -> Result<(), ClientError>,
    ) -> Result<ImapUpdate, ClientError> {
        let open = self.folder.clone();
        self.once(|client| {
            client.select(&place.folder)?;
            let done = act(client);
            if let Some(open) = &open {
                client.select(open)?;
            }
            done
        })?;
        Ok(ImapUpdate::Changed(place.folder))
    }

    fn move_to(&mut self, uids: Vec<u32>, to: &str) -> Result<ImapUpdate, ClientError> {
        let set = SequenceSet::from_sorted(&uids);
        self.by_uid_once(|client| match client.move_to(&set, to) {
            // A server that does not know MOVE (RFC 6851) copies and removes.
            Err(ClientError::Refused { reply, .. }) if reply.starts_with("BAD") => {
                client.copy(&set, to)?;
                fetch::remove(client, &uids)
            }
            Err(error) => Err(error),
            Ok(_) => Ok(()),
        })?;
        Ok(ImapUpdate::Gone(uids, format!("moved to {to}")))
    }
}

/// True if the connection is of no use after this error.
fn ends_connection(error: &ClientError) -> bool {
    match error {
        // After BYE the server closes the connection (RFC 3501 §7.1.5).
        ClientError::Refused { reply, .. } => reply.starts_with("BYE"),
        ClientError::NotOffered { .. } | ClientError::Unsendable { .. } => false,
        _ => true,
    }
}

/// The UIDVALIDITY of the open folder; 0 if no folder is open, or the server did not send it.
fn uid_validity(client: &ImapClient) -> u32 {
    client.mailbox().map_or(0, |mailbox| mailbox.uid_validity)
}

/// Fails if UIDs that were reported under this UIDVALIDITY may mean other messages now (RFC 3501 §2.3.1.1).
fn check_validity(client: &ImapClient, reported: Option<u32>) -> Result<(), ClientError> {
    if reported.is_none_or(|reported| reported == uid_validity(client)) {
        return Ok(());
    }
    Err(ClientError::Unsendable {
        what: "the command".to_owned(),
        why: "the folder was deleted and created again, and contains other messages".to_owned(),
    })
}

#[cfg(test)]
mod tests;
