//! One account's mailboxes: the folders of its Maildir++, and the subscriptions.
//!
//! Names are Unicode here and modified UTF-7 on disk; the hierarchy separator is `.`, as in the
//! folder names (`Lists.rust` is `.Lists.rust`). `INBOX` is the Maildir itself, in any case.
//! A mailbox appears and disappears as a whole, by one rename from or to the account's `tmp/`.
//!
//! Three locks, always taken in this order: the account's names (CREATE, DELETE, RENAME), a mailbox's
//! state, and the store's map of open mailboxes. All accounts share the last one, so nothing is done
//! under it that can wait; the state of a mailbox can be waited for as long as another program has it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use super::name::FolderName;
use super::{IfMissing, Mailbox, Store, StoreError, Uid};
use super::{disk, mailbox, maildir, special_use, subscriptions};
use crate::mail::protocol::imap::SpecialUse;

/// What a new account has beside INBOX, and what it is for: what mail programs would make otherwise,
/// each under a name of its own.
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
    store: Arc<Store>,
    name: String,
    folder: PathBuf,
}

impl Account {
    pub(super) fn new(store: Arc<Store>, name: &str, folder: PathBuf) -> Account {
        let name = name.to_owned();
        Account {
            store,
            name,
            folder,
        }
    }

    /// Its name, as in `[accounts]`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The mailbox that mail is delivered to.
    ///
    /// # Errors
    /// The disk's.
    pub fn inbox(&self) -> Result<Arc<Mailbox>, StoreError> {
        self.mailbox("INBOX")
    }

    /// The mailbox with this name: the same one for all who ask at the same time.
    ///
    /// # Errors
    /// When there is none, the name is bad, or the disk fails.
    pub fn mailbox(&self, name: &str) -> Result<Arc<Mailbox>, StoreError> {
        let name = FolderName::parse(name)?;
        let path = self.path(&name);
        if name.is_inbox() && !is_maildir(&path) {
            maildir::make(&path)?;
        }
        self.open(&name, path)
    }

    /// As long as somebody has it open, there is one [`Mailbox`] for a folder.
    fn open(&self, name: &FolderName, path: PathBuf) -> Result<Arc<Mailbox>, StoreError> {
        let mut open = self.store.open_mailboxes();
        // Looked for under the lock: who deletes it has it open until it is gone.
        if !is_maildir(&path) {
            return Err(StoreError::NoSuchMailbox(name.text().to_owned()));
        }
        let known = open.get(&path).and_then(Weak::upgrade);
        if let Some(mailbox) = known.filter(|mailbox| !mailbox.is_deleted()) {
            return Ok(mailbox);
        }
        let mailbox = Arc::new(Mailbox::at(name.text(), &path, &self.store.lookout));
        let before = open.insert(path, Arc::downgrade(&mailbox));
        drop(open);
        if before.is_none() {
            maildir::clean(mailbox.maildir());
        }
        Ok(mailbox)
    }

    /// The names of all the mailboxes, `INBOX` first, the others sorted. A name that only others
    /// are below (`Lists`, when there is `Lists.rust`) is not among them.
    ///
    /// # Errors
    /// The disk's.
    pub fn mailboxes(&self) -> Result<Vec<String>, StoreError> {
        let inbox = std::iter::once("INBOX".to_owned());
        let names = self.names()?;
        let others = names.iter().map(|name| name.text().to_owned());
        Ok(inbox.chain(others).collect())
    }

    /// All but INBOX, sorted.
    fn names(&self) -> Result<Vec<FolderName>, StoreError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(StoreError::disk(&self.folder))? {
            let entry = entry.map_err(StoreError::disk(&self.folder))?;
            let folder = entry.file_name();
            let name = folder.to_str().and_then(|folder| folder.strip_prefix('.'));
            match name.and_then(FolderName::decode) {
                Some(name) if !name.is_inbox() && is_maildir(&entry.path()) => names.push(name),
                _ => {}
            }
        }
        names.sort();
        Ok(names)
    }

    /// Makes a mailbox.
    ///
    /// # Errors
    /// When there is one, the name is bad, or the disk fails.
    pub fn create(&self, name: &str) -> Result<(), StoreError> {
        self.create_for(name, &[])
    }

    /// Makes a mailbox that is for this.
    ///
    /// # Errors
    /// When there is one, another one is for this, the name is bad, or the disk fails; then nothing
    /// is made.
    pub fn create_for(&self, name: &str, uses: &[SpecialUse]) -> Result<(), StoreError> {
        let name = FolderName::parse_new(name)?;
        let path = self.path(&name);
        let exists = || Err(StoreError::MailboxExists(name.text().to_owned()));
        let names = self.store.names(&self.name);
        let _nobody_else = mailbox::lock(&names);
        if name.is_inbox() || is_maildir(&path) {
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
                    // Somebody's folder, which only lacks its `cur/`.
                    return maildir::make(&path);
                }
                Err(StoreError::Disk(path, error))
            }
        }
    }

    /// Makes what a new account has, so far as an earlier attempt has not.
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
    /// When there is none, it is INBOX, or the disk fails.
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        let name = FolderName::parse(name)?;
        if name.is_inbox() {
            // RFC 9051 §6.3.5: it is an error to delete INBOX.
            let why = "INBOX cannot be deleted";
            return Err(StoreError::BadName(name.text().to_owned(), why));
        }
        let path = self.path(&name);
        let dying = self.folder.join("tmp").join(maildir::unique());
        let names = self.store.names(&self.name);
        let _nobody_else = mailbox::lock(&names);
        if !is_maildir(&path) && self.names()?.iter().any(|other| other.is_below(&name)) {
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

    /// Gives a mailbox, and those below it, another name; returns every old name with its new one.
    /// Renaming INBOX moves its messages to a new mailbox, and gives nothing another name
    /// (RFC 9051 §6.3.6). Who has a renamed mailbox open sees it as deleted; its UIDs, its UIDVALIDITY
    /// and its uses go with it.
    ///
    /// # Errors
    /// When there is none, one of the new names exists or is bad, or the disk fails.
    pub fn rename(&self, from: &str, to: &str) -> Result<Vec<(String, String)>, StoreError> {
        let (from, to) = (FolderName::parse(from)?, FolderName::parse_new(to)?);
        if from.is_inbox() {
            return self.move_inbox(&to).map(|()| Vec::new());
        }
        if to.is_below(&from) {
            let why = "a mailbox cannot be moved below itself";
            return Err(StoreError::BadName(to.text().to_owned(), why));
        }
        let names = self.store.names(&self.name);
        let _nobody_else = mailbox::lock(&names);
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

    /// What becomes of `from`, and of all below it, when it becomes `to`.
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
        let (inbox, to) = (self.inbox()?, self.mailbox(to.text())?);
        let messages = inbox.refresh()?;
        let messages = messages.messages.iter();
        let uids: Vec<Uid> = messages.map(|message| message.uid).collect();
        inbox.move_to(&uids, &to, IfMissing::Skip).map(drop)
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

    /// The names subscribed to, sorted.
    ///
    /// # Errors
    /// The disk's.
    pub fn subscriptions(&self) -> Result<Vec<String>, StoreError> {
        let names = subscriptions::list(&self.folder)?;
        Ok(names.iter().map(|name| name.text().to_owned()).collect())
    }

    /// What mailboxes are for: each use, and the mailbox that has it (RFC 6154). Of a mailbox that is
    /// renamed the use goes along; of one that is deleted it is free again.
    ///
    /// # Errors
    /// The disk's.
    pub fn special_uses(&self) -> Result<Vec<(SpecialUse, String)>, StoreError> {
        let entries = special_use::list(&self.folder)?.into_iter();
        let existing = entries.filter(|(_, name)| self.exists(name));
        Ok(existing
            .map(|(special_use, name)| (special_use, name.text().to_owned()))
            .collect())
    }

    /// What is written down of mailboxes that are no more means nothing, so this may fail.
    fn forget_uses(&self) {
        if let Err(error) = special_use::tidy(&self.folder, |owner| self.exists(owner)) {
            log::warn!("{error}");
        }
    }

    /// Renames a mailbox's folder; who has it open sees it as deleted.
    fn take_away(&self, name: &FolderName, from: PathBuf, to: &Path) -> Result<(), StoreError> {
        let mailbox = self.open(name, from)?;
        let from = mailbox.maildir();
        mailbox.delete(|| fs::rename(from, to).map_err(StoreError::disk(from)))?;
        let mut open = self.store.open_mailboxes();
        let ours = |entry: &Weak<Mailbox>| std::ptr::eq(entry.as_ptr(), Arc::as_ptr(&mailbox));
        // Somebody may have made and opened another one under this name meanwhile.
        if open.get(from).is_some_and(ours) {
            open.remove(from);
        }
        Ok(())
    }

    fn exists(&self, name: &FolderName) -> bool {
        is_maildir(&self.path(name))
    }

    fn path(&self, name: &FolderName) -> PathBuf {
        if name.is_inbox() {
            return self.folder.clone();
        }
        self.folder.join(name.folder())
    }
}

/// Is there a mailbox in this folder?
fn is_maildir(path: &Path) -> bool {
    path.join("cur").is_dir()
}
