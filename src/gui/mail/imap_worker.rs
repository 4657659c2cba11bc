//! The worker of an account's IMAP connection: does what the window orders, and tells what came of it.
//!
//! It connects when there is something to do, and connects again when the server has closed meanwhile;
//! what cannot be done twice (moving, keeping) is then told as an error, not repeated. Unasked it looks at the
//! counts of the folders after a minute without an order; for that it never connects, and step by step it does not.

use std::io::{self, Cursor};
use std::sync::mpsc::Receiver;

use eframe::egui::Context;

use crate::client::{ClientError, ImapClient};
use crate::gui::model::account::MailAccount;
use crate::gui::model::compose_form::MessageLocation;
use crate::gui::model::folders::{self, MailFolder};
use crate::gui::model::message_list::{Column, MessageRow, SortOrder};
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::worker::{Reporter, Worker};
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::search::TextPlace;
use crate::mail::protocol::imap::{SearchKey, SequenceSet, StatusItem};

use super::fetch::FetchedMessage;
use super::imap_jobs::{ImapJob, ImapJobs};
use super::rows;

/// What came of it.
pub(super) enum ImapUpdate {
    /// The folders.
    Folders(Vec<MailFolder>),
    /// The folders, for which nobody asked.
    Counted(Vec<MailFolder>),
    /// These messages are in the folder, in this order; could the server sort as was asked?
    Opened {
        folder: String,
        /// 0 if the server does not tell.
        uid_validity: u32,
        uids: Vec<u32>,
        sorted: bool,
    },
    /// What was asked for, and what is known of it.
    Rows(Vec<u32>, Vec<MessageRow>),
    /// So much of the message has come, from 0 to 1.
    Progress(u32, f32),
    /// A message.
    Message(Box<RenderedMessage>),
    /// Flags were changed.
    Flagged(Vec<u32>, FlagChange),
    /// These messages are no longer in the folder.
    Gone(Vec<u32>, String),
    /// The message with this ticket was kept there.
    Kept(String, u64),
    /// Something in that folder is no longer as it was.
    Changed(String),
    /// A folder was made.
    Created(String),
    /// A job was not done, for this reason.
    Trouble(FailedJob),
}

/// Why a job was not done.
#[derive(Clone, Debug)]
pub(super) struct FailedJob {
    /// What is now not as the window had wanted: `The message cannot be shown`.
    pub(super) what: &'static str,
    /// The message that was to be read, if one was.
    pub(super) unread: Option<u32>,
    /// The ticket of the message that was to be kept, if one was.
    pub(super) unkept: Option<u64>,
    /// The sentence of the error.
    pub(super) why: String,
    /// May it be otherwise later?
    pub(super) transient: bool,
}

impl FailedJob {
    /// What the error means for this job.
    fn of(job: &ImapJob) -> impl FnOnce(ClientError) -> FailedJob + use<> {
        let what = job.named();
        let unread = match job {
            ImapJob::Read(uid, _) => Some(*uid),
            _ => None,
        };
        let unkept = match job {
            ImapJob::Keep { ticket, .. } => Some(*ticket),
            _ => None,
        };
        move |error| FailedJob {
            what,
            unread,
            unkept,
            why: error.to_string(),
            transient: error.is_transient(),
        }
    }
}

/// Starts the worker.
pub(super) fn start(
    account: MailAccount,
    window: &Context,
) -> io::Result<Worker<ImapJob, ImapUpdate>> {
    let name = format!("mail {}", account.name);
    Worker::start(&name, window, move |jobs: Receiver<ImapJob>, reporter| {
        let mut mailer = ImapWorker {
            account,
            client: None,
            folder: None,
            told_validity: None,
        };
        let mut jobs = ImapJobs::from(jobs);
        while let Some(job) = jobs.next(mailer.folder.as_deref(), || mailer.may_look()) {
            mailer.perform(job, &reporter);
        }
        if let Some(client) = mailer.client.take() {
            // All is done by now, so that it fails does not matter.
            let _ = client.logout();
        }
    })
}

struct ImapWorker {
    account: MailAccount,
    client: Option<ImapClient>,
    /// The folder that is open, or was when the connection broke.
    folder: Option<String>,
    /// The UIDVALIDITY that was told last: what the UIDs in the orders are valid under.
    told_validity: Option<u32>,
}

impl ImapWorker {
    /// May it say something without being asked? Not to connect, which the watcher does first, and not step by
    /// step, where each line is a person's.
    fn may_look(&self) -> bool {
        self.client.is_some() && !self.account.imap().gate.is_closed()
    }

    fn perform(&mut self, job: ImapJob, reporter: &Reporter<ImapUpdate>) {
        let trouble = FailedJob::of(&job);
        let done = match job {
            ImapJob::Folders => self.again(list).map(ImapUpdate::Folders),
            ImapJob::Round => return self.round(reporter),
            ImapJob::Open {
                folder,
                order,
                search,
            } => self.open(&folder, order, &search),
            ImapJob::Rows(uids) => {
                let rows = self.named(|client| rows::fetch(client, &uids));
                rows.map(|rows| ImapUpdate::Rows(uids, rows))
            }
            ImapJob::Read(uid, octets) => self.read(uid, octets, reporter),
            ImapJob::Flag(uids, change) => {
                let set = SequenceSet::from_sorted(&uids);
                let stored = self.named(|client| client.store(&set, change.clone()));
                stored.map(|_| ImapUpdate::Flagged(uids, change))
            }
            ImapJob::Move(uids, to) => self.move_to(uids, to),
            ImapJob::Remove(uids) => self
                .named_once(|client| remove(client, &uids))
                .map(|()| ImapUpdate::Gone(uids, "deleted for good".to_owned())),
            ImapJob::Keep {
                folder,
                flags,
                message,
                replaces,
                ticket,
            } => {
                let kept = self.keep(&folder, &flags, message);
                self.replaced(replaces.filter(|_| kept.is_ok()), reporter);
                kept.map(|()| ImapUpdate::Kept(folder, ticket))
            }
            ImapJob::Mark(place, change) => {
                let set = SequenceSet::from_sorted(&[place.uid]);
                self.elsewhere(place, |client| client.store(&set, change).map(drop))
            }
            ImapJob::Discard(place) => {
                let uid = place.uid;
                self.elsewhere(place, |client| remove(client, &[uid]))
            }
            ImapJob::Create(folder) => self.create(folder),
        };
        reporter.report(done.unwrap_or_else(|error| ImapUpdate::Trouble(trouble(error))));
    }

    /// Looks at the folders unasked. A server that has closed meanwhile is left alone.
    fn round(&mut self, reporter: &Reporter<ImapUpdate>) {
        match self.once(list) {
            Ok(folders) => reporter.report(ImapUpdate::Counted(folders)),
            Err(error) => log::info!("the folders are not counted: {error}"),
        }
    }

    fn keep(&mut self, folder: &str, flags: &Flags, message: Vec<u8>) -> Result<(), ClientError> {
        let mut message = Cursor::new(message);
        let kept = self.once(|client| client.append(folder, flags, None, &mut message));
        kept.map(drop)
    }

    /// What is kept took the place of another message.
    fn replaced(&mut self, other: Option<MessageLocation>, reporter: &Reporter<ImapUpdate>) {
        if let Some(other) = other {
            self.perform(ImapJob::Discard(other), reporter);
        }
    }

    fn create(&mut self, folder: String) -> Result<ImapUpdate, ClientError> {
        let made = self.once(|client| {
            client.create(&folder)?;
            client.subscribe(&folder)
        });
        made.map(|()| ImapUpdate::Created(folder))
    }

    /// The connection; a new one logs in and opens the folder that was open.
    fn client(&mut self) -> Result<&mut ImapClient, ClientError> {
        if self.client.is_none() {
            let mut client = ImapClient::connect(self.account.imap())?;
            client.login(self.account.login(), &self.account.password)?;
            if let Some(folder) = &self.folder {
                client.select(folder)?;
            }
            self.client = Some(client);
        }
        // It was put there above, or before.
        self.client.as_mut().ok_or_else(|| ClientError::Closed {
            server: self.account.imap().to_string(),
        })
    }

    /// Does something that must not be done twice.
    fn once<T>(
        &mut self,
        act: impl FnOnce(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let done = act(self.client()?);
        if done.as_ref().is_err_and(is_over) {
            self.client = None;
        }
        done
    }

    /// Does something that may be done twice: once more, when the server has closed since the last time.
    fn again<T>(
        &mut self,
        act: impl Fn(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let fresh = self.client.is_none();
        match self.once(&act) {
            Err(ClientError::Closed { .. }) if !fresh => self.once(&act),
            done => done,
        }
    }

    /// The same for what names UIDs: not when they have come to mean other messages.
    fn named<T>(
        &mut self,
        act: impl Fn(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let told = self.told_validity;
        self.again(|client| still_valid(client, told).and_then(|()| act(client)))
    }

    /// The same for what names UIDs and must not be done twice.
    fn named_once<T>(
        &mut self,
        act: impl FnOnce(&mut ImapClient) -> Result<T, ClientError>,
    ) -> Result<T, ClientError> {
        let told = self.told_validity;
        self.once(|client| still_valid(client, told).and_then(|()| act(client)))
    }

    fn open(
        &mut self,
        folder: &str,
        order: SortOrder,
        search: &str,
    ) -> Result<ImapUpdate, ClientError> {
        let another = self.folder.as_deref() != Some(folder);
        let (uid_validity, uids, sorted) = self.again(|client| {
            match another || client.mailbox().is_none() {
                true => client.select(folder).map(drop)?,
                false => client.noop().map(drop)?,
            }
            let (uids, sorted) = in_order(client, order, search)?;
            Ok((uid_validity(client), uids, sorted))
        })?;
        self.folder = Some(folder.to_owned());
        self.told_validity = Some(uid_validity);
        Ok(ImapUpdate::Opened {
            folder: folder.to_owned(),
            uid_validity,
            uids,
            sorted,
        })
    }

    fn read(
        &mut self,
        uid: u32,
        octets: u64,
        reporter: &Reporter<ImapUpdate>,
    ) -> Result<ImapUpdate, ClientError> {
        let source = self.named(|client| {
            let tell = |part| reporter.report(ImapUpdate::Progress(uid, part));
            let mut message = FetchedMessage::new(octets, tell);
            client.fetch_body(uid, &mut message)?;
            Ok(message.into_inner())
        })?;
        // Of a folder that is open for reading only it cannot be told.
        let read = Flags::from(Flag::Seen);
        let _ = self.named_once(|client| {
            client.store(&SequenceSet::from_sorted(&[uid]), FlagChange::Add(read))
        });
        Ok(ImapUpdate::Message(Box::new(RenderedMessage::of(
            uid, source,
        ))))
    }

    /// Does something in another folder than the one that is open, and comes back.
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

    fn move_to(&mut self, uids: Vec<u32>, to: String) -> Result<ImapUpdate, ClientError> {
        let set = SequenceSet::from_sorted(&uids);
        self.named_once(|client| {
            match client.move_to(&set, &to) {
                // RFC 6851 is of 2013: older servers copy and remove.
                Err(ClientError::Refused { reply, .. }) if reply.starts_with("BAD") => {
                    client.copy(&set, &to)?;
                    remove(client, &uids)
                }
                moved => moved.map(drop),
            }
        })?;
        Ok(ImapUpdate::Gone(uids, format!("moved to {to}")))
    }
}

/// Is the connection of no use any more?
fn is_over(error: &ClientError) -> bool {
    match error {
        // RFC 3501 §7.1.5: behind BYE the server closes.
        ClientError::Refused { reply, .. } => reply.starts_with("BYE"),
        ClientError::NotOffered { .. } | ClientError::Unsendable { .. } => false,
        _ => true,
    }
}

/// The UIDVALIDITY of the folder that is open; 0 if none is, or the server does not tell.
fn uid_validity(client: &ImapClient) -> u32 {
    client.mailbox().map_or(0, |mailbox| mailbox.uid_validity)
}

/// Are UIDs that were told under this UIDVALIDITY still those of the folder that is open?
fn still_valid(client: &ImapClient, told: Option<u32>) -> Result<(), ClientError> {
    if told.is_none_or(|told| told == uid_validity(client)) {
        return Ok(());
    }
    // RFC 3501 §2.3.1.1: the same UIDs may be other messages now.
    Err(ClientError::Unsendable {
        what: "what was ordered".to_owned(),
        why: "the folder was made anew meanwhile, and its messages are other ones".to_owned(),
    })
}

fn list(client: &mut ImapClient) -> Result<Vec<MailFolder>, ClientError> {
    let listed = client.list_status("*", &[StatusItem::Messages, StatusItem::Unseen])?;
    Ok(folders::in_order(&listed))
}

/// The messages of the open folder for which the search holds, in this order, and whether the server
/// could sort: one that cannot tells them as they came.
fn in_order(
    client: &mut ImapClient,
    order: SortOrder,
    search: &str,
) -> Result<(Vec<u32>, bool), ClientError> {
    let keys = match search.trim() {
        "" => vec![SearchKey::All],
        text => vec![SearchKey::Text(TextPlace::Text, text.to_owned())],
    };
    if order.column != Column::Received {
        match client.sort(order.criteria(), keys.clone()) {
            Err(ClientError::Refused { .. }) => {}
            sorted => return sorted.map(|uids| (uids, true)),
        }
    }
    // UIDs rise in the order in which messages came (RFC 3501 §2.3.1.1).
    let mut uids = client.search(keys)?;
    uids.sort_unstable();
    if order.descending {
        uids.reverse();
    }
    Ok((uids, order.column == Column::Received))
}

fn remove(client: &mut ImapClient, uids: &[u32]) -> Result<(), ClientError> {
    let set = SequenceSet::from_sorted(uids);
    client.store(&set, FlagChange::Add(Flags::from(Flag::Deleted)))?;
    client.expunge_only(&set)
}

#[cfg(test)]
mod tests;
