//! Whose mailbox a path means (RFC 5321 §2.3.11: only its own domain may say).
//!
//! `alice@` our domain, or our host's name, or a loopback address is the account alice; so is
//! `alice+lists@`. `postmaster` is the account of this name; without one, the first of all the
//! accounts in alphabetical order: somebody must read it (RFC 5321 §4.5.1).

use std::sync::Arc;

use super::status;
use super::transaction::disk_trouble;
use crate::protocol::smtp::{Address, Path};
use crate::queue::Home;
use crate::server::{Reply, Site};
use crate::store::{Mailbox, StoreError};

/// Why a recipient is refused.
pub(super) enum Nobody {
    /// Our domain has no such account.
    Unknown,
    /// Another domain's: we do not relay, unless the queue does.
    Elsewhere(Address),
    /// The mailbox cannot be opened.
    Disk(StoreError),
}

impl Nobody {
    pub(super) fn reply(&self) -> Reply {
        match self {
            Nobody::Unknown => status(550, "5.1.1", "There is no such mailbox here"),
            Nobody::Elsewhere(_) => status(550, "5.7.1", "I do not relay mail for other domains"),
            Nobody::Disk(error) => disk_trouble(error),
        }
    }
}

/// The mailbox that mail for this path is delivered to.
pub(super) fn of(site: &Site, path: &Path) -> Result<Arc<Mailbox>, Nobody> {
    let account = match path {
        Path::Postmaster => postmaster(site),
        Path::Address(address) if is_local(site, address.domain()) => account(site, address),
        Path::Address(address) => return Err(Nobody::Elsewhere(address.clone())),
    };
    let account = site.store.account(account.ok_or(Nobody::Unknown)?);
    account
        .and_then(|account| account.inbox())
        .map_err(Nobody::Disk)
}

/// Whose an address is, for the queue's reports.
pub(in crate::server) fn home(site: &Site, address: &Address) -> Result<Home, StoreError> {
    match of(site, &Path::Address(address.clone())) {
        Ok(mailbox) => Ok(Home::Here(mailbox)),
        Err(Nobody::Unknown) => Ok(Home::Nobody),
        Err(Nobody::Elsewhere(_)) => Ok(Home::Elsewhere),
        Err(Nobody::Disk(error)) => Err(error),
    }
}

/// Is this address this account's?
pub(super) fn belongs(site: &Site, address: &Address, name: &str) -> bool {
    is_local(site, address.domain()) && account(site, address) == Some(name)
}

/// The account that VRFY asks for: a name, an address, or one in angle brackets.
pub(super) fn named<'a>(site: &'a Site, who: &str) -> Option<&'a str> {
    let inside = who
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    let who = inside.unwrap_or(who);
    match Address::parse(who) {
        Ok(address) if is_local(site, address.domain()) => account(site, &address),
        Ok(_) => None,
        Err(_) => site.accounts.find(who),
    }
}

fn is_local(site: &Site, domain: &str) -> bool {
    // RFC 5321 §4.1.3: an address literal names a host, and a loopback address is always this one.
    let ours = [&site.domain, &site.hostname].map(String::as_str);
    let literals = ["[127.0.0.1]", "[IPv6:::1]"];
    ours.iter()
        .chain(&literals)
        .any(|name| name.eq_ignore_ascii_case(domain))
}

fn account<'a>(site: &'a Site, address: &Address) -> Option<&'a str> {
    let local = address.unquoted_local();
    // What stands behind the plus is the user's own: RFC 5233 calls it the detail.
    let user = local.split_once('+').map_or(&*local, |(user, _)| user);
    if user.contains('@') {
        return None;
    }
    let found = site.accounts.find(user);
    if found.is_none() && user.eq_ignore_ascii_case("postmaster") {
        return postmaster(site);
    }
    found
}

fn postmaster(site: &Site) -> Option<&str> {
    let first = || site.accounts.names().min();
    site.accounts.find("postmaster").or_else(first)
}
