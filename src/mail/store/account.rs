//! One account's mailboxes: the folders of its Maildir++, and the subscriptions.
//!
//! Names are Unicode here and modified UTF-7 on disk; the hierarchy separator is `.`, as in the
//! folder names (`Lists.rust` is `.Lists.rust`). `INBOX` is the Maildir itself, in any case.
//! A mailbox appears and disappears as a whole, by one rename from or to the account's `tmp/`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::name::FolderName;
use super::open_mailboxes::OpenMailboxes;
use super::{IfMissing, Mailbox, StoreError, Uid};
use super::{disk, maildir, special_use, subscriptions};
use crate::mail::protocol::imap::SpecialUse;

/// The mailboxes that a new account has beside INBOX, each with its use. Without them, each mail
/// program would make its own, under a name of its own.
pub const DEFAULT_MAILBOXES: [(&str, SpecialUse); 5] = [
    ("Archive", SpecialUse::Archive),
    ("Drafts", SpecialUse::Drafts),
    ("Junk", SpecialUse::Junk),
    ("Sent", SpecialUse::Sent),
    ("Trash", SpecialUse::Trash),
];

/// The mail of one account.
#[derive(Clone)]
pub struct Account {
    open: Arc<OpenMailboxes>,
    name: String,
    folder: PathBuf,
}

impl Account {
    pub(super) fn new(open: &Arc<OpenMailboxes>, name: &str, folder: PathBuf) -> Account {
        Account { open: Arc::clone(open), name: name.to_owned(), folder }
    }

    /// The account's name, as in `[accounts]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Opens the mailbox that mail is delivered to.
    ///
    /// # Errors
    /// The disk's.
    pub fn inbox(&self) -> Result<Arc<Mailbox>, StoreError> {
        self.mailbox("INBOX")
    }

    /// Opens the mailbox with this name. Conversations that have it open share it.
    ///
    /// # Errors
    /// When it does not exist, the name is bad, or the disk fails.
    pub fn mailbox(&self, name: &str) -> Result<Arc<Mailbox>, StoreError> {
        let name = FolderName::parse(name)?;
        let path = self.path(&name);
        if name.is_inbox() && !maildir::exists(&path) {
            maildir::make(&path)?;
        }
        self.open.open(&name, path)
    }

    /// Returns the names of all the mailboxes, `INBOX` first, the others sorted. A name that is only
    /// a level above others (`Lists`, when there is `Lists.rust`) is not among them.
    ///
    /// # Errors
    /// The disk's.
    pub fn mailboxes(&self) -> Result<Vec<String>, StoreError> {
        let inbox = std::iter::once("INBOX".to_owned());
        let names = self.names()?;
        let others = names.iter().map(|name| name.text().to_owned());
        Ok(inbox.chain(others).collect())
    }

    /// Returns all names but INBOX, sorted.
    fn names(&self) -> Result<Vec<FolderName>, StoreError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(StoreError::disk(&self.folder))? {
            let entry = entry.map_err(StoreError::disk(&self.folder))?;
            let folder = entry.file_name();
            let name = folder.to_str().and_then(|folder| folder.strip_prefix('.'));
            match name.and_then(FolderName::decode) {
                Some(name) if !name.is_inbox() && maildir::exists(&entry.path()) => {
                    names.push(name)
                }
                _ => {}
            }
        }
        names.sort();
        Ok(names)
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// When it exists, the name is bad, or the disk fails.
    pub fn create(&self, name: &str) -> Result<(), StoreError> {
        self.create_for(name, &[])
    }

    /// Makes a mailbox with these uses.
    ///
    /// # Errors
    /// When it exists, another mailbox has one of the uses, the name is bad, or the disk fails; then
    /// nothing is made.
    pub fn create_for(&self, name: &str, uses: &[SpecialUse]) -> Result<(), StoreError> {
        let name = FolderName::parse_new(name)?;
        let path = self.path(&name);
        let exists = || Err(StoreError::MailboxExists(name.text().to_owned()));
        let names = self.open.names_lock(&self.name);
        let _names = disk::lock(&names);
        if name.is_inbox() || maildir::exists(&path) {
            return exists();
        }
        special_use::set(&self.folder, &name, uses, |owner| self.exists(owner))?;
        let unborn = self.folder.join("tmp").join(maildir::unique());
        maildir::make(&unborn)?;
        // Maildir++ tells the programs that deliver here where the account's own folder is.
        let marker = unborn.join("maildirfolder");
        disk::make_file(&marker).map_err(StoreError::disk(&marker))?;
        match fs::rename(&unborn, &path) {
            Ok(()) => disk::sync_folder(&self.folder),
            Err(error) => {
                let _ = fs::remove_dir_all(&unborn);
                if error.kind() == io::ErrorKind::DirectoryNotEmpty {
                    // The folder exists, and lacks only its `cur/`.
                    return maildir::make(&path);
                }
                Err(StoreError::Disk(path, error))
            }
        }
    }

    /// Makes the mailboxes of a new account that an earlier attempt has not made.
    pub(super) fn make_default_mailboxes(&self) -> Result<(), StoreError> {
        for (name, special_use) in DEFAULT_MAILBOXES {
            match self.create_for(name, &[special_use]) {
                Ok(()) | Err(StoreError::MailboxExists(_)) => self.subscribe(name)?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes a mailbox and its messages; the mailboxes below it stay.
    ///
    /// # Errors
    /// When it does not exist, it is INBOX, or the disk fails.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        let name = FolderName::parse(name)?;
        if name.is_inbox() {
            // RFC 9051 §6.3.5: it is an error to delete INBOX.
            let why = "INBOX cannot be deleted";
            return Err(StoreError::BadName(name.text().to_owned(), why));
        }
        let path = self.path(&name);
        let dying = self.folder.join("tmp").join(maildir::unique());
        let names = self.open.names_lock(&self.name);
        let _names = disk::lock(&names);
        if !maildir::exists(&path) && self.names()?.iter().any(|other| other.is_below(&name)) {
            return Err(StoreError::HasChildren(name.text().to_owned()));
        }
        self.take_away(&name, path, &dying)?;
        disk::sync_folder(&self.folder)?;
        self.forget_uses();
        if let Err(error) = fs::remove_dir_all(&dying) {
            // It is out of sight, and goes with the next leftovers.
            log::warn!("{}: {error}", dying.display());
        }
        Ok(())
    }

    /// Renames a mailbox and those below it; returns every old name with its new one.
    ///
    /// Renaming INBOX moves its messages to a new mailbox, and renames nothing (RFC 9051 §6.3.6).
    /// Sessions that have a renamed mailbox open see it as deleted; its UIDs, its UIDVALIDITY and its
    /// uses go with it.
    ///
    /// # Errors
    /// When it does not exist, one of the new names exists or is bad, or the disk fails.
    pub fn rename(&self, from: &str, to: &str) -> Result<Vec<(String, String)>, StoreError> {
        let from = FolderName::parse(from)?;
        let to = FolderName::parse_new(to)?;
        if from.is_inbox() {
            return self.move_inbox(&to).map(|()| Vec::new());
        }
        if to.is_below(&from) {
            let why = "a mailbox cannot be moved below itself";
            return Err(StoreError::BadName(to.text().to_owned(), why));
        }
        let names = self.open.names_lock(&self.name);
        let _names = disk::lock(&names);
        let renames = self.renames(&from, &to)?;
        special_use::announce(&self.folder, &renames)?;
        for (old, new) in &renames {
            self.take_away(old, self.path(old), &self.path(new))?;
        }
        disk::sync_folder(&self.folder)?;
        self.forget_uses();
        let texts =
            |(old, new): &(FolderName, FolderName)| (old.text().to_owned(), new.text().to_owned());
        Ok(renames.iter().map(texts).collect())
    }

    /// Returns the renames that make `from` `to`: its own, and those of the mailboxes below it.
    fn renames(
        &self,
        from: &FolderName,
        to: &FolderName,
    ) -> Result<Vec<(FolderName, FolderName)>, StoreError> {
        let mut renames = Vec::new();
        for name in self.names()? {
            if name == *from || name.is_below(from) {
                let new_name = name.moved(from, to)?;
                renames.push((name, new_name));
            }
        }
        if renames.is_empty() {
            return Err(StoreError::NoSuchMailbox(from.text().to_owned()));
        }
        let mut new_names = renames.iter().map(|(_, name)| name);
        match new_names.find(|name| name.is_inbox() || self.path(name).exists()) {
            Some(taken) => Err(StoreError::MailboxExists(taken.text().to_owned())),
            None => Ok(renames),
        }
    }

    fn move_inbox(&self, to: &FolderName) -> Result<(), StoreError> {
        self.create(to.text())?;
        let inbox = self.inbox()?;
        let to = self.mailbox(to.text())?;
        let messages = inbox.refresh()?;
        let messages = messages.messages.iter();
        let uids: Vec<Uid> = messages.map(|message| message.uid).collect();
        inbox.move_to(&uids, &to, IfMissing::Skip)?;
        Ok(())
    }

    /// Subscribes to a mailbox, which need not exist (RFC 3501 §6.3.6).
    ///
    /// # Errors
    /// When the name is bad, or the disk fails.
    pub fn subscribe(&self, name: &str) -> Result<(), StoreError> {
        subscriptions::set(&self.folder, &FolderName::parse(name)?, true)
    }

    /// Ends a subscription.
    ///
    /// # Errors
    /// When the name is bad, or the disk fails.
    pub fn unsubscribe(&self, name: &str) -> Result<(), StoreError> {
        subscriptions::set(&self.folder, &FolderName::parse(name)?, false)
    }

    /// Returns the names subscribed to, sorted.
    ///
    /// # Errors
    /// The disk's.
    pub fn subscriptions(&self) -> Result<Vec<String>, StoreError> {
        let names = subscriptions::list(&self.folder)?;
        Ok(names.iter().map(|name| name.text().to_owned()).collect())
    }

    /// Returns each special use with the mailbox that has it (RFC 6154).
    ///
    /// The use of a renamed mailbox stays with it; the use of a deleted one is free again.
    ///
    /// # Errors
    /// The disk's.
    pub fn special_uses(&self) -> Result<Vec<(SpecialUse, String)>, StoreError> {
        let entries = special_use::list(&self.folder)?.into_iter();
        let existing = entries.filter(|(_, name)| self.exists(name));
        Ok(existing.map(|(special_use, name)| (special_use, name.text().to_owned())).collect())
    }

    /// Removes the uses of deleted mailboxes. They mean nothing, so this may fail.
    fn forget_uses(&self) {
        if let Err(error) = special_use::tidy(&self.folder, |owner| self.exists(owner)) {
            log::warn!("{error}");
        }
    }

    /// Renames a mailbox's folder; sessions that have it open see it as deleted.
    fn take_away(&self, name: &FolderName, from: PathBuf, to: &Path) -> Result<(), StoreError> {
        let mailbox = self.open.open(name, from)?;
        let from = mailbox.maildir();
        mailbox.delete(|| fs::rename(from, to).map_err(StoreError::disk(from)))?;
        self.open.forget(&mailbox);
        Ok(())
    }

    fn exists(&self, name: &FolderName) -> bool {
        maildir::exists(&self.path(name))
    }

    fn path(&self, name: &FolderName) -> PathBuf {
        if name.is_inbox() {
            return self.folder.clone();
        }
        self.folder.join(name.folder())
    }
}
