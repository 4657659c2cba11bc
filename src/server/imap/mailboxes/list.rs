//! LIST, LSUB, NAMESPACE (RFC 3501 §6.3.8, §6.3.9, RFC 2342; extended LIST: RFC 5258, with STATUS:
//! RFC 5819, with special uses: RFC 6154 §2).

use std::collections::BTreeMap;

use crate::mail::protocol::imap::list::{List, ListReturn, ListSelect};
use crate::mail::protocol::imap::mailbox::SEPARATOR;
use crate::mail::protocol::imap::response::{Listed, Namespace, Namespaces};
use crate::mail::protocol::imap::{ListPattern, MailboxName, Response, StatusItem};
use crate::mail::store::{Account, StoreError};
use crate::server::imap::ImapServer;
use crate::server::imap::capabilities::Enabled;
use crate::server::imap::mailboxes::tree::{Tree, TreeEntry, parents};
use crate::server::imap::reply::{CommandReply, ImapResult};

impl ImapServer {
    /// RFC 3501 §6.3.8, RFC 5258 §3.
    pub(crate) fn list(&mut self, list: &List) -> ImapResult {
        let account = self.account()?;
        let done = CommandReply::ok("LIST completed");
        if list.options.is_none() && list.patterns.iter().all(ListPattern::is_empty) {
            // A special request: the separator, and the root of the reference, which is always "".
            let root = Listed::new(MailboxName::new(""), vec!["\\Noselect".to_owned()]);
            return Ok(done.with(Response::List(root)));
        }
        let tree = Tree::of(account)?;
        let query = ListQuery::new(list);
        let above = tree.above(|entry| query.selects(entry));
        let mut responses = Vec::new();
        for (name, entry) in tree.inbox_first().filter(|(name, _)| query.means(name)) {
            let selected = query.selects(entry);
            let subscribed_below = query.recursive && above.contains(name);
            if selected || subscribed_below {
                let attributes = query.details.attributes(entry, self.enabled);
                responses.push(Response::List(Listed {
                    subscribed_below,
                    ..Listed::new(MailboxName::new(name), attributes)
                }));
            }
            if selected && entry.exists && !query.status.is_empty() {
                responses.extend(self.status_or_nothing(account, name, &query.status));
            }
        }
        Ok(done.with_all(responses))
    }

    /// RFC 5819 §2: a mailbox whose STATUS fails does not spoil the list of all mailboxes.
    fn status_or_nothing(
        &self,
        account: &Account,
        name: &str,
        items: &[StatusItem],
    ) -> Option<Response> {
        let status = self.status_of(account, &MailboxName::new(name), items);
        status
            .inspect_err(|error| {
                let address = self.peer.address;
                log::warn!("{address}: no STATUS of {name:?}: {error}");
            })
            .ok()
    }

    /// RFC 3501 §6.3.9. A parent that is not subscribed to, but has subscriptions below that the
    /// pattern does not reach (`%`), is shown as `\Noselect`.
    pub(crate) fn lsub(&mut self, reference: &str, pattern: &ListPattern) -> ImapResult {
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
        let responses = matching.into_iter().map(|(name, subscribed)| {
            let noselect = (!subscribed).then(|| "\\Noselect".to_owned());
            let attributes = Vec::from_iter(noselect);
            Response::Lsub(Listed::new(MailboxName::new(name), attributes))
        });
        Ok(CommandReply::ok("LSUB completed").with_all(responses))
    }

    /// RFC 2342: one personal namespace without a prefix.
    pub(crate) fn namespace(&mut self) -> ImapResult {
        self.account()?;
        let personal = Namespace { prefix: String::new(), separator: Some(SEPARATOR) };
        let namespaces = Namespaces { personal: vec![personal], ..Namespaces::default() };
        Ok(CommandReply::ok("NAMESPACE completed").with(Response::Namespace(namespaces)))
    }
}

/// Returns a mailbox as LIST shows it, for SELECT in IMAP4rev2 (RFC 9051 §6.3.2).
pub(crate) fn listed(
    account: &Account,
    name: &str,
    enabled: Enabled,
) -> Result<Listed, StoreError> {
    Ok(tree_row(&Tree::of(account)?, name, enabled))
}

/// Returns renamed mailboxes with their new and old names (RFC 9051 §6.3.9.7). In each pair the old
/// name is first.
pub(crate) fn renamed_mailboxes(
    account: &Account,
    renamed: &[(String, String)],
    enabled: Enabled,
) -> Result<Vec<Response>, StoreError> {
    let tree = Tree::of(account)?;
    let row = |(old, new): &(String, String)| {
        Response::List(Listed {
            old_name: Some(MailboxName::new(old)),
            ..tree_row(&tree, new, enabled)
        })
    };
    Ok(renamed.iter().map(row).collect())
}

fn tree_row(tree: &Tree, name: &str, enabled: Enabled) -> Listed {
    let entry = tree.at(name);
    let attributes = entry.map(|entry| ListDetails::SIMPLE.attributes(entry, enabled));
    Listed::new(MailboxName::new(name), attributes.unwrap_or_default())
}

/// What a LIST asks for.
struct ListQuery<'a> {
    patterns: Vec<ListPattern>,
    select: &'a [ListSelect],
    /// True if the mailboxes above selected ones are shown, too.
    recursive: bool,
    details: ListDetails,
    status: Vec<StatusItem>,
}

/// What is shown of a mailbox beside its name.
#[derive(Clone, Copy)]
struct ListDetails {
    /// True if the client knows `\NonExistent`; others get `\Noselect`.
    extended: bool,
    subscribed: bool,
    children: bool,
    uses: bool,
}

impl ListQuery<'_> {
    fn new(list: &List) -> ListQuery<'_> {
        let patterns = list.patterns.iter();
        let patterns = patterns.map(|pattern| within(&list.reference, pattern));
        let mut query = ListQuery {
            patterns: patterns.collect(),
            select: &[],
            recursive: false,
            details: ListDetails::SIMPLE,
            status: Vec::new(),
        };
        let Some(options) = &list.options else {
            return query;
        };
        let selects = |option| options.select.contains(&option);
        query.select = &options.select;
        query.recursive = selects(ListSelect::RecursiveMatch);
        query.details = ListDetails {
            extended: true,
            // An attribute that was selected by is shown (RFC 5258 §3.1, RFC 6154 §2).
            subscribed: selects(ListSelect::Subscribed),
            children: false,
            uses: selects(ListSelect::SpecialUse),
        };
        for option in &options.tell {
            match option {
                ListReturn::Subscribed => query.details.subscribed = true,
                ListReturn::Children => query.details.children = true,
                ListReturn::SpecialUse => query.details.uses = true,
                ListReturn::Status(items) => query.status.clone_from(items),
            }
        }
        query
    }

    /// True if one of the patterns matches the name.
    fn means(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(name))
    }

    /// True if the selection options select the mailbox, whatever its name.
    fn selects(&self, entry: &TreeEntry) -> bool {
        let subscribed = self.select.contains(&ListSelect::Subscribed);
        let special_use = self.select.contains(&ListSelect::SpecialUse);
        // RFC 5258 §3: a name without a mailbox is shown only if it is subscribed to or has children.
        let is_there = entry.exists || entry.has_children || subscribed;
        is_there && (!subscribed || entry.subscribed) && (!special_use || !entry.uses.is_empty())
    }
}

impl ListDetails {
    /// For clients of RFC 3501: only attributes that they cannot misread (RFC 5258 §4, RFC 6154 §2).
    const SIMPLE: ListDetails =
        ListDetails { extended: false, subscribed: false, children: true, uses: true };

    fn attributes(self, entry: &TreeEntry, enabled: Enabled) -> Vec<String> {
        let mut attributes = Vec::new();
        if !entry.exists {
            let rev2 = self.extended || enabled.imap4rev2();
            attributes.push(if rev2 { "\\NonExistent" } else { "\\Noselect" }.to_owned());
        }
        if self.subscribed && entry.subscribed {
            attributes.push("\\Subscribed".to_owned());
        }
        if self.children && entry.has_children {
            attributes.push("\\HasChildren".to_owned());
        } else if self.children {
            attributes.push("\\HasNoChildren".to_owned());
        }
        if self.uses {
            attributes.extend(entry.uses.iter().map(ToString::to_string));
        }
        attributes
    }
}

/// Joins the reference and the pattern: they are one pattern in two parts (RFC 3501 §6.3.8).
fn within(reference: &str, pattern: &ListPattern) -> ListPattern {
    ListPattern::new(format!("{reference}{}", pattern.as_str()))
}
