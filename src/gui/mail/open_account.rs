//! An account that is open: its workers, and what is known from them. Draws nothing.

mod sending;
mod updates;

use std::io;

use eframe::egui::Context;
use jiff::Zoned;

use super::idle_worker::IdleWorker;
use super::imap_jobs::ImapJob;
use super::imap_worker::{self, ImapUpdate};
use super::smtp_worker::{self, Sending};
use crate::gui::model::account::MailAccount;
use crate::gui::model::compose_form::{ComposeForm, MessageLocation};
use crate::gui::model::folders::{self, INBOX, MailFolder};
use crate::gui::model::message_list::MessageList;
use crate::gui::model::rendered_message::RenderedMessage;
use crate::gui::worker::Worker;
use crate::mail::message::{Draft, Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SpecialUse;

/// What is said instead of deleting while the folders are not known.
const NO_TRASH_YET: &str = "Nothing was deleted: the folders are not known yet, and without a trash it would be gone \
                            for good. Try again in a moment.";

/// An account that is open.
pub(super) struct OpenAccount {
    pub(super) account: MailAccount,
    pub(super) folders: Vec<MailFolder>,
    pub(super) list: MessageList,
    /// The message that is read.
    pub(super) shown: Option<RenderedMessage>,
    /// The one that was asked for, and is not there yet.
    pub(super) awaited: Option<u32>,
    /// How much of it has come, from 0 to 1.
    pub(super) progress: f32,
    pub(super) standing: ConnectionState,
    /// What went wrong last, until something succeeds.
    pub(super) trouble: Option<String>,
    /// What was done last.
    pub(super) done: Option<String>,
    /// Could the server sort as was asked?
    pub(super) sorted: bool,
    pub(super) sendings: Vec<OnItsWay>,
    keepings: Vec<BeingKept>,
    /// Messages that were to be kept; numbers them.
    tickets: u64,
    /// Servers were started while it was connecting, perhaps too late for it.
    pub(super) servers_came: bool,
    /// Messages whose flags we change, of which the watcher will hear, too.
    own_changes: usize,
    mailer: Worker<ImapJob, ImapUpdate>,
    watcher: Option<IdleWorker>,
    window: Context,
}

/// How the account stands with its server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// It logs in.
    Connecting,
    /// The password was not taken, or there is no server.
    Refused {
        /// The sentence.
        why: String,
        /// May it be otherwise later? A password that is wrong stays wrong.
        transient: bool,
    },
    /// All is well.
    Connected,
    /// The server went away: the sentence, and when the next attempt is made.
    Lost(String, Option<Zoned>),
}

impl ConnectionState {
    /// Has the server gone away?
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, ConnectionState::Lost(..))
    }
}

/// A message that is being sent.
pub(super) struct OnItsWay {
    sending: Sending,
    writing: ComposeForm,
    pub(super) subject: String,
    /// From 0 to 1.
    pub(super) progress: f32,
}

/// A message that is being put into a folder, until the server has said that it is there.
struct BeingKept {
    ticket: u64,
    /// What a draft was made of; of a message that was sent, nothing.
    writing: Option<ComposeForm>,
}

/// What the workers of an account have told that concerns more than the account.
#[derive(Default)]
pub(super) struct AccountEffects {
    /// Messages that did not go where they should, to be mended.
    pub(super) back: Vec<ComposeForm>,
    /// What is to be done in the accounts that messages came from, which may be others.
    pub(super) errands: Vec<ImapJob>,
}

impl OpenAccount {
    /// Logs in, and opens the inbox.
    pub(super) fn open(account: MailAccount, window: &Context) -> io::Result<OpenAccount> {
        let mailer = imap_worker::start(account.clone(), window)?;
        let mut desk = OpenAccount::new(account, mailer, window);
        // What else there is, is asked for when that is open: a password that is wrong is said once.
        desk.open_folder(INBOX);
        Ok(desk)
    }

    fn new(
        account: MailAccount,
        mailer: Worker<ImapJob, ImapUpdate>,
        window: &Context,
    ) -> OpenAccount {
        OpenAccount {
            account,
            folders: Vec::new(),
            list: MessageList::default(),
            shown: None,
            awaited: None,
            progress: 0.0,
            standing: ConnectionState::Connecting,
            trouble: None,
            done: None,
            sorted: true,
            sendings: Vec::new(),
            keepings: Vec::new(),
            tickets: 0,
            servers_came: false,
            own_changes: 0,
            mailer,
            watcher: None,
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
        (self.shown, self.awaited) = (None, None);
        if let Some(watcher) = &self.watcher {
            watcher.turn_to(folder);
        }
        self.refresh();
    }

    /// Looks which messages there are.
    pub(super) fn refresh(&self) {
        if let Some(folder) = &self.list.folder {
            self.mailer.order(ImapJob::Open {
                folder: folder.clone(),
                order: self.list.order,
                search: self.list.search.clone(),
            });
        }
    }

    /// Looks at everything anew, and connects now if there is no connection.
    pub(super) fn refresh_all(&mut self) {
        if let (ConnectionState::Lost(..), Some(watcher)) = (&self.standing, &self.watcher) {
            watcher.try_now();
        }
        self.refresh();
        self.mailer.order(ImapJob::Folders);
    }

    /// These rows of the list are seen.
    pub(super) fn see(&mut self, rows: std::ops::Range<usize>) {
        let wanted = self.list.wanted(rows);
        if !wanted.is_empty() {
            self.mailer.order(ImapJob::Rows(wanted));
        }
    }

    /// Reads a message.
    pub(super) fn read(&mut self, uid: u32) {
        if self.awaited != Some(uid) && self.shown.as_ref().is_none_or(|shown| shown.uid != uid) {
            let octets = self.list.known(uid).map_or(0, |row| row.octets);
            self.own_changes += self
                .list
                .would_change(&[uid], &FlagChange::Add(Flags::from(Flag::Seen)));
            (self.awaited, self.progress) = (Some(uid), 0.0);
            self.mailer.order(ImapJob::Read(uid, octets));
        }
    }

    /// The messages that a button above the message is for: the selected ones, if that which is read is among
    /// them; otherwise it alone, which need not even be in the list, as when one has searched meanwhile.
    pub(super) fn meant(&self) -> Vec<u32> {
        match &self.shown {
            Some(shown) if !self.list.is_selected(shown.uid) => vec![shown.uid],
            _ => self.list.selected(),
        }
    }

    /// Sets a flag of these messages, or takes it away when all of them have it.
    pub(super) fn toggle(&mut self, flag: Flag, uids: Vec<u32>) {
        let has = |uid: &u32| match self.list.known(*uid) {
            Some(row) => row.flags.has(flag),
            // Of what is not in the list it is known that it is read.
            None => flag == Flag::Seen && self.is_shown(*uid),
        };
        let change = match uids.iter().all(has) {
            true => FlagChange::Remove(Flags::from(flag)),
            false => FlagChange::Add(Flags::from(flag)),
        };
        if !uids.is_empty() {
            self.own_changes += self.list.would_change(&uids, &change);
            self.mailer.order(ImapJob::Flag(uids, change));
        }
    }

    fn is_shown(&self, uid: u32) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.uid == uid)
    }

    /// Moves these messages.
    pub(super) fn move_to(&self, folder: &str, uids: Vec<u32>) {
        if !uids.is_empty() && self.list.folder.as_deref() != Some(folder) {
            self.mailer.order(ImapJob::Move(uids, folder.to_owned()));
        }
    }

    /// Moves these messages to the folder for this use; `false`: there is none.
    pub(super) fn move_to_use(&self, special_use: &SpecialUse, uids: Vec<u32>) -> bool {
        let folder = folders::for_use(&self.folders, special_use);
        folder
            .map(|folder| self.move_to(&folder.name, uids))
            .is_some()
    }

    /// Is the trash open, or is there none? Then what is deleted is gone.
    pub(super) fn deletes_for_good(&self) -> bool {
        let trash = folders::for_use(&self.folders, &SpecialUse::Trash);
        self.knows_folders()
            && trash.is_none_or(|trash| self.list.folder.as_deref() == Some(&*trash.name))
    }

    /// Have the folders come? INBOX is always among them (RFC 3501 §5.1).
    fn knows_folders(&self) -> bool {
        !self.folders.is_empty()
    }

    /// Deletes these messages: into the trash, or out of it for good. Nothing is deleted before it is
    /// known whether there is a trash.
    pub(super) fn delete(&mut self, uids: Vec<u32>) {
        match self.deletes_for_good() {
            _ if uids.is_empty() => {}
            _ if !self.knows_folders() => {
                self.trouble = Some(NO_TRASH_YET.to_owned());
                self.mailer.order(ImapJob::Folders);
            }
            true => self.mailer.order(ImapJob::Remove(uids)),
            false => drop(self.move_to_use(&SpecialUse::Trash, uids)),
        }
    }

    /// Makes a folder.
    pub(super) fn create(&self, folder: &str) {
        self.mailer.order(ImapJob::Create(folder.to_owned()));
    }

    /// Sends a message.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn send(&mut self, draft: Draft, writing: ComposeForm) -> io::Result<()> {
        let subject = draft.subject.clone();
        let sending = smtp_worker::start(self.account.clone(), draft, &self.window)?;
        self.sendings.push(OnItsWay {
            sending,
            writing,
            subject,
            progress: 0.0,
        });
        Ok(())
    }

    /// Keeps a message in Drafts, in the place of this one, unless that is in another account.
    pub(super) fn keep_draft(&mut self, draft: &Draft, writing: ComposeForm) {
        let flags = [Flag::Draft, Flag::Seen].into_iter().collect();
        let message = draft.to_kept_bytes();
        self.keep(&SpecialUse::Drafts, flags, message, Some(writing));
    }

    /// Is a message on its way to a server, which has not said yet that it has it?
    pub(super) fn is_busy(&self) -> bool {
        !self.sendings.is_empty() || !self.keepings.is_empty()
    }

    /// Does what another account's message has brought about in this one.
    pub(super) fn run(&self, errand: ImapJob) {
        self.mailer.order(errand);
    }

    /// Where the message is that is read.
    pub(super) fn place(&self) -> Option<MessageLocation> {
        Some(MessageLocation {
            account: self.account.address(),
            folder: self.list.folder.clone()?,
            uid: self.shown.as_ref()?.uid,
        })
    }

    /// Keeps a message in the folder for this use. A server that has none, as Dovecot for a new account, gets
    /// one under the usual name.
    fn keep(
        &mut self,
        special_use: &SpecialUse,
        flags: Flags,
        message: Vec<u8>,
        writing: Option<ComposeForm>,
    ) {
        let own = |place: &MessageLocation| place.account == self.account.address();
        let replaces = writing.as_ref().and_then(|writing| writing.kept.clone());
        let replaces = replaces.filter(own);
        let folder = match folders::for_use(&self.folders, special_use) {
            Some(folder) => folder.name.clone(),
            None => {
                self.create(special_use.name());
                special_use.name().to_owned()
            }
        };
        self.tickets += 1;
        let ticket = self.tickets;
        self.keepings.push(BeingKept { ticket, writing });
        self.mailer.order(ImapJob::Keep {
            folder,
            flags,
            message,
            replaces,
            ticket,
        });
    }
}
