//! LIST, LSUB, NAMESPACE: what mailboxes there are (RFC 3501 §6.3.8, §6.3.9, RFC 2342, RFC 3348).
//!
//! A Maildir++ needs no folder `Lists` to hold `Lists.rust`. Such a parent is listed as `\Noselect`.

use std::collections::BTreeMap;

use super::answer::{Answer, Answered};
use super::session::ImapServer;
use crate::protocol::imap::mailbox::SEPARATOR;
use crate::protocol::imap::{Alphabet, ListPattern, MailboxName};

/// `LIST`, `LSUB`: the word of the command and of its responses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    /// The mailboxes that there are.
    List,
    /// Those that the client subscribed to.
    Lsub,
}

impl ImapServer {
    /// RFC 3501 §6.3.8.
    pub(super) fn list(&mut self, reference: &str, pattern: &ListPattern) -> Answered {
        let (account, alphabet) = (self.account()?, self.enabled.alphabet());
        let done = Answer::ok("LIST completed");
        if pattern.as_str().is_empty() {
            // A special request: the separator, and the root of the reference, which is always "".
            return Ok(done.with(format!("* LIST (\\Noselect) \"{SEPARATOR}\" \"\"\r\n")));
        }
        let tree = tree(account.mailboxes()?);
        let pattern = within(reference, pattern);
        let mut out = String::new();
        for (name, exists) in inbox_first(&tree).filter(|(name, _)| pattern.matches(name)) {
            let below = format!("{name}{SEPARATOR}");
            let children = (tree.range(below.clone()..).next())
                .is_some_and(|(child, _)| child.starts_with(&below));
            let attributes = match (exists, children) {
                (true, true) => "\\HasChildren",
                (true, false) => "\\HasNoChildren",
                (false, _) => "\\Noselect \\HasChildren",
            };
            out += &line(Listing::List, attributes, name, alphabet);
        }
        Ok(done.with(out))
    }

    /// RFC 3501 §6.3.9. A parent that is not subscribed to, but has subscriptions below that the
    /// pattern does not reach (`%`), is shown as `\Noselect`.
    pub(super) fn lsub(&mut self, reference: &str, pattern: &ListPattern) -> Answered {
        let subscriptions = self.account()?.subscriptions()?;
        let pattern = within(reference, pattern);
        let mut matching: BTreeMap<&str, bool> = BTreeMap::new();
        for name in &subscriptions {
            if pattern.matches(name) {
                matching.insert(name, true);
            } else {
                for parent in parents(name).filter(|parent| pattern.matches(parent)) {
                    matching.entry(parent).or_insert(false);
                }
            }
        }
        let mut out = String::new();
        for (name, subscribed) in matching {
            let attributes = if subscribed { "" } else { "\\Noselect" };
            out += &line(Listing::Lsub, attributes, name, self.enabled.alphabet());
        }
        Ok(Answer::ok("LSUB completed").with(out))
    }

    /// RFC 2342: one namespace, the personal one, without a prefix.
    pub(super) fn namespace(&mut self) -> Answered {
        self.account()?;
        let line = format!("* NAMESPACE ((\"\" \"{SEPARATOR}\")) NIL NIL\r\n");
        Ok(Answer::ok("NAMESPACE completed").with(line))
    }
}

fn line(listing: Listing, attributes: &str, name: &str, alphabet: Alphabet) -> String {
    let word = match listing {
        Listing::List => "LIST",
        Listing::Lsub => "LSUB",
    };
    let name = MailboxName::new(name).written_in(alphabet);
    format!("* {word} ({attributes}) \"{SEPARATOR}\" {name}\r\n")
}

/// The reference and the pattern are one pattern, whose parts the client keeps apart
/// (RFC 3501 §6.3.8).
fn within(reference: &str, pattern: &ListPattern) -> ListPattern {
    ListPattern::new(format!("{reference}{}", pattern.as_str()))
}

/// All names, and whether there is a mailbox or only a place above one.
fn tree(names: Vec<String>) -> BTreeMap<String, bool> {
    let mut tree = BTreeMap::new();
    for name in &names {
        for parent in parents(name) {
            tree.entry(parent.to_owned()).or_insert(false);
        }
    }
    tree.extend(names.into_iter().map(|name| (name, true)));
    tree
}

fn inbox_first(tree: &BTreeMap<String, bool>) -> impl Iterator<Item = (&String, bool)> {
    let inbox = tree.get_key_value("INBOX").into_iter();
    let others = tree.iter().filter(|(name, _)| *name != "INBOX");
    inbox.chain(others).map(|(name, exists)| (name, *exists))
}

/// `a.b.c` lies under `a` and `a.b`.
fn parents(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(SEPARATOR)
        .filter_map(|(at, _)| name.get(..at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_without_a_folder_is_in_the_tree() {
        let tree = tree(vec!["INBOX".into(), "a.b.c".into(), "a.b".into()]);
        let all: Vec<(&str, bool)> = inbox_first(&tree).map(|(n, e)| (n.as_str(), e)).collect();
        assert_eq!(
            all,
            [
                ("INBOX", true),
                ("a", false),
                ("a.b", true),
                ("a.b.c", true)
            ]
        );
    }
}
