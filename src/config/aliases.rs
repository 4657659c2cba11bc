//! Names that stand for one or more accounts: `[aliases] staff = alice, bob`.
//!
//! A small mailing list is an alias with many members (RFC 5321 §3.9). Aliases may name aliases;
//! what each finally leads to is found out once, at the start, and so are loops. An alias never
//! leads to another domain: a message that anybody may bring would be relayed for somebody who has
//! not logged in.

use std::collections::{BTreeMap, BTreeSet};

/// Each alias, in lower case, with the accounts that it leads to, sorted and each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases(BTreeMap<String, Vec<String>>);

impl Aliases {
    /// No alias.
    #[must_use]
    pub fn none() -> Aliases {
        Aliases::default()
    }

    /// Resolves `name = member, member`. A member is an account or an alias, with or without `@`
    /// and the local domain.
    ///
    /// # Errors
    /// The alias that is wrong, and a sentence: it has an account's name, no members, a member that
    /// there is not, one in another domain, or leads back to itself.
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
        let search = Search { accounts, direct };
        let mut resolved = BTreeMap::new();
        for name in search.direct.keys() {
            let mut found = BTreeSet::new();
            search
                .follow(name, &mut Vec::new(), &mut found)
                .map_err(|why| (name.clone(), why))?;
            resolved.insert(name.clone(), found.into_iter().collect());
        }
        Ok(Aliases(resolved))
    }

    /// The accounts that this alias leads to; case does not matter.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&[String]> {
        self.0.get(&name.to_lowercase()).map(Vec::as_slice)
    }
}

/// The members of one alias, without the local domain.
fn members(domain: &str, text: &str) -> Result<Vec<String>, String> {
    let member = |member: &str| match member.trim().rsplit_once('@') {
        None => Ok(member.trim().to_lowercase()),
        Some((local, at)) if at.eq_ignore_ascii_case(domain) => Ok(local.to_lowercase()),
        Some(_) => Err(format!(
            "{} is in another domain; mail is relayed only for those who log in, \
             so an alias leads to accounts of {domain}",
            member.trim()
        )),
    };
    text.split(',').map(member).collect()
}

/// The aliases as they were written, to be followed.
struct Search<'a> {
    accounts: &'a BTreeSet<String>,
    direct: BTreeMap<String, Vec<String>>,
}

impl Search<'_> {
    /// Adds the accounts that `name` leads to; `way` are the aliases that led to it.
    fn follow(
        &self,
        name: &str,
        way: &mut Vec<String>,
        found: &mut BTreeSet<String>,
    ) -> Result<(), String> {
        if way.iter().any(|passed| passed == name) {
            return Err(format!(
                "it leads back to itself: {} → {name}",
                way.join(" → ")
            ));
        }
        let (account, alias) = (self.accounts.contains(name), self.direct.get(name));
        match (account, alias) {
            (true, Some(_)) => return Err(format!("{name} is an account already")),
            (false, None) if name.is_empty() => return Err("a member is missing".to_owned()),
            (false, None) => return Err(format!("{name} is neither an account nor an alias")),
            (true, None) => drop(found.insert(name.to_owned())),
            (false, Some(members)) => {
                way.push(name.to_owned());
                for member in members {
                    self.follow(member, way, found)?;
                }
                way.pop();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

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
            assert!(
                found.unwrap_or_default() == accounts.unwrap_or_default(),
                "{name}"
            );
        }
    }

    #[test]
    fn each_mistake_is_named() {
        let rows: [(&[(&str, &str)], &str); 6] = [
            (
                &[("a", "b"), ("b", "a")],
                "a: it leads back to itself: a → b → a",
            ),
            (&[("a", "a")], "a: it leads back to itself: a → a"),
            (
                &[("a", "nobody")],
                "a: nobody is neither an account nor an alias",
            ),
            (&[("a", "alice,")], "a: a member is missing"),
            (&[("alice", "bob")], "alice: alice is an account already"),
            (
                &[("a", "bob@elsewhere.test")],
                "a: bob@elsewhere.test is in another domain; mail is relayed only for those who \
                 log in, so an alias leads to accounts of here.test",
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
        let mut entries: Vec<(String, String)> = names
            .windows(2)
            .map(|pair| (pair[0].clone(), format!("{0}, {0}", pair[1])))
            .collect();
        entries.push((names[11].clone(), "alice, alice".to_owned()));
        let aliases = Aliases::resolve("x", &["alice".to_owned()].into(), &entries).unwrap();
        assert_eq!(aliases.find("l0").unwrap(), ["alice"]);
    }
}
