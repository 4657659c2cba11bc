//! Aliases: names for one or more accounts, such as `[aliases] staff = alice, bob`.
//!
//! A small mailing list is an alias with many members (RFC 5321 §3.9). An alias may contain other
//! aliases; they are resolved once, at the start, where loops are found too. An alias never leads to
//! another domain: mail from senders who have not logged in would be relayed there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::accounts::Password;
use super::error::ConfigError;
use super::reader::IniSection;
use crate::mail::protocol::smtp::Address;

/// Each alias in lower case, with the accounts that it leads to, sorted and without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases(BTreeMap<String, Vec<String>>);

impl Aliases {
    /// Returns the empty set of aliases.
    #[must_use]
    pub fn none() -> Aliases {
        Aliases::default()
    }

    /// Resolves `name = member, member`.
    ///
    /// A member is an account or an alias, with or without `@` and the local domain.
    ///
    /// # Errors
    /// The alias that is wrong, and a sentence: it has the name of an account, no members, a member that
    /// does not exist or is in another domain, or it leads back to itself.
    pub fn resolve(
        domain: &str,
        accounts: &BTreeSet<String>,
        entries: &[(String, String)],
    ) -> Result<Aliases, (String, String)> {
        let mut direct = BTreeMap::new();
        for (name, text) in entries {
            let members = members(domain, text).map_err(|why| (name.clone(), why))?;
            direct.insert(name.to_lowercase(), members);
        }
        let graph = AliasGraph { accounts, direct };
        let mut resolved = BTreeMap::new();
        for name in graph.direct.keys() {
            let mut found = BTreeSet::new();
            graph.follow(name, &mut Vec::new(), &mut found).map_err(|why| (name.clone(), why))?;
            resolved.insert(name.clone(), found.into_iter().collect());
        }
        Ok(Aliases(resolved))
    }

    /// Returns the accounts that an alias leads to; its case does not matter.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&[String]> {
        self.0.get(&name.to_lowercase()).map(Vec::as_slice)
    }
}

/// Reads `[aliases]`.
pub(super) fn read(
    section: IniSection,
    domain: &str,
    accounts: &HashMap<String, Password>,
) -> Result<Aliases, ConfigError> {
    let wrong = section.wrong_by_key();
    let entries = section.rest();
    for (name, _) in &entries {
        if Address::parse(&format!("{name}@{domain}")).is_err() {
            return Err(wrong(name, "this cannot be the part of an address before the @"));
        }
        // RFC 5233: the user's own detail follows a plus, so such an alias would never be found.
        if name.contains('+') {
            return Err(wrong(name, "an alias must not contain a plus"));
        }
    }
    let accounts: BTreeSet<String> = accounts.keys().cloned().collect();
    Aliases::resolve(domain, &accounts, &entries).map_err(|(name, why)| wrong(&name, &why))
}

/// Returns the members of one alias, without the local domain.
fn members(domain: &str, text: &str) -> Result<Vec<String>, String> {
    let member = |member: &str| match member.trim().rsplit_once('@') {
        None => Ok(member.trim().to_lowercase()),
        Some((local, at)) if at.eq_ignore_ascii_case(domain) => Ok(local.to_lowercase()),
        Some(_) => Err(format!(
            "{} is in another domain; an alias may only lead to accounts of {domain}, \
             because mail is relayed only for users who log in",
            member.trim()
        )),
    };
    text.split(',').map(member).collect()
}

/// The aliases as they were written, and the accounts.
struct AliasGraph<'a> {
    accounts: &'a BTreeSet<String>,
    direct: BTreeMap<String, Vec<String>>,
}

impl AliasGraph<'_> {
    /// Adds the accounts that `name` leads to. `path` has the aliases that led to it.
    fn follow(
        &self,
        name: &str,
        path: &mut Vec<String>,
        found: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        if path.iter().any(|passed| passed == name) {
            return Err(format!("it leads back to itself: {} → {name}", path.join(" → ")));
        }
        match (self.accounts.contains(name), self.direct.get(name)) {
            (true, Some(_)) => return Err(format!("{name} is already an account")),
            (false, None) if name.is_empty() => return Err("a member is missing".to_owned()),
            (false, None) => return Err(format!("{name} is neither an account nor an alias")),
            (true, None) => {
                found.insert(name.to_owned());
            }
            (false, Some(members)) => {
                path.push(name.to_owned());
                for member in members {
                    self.follow(member, path, found)?;
                }
                path.pop();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(entries: &[(&str, &str)]) -> Result<Aliases, String> {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let entries: Vec<_> = entries.iter().map(own).collect();
        let accounts = ["alice", "bob", "carol"].map(str::to_owned).into();
        Aliases::resolve("here.test", &accounts, &entries)
            .map_err(|(name, why)| format!("{name}: {why}"))
    }

    #[test]
    fn each_alias_and_whom_it_leads_to() {
        let aliases = resolve(&[
            ("sales", "alice"),
            ("staff", "Bob, sales , alice@HERE.test"),
            ("everybody", "carol, staff, sales"),
            ("Jürgen", "bob"),
        ])
        .unwrap();
        let rows: [(&str, Option<&[&str]>); 6] = [
            ("sales", Some(&["alice"])),
            ("STAFF", Some(&["alice", "bob"])),
            ("everybody", Some(&["alice", "bob", "carol"])),
            ("jürgen", Some(&["bob"])),
            ("alice", None),
            ("", None),
        ];
        for (name, accounts) in rows {
            let found = aliases.find(name);
            assert_eq!(found.is_some(), accounts.is_some(), "{name}");
            assert!(found.unwrap_or_default() == accounts.unwrap_or_default(), "{name}");
        }
    }

    #[test]
    fn each_mistake_is_named() {
        let rows: [(&[(&str, &str)], &str); 6] = [
            (&[("a", "b"), ("b", "a")], "a: it leads back to itself: a → b → a"),
            (&[("a", "a")], "a: it leads back to itself: a → a"),
            (&[("a", "nobody")], "a: nobody is neither an account nor an alias"),
            (&[("a", "alice,")], "a: a member is missing"),
            (&[("alice", "bob")], "alice: alice is already an account"),
            (
                &[("a", "bob@elsewhere.test")],
                "a: bob@elsewhere.test is in another domain; an alias may only lead to accounts of \
                 here.test, because mail is relayed only for users who log in",
            ),
        ];
        for (entries, expected) in rows {
            assert_eq!(resolve(entries).unwrap_err(), expected);
        }
    }

    #[test]
    fn many_ways_to_one_name_are_no_loop_and_cost_little() {
        // Each level names the one below twice: 2^12 ways to alice.
        let names: Vec<String> = (0..12).map(|n| format!("l{n}")).collect();
        let mut entries: Vec<(String, String)> =
            names.windows(2).map(|pair| (pair[0].clone(), format!("{0}, {0}", pair[1]))).collect();
        entries.push((names[11].clone(), "alice, alice".to_owned()));
        let aliases = Aliases::resolve("x", &["alice".to_owned()].into(), &entries).unwrap();
        assert_eq!(aliases.find("l0").unwrap(), ["alice"]);
    }
}
