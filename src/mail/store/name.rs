//! A mailbox's name, and the folder that it names: `Lists.rust` is `.Lists.rust`, Unicode is
//! modified UTF-7 (RFC 3501 §5.1.3), and INBOX, in any case, is the Maildir itself.
//!
//! A parsed name never leaves the account's folder, whatever a client sends.

use unicode_normalization::is_nfc;

use super::StoreError;
use crate::mail::protocol::imap::{MailboxName, mutf7};

/// Between the levels of a name.
pub(super) const SEPARATOR: char = '.';

/// In octets of modified UTF-7: with the leading dot, and with what a program may add to it, a
/// file name still stays below 255.
const LONGEST: usize = 200;

const INBOX: &str = "INBOX";

/// A name that can name a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FolderName {
    text: String,
    encoded: String,
}

impl FolderName {
    /// Parses the name of a mailbox.
    pub(super) fn parse(text: &str) -> Result<FolderName, StoreError> {
        let bad = |why| Err(StoreError::BadName(text.to_owned(), why));
        if text.is_empty() {
            return bad("it is empty");
        }
        if text.split(SEPARATOR).any(str::is_empty) {
            return bad("a part of it, between dots, is empty");
        }
        if text.contains('/') || text.contains(char::is_control) {
            return bad("it has a slash or a control character");
        }
        let text = MailboxName::new(text).as_str().to_owned();
        let encoded = mutf7::encode(&text);
        if encoded.len() > LONGEST {
            return bad("it is too long");
        }
        Ok(FolderName { text, encoded })
    }

    /// Parses the name of a new mailbox. RFC 9051 §5.1 forbids names that look the same and are not;
    /// a mailbox that exists can be opened all the same.
    pub(super) fn parse_new(text: &str) -> Result<FolderName, StoreError> {
        if !is_nfc(text) {
            let why =
                "its accents are characters of their own (Unicode's form NFC has them composed)";
            return Err(StoreError::BadName(text.to_owned(), why));
        }
        FolderName::parse(text)
    }

    /// Parses a name in modified UTF-7, as it is on disk and in `subscriptions`.
    pub(super) fn decode(encoded: &str) -> Option<FolderName> {
        let name = FolderName::parse(&mutf7::decode(encoded.as_bytes())?).ok()?;
        // Of two spellings of one name, only ours can be opened.
        (name.encoded == encoded).then_some(name)
    }

    pub(super) fn is_inbox(&self) -> bool {
        self.text == INBOX
    }

    /// True if this is `Lists.rust` and the other is `Lists`.
    pub(super) fn is_below(&self, other: &FolderName) -> bool {
        let rest = self.text.strip_prefix(&other.text);
        rest.is_some_and(|rest| rest.starts_with(SEPARATOR))
    }

    /// Returns the new name of this mailbox, which is `from` or below it, after `from` becomes `to`.
    pub(super) fn moved(
        &self,
        from: &FolderName,
        to: &FolderName,
    ) -> Result<FolderName, StoreError> {
        let rest = self.text.strip_prefix(&from.text).unwrap_or_default();
        FolderName::parse(&format!("{}{rest}", to.text))
    }

    /// The name as the user reads it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The name in modified UTF-7.
    pub(super) fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The folder within the account's Maildir; empty for INBOX.
    pub(super) fn folder(&self) -> String {
        if self.is_inbox() {
            return String::new();
        }
        format!("{SEPARATOR}{}", self.encoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_their_folders() {
        let rows = [
            ("inbox", "INBOX", ""),
            ("Inbox.Old", "INBOX.Old", ".INBOX.Old"),
            ("Inboxes", "Inboxes", ".Inboxes"),
            ("Lists.rust", "Lists.rust", ".Lists.rust"),
            ("Entwürfe", "Entwürfe", ".Entw&APw-rfe"),
            ("a&b", "a&b", ".a&-b"),
        ];
        for (said, text, folder) in rows {
            let name = FolderName::parse(said).unwrap();
            assert_eq!((name.text(), &*name.folder()), (text, folder), "{said}");
            if !folder.is_empty() {
                assert_eq!(FolderName::decode(&folder[1..]), Some(name));
            }
        }
    }

    #[test]
    fn what_cannot_be_a_name() {
        let long = "x".repeat(201);
        for bad in ["", ".", "..", ".a", "a.", "a..b", "../b", "a/b", "a\0", "a\nb", &long] {
            assert!(FolderName::parse(bad).is_err(), "{bad:?}");
        }
        for bad in ["a&", "&AGE-", "b&!-", "a/b"] {
            assert_eq!(FolderName::decode(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_looks_like_another_name_cannot_be_made_but_opened() {
        let decomposed = "Entwu\u{308}rfe";
        assert!(FolderName::parse(decomposed).is_ok());
        assert!(FolderName::parse_new(decomposed).is_err());
        assert!(FolderName::parse_new("Entwürfe").is_ok());
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn a_name_is_one_folder(text in any::<String>()) {
            if let Ok(name) = FolderName::parse(&text) {
                let folder = name.folder();
                prop_assert!(!folder.contains(['/', '\0']) && folder != ".." && folder.len() < 255);
                prop_assert_eq!(FolderName::decode(name.encoded()), Some(name));
            }
        }
    }
}
