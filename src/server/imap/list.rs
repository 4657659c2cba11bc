//! LIST, LSUB, NAMESPACE: what mailboxes there are (RFC 3501 §6.3.8, §6.3.9, RFC 2342; the extended
//! LIST: RFC 5258, with STATUS: RFC 5819, with special uses: RFC 6154 §2).

use std::collections::BTreeMap;

use super::answer::{Answer, Answered};
use super::enabled::Enabled;
use super::session::ImapServer;
use super::tree::{Place, Tree, parents};
use crate::mail::protocol::imap::list::{List, ListReturn, ListSelect};
use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::{Alphabet, ListPattern, MailboxName, StatusItem};
use crate::mail::store::{Account, StoreError};

impl ImapServer {
    /// RFC 3501 §6.3.8, RFC 5258 §3.
    pub(super) fn list(&mut self, list: &List) -> Answered {
        let account = self.account()?;
        let done = Answer::ok("LIST completed");
        if list.options.is_none() && list.patterns.iter().all(ListPattern::is_empty) {
            // A special request: the separator, and the root of the reference, which is always "".
            return Ok(done.with(format!("* LIST (\\Noselect) \"{SEPARATOR}\" \"\"\r\n")));
        }
        let (tree, question) = (Tree::of(account)?, Question::new(list));
        let above = tree.above(|place| question.selects(place));
        let mut out = String::new();
        for (name, place) in tree.inbox_first().filter(|(name, _)| question.means(name)) {
            let selected = question.selects(place);
            let is_above = question.recursive && above.contains(name);
            if selected || is_above {
                let attributes = question.tell.attributes(place, self.enabled);
                let child_info = if is_above { CHILD_INFO } else { "" };
                out += &line(
                    "LIST",
                    &attributes,
                    name,
                    child_info,
                    self.enabled.alphabet(),
                );
            }
            if selected && place.exists && !question.status.is_empty() {
                out += &self.status_or_nothing(account, name, &question.status);
            }
        }
        Ok(done.with(out))
    }

    /// RFC 5819 §2: what cannot be told of one mailbox does not spoil the list of all.
    fn status_or_nothing(&self, account: &Account, name: &str, items: &[StatusItem]) -> String {
        let line = self.status_line(account, &MailboxName::new(name), items);
        line.unwrap_or_else(|error| {
            log::warn!("{}: no STATUS of {name:?}: {error}", self.peer.address);
            String::new()
        })
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
            out += &line("LSUB", attributes, name, "", self.enabled.alphabet());
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

/// RFC 5258 §3.5: a mailbox below is subscribed to.
const CHILD_INFO: &str = " (\"CHILDINFO\" (\"SUBSCRIBED\"))";

/// A mailbox as LIST shows it by itself: what SELECT tells in IMAP4rev2 (RFC 9051 §6.3.2).
pub(super) fn listed(
    account: &Account,
    name: &str,
    enabled: Enabled,
) -> Result<String, StoreError> {
    Ok(tree_line(&Tree::of(account)?, name, "", enabled))
}

/// Mailboxes with their new names, each with the old one, which comes first in its pair
/// (RFC 9051 §6.3.9.7).
pub(super) fn old_names(
    account: &Account,
    renamed: &[(String, String)],
    enabled: Enabled,
) -> Result<String, StoreError> {
    let tree = Tree::of(account)?;
    let line = |(old, new): &(String, String)| {
        let old = MailboxName::new(old).written_in(enabled.alphabet());
        tree_line(&tree, new, &format!(" (\"OLDNAME\" ({old}))"), enabled)
    };
    Ok(renamed.iter().map(line).collect())
}

fn tree_line(tree: &Tree, name: &str, extended: &str, enabled: Enabled) -> String {
    let attributes = tree
        .at(name)
        .map(|place| Tell::SIMPLE.attributes(place, enabled));
    let attributes = attributes.unwrap_or_default();
    line("LIST", &attributes, name, extended, enabled.alphabet())
}

/// What a LIST is about.
struct Question<'a> {
    patterns: Vec<ListPattern>,
    select: &'a [ListSelect],
    /// Shall those be told, too, that have selected ones below?
    recursive: bool,
    tell: Tell,
    status: Vec<StatusItem>,
}

/// What is told of a mailbox beside its name.
#[derive(Clone, Copy)]
struct Tell {
    /// Which of the two words for a mailbox that does not exist is known to the client?
    extended: bool,
    subscribed: bool,
    children: bool,
    uses: bool,
}

impl Question<'_> {
    fn new(list: &List) -> Question<'_> {
        let patterns = list.patterns.iter();
        let mut question = Question {
            patterns: patterns
                .map(|pattern| within(&list.reference, pattern))
                .collect(),
            select: &[],
            recursive: false,
            tell: Tell::SIMPLE,
            status: Vec::new(),
        };
        let Some(options) = &list.options else {
            return question;
        };
        let selects = |option| options.select.contains(&option);
        question.select = &options.select;
        question.recursive = selects(ListSelect::RecursiveMatch);
        question.tell = Tell {
            extended: true,
            // What was selected by is told (RFC 5258 §3.1, RFC 6154 §2).
            subscribed: selects(ListSelect::Subscribed),
            children: false,
            uses: selects(ListSelect::SpecialUse),
        };
        for told in &options.tell {
            match told {
                ListReturn::Subscribed => question.tell.subscribed = true,
                ListReturn::Children => question.tell.children = true,
                ListReturn::SpecialUse => question.tell.uses = true,
                ListReturn::Status(items) => question.status.clone_from(items),
            }
        }
        question
    }

    fn means(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// Is this one of those that are asked for, whatever its name is?
    fn selects(&self, place: &Place) -> bool {
        let subscribed = self.select.contains(&ListSelect::Subscribed);
        let for_something = self.select.contains(&ListSelect::SpecialUse);
        // RFC 5258 §3: what does not exist is told only if it is subscribed to, or others are below.
        let is_there = place.exists || place.has_children || subscribed;
        is_there && (!subscribed || place.subscribed) && (!for_something || !place.uses.is_empty())
    }
}

impl Tell {
    /// To whoever asks in the form of RFC 3501, we tell what he can make nothing wrong of
    /// (RFC 5258 §4, RFC 6154 §2).
    const SIMPLE: Tell = Tell {
        extended: false,
        subscribed: false,
        children: true,
        uses: true,
    };

    fn attributes(self, place: &Place, enabled: Enabled) -> String {
        let mut attributes = Vec::new();
        if !place.exists {
            attributes.push(match self.extended || enabled.imap4rev2() {
                true => "\\NonExistent".to_owned(),
                false => "\\Noselect".to_owned(),
            });
        }
        if self.subscribed && place.subscribed {
            attributes.push("\\Subscribed".to_owned());
        }
        if self.children {
            attributes.push(match place.has_children {
                true => "\\HasChildren".to_owned(),
                false => "\\HasNoChildren".to_owned(),
            });
        }
        if self.uses {
            attributes.extend(place.uses.iter().map(ToString::to_string));
        }
        attributes.join(" ")
    }
}

fn line(word: &str, attributes: &str, name: &str, extended: &str, alphabet: Alphabet) -> String {
    let name = MailboxName::new(name).written_in(alphabet);
    format!("* {word} ({attributes}) \"{SEPARATOR}\" {name}{extended}\r\n")
}

/// The reference and the pattern are one pattern, whose parts the client keeps apart
/// (RFC 3501 §6.3.8).
fn within(reference: &str, pattern: &ListPattern) -> ListPattern {
    ListPattern::new(format!("{reference}{}", pattern.as_str()))
}
