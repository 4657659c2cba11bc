//! The folders of an account, in the order in which a mail program shows them.

use crate::mail::protocol::imap::response::{Listed, MailboxStatus};
use crate::mail::protocol::imap::{SpecialUse, StatusItem};

/// A mail folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailFolder {
    /// The full name, by which it is opened: `Lists.rust`.
    pub name: String,
    /// The name that is shown: `rust`.
    pub label: String,
    /// The number of folders above it.
    pub depth: usize,
    /// Its special use.
    pub special_use: Option<SpecialUse>,
    /// False if it only contains other folders.
    pub opens: bool,
    /// The number of messages in it, as far as is known.
    pub messages: u64,
    /// The number of unread messages.
    pub unread: u64,
}

impl MailFolder {
    fn of(listed: &Listed, status: Option<&MailboxStatus>) -> MailFolder {
        let name = listed.name.as_str();
        let levels: Vec<&str> = match listed.separator {
            Some(separator) => name.split(separator).collect(),
            None => vec![name],
        };
        let told = |item| status.and_then(|status| status.get(item)).unwrap_or(0);
        let label = levels.last().copied().unwrap_or(name);
        MailFolder {
            label: if name == INBOX { "Inbox" } else { label }.to_owned(),
            name: name.to_owned(),
            depth: levels.len() - 1,
            special_use: special_use(listed, name),
            opens: !listed.has("\\Noselect") && !listed.has("\\NonExistent"),
            messages: told(StatusItem::Messages),
            unread: told(StatusItem::Unseen),
        }
    }

    /// The sort key: inbox, drafts, sent mail, archive, junk and trash come first, then the others by name.
    fn rank(&self) -> (usize, &str) {
        let special = match &self.special_use {
            _ if self.name == INBOX => 0,
            Some(SpecialUse::Drafts) => 1,
            Some(SpecialUse::Sent) => 2,
            Some(SpecialUse::Archive) => 3,
            Some(SpecialUse::Junk) => 4,
            Some(SpecialUse::Trash) => 5,
            _ => 6,
        };
        (special, &self.name)
    }
}

/// The special use that the server tells (RFC 6154); otherwise the one that the name suggests.
fn special_use(listed: &Listed, name: &str) -> Option<SpecialUse> {
    let mut uses = SpecialUse::STORING.into_iter();
    let told = uses.find(|special_use| listed.has(&special_use.to_string()));
    told.or_else(|| {
        let mut uses = SpecialUse::STORING.into_iter();
        uses.find(|special_use| special_use.name().eq_ignore_ascii_case(name))
    })
}

/// The folder that mail is delivered to (RFC 3501 §5.1).
pub const INBOX: &str = "INBOX";

/// The folders of the answers to LIST and STATUS, in the order of the window.
#[must_use]
pub fn in_order(listed: &[(Listed, Option<MailboxStatus>)]) -> Vec<MailFolder> {
    let folders = listed.iter().map(|(listed, status)| MailFolder::of(listed, status.as_ref()));
    let mut folders: Vec<MailFolder> = folders.collect();
    folders.sort_by(|one, another| one.rank().cmp(&another.rank()));
    folders
}

/// The folder with this special use, if there is one.
#[must_use]
pub fn for_use<'a>(folders: &'a [MailFolder], special_use: &SpecialUse) -> Option<&'a MailFolder> {
    let is = |folder: &&MailFolder| folder.special_use.as_ref() == Some(special_use);
    folders.iter().find(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::imap::MailboxName;

    fn listed(name: &str, attributes: &[&str]) -> (Listed, Option<MailboxStatus>) {
        let attributes = attributes.iter().map(|attribute| (*attribute).to_owned());
        let name = MailboxName::new(name);
        let status = MailboxStatus::new(name.clone(), &[("MESSAGES", 3), ("UNSEEN", 2)]);
        let listed = Listed::new(name, attributes.collect());
        (listed, Some(status))
    }

    #[test]
    fn the_inbox_is_first_and_folders_with_a_special_use_come_before_the_others() {
        let folders = in_order(&[
            listed("Alpha", &[]),
            listed("Gone", &["\\trash"]),
            listed("Lists.rust", &[]),
            listed("Sent", &[]),
            listed("inbox", &[]),
        ]);
        let shown: Vec<(&str, usize)> =
            folders.iter().map(|folder| (folder.label.as_str(), folder.depth)).collect();
        let expected = [("Inbox", 0), ("Sent", 0), ("Gone", 0), ("Alpha", 0), ("rust", 1)];
        assert_eq!(shown, expected);
        let trash = for_use(&folders, &SpecialUse::Trash);
        assert_eq!(trash.map(|folder| folder.name.as_str()), Some("Gone"));
        assert!(folders.iter().all(|folder| folder.opens && folder.unread == 2));
    }
}
