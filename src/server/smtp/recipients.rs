//! Finds the mailboxes of a recipient (RFC 5321 §2.3.11: only its own domain interprets an address).
//!
//! `alice@` our domain, our host's name or a loopback address is the account alice, and so is
//! `alice+lists@`. An alias stands for all its members. `postmaster` is the account or the alias of
//! this name, or else the first account in alphabetical order, since a person must read it (RFC 5321
//! §4.5.1).
//!
//! Old forms of relaying have no meaning here: `user%other@here`, `other!user@here` and
//! `"user@other"@here` are unknown names, and a source route is ignored (RFC 5321 §4.1.1.3), so only
//! the last domain counts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::mail::protocol::smtp::{Address, Path};
use crate::mail::store::StoreError;
use crate::server::Site;
use crate::server::queue::Destination;

/// Finds out where the mail for a path goes.
pub(in crate::server) fn resolve(site: &Site, path: &Path) -> Result<Destination, StoreError> {
    let accounts = match path {
        Path::Postmaster => postmaster(site),
        Path::Address(address) if is_local(site, address.domain()) => accounts(site, address),
        Path::Address(address) => return Ok(Destination::Remote(address.clone())),
    };
    let Some(accounts) = accounts else {
        return Ok(Destination::Unknown);
    };
    let mut mailboxes = Vec::with_capacity(accounts.len());
    for name in accounts {
        mailboxes.push(site.store.account(name)?.inbox()?);
    }
    Ok(Destination::Local(mailboxes))
}

/// True if this is an address of the account, or of an alias that includes it.
pub(super) fn belongs_to(site: &Site, address: &Address, name: &str) -> bool {
    let accounts = accounts(site, address).unwrap_or_default();
    is_local(site, address.domain()) && accounts.contains(&name)
}

/// Finds the argument of VRFY or EXPN: a name, an address, or one in angle brackets. Returns its
/// local part and the accounts of it.
pub(super) fn find_name<'a>(site: &'a Site, name: &str) -> Option<(String, Vec<&'a str>)> {
    let inside = name.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    let name = inside.unwrap_or(name);
    let address = match Address::parse(name) {
        Ok(address) => address,
        Err(_) => Address::parse(&format!("{name}@{}", site.domain)).ok()?,
    };
    if !is_local(site, address.domain()) {
        return None;
    }
    let accounts = accounts(site, &address)?;
    Some((user(&address.unquoted_local()).to_owned(), accounts))
}

fn is_local(site: &Site, domain: &str) -> bool {
    let ours = [&site.domain, &site.hostname];
    ours.iter().any(|name| name.eq_ignore_ascii_case(domain)) || is_this_host(domain)
}

/// RFC 5321 §4.1.3: an address literal names a host; a loopback address is always this one.
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

/// The accounts of a local part in our domain.
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

/// The local part up to the plus; the rest (RFC 5233 calls it the detail) is for the user's own use.
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
    account(site, "postmaster").or_else(|| alias(site, "postmaster")).or_else(first)
}
