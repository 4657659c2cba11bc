//! An account that is open: its workers, and what is known from them. It draws nothing.

mod updates;

use std::io;
use std::ops::Range;

use eframe::egui::Context;
use jiff::Zoned;

use super::idle_worker::IdleWorker;
use super::imap_jobs::{ImapJob, ImapUpdate};
use super::imap_worker;
use super::smtp_worker::OutgoingMessage;
use crate::gui::model::account::MailAccount;
use crate::gui::model::compose_form::{ComposeForm, MessageLocation};
use crate::gui::model::folders::{self, INBOX, MailFolder};
use crate::gui::model::message_list::MessageList;
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::worker::WorkerThread;
use crate::mail::message::{Draft, Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SpecialUse;

/// The error when a message is deleted before the folders are known.
const NO_TRASH_YET: &str = "Nothing was deleted, because the folders are not known yet: without a trash folder the \
                            message would be gone for good. Try again in a moment.";

/// An account that is open.
pub(super) struct OpenAccount {
    pub(super) account: MailAccount,
    pub(super) folders: Vec<MailFolder>,
    pub(super) list: MessageList,
    /// The message that is read.
    pub(super) shown: Option<RenderedMessage>,
    /// The message that was asked for and has not come yet.
    pub(super) awaited: Option<u32>,
    /// The part of it that has come, from 0 to 1.
    pub(super) progress: f32,
    pub(super) state: ConnectionState,
    /// The last error, until something succeeds.
    pub(super) error: Option<String>,
    /// What was done last.
    pub(super) done: Option<String>,
    /// False if the server cannot sort.
    pub(super) sorted: bool,
    pub(super) outgoing: Vec<OutgoingMessage>,
    being_kept: Vec<BeingKept>,
    /// The ticket of the last message that was to be kept.
    last_ticket: u64,
    /// Servers were started while the account was connecting, perhaps too late for it.
    pub(super) servers_came: bool,
    /// The number of messages whose flags we change. The idle worker will report them, too.
    own_changes: usize,
    imap: WorkerThread<ImapJob, ImapUpdate>,
    idle: Option<IdleWorker>,
    window: Context,
}

/// The state of an account's connection to its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// The account is logging in.
    Connecting,
    /// The first login failed.
    Refused {
        /// The reason as a sentence.
        why: String,
        /// True if a later attempt may succeed; false for a wrong password.
        transient: bool,
    },
    Connected,
    /// The connection was lost, for this reason. The next attempt, if there is one, is made at this time.
    Lost(String, Option<Zoned>),
}

impl ConnectionState {
    /// True if the connection was lost.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, ConnectionState::Lost(..))
    }
}

/// A message that is being put into a folder, until the server has confirmed it.
struct BeingKept {
    ticket: u64,
    /// The form of a draft; `None` for the copy of a sent message.
    form: Option<ComposeForm>,
}

/// Results of an account's workers that concern more than this account.
#[derive(Default)]
pub(super) struct AccountEffects {
    /// Messages that could not be sent or kept, to be written on.
    pub(super) returned: Vec<ComposeForm>,
    /// Jobs for messages that may be in other accounts.
    pub(super) follow_ups: Vec<ImapJob>,
}

impl OpenAccount {
    /// Logs in, and opens the inbox.
    pub(super) fn open(account: MailAccount, window: &Context) -> io::Result<OpenAccount> {
        let imap = imap_worker::start(account.clone(), window)?;
        let mut open = OpenAccount::new(account, imap, window);
        // Everything else is asked for when the inbox is open, so that a wrong password is reported once.
        open.open_folder(INBOX);
        Ok(open)
    }

    fn new(
        account: MailAccount,
        imap: WorkerThread<ImapJob, ImapUpdate>,
        window: &Context,
    ) -> OpenAccount {
        OpenAccount {
            account,
            folders: Vec::new(),
            list: MessageList::default(),
            shown: None,
            awaited: None,
            progress: 0.0,
            state: ConnectionState::Connecting,
            error: None,
            done: None,
            sorted: true,
            outgoing: Vec::new(),
            being_kept: Vec::new(),
            last_ticket: 0,
            servers_came: false,
            own_changes: 0,
            imap,
            idle: None,
            window: window.clone(),
        }
    }

    /// The address of this account: `alice@pillarbox.test`.
    pub(super) fn address(&self) -> String {
        self.account.address()
    }

    /// Opens a folder.
    pub(super) fn open_folder(&mut self, folder: &str) {
        self.list.open(folder);
        self.shown = None;
        self.awaited = None;
        if let Some(idle) = &self.idle {
            idle.turn_to(folder);
        }
        self.refresh();
    }

    /// Lists the open folder again.
    pub(super) fn refresh(&self) {
        if let Some(folder) = &self.list.folder {
            self.imap.order(ImapJob::Open {
                folder: folder.clone(),
                order: self.list.order,
                search: self.list.search.clone(),
            });
        }
    }

    /// Lists the open folder and all folders again, and connects now if the connection was lost.
    pub(super) fn refresh_all(&mut self) {
        if let (ConnectionState::Lost(..), Some(idle)) = (&self.state, &self.idle) {
            idle.try_now();
        }
        self.refresh();
        self.imap.order(ImapJob::Folders);
    }

    /// Fetches the rows of the list around those that are visible, as far as they are not known.
    pub(super) fn fetch_visible(&mut self, visible: Range<usize>) {
        let wanted = self.list.wanted(visible);
        if !wanted.is_empty() {
            self.imap.order(ImapJob::Rows(wanted));
        }
    }

    /// Reads a message.
    pub(super) fn read(&mut self, uid: u32) {
        if self.awaited == Some(uid) || self.is_shown(uid) {
            return;
        }
        let size = self.list.known(uid).map_or(0, |row| row.size);
        let seen = FlagChange::Add(Flags::from(Flag::Seen));
        self.own_changes += self.list.would_change(&[uid], &seen);
        self.awaited = Some(uid);
        self.progress = 0.0;
        self.imap.order(ImapJob::Read(uid, size));
    }

    /// The messages that a button above the message is for: the selected ones if the message that is read is among
    /// them. Otherwise it is for that message alone, which after a search need not even be in the list.
    pub(super) fn meant(&self) -> Vec<u32> {
        match &self.shown {
            Some(shown) if !self.list.is_selected(shown.uid) => vec![shown.uid],
            _ => self.list.selected(),
        }
    }

    /// Sets a flag of these messages, or removes it if all of them have it.
    pub(super) fn toggle(&mut self, flag: Flag, uids: Vec<u32>) {
        let has_flag = |uid: &u32| match self.list.known(*uid) {
            Some(row) => row.flags.has(flag),
            // A message that is not in the list is the one that is read.
            None => flag == Flag::Seen && self.is_shown(*uid),
        };
        let change = if uids.iter().all(has_flag) {
            FlagChange::Remove(Flags::from(flag))
        } else {
            FlagChange::Add(Flags::from(flag))
        };
        if !uids.is_empty() {
            self.own_changes += self.list.would_change(&uids, &change);
            self.imap.order(ImapJob::Flag(uids, change));
        }
    }

    fn is_shown(&self, uid: u32) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.uid == uid)
    }

    /// Moves these messages.
    pub(super) fn move_to(&self, folder: &str, uids: Vec<u32>) {
        if !uids.is_empty() && self.list.folder.as_deref() != Some(folder) {
            self.imap.order(ImapJob::Move(uids, folder.to_owned()));
        }
    }

    /// Moves these messages to the folder with this use; returns false if there is none.
    pub(super) fn move_to_use(&self, special_use: &SpecialUse, uids: Vec<u32>) -> bool {
        let Some(folder) = folders::for_use(&self.folders, special_use) else {
            return false;
        };
        self.move_to(&folder.name, uids);
        true
    }

    /// True if deleted messages are gone for good: the trash is open, or there is none.
    pub(super) fn deletes_for_good(&self) -> bool {
        let trash = folders::for_use(&self.folders, &SpecialUse::Trash);
        self.knows_folders()
            && trash.is_none_or(|trash| self.list.folder.as_deref() == Some(&*trash.name))
    }

    /// True if the folders are listed. INBOX is always among them (RFC 3501 §5.1).
    fn knows_folders(&self) -> bool {
        !self.folders.is_empty()
    }

    /// Moves these messages to the trash, or removes them for good if they are in it. Nothing is deleted before it is
    /// known whether there is a trash.
    pub(super) fn delete(&mut self, uids: Vec<u32>) {
        if uids.is_empty() {
            return;
        }
        if !self.knows_folders() {
            self.error = Some(NO_TRASH_YET.to_owned());
            self.imap.order(ImapJob::Folders);
        } else if self.deletes_for_good() {
            self.imap.order(ImapJob::Remove(uids));
        } else {
            self.move_to_use(&SpecialUse::Trash, uids);
        }
    }

    /// Creates a folder.
    pub(super) fn create(&self, folder: &str) {
        self.imap.order(ImapJob::Create(folder.to_owned()));
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn send(&mut self, draft: Draft, form: ComposeForm) -> io::Result<()> {
        let message = OutgoingMessage::start(self.account.clone(), draft, form, &self.window)?;
        self.outgoing.push(message);
        Ok(())
    }

    /// Keeps a message in Drafts.
    pub(super) fn keep_draft(&mut self, draft: &Draft, form: ComposeForm) {
        let flags = [Flag::Draft, Flag::Seen].into_iter().collect();
        let message = draft.to_kept_bytes();
        self.keep(&SpecialUse::Drafts, flags, message, Some(form));
    }

    /// True if a message is on its way to a server, which has not accepted it yet.
    pub(super) fn is_busy(&self) -> bool {
        !self.outgoing.is_empty() || !self.being_kept.is_empty()
    }

    /// Runs a job that a message of another account has caused.
    pub(super) fn run(&self, job: ImapJob) {
        self.imap.order(job);
    }

    /// The location of the message that is read.
    pub(super) fn place(&self) -> Option<MessageLocation> {
        Some(MessageLocation {
            account: self.account.address(),
            folder: self.list.folder.clone()?,
            uid: self.shown.as_ref()?.uid,
        })
    }

    /// Keeps a message in the folder with this use. Where there is none, as in a new account of Dovecot, a folder with
    /// the usual name is created. An older draft in this account is replaced.
    pub(super) fn keep(
        &mut self,
        special_use: &SpecialUse,
        flags: Flags,
        message: Vec<u8>,
        form: Option<ComposeForm>,
    ) {
        let draft = form.as_ref().and_then(|form| form.draft_location.clone());
        let replaces = draft.filter(|place| place.account == self.account.address());
        let folder = match folders::for_use(&self.folders, special_use) {
            Some(folder) => folder.name.clone(),
            None => {
                self.create(special_use.name());
                special_use.name().to_owned()
            }
        };
        self.last_ticket += 1;
        let ticket = self.last_ticket;
        self.being_kept.push(BeingKept { ticket, form });
        self.imap.order(ImapJob::Keep { folder, flags, message, replaces, ticket });
    }
}
