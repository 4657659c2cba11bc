//! The accounts: the names and passwords of `[accounts]`, and the check of a login.
//!
//! A password is written as it is, or as an argon2id hash. Computing a hash is slow on purpose. A password
//! that was verified is therefore remembered for some minutes, under a keyed hash that dies with the
//! process, so that a client that polls every ten seconds does not cost a full hash each time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

use super::error::ConfigError;
use super::reader::IniSection;
use crate::limits;

/// The accounts of the lab, each with its password: those of the shipped `config.ini`.
pub const LAB_ACCOUNTS: [(&str, &str); 3] =
    [("alice", "wonderland"), ("bob", "builder"), ("carol", "chimney")];

/// How long a verified password is remembered.
const REMEMBERED: Duration = Duration::from_secs(5 * 60);

/// The accounts of a mail domain and their passwords; checks logins.
pub struct Accounts {
    domain: String,
    passwords: HashMap<String, Password>,
    /// For each account the fingerprint of the verified password, and when it was verified.
    verified: Mutex<HashMap<String, (u64, Instant)>>,
    /// The key of the fingerprints.
    key: RandomState,
    hashing: Semaphore,
}

/// A password as the configuration has it.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// The password itself: for a lab, where it is no secret.
    Clear(String),
    /// An argon2id hash in PHC form, as `pillarbox passwd` prints it.
    Hash(String),
}

impl std::fmt::Debug for Password {
    /// Leaves the password out, so that none reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Password::Clear(_) => "Clear(…)",
            Password::Hash(_) => "Hash(…)",
        })
    }
}

impl Password {
    /// Parses a configured value: a PHC string is a hash, anything else the password itself.
    ///
    /// # Errors
    /// When the value begins like a hash, but is none that we can verify.
    pub fn parse(text: &str) -> Result<Password, String> {
        if !text.starts_with("$argon2") {
            return Ok(Password::Clear(text.to_owned()));
        }
        match PasswordHash::new(text) {
            Ok(hash) if hash.salt.is_some() && hash.hash.is_some() => {
                Ok(Password::Hash(text.to_owned()))
            }
            Ok(_) => Err("the argon2 hash is incomplete".to_owned()),
            Err(error) => Err(format!("this is not a valid argon2 hash: {error}")),
        }
    }
}

/// Returns the argon2id hash of a password, with a salt of its own, in PHC form.
///
/// # Errors
/// When argon2 refuses the password (it is longer than 2³² octets).
pub fn hash(password: &str) -> Result<String, String> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// Reads `[accounts]`. Without the section there are the accounts of the lab; an empty one means none.
pub(super) fn read(
    file: &str,
    section: Option<IniSection>,
) -> Result<HashMap<String, Password>, ConfigError> {
    let lab = || LAB_ACCOUNTS.map(|(name, password)| (name.to_owned(), password.to_owned()));
    let entries = section.map_or_else(|| lab().to_vec(), IniSection::rest);
    let mut accounts = HashMap::new();
    for (name, password) in entries {
        let account = account(&name, &password);
        let account =
            account.map_err(|why| ConfigError(format!("{file}, [accounts] {name}: {why}")))?;
        accounts.insert(name, account);
    }
    Ok(accounts)
}

/// Checks the name of an account and parses its password.
fn account(name: &str, password: &str) -> Result<Password, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(legal) {
        return Err("a name consists of letters, digits, dots, - and _".to_owned());
    }
    if password.is_empty() {
        return Err("the password is missing".to_owned());
    }
    Password::parse(password)
}

impl Accounts {
    /// Makes the accounts of one mail domain, by the part before the `@`.
    #[must_use]
    pub fn new(domain: &str, passwords: HashMap<String, Password>) -> Accounts {
        Accounts {
            domain: domain.to_owned(),
            passwords,
            verified: Mutex::default(),
            key: RandomState::new(),
            hashing: Semaphore::new(limits::HASHES_AT_ONCE),
        }
    }

    /// Finds the account of a login name: `alice` or `alice@` the local domain, in any case.
    #[must_use]
    pub fn find(&self, login: &str) -> Option<&str> {
        let name = match login.rsplit_once('@') {
            Some((name, domain)) if domain.eq_ignore_ascii_case(&self.domain) => name,
            Some(_) => return None,
            None => login,
        };
        let name = name.to_lowercase();
        self.passwords.get_key_value(&name).map(|(name, _)| name.as_str())
    }

    /// Iterates over the names of all accounts, in no particular order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.passwords.keys().map(String::as_str)
    }

    /// Returns the account whose login name and password these are.
    ///
    /// If any account has a hash, every refusal takes as long as one that computes a hash, so its time
    /// does not reveal which names exist.
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
        if right { name } else { None }
    }

    /// Takes as long as a wrong password does for an account with a hash. Always false.
    fn hash_in_vain(&self, password: &str) -> bool {
        let hash = self.passwords.values().find_map(|password| match password {
            Password::Hash(hash) => PasswordHash::new(hash).ok(),
            Password::Clear(_) => None,
        });
        if let Some(hash) = hash {
            let verify = || Argon2::default().verify_password(password.as_bytes(), &hash);
            // This is the hash of another account, so the result does not matter.
            let _ = self.hashing.run(verify);
        }
        false
    }

    fn verify_hash(&self, name: &str, hash: &str, password: &str) -> bool {
        let fingerprint = self.key.hash_one((name, password));
        let now = Instant::now();
        let fresh = |(known, at): &(u64, Instant)| *known == fingerprint && now - *at < REMEMBERED;
        if self.verified().get(name).is_some_and(fresh) {
            return true;
        }
        let Ok(parsed) = PasswordHash::new(hash) else {
            return false;
        };
        let verify = || Argon2::default().verify_password(password.as_bytes(), &parsed);
        let right = self.hashing.run(verify).is_ok();
        if right {
            self.verified().insert(name.to_owned(), (fingerprint, now));
        }
        right
    }

    fn verified(&self) -> MutexGuard<'_, HashMap<String, (u64, Instant)>> {
        // The map is complete after each insertion, so a panic in another thread did no harm.
        self.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Limits how many threads do some work at once; the others wait.
struct Semaphore {
    free: Mutex<usize>,
    released: Condvar,
}

impl Semaphore {
    fn new(free: usize) -> Semaphore {
        Semaphore { free: Mutex::new(free), released: Condvar::new() }
    }

    /// Waits for its turn, and does the work.
    fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let free = self.released.wait_while(free, |free| *free == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        let done = work();
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.released.notify_one();
        done
    }
}

/// Compares in a time that does not depend on where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts() -> Accounts {
        let hashed = Password::parse(&hash("builder").unwrap()).unwrap();
        let clear = Password::parse("wonderland").unwrap();
        Accounts::new("here.test", HashMap::from([("alice".into(), clear), ("bob".into(), hashed)]))
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
            assert_eq!(accounts.verify(login, password), account, "{login} {password}");
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
        // A hash takes many thousand times as long as a table look-up.
        for login in ["nobody", "alice", "bob@elsewhere.test"] {
            assert!(taken(login) > wrong / 20, "{login}");
        }
    }

    #[test]
    fn a_broken_hash_is_not_taken_for_a_password() {
        assert!(Password::parse("$argon2id$v=19$broken").is_err());
    }
}
