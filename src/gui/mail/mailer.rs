//! The worker of an account's IMAP connection: does what the window orders, and tells what came of it.
//!
//! It connects when there is something to do, and connects again when the server has closed meanwhile;
//! what cannot be done twice (moving, keeping) is then told as an error, not repeated. Unasked it looks at the
//! counts of the folders after a minute without an order; for that it never connects, and step by step it does not.

use std::io::{self, Cursor};
use std::sync::mpsc::Receiver;

use eframe::egui::Context;

use crate::client::{ClientError, ImapClient};
use crate::gui::model::account::Account;
use crate::gui::model::folders::{self, Folder};
use crate::gui::model::list::{Column, Order, Row};
use crate::gui::model::shown::Shown;
use crate::gui::model::writing::Place;
use crate::gui::worker::{Teller, Worker};
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::search::Place as Where;
use crate::mail::protocol::imap::{SearchKey, SequenceSet, StatusItem};

use super::arriving::Arriving;
use super::jobs::{Job, Jobs};
use super::rows;

/// What came of it.
pub(super) enum News {
    /// The folders.
    Folders(Vec<Folder>),
    /// The folders, for which nobody asked.
    Counted(Vec<Folder>),
    /// These messages are in the folder, in this order; could the server sort as was asked?
    Opened {
        folder: String,
        /// 0 if the server does not tell.
        uid_validity: u32,
        uids: Vec<u32>,
        sorted: bool,
    },
    /// What was asked for, and what is known of it.
    Rows(Vec<u32>, Vec<Row>),
    /// So much of the message has come, from 0 to 1.
    Progress(u32, f32),
    /// A message.
    Message(Box<Shown>),
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
    Trouble(Trouble),
}

/// Why a job was not done.
#[derive(Clone, Debug)]
pub(super) struct Trouble {
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

impl Trouble {
    /// What the error means for this job.
    fn of(job: &Job) -> impl FnOnce(ClientError) -> Trouble + use<> {
        let what = job.named();
        let unread = match job {
            Job::Read(uid, _) => Some(*uid),
            _ => None,
        };
        let unkept = match job {
            Job::Keep { ticket, .. } => Some(*ticket),
            _ => None,
        };
        move |error| Trouble {
            what,
            unread,
            unkept,
            why: error.to_string(),
            transient: error.is_transient(),
        }
    }
}

/// Starts the worker.
pub(super) fn start(account: Account, window: &Context) -> io::Result<Worker<Job, News>> {
    let name = format!("mail {}", account.name);
    Worker::start(&name, window, move |jobs: Receiver<Job>, teller| {
        let mut mailer = Mailer {
            account,
            client: None,
            folder: None,
            told_validity: None,
        };
        let mut jobs = Jobs::from(jobs);
        while let Some(job) = jobs.next(mailer.folder.as_deref(), || mailer.may_look()) {
            mailer.perform(job, &teller);
        }
        if let Some(client) = mailer.client.take() {
            // All is done by now, so that it fails does not matter.
            let _ = client.logout();
        }
    })
}

struct Mailer {
    account: Account,
    client: Option<ImapClient>,
    /// The folder that is open, or was when the connection broke.
    folder: Option<String>,
    /// The UIDVALIDITY that was told last: what the UIDs in the orders are valid under.
    told_validity: Option<u32>,
}

impl Mailer {
    /// May it say something without being asked? Not to connect, which the watcher does first, and not step by
    /// step, where each line is a person's.
    fn may_look(&self) -> bool {
        self.client.is_some() && !self.account.imap().gate.is_closed()
    }

    fn perform(&mut self, job: Job, teller: &Teller<News>) {
        let trouble = Trouble::of(&job);
        let done = match job {
            Job::Folders => self.again(list).map(News::Folders),
            Job::Round => return self.round(teller),
            Job::Open {
                folder,
                order,
                search,
            } => self.open(&folder, order, &search),
            Job::Rows(uids) => {
                let rows = self.named(|client| rows::fetch(client, &uids));
                rows.map(|rows| News::Rows(uids, rows))
            }
            Job::Read(uid, octets) => self.read(uid, octets, teller),
            Job::Flag(uids, change) => {
                let set = SequenceSet::from_sorted(&uids);
                let stored = self.named(|client| client.store(&set, change.clone()));
                stored.map(|_| News::Flagged(uids, change))
            }
            Job::Move(uids, to) => self.move_to(uids, to),
            Job::Remove(uids) => self
                .named_once(|client| remove(client, &uids))
                .map(|()| News::Gone(uids, "deleted for good".to_owned())),
            Job::Keep {
                folder,
                flags,
                message,
                replaces,
                ticket,
            } => {
                let kept = self.keep(&folder, &flags, message);
                self.replaced(replaces.filter(|_| kept.is_ok()), teller);
                kept.map(|()| News::Kept(folder, ticket))
            }
            Job::Mark(place, change) => {
                let set = SequenceSet::from_sorted(&[place.uid]);
                self.elsewhere(place, |client| client.store(&set, change).map(drop))
            }
            Job::Discard(place) => {
                let uid = place.uid;
                self.elsewhere(place, |client| remove(client, &[uid]))
            }
            Job::Create(folder) => self.create(folder),
        };
        teller.tell(done.unwrap_or_else(|error| News::Trouble(trouble(error))));
    }

    /// Looks at the folders unasked. A server that has closed meanwhile is left alone.
    fn round(&mut self, teller: &Teller<News>) {
        match self.once(list) {
            Ok(folders) => teller.tell(News::Counted(folders)),
            Err(error) => log::info!("the folders are not counted: {error}"),
        }
    }

    fn keep(&mut self, folder: &str, flags: &Flags, message: Vec<u8>) -> Result<(), ClientError> {
        let mut message = Cursor::new(message);
        let kept = self.once(|client| client.append(folder, flags, None, &mut message));
        kept.map(drop)
    }

    /// What is kept took the place of another message.
    fn replaced(&mut self, other: Option<Place>, teller: &Teller<News>) {
        if let Some(other) = other {
            self.perform(Job::Discard(other), teller);
        }
    }

    fn create(&mut self, folder: String) -> Result<News, ClientError> {
        let made = self.once(|client| {
            client.create(&folder)?;
            client.subscribe(&folder)
        });
        made.map(|()| News::Created(folder))
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

    fn open(&mut self, folder: &str, order: Order, search: &str) -> Result<News, ClientError> {
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
        Ok(News::Opened {
            folder: folder.to_owned(),
            uid_validity,
            uids,
            sorted,
        })
    }

    fn read(&mut self, uid: u32, octets: u64, teller: &Teller<News>) -> Result<News, ClientError> {
        let source = self.named(|client| {
            let tell = |part| teller.tell(News::Progress(uid, part));
            let mut message = Arriving::new(octets, tell);
            client.fetch_body(uid, &mut message)?;
            Ok(message.into_inner())
        })?;
        // Of a folder that is open for reading only it cannot be told.
        let read = Flags::from(Flag::Seen);
        let _ = self.named_once(|client| {
            client.store(&SequenceSet::from_sorted(&[uid]), FlagChange::Add(read))
        });
        Ok(News::Message(Box::new(Shown::of(uid, source))))
    }

    /// Does something in another folder than the one that is open, and comes back.
    fn elsewhere(
        &mut self,
        place: Place,
        act: impl FnOnce(&mut ImapClient) -> Result<(), ClientError>,
    ) -> Result<News, ClientError> {
        let open = self.folder.clone();
        self.once(|client| {
            client.select(&place.folder)?;
            let done = act(client);
            if let Some(open) = &open {
                client.select(open)?;
            }
            done
        })?;
        Ok(News::Changed(place.folder))
    }

    fn move_to(&mut self, uids: Vec<u32>, to: String) -> Result<News, ClientError> {
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
        Ok(News::Gone(uids, format!("moved to {to}")))
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

fn list(client: &mut ImapClient) -> Result<Vec<Folder>, ClientError> {
    let listed = client.list_status("*", &[StatusItem::Messages, StatusItem::Unseen])?;
    Ok(folders::in_order(&listed))
}

/// The messages of the open folder for which the search holds, in this order, and whether the server
/// could sort: one that cannot tells them as they came.
fn in_order(
    client: &mut ImapClient,
    order: Order,
    search: &str,
) -> Result<(Vec<u32>, bool), ClientError> {
    let keys = match search.trim() {
        "" => vec![SearchKey::All],
        text => vec![SearchKey::Text(Where::Text, text.to_owned())],
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
