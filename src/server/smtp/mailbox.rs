//! Whose mailboxes a path means (RFC 5321 §2.3.11: only its own domain may say).
//!
//! `alice@` our domain, or our host's name, or a loopback address is the account alice; so is
//! `alice+lists@`. An alias means all that it leads to. `postmaster` is the account or the alias of
//! this name; without either, the first of all the accounts in alphabetical order: somebody must
//! read it (RFC 5321 §4.5.1).
//!
//! The forms that once carried mail on through a careless server mean nothing here:
//! `user%other@here`, `other!user@here` and `"user@other"@here` are names that nobody has, and a
//! source route is ignored (RFC 5321 §4.1.1.3), so only the last domain counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::status;
use super::transaction::disk_trouble;
use crate::mail::protocol::smtp::{Address, Path};
use crate::mail::store::{Mailbox, StoreError};
use crate::server::queue::Home;
use crate::server::{Reply, Site};

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

/// The mailboxes that mail for this path is delivered to; at least one.
pub(super) fn of(site: &Site, path: &Path) -> Result<Vec<Arc<Mailbox>>, Nobody> {
    let accounts = match path {
        Path::Postmaster => postmaster(site),
        Path::Address(address) if is_local(site, address.domain()) => accounts(site, address),
        Path::Address(address) => return Err(Nobody::Elsewhere(address.clone())),
    };
    let inbox = |name: &str| site.store.account(name).and_then(|account| account.inbox());
    let inboxes = accounts.ok_or(Nobody::Unknown)?.into_iter();
    inboxes
        .map(|name| inbox(name).map_err(Nobody::Disk))
        .collect()
}

/// Whose an address is, for the queue's reports.
pub(in crate::server) fn home(site: &Site, address: &Address) -> Result<Home, StoreError> {
    match of(site, &Path::Address(address.clone())) {
        Ok(mailboxes) => Ok(Home::Here(mailboxes)),
        Err(Nobody::Unknown) => Ok(Home::Nobody),
        Err(Nobody::Elsewhere(_)) => Ok(Home::Elsewhere),
        Err(Nobody::Disk(error)) => Err(error),
    }
}

/// Is this address this account's, or that of a list which the account is on?
pub(super) fn belongs(site: &Site, address: &Address, name: &str) -> bool {
    let ours = is_local(site, address.domain());
    let accounts = accounts(site, address).filter(|_| ours);
    accounts.is_some_and(|accounts| accounts.contains(&name))
}

/// Whom VRFY and EXPN ask for: a name, an address, or one in angle brackets. What it stands for, by
/// its local part, and the accounts that it leads to.
pub(super) fn named<'a>(site: &'a Site, who: &str) -> Option<(String, Vec<&'a str>)> {
    let inside = who
        .strip_prefix('<')
        .and_then(|rest| rest.strip_suffix('>'));
    let who = inside.unwrap_or(who);
    let address = match Address::parse(who) {
        Ok(address) => address,
        Err(_) => Address::parse(&format!("{who}@{}", site.domain)).ok()?,
    };
    let accounts = accounts(site, &address).filter(|_| is_local(site, address.domain()))?;
    Some((user(&address.unquoted_local()).to_owned(), accounts))
}

fn is_local(site: &Site, domain: &str) -> bool {
    let ours = [&site.domain, &site.hostname];
    ours.iter().any(|name| name.eq_ignore_ascii_case(domain)) || is_this_host(domain)
}

/// RFC 5321 §4.1.3: an address literal names a host, and a loopback address is always this one.
fn is_this_host(domain: &str) -> bool {
    let inside = domain.strip_prefix('[').and_then(|d| d.strip_suffix(']'));
    let ip = inside.and_then(|literal| match literal.split_once(':') {
        Some((tag, v6)) if tag.eq_ignore_ascii_case("IPv6") => {
            v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
        }
        _ => literal.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    });
    ip.is_some_and(|ip| ip.to_canonical().is_loopback())
}

/// The accounts that a local part of our domain means.
fn accounts<'a>(site: &'a Site, address: &Address) -> Option<Vec<&'a str>> {
    let local = address.unquoted_local();
    let user = user(&local);
    if user.contains('@') {
        return None;
    }
    let found = account(site, user).or_else(|| alias(site, user));
    if found.is_none() && user.eq_ignore_ascii_case("postmaster") {
        return postmaster(site);
    }
    found
}

/// What stands behind the plus is the user's own: RFC 5233 calls it the detail.
fn user(local: &str) -> &str {
    local.split_once('+').map_or(local, |(user, _)| user)
}

fn account<'a>(site: &'a Site, name: &str) -> Option<Vec<&'a str>> {
    site.accounts.find(name).map(|account| vec![account])
}

fn alias<'a>(site: &'a Site, name: &str) -> Option<Vec<&'a str>> {
    let members = site.aliases.find(name)?;
    Some(members.iter().map(String::as_str).collect())
}

fn postmaster(site: &Site) -> Option<Vec<&str>> {
    let first = || site.accounts.names().min().map(|name| vec![name]);
    account(site, "postmaster")
        .or_else(|| alias(site, "postmaster"))
        .or_else(first)
}
