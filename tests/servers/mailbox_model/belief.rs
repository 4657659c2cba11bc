//! What a client believes of its mailbox, from nothing but what it was told; and what any server must
//! keep to, whatever others do meanwhile (RFC 3501 §2.3.1, §7.4.1).

use std::collections::{BTreeMap, BTreeSet};

use super::command::Command;
use super::mailbox::Flags;

/// What a client believes of the mailbox that it has selected.
#[derive(Default)]
pub struct Belief {
    /// By number, from 1. The UID and the flags, once they were told.
    messages: Vec<(Option<u32>, Option<Flags>)>,
    /// UIDs of messages that were told to be gone; none of them may come back.
    gone: BTreeSet<u32>,
}

/// A rule that was broken.
pub type Broken = String;

impl Belief {
    /// Another mailbox is selected, in which these are gone; returns those of the one before.
    pub fn select(&mut self, gone: BTreeSet<u32>) -> BTreeSet<u32> {
        self.messages.clear();
        std::mem::replace(&mut self.gone, gone)
    }

    pub fn count(&self) -> u32 {
        self.messages.len() as u32
    }

    pub fn uid(&self, number: u32) -> Option<u32> {
        self.messages[number as usize - 1].0
    }

    /// UIDs and flags, of the messages of which both are known.
    pub fn flags(&self) -> BTreeMap<u32, Flags> {
        let known = self.messages.iter().cloned();
        known.filter_map(|(uid, flags)| Some((uid?, flags?))).collect()
    }

    /// What a command will do that nobody tells: STORE of one message with `.SILENT`.
    pub fn expect(&mut self, command: &Command) {
        let Command::Store { which, change, silent: true } = command else {
            return;
        };
        for (number, (uid, flags)) in (1..).zip(&mut self.messages) {
            let meant = if which.by_uid { *uid } else { Some(number) };
            if let (Some(meant), Some(flags)) = (meant, flags)
                && which.set.contains(meant, u32::MAX)
            {
                *flags = change.of(flags);
            }
        }
    }

    /// An untagged line, which came with this command.
    pub fn hear(&mut self, line: &str, command: &Command) -> Result<(), Broken> {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let &["*", number, what, ref rest @ ..] = words.as_slice() else {
            return Ok(());
        };
        let Ok(number) = number.parse::<usize>() else {
            return Ok(());
        };
        match what {
            "EXISTS" => self.exists(number),
            "EXPUNGE" => self.expunge(number, command),
            "FETCH" => self.fetch(number, rest.first().copied().unwrap_or_default()),
            "RECENT" if number > self.messages.len() => {
                Err("more are recent than exist".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// Only EXPUNGE makes a mailbox smaller.
    fn exists(&mut self, count: usize) -> Result<(), Broken> {
        if count < self.messages.len() {
            return Err(format!("EXISTS takes some of {} away", self.messages.len()));
        }
        self.messages.resize(count, (None, None));
        Ok(())
    }

    fn expunge(&mut self, number: usize, command: &Command) -> Result<(), Broken> {
        let counts = match command {
            Command::Fetch { which, .. } | Command::Store { which, .. } => !which.by_uid,
            Command::Search { by_uid, .. } => !by_uid,
            _ => false,
        };
        if counts {
            return Err("EXPUNGE during a command that counts on the numbers".to_owned());
        }
        if !(1..=self.messages.len()).contains(&number) {
            return Err(format!("there are {} messages", self.messages.len()));
        }
        self.gone.extend(self.messages.remove(number - 1).0);
        Ok(())
    }

    fn fetch(&mut self, number: usize, items: &str) -> Result<(), Broken> {
        let count = self.messages.len();
        let Some((uid, flags)) = number.checked_sub(1).and_then(|at| self.messages.get_mut(at))
        else {
            return Err(format!("there are {count} messages"));
        };
        if let Some(told) = items.split_once("UID ").map(|(_, rest)| until(rest, &[' ', ')'])) {
            let told: u32 = told.parse().map_err(|_| "a UID is no number")?;
            if uid.is_some_and(|known| known != told) {
                return Err(format!("its UID was {uid:?}"));
            }
            if self.gone.contains(&told) {
                return Err("its UID was that of a message that is gone".to_owned());
            }
            *uid = Some(told);
        }
        if let Some((_, rest)) = items.split_once("FLAGS (") {
            let told = until(rest, &[')']).split_whitespace();
            let told = told.filter(|flag| *flag != "\\Recent").map(str::to_owned);
            *flags = Some(told.collect());
        }
        self.uids_rise()
    }

    fn uids_rise(&self) -> Result<(), Broken> {
        let uids: Vec<u32> = self.messages.iter().filter_map(|(uid, _)| *uid).collect();
        if !uids.is_sorted_by(|one, next| one < next) {
            return Err(format!("UIDs do not rise: {uids:?}"));
        }
        Ok(())
    }
}

fn until<'a>(text: &'a str, ends: &[char]) -> &'a str {
    text.split(ends).next().unwrap_or_default()
}
