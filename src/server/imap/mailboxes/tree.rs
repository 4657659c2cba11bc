//! The mailboxes of an account as a tree: mailboxes, the names above them, and subscriptions without a
//! mailbox. LIST picks from it (RFC 3501 §6.3.8, RFC 5258 §3).
//!
//! A Maildir++ needs no folder `Lists` for `Lists.rust`. Such a parent is in the tree, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::mail::protocol::imap::SpecialUse;
use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::store::{Account, StoreError};

/// Every name, and what it is.
#[derive(Debug, Default)]
pub(crate) struct Tree(BTreeMap<String, TreeEntry>);

/// What a name is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TreeEntry {
    /// True for a mailbox; false for a name above one, or a subscription only.
    pub(crate) exists: bool,
    /// True if there are mailboxes below.
    pub(crate) has_children: bool,
    /// True if it is subscribed to.
    pub(crate) subscribed: bool,
    /// Its special uses.
    pub(crate) uses: Vec<SpecialUse>,
}

impl Tree {
    /// Reads the tree of an account.
    ///
    /// # Errors
    /// Those of the disk.
    pub(crate) fn of(account: &Account) -> Result<Tree, StoreError> {
        let mut tree = Tree::default();
        for name in account.mailboxes()? {
            for parent in parents(&name) {
                tree.entry(parent).has_children = true;
            }
            tree.entry(&name).exists = true;
        }
        for name in account.subscriptions()? {
            // Its parents can be asked for by RECURSIVEMATCH.
            for parent in parents(&name) {
                tree.entry(parent);
            }
            tree.entry(&name).subscribed = true;
        }
        for (special_use, name) in account.special_uses()? {
            tree.entry(&name).uses.push(special_use);
        }
        Ok(tree)
    }

    fn entry(&mut self, name: &str) -> &mut TreeEntry {
        self.0.entry(name.to_owned()).or_default()
    }

    /// Returns what this name is.
    pub(crate) fn at(&self, name: &str) -> Option<&TreeEntry> {
        self.0.get(name)
    }

    /// Returns every name, INBOX first, then the others sorted.
    pub(crate) fn inbox_first(&self) -> impl Iterator<Item = (&str, &TreeEntry)> {
        let inbox = self.0.get_key_value("INBOX").into_iter();
        let others = self.0.iter().filter(|(name, _)| *name != "INBOX");
        inbox.chain(others).map(|(name, entry)| (name.as_str(), entry))
    }

    /// Returns the names that have such an entry below them.
    pub(crate) fn above(&self, such: impl Fn(&TreeEntry) -> bool) -> BTreeSet<&str> {
        let entries = self.0.iter().filter(|(_, entry)| such(entry));
        entries.flat_map(|(name, _)| parents(name)).collect()
    }
}

/// Returns the names above a name: `a` and `a.b` for `a.b.c`.
pub(crate) fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR).filter_map(|(at, _)| name.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::store::Store;

    #[test]
    fn parents_and_subscriptions_are_in_the_tree() {
        let folder = tempfile::tempdir().unwrap();
        let account = Store::open(folder.path()).unwrap().account("alice").unwrap();
        account.create("a.b.c").unwrap();
        account.create_for("a.b", &[SpecialUse::Junk]).unwrap();
        account.subscribe("News.comp").unwrap();
        let tree = Tree::of(&account).unwrap();
        let names: Vec<&str> = tree.inbox_first().map(|(name, _)| name).collect();
        assert_eq!(names, ["INBOX", "News", "News.comp", "a", "a.b", "a.b.c"]);
        let parent = TreeEntry { has_children: true, ..TreeEntry::default() };
        assert_eq!(tree.at("a"), Some(&parent));
        assert_eq!(tree.at("a.b").unwrap().uses, [SpecialUse::Junk]);
        assert_eq!(tree.at("News"), Some(&TreeEntry::default()));
        assert_eq!(tree.above(|entry| entry.subscribed), ["News"].into());
    }
}
