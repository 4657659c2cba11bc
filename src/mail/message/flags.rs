//! The flags of a message: system flags and keywords (RFC 9051 §2.3.2).
//!
//! `\Recent` is not here, because it belongs to a session, not to a message.

use std::collections::BTreeSet;
use std::fmt;

/// A system flag (RFC 9051 §2.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// The message has been answered.
    Answered,
    /// The message is marked for attention.
    Flagged,
    /// The message goes with the next EXPUNGE.
    Deleted,
    /// The message has been read.
    Seen,
    /// The message is being written.
    Draft,
}

impl Flag {
    /// Every system flag, in the order in which a FLAGS response lists them.
    pub const ALL: [Flag; 5] =
        [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
}

/// As IMAP writes it: `\Seen`.
impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\\{self:?}")
    }
}

/// A set of system flags and keywords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    system: u8,
    keywords: BTreeSet<String>,
}

impl Flags {
    /// No flag at all.
    #[must_use]
    pub fn new() -> Flags {
        Flags::default()
    }

    /// True if this system flag is set.
    #[must_use]
    pub fn has(&self, flag: Flag) -> bool {
        self.system & bit(flag) != 0
    }

    /// True if this keyword is set, in any case (RFC 9051 §2.3.2).
    #[must_use]
    pub fn has_keyword(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|k| k.eq_ignore_ascii_case(keyword))
    }

    /// Sets a system flag.
    pub fn set(&mut self, flag: Flag) {
        self.system |= bit(flag);
    }

    /// Sets a keyword. Its first spelling stays.
    pub fn set_keyword(&mut self, keyword: &str) {
        if !self.has_keyword(keyword) {
            self.keywords.insert(keyword.to_owned());
        }
    }

    /// Returns the system flags that are set, in the order of [`Flag::ALL`].
    pub fn system(&self) -> impl Iterator<Item = Flag> + '_ {
        Flag::ALL.into_iter().filter(|flag| self.has(*flag))
    }

    /// Returns the keywords that are set, sorted.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(String::as_str)
    }

    /// True if nothing is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_empty()
    }

    /// Returns the flags after a change.
    #[must_use]
    pub fn changed(&self, change: &FlagChange) -> Flags {
        match change {
            FlagChange::Replace(flags) => flags.clone(),
            FlagChange::Add(flags) => {
                let mut sum = self.clone();
                sum.system |= flags.system;
                flags.keywords().for_each(|keyword| sum.set_keyword(keyword));
                sum
            }
            FlagChange::Remove(flags) => {
                let mut rest = self.clone();
                rest.system &= !flags.system;
                rest.keywords.retain(|keyword| !flags.has_keyword(keyword));
                rest
            }
        }
    }
}

fn bit(flag: Flag) -> u8 {
    1 << flag as u8
}

/// A set with this flag alone.
impl From<Flag> for Flags {
    fn from(flag: Flag) -> Flags {
        [flag].into_iter().collect()
    }
}

/// Collects system flags into a set.
impl FromIterator<Flag> for Flags {
    fn from_iter<I: IntoIterator<Item = Flag>>(flags: I) -> Flags {
        let mut set = Flags::new();
        flags.into_iter().for_each(|flag| set.set(flag));
        set
    }
}

/// As IMAP writes it, without the brackets: `\Seen $Forwarded`.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.system().map(|flag| flag.to_string());
        let all: Vec<String> = names.chain(self.keywords().map(str::to_owned)).collect();
        f.write_str(&all.join(" "))
    }
}

/// What STORE does to a message's flags (RFC 9051 §6.4.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FlagChange {
    /// `FLAGS`: sets these and no others.
    Replace(Flags),
    /// `+FLAGS`: sets these, too.
    Add(Flags),
    /// `-FLAGS`: removes these.
    Remove(Flags),
}
