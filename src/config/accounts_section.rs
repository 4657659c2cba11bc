//! `[accounts]` and `[aliases]`: who has a mailbox here, and what else he is called.

use std::collections::{BTreeSet, HashMap};

use super::ConfigError;
use super::reader::Section;
use crate::config::accounts::Password;
use crate::config::aliases::Aliases;
use crate::mail::protocol::smtp::Address;

/// Without the section there are the lab's three accounts; an empty one means that there are none.
pub(super) fn read(
    file: &str,
    section: Option<Section>,
) -> Result<HashMap<String, Password>, ConfigError> {
    let lab = [
        ("alice", "wonderland"),
        ("bob", "builder"),
        ("carol", "chimney"),
    ];
    let lab = || {
        lab.map(|(name, password)| (name.to_owned(), password.to_owned()))
            .to_vec()
    };
    let accounts = section.map_or_else(lab, Section::rest);
    let wrong = |name: &str, why: &str| ConfigError(format!("{file}, [accounts] {name}: {why}"));
    let account = |(name, password): (String, String)| {
        let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(legal) {
            return Err(wrong(
                &name,
                "a name is made of letters, digits, dots, - and _",
            ));
        }
        if password.is_empty() {
            return Err(wrong(&name, "the password is missing"));
        }
        let password = Password::parse(&password).map_err(|why| wrong(&name, &why))?;
        Ok((name, password))
    };
    accounts.into_iter().map(account).collect()
}

pub(super) fn read_aliases(
    section: Section,
    domain: &str,
    accounts: &HashMap<String, Password>,
) -> Result<Aliases, ConfigError> {
    let wrong = section.wrong_by_key();
    let entries = section.rest();
    // What cannot stand before an @ could never be written in RCPT.
    let impossible = |name: &str| Address::parse(&format!("{name}@{domain}")).is_err();
    if let Some((name, _)) = entries.iter().find(|(name, _)| impossible(name)) {
        return Err(wrong(name, "this cannot stand before an @"));
    }
    // RFC 5233: what is behind a plus is the user's own, so nobody would ever be found here.
    if let Some((name, _)) = entries.iter().find(|(name, _)| name.contains('+')) {
        return Err(wrong(name, "an alias has no plus"));
    }
    let accounts: BTreeSet<String> = accounts.keys().cloned().collect();
    Aliases::resolve(domain, &accounts, &entries).map_err(|(name, why)| wrong(&name, &why))
}
