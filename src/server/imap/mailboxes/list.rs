//! LIST, LSUB, NAMESPACE: what mailboxes there are (RFC 3501 §6.3.8, §6.3.9, RFC 2342; the extended
//! LIST: RFC 5258, with STATUS: RFC 5819, with special uses: RFC 6154 §2).

use std::collections::BTreeMap;

use crate::mail::protocol::imap::list::{List, ListReturn, ListSelect};
use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::{Alphabet, ListPattern, MailboxName, StatusItem};
use crate::mail::store::{Account, StoreError};
use crate::server::imap::enable::Enabled;
use crate::server::imap::mailboxes::tree::{Tree, TreeEntry, parents};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::ImapServer;

impl ImapServer {
    /// RFC 3501 §6.3.8, RFC 5258 §3.
    pub(crate) fn list(&mut self, list: &List) -> CommandResult {
        let account = self.account()?;
        let done = CommandReply::ok("LIST completed");
        if list.options.is_none() && list.patterns.iter().all(ListPattern::is_empty) {
            // A special request: the separator, and the root of the reference, which is always "".
            return Ok(done.with(format!("* LIST (\\Noselect) \"{SEPARATOR}\" \"\"\r\n")));
        }
        let (tree, question) = (Tree::of(account)?, ListQuery::new(list));
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
    pub(crate) fn lsub(&mut self, reference: &str, pattern: &ListPattern) -> CommandResult {
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
        Ok(CommandReply::ok("LSUB completed").with(out))
    }

    /// RFC 2342: one namespace, the personal one, without a prefix.
    pub(crate) fn namespace(&mut self) -> CommandResult {
        self.account()?;
        let line = format!("* NAMESPACE ((\"\" \"{SEPARATOR}\")) NIL NIL\r\n");
        Ok(CommandReply::ok("NAMESPACE completed").with(line))
    }
}

/// RFC 5258 §3.5: a mailbox below is subscribed to.
const CHILD_INFO: &str = " (\"CHILDINFO\" (\"SUBSCRIBED\"))";

/// A mailbox as LIST shows it by itself: what SELECT tells in IMAP4rev2 (RFC 9051 §6.3.2).
pub(crate) fn listed(
    account: &Account,
    name: &str,
    enabled: Enabled,
) -> Result<String, StoreError> {
    Ok(tree_line(&Tree::of(account)?, name, "", enabled))
}

/// Mailboxes with their new names, each with the old one, which comes first in its pair
/// (RFC 9051 §6.3.9.7).
pub(crate) fn old_names(
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
        .map(|place| ListDetails::SIMPLE.attributes(place, enabled));
    let attributes = attributes.unwrap_or_default();
    line("LIST", &attributes, name, extended, enabled.alphabet())
}

/// What a LIST is about.
struct ListQuery<'a> {
    patterns: Vec<ListPattern>,
    select: &'a [ListSelect],
    /// Shall those be told, too, that have selected ones below?
    recursive: bool,
    tell: ListDetails,
    status: Vec<StatusItem>,
}

/// What is told of a mailbox beside its name.
#[derive(Clone, Copy)]
struct ListDetails {
    /// Which of the two words for a mailbox that does not exist is known to the client?
    extended: bool,
    subscribed: bool,
    children: bool,
    uses: bool,
}

impl ListQuery<'_> {
    fn new(list: &List) -> ListQuery<'_> {
        let patterns = list.patterns.iter();
        let mut question = ListQuery {
            patterns: patterns
                .map(|pattern| within(&list.reference, pattern))
                .collect(),
            select: &[],
            recursive: false,
            tell: ListDetails::SIMPLE,
            status: Vec::new(),
        };
        let Some(options) = &list.options else {
            return question;
        };
        let selects = |option| options.select.contains(&option);
        question.select = &options.select;
        question.recursive = selects(ListSelect::RecursiveMatch);
        question.tell = ListDetails {
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
    fn selects(&self, place: &TreeEntry) -> bool {
        let subscribed = self.select.contains(&ListSelect::Subscribed);
        let for_something = self.select.contains(&ListSelect::SpecialUse);
        // RFC 5258 §3: what does not exist is told only if it is subscribed to, or others are below.
        let is_there = place.exists || place.has_children || subscribed;
        is_there && (!subscribed || place.subscribed) && (!for_something || !place.uses.is_empty())
    }
}

impl ListDetails {
    /// To whoever asks in the form of RFC 3501, we tell what he can make nothing wrong of
    /// (RFC 5258 §4, RFC 6154 §2).
    const SIMPLE: ListDetails = ListDetails {
        extended: false,
        subscribed: false,
        children: true,
        uses: true,
    };

    fn attributes(self, place: &TreeEntry, enabled: Enabled) -> String {
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
