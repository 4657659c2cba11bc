//! Who may log in: the names and passwords of `[accounts]`, in clear or as an argon2id hash.
//!
//! A hash is slow on purpose. A password that was verified is therefore remembered for some
//! minutes, under a keyed hash that dies with the process, so that a client that polls every ten
//! seconds does not cost a full hash each time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

use crate::limits;

const REMEMBERED: Duration = Duration::from_secs(5 * 60);

/// The accounts and their passwords.
pub struct Accounts {
    domain: String,
    passwords: HashMap<String, Password>,
    verified: Mutex<HashMap<String, (u64, Instant)>>,
    key: RandomState,
    hashing: Turns,
}

/// A password as the configuration has it.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// In clear: for a lab, where everybody knows them.
    Clear(String),
    /// An argon2id hash in PHC form, as `pillarbox passwd` prints it.
    Hash(String),
}

impl std::fmt::Debug for Password {
    /// No password reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Password::Clear(_) => "Clear(…)",
            Password::Hash(_) => "Hash(…)",
        })
    }
}

impl Password {
    /// Takes a configured value: a PHC string is a hash, anything else a password in clear.
    ///
    /// # Errors
    /// When the value begins like a hash and is none that we verify.
    pub fn parse(text: &str) -> Result<Password, String> {
        if !text.starts_with("$argon2") {
            return Ok(Password::Clear(text.to_owned()));
        }
        match PasswordHash::new(text) {
            Ok(hash) if hash.salt.is_some() && hash.hash.is_some() => {
                Ok(Password::Hash(text.to_owned()))
            }
            Ok(_) => Err("not a whole argon2 hash".to_owned()),
            Err(error) => Err(format!("not an argon2 hash: {error}")),
        }
    }
}

/// The argon2id hash of a password, with a salt of its own, in PHC form.
///
/// # Errors
/// When argon2 refuses the password (it is longer than 2³² octets).
pub fn hash(password: &str) -> Result<String, String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

impl Accounts {
    /// The accounts of one mail domain, by the part before the `@`.
    #[must_use]
    pub fn new(domain: &str, passwords: HashMap<String, Password>) -> Accounts {
        let (verified, key) = (Mutex::default(), RandomState::new());
        Accounts {
            domain: domain.to_owned(),
            passwords,
            verified,
            key,
            hashing: Turns::new(limits::HASHES_AT_ONCE),
        }
    }

    /// The account that this login name means: `alice` or `alice@` the local domain, in any case.
    #[must_use]
    pub fn find(&self, login: &str) -> Option<&str> {
        let name = match login.rsplit_once('@') {
            Some((name, domain)) if domain.eq_ignore_ascii_case(&self.domain) => name,
            Some(_) => return None,
            None => login,
        };
        let name = name.to_lowercase();
        self.passwords
            .get_key_value(&name)
            .map(|(name, _)| name.as_str())
    }

    /// The names of all the accounts, in no order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.passwords.keys().map(String::as_str)
    }

    /// The account whose login name and password these are. Where there are hashes, every wrong
    /// answer takes as long as one that needs a hash, so its time does not tell which names exist.
    #[must_use]
    pub fn verify(&self, login: &str, password: &str) -> Option<&str> {
        let name = self.find(login);
        let right = match name.and_then(|name| Some((name, self.passwords.get(name)?))) {
            Some((name, Password::Hash(hash))) => self.verify_hash(name, hash, password),
            Some((_, Password::Clear(expected))) => {
                same(expected.as_bytes(), password.as_bytes()) || self.hash_in_vain(password)
            }
            None => self.hash_in_vain(password),
        };
        name.filter(|_| right)
    }

    /// Takes as long as a wrong password does where somebody has a hash. Always false.
    fn hash_in_vain(&self, password: &str) -> bool {
        let hash = self.passwords.values().find_map(|password| match password {
            Password::Hash(hash) => PasswordHash::new(hash).ok(),
            Password::Clear(_) => None,
        });
        if let Some(hash) = hash {
            let verify = || Argon2::default().verify_password(password.as_bytes(), &hash);
            // Somebody else's password is not this one's: the outcome counts for nothing.
            let _ = self.hashing.take(verify);
        }
        false
    }

    fn verify_hash(&self, name: &str, hash: &str, password: &str) -> bool {
        let fingerprint = self.key.hash_one((name, password));
        let now = Instant::now();
        let fresh = |(known, at): &(u64, Instant)| *known == fingerprint && now - *at < REMEMBERED;
        if self.remembered().get(name).is_some_and(fresh) {
            return true;
        }
        let Ok(parsed) = PasswordHash::new(hash) else {
            return false;
        };
        let verify = || Argon2::default().verify_password(password.as_bytes(), &parsed);
        let right = self.hashing.take(verify).is_ok();
        if right {
            self.remembered()
                .insert(name.to_owned(), (fingerprint, now));
        }
        right
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashMap<String, (u64, Instant)>> {
        // The map is whole after each insertion, so a thread that died with it harmed nothing.
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets so many work at once, and the others wait for their turn.
struct Turns {
    free: Mutex<usize>,
    given_back: Condvar,
}

impl Turns {
    fn new(free: usize) -> Turns {
        Turns {
            free: Mutex::new(free),
            given_back: Condvar::new(),
        }
    }

    fn take<T>(&self, work: impl FnOnce() -> T) -> T {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.given_back.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        let done = work();
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.given_back.notify_one();
        done
    }
}

/// Compares without telling by its time where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn accounts() -> Accounts {
        let hashed = Password::parse(&hash("builder").unwrap()).unwrap();
        let clear = Password::parse("wonderland").unwrap();
        Accounts::new(
            "here.test",
            HashMap::from([("alice".into(), clear), ("bob".into(), hashed)]),
        )
    }

    #[test]
    fn each_row_is_a_login() {
        let accounts = accounts();
        let rows = [
            ("alice", "wonderland", Some("alice")),
            ("ALICE@Here.Test", "wonderland", Some("alice")),
            ("alice@elsewhere.test", "wonderland", None),
            ("alice", "Wonderland", None),
            ("alice", "", None),
            ("bob", "builder", Some("bob")),
            ("bob", "builder", Some("bob")), // the second time from memory
            ("bob", "wrecker", None),
            ("nobody", "wonderland", None),
        ];
        for (login, password, account) in rows {
            assert_eq!(
                accounts.verify(login, password),
                account,
                "{login} {password}"
            );
        }
    }

    #[test]
    fn what_a_refusal_takes_does_not_tell_which_names_exist() {
        let accounts = accounts();
        let taken = |login| {
            let begun = Instant::now();
            assert_eq!(accounts.verify(login, "wrong"), None);
            begun.elapsed()
        };
        let wrong = taken("bob");
        // A hash takes many thousand times as long as a look at the table.
        for login in ["nobody", "alice", "bob@elsewhere.test"] {
            assert!(taken(login) > wrong / 20, "{login}");
        }
    }

    #[test]
    fn a_broken_hash_is_not_taken_for_a_password() {
        assert!(Password::parse("$argon2id$v=19$broken").is_err());
    }
}
