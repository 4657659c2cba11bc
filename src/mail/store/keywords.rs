//! `dovecot-keywords`: the keyword for each small letter in a file name.
//!
//! Each line is a keyword: `0 $Forwarded` makes `a` mean `$Forwarded`. There are 26 letters. A keyword
//! without a letter is not stored, as RFC 9051 §7.1 allows for a flag that is not among the
//! PERMANENTFLAGS. A letter never changes its meaning.

use std::path::{Path, PathBuf};

use super::StoreError;
use super::disk::{self, DotLock, Stamp};
use super::maildir::FileName;
use super::uidlist::UidList;
use crate::limits;
use crate::mail::message::{Flag, Flags};

/// The letters of the system flags (<https://cr.yp.to/proto/maildir.html>), sorted. `P` (passed)
/// has no flag in IMAP and stays as it is.
const SYSTEM: [(char, Flag); 5] = [
    ('D', Flag::Draft),
    ('F', Flag::Flagged),
    ('R', Flag::Answered),
    ('S', Flag::Seen),
    ('T', Flag::Deleted),
];

/// The keywords of one mailbox, as they are on disk.
#[derive(Clone)]
pub(super) struct Keywords {
    path: PathBuf,
    /// By letter, `a` first.
    names: [Option<String>; limits::KEYWORDS],
    stamp: Option<Stamp>,
    /// True if another program's keywords were read while ours were written, and not reported yet.
    reloaded: bool,
}

impl Keywords {
    /// Its name in a Maildir.
    pub(super) const FILE: &str = "dovecot-keywords";

    /// Reads the keywords of this Maildir.
    pub(super) fn load(maildir: &Path) -> Result<Keywords, StoreError> {
        let path = maildir.join(Self::FILE);
        let stamp = Stamp::of(&path);
        let file = disk::read(&path)?.unwrap_or_default();
        let names = parse(&String::from_utf8_lossy(&file));
        Ok(Keywords { path, names, stamp, reloaded: false })
    }

    /// Reads the file again if another program wrote it; true if one did since the last call.
    pub(super) fn reload(&mut self, maildir: &Path) -> Result<bool, StoreError> {
        let changed = self.changed_on_disk() || self.reloaded;
        if changed {
            *self = Keywords::load(maildir)?;
        }
        Ok(changed)
    }

    /// True if another program has written the file.
    pub(super) fn changed_on_disk(&self) -> bool {
        Stamp::of(&self.path) != self.stamp
    }

    /// Returns the keywords in the order of their letters.
    pub(super) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.iter().flatten()
    }

    /// Returns the flags in a file name.
    pub(super) fn flags(&self, name: &FileName) -> Flags {
        let mut flags = Flags::new();
        for letter in name.letters().chars() {
            if let Some((_, flag)) = SYSTEM.iter().find(|(l, _)| *l == letter) {
                flags.set(*flag);
            } else if let Some(keyword) = self.keyword(letter) {
                flags.set_keyword(keyword);
            }
        }
        flags
    }

    /// Returns the letters for these flags, with the letters of the old name that we do not know.
    /// New keywords are on disk when this returns.
    pub(super) fn letters(&mut self, flags: &Flags, old: &str) -> Result<String, StoreError> {
        if flags.keywords().any(|keyword| !self.knows(keyword)) {
            self.learn(flags)?;
        }
        Ok(self.known_letters(flags, old))
    }

    /// Returns the letters for these flags, without keywords that have no letter yet.
    pub(super) fn known_letters(&self, flags: &Flags, old: &str) -> String {
        let foreign = |letter: char| {
            self.keyword(letter).is_none() && SYSTEM.iter().all(|(l, _)| *l != letter)
        };
        let mut letters: Vec<char> = old.chars().filter(|letter| foreign(*letter)).collect();
        let system = SYSTEM.iter().filter(|(_, flag)| flags.has(*flag));
        letters.extend(system.map(|(letter, _)| letter));
        let keywords = ('a'..='z')
            .zip(&self.names)
            .filter(|(_, name)| name.as_deref().is_some_and(|name| flags.has_keyword(name)));
        letters.extend(keywords.map(|(letter, _)| letter));
        letters.sort_unstable();
        letters.dedup();
        letters.into_iter().collect()
    }

    fn knows(&self, keyword: &str) -> bool {
        let mut names = self.names.iter().flatten();
        names.any(|name| name.eq_ignore_ascii_case(keyword))
    }

    fn keyword(&self, letter: char) -> Option<&str> {
        let index = ('a'..='z').position(|l| l == letter)?;
        self.names.get(index)?.as_deref()
    }

    /// Gives free letters to the keywords that have none.
    fn learn(&mut self, flags: &Flags) -> Result<(), StoreError> {
        // A program that gives UIDs in this Maildir waits, as Dovecot does.
        let _lock = DotLock::take(&self.path.with_file_name(UidList::FILE))?;
        if self.changed_on_disk() {
            let maildir = self.path.parent().unwrap_or(&self.path).to_path_buf();
            *self = Keywords::load(&maildir)?;
            self.reloaded = true;
        }
        let mut names = self.names.clone();
        for keyword in flags.keywords() {
            if self.knows(keyword) || !is_keyword(keyword) {
                continue;
            }
            match names.iter_mut().find(|name| name.is_none()) {
                Some(free) => *free = Some(keyword.to_owned()),
                None => log::warn!("{}: no letter is left for {keyword}", self.path.display()),
            }
        }
        if names != self.names {
            disk::replace_visibly(&self.path, render(&names).as_bytes())?;
            self.names = names;
            self.stamp = Stamp::of(&self.path);
        }
        Ok(())
    }
}

/// True if this fits the file, and an IMAP FLAGS list.
fn is_keyword(keyword: &str) -> bool {
    !keyword.is_empty() && keyword.bytes().all(|byte| byte.is_ascii_graphic())
}

fn parse(file: &str) -> [Option<String>; limits::KEYWORDS] {
    let mut names: [Option<String>; limits::KEYWORDS] = Default::default();
    for line in file.lines() {
        let Some((index, name)) = line.split_once(' ') else {
            continue;
        };
        let slot = index.parse().ok().and_then(|i: usize| names.get_mut(i));
        if let Some(slot) = slot
            && is_keyword(name)
        {
            *slot = Some(name.to_owned());
        }
    }
    names
}

fn render(names: &[Option<String>; limits::KEYWORDS]) -> String {
    let lines = names.iter().enumerate();
    lines.filter_map(|(index, name)| Some(format!("{index} {}\n", name.as_ref()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn flags(keywords: &[&str]) -> Flags {
        let mut flags: Flags = [Flag::Seen].into_iter().collect();
        keywords.iter().for_each(|k| flags.set_keyword(k));
        flags
    }

    fn with(file: &str) -> (tempfile::TempDir, Keywords) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dovecot-keywords"), file).unwrap();
        let keywords = Keywords::load(folder.path()).unwrap();
        (folder, keywords)
    }

    #[test]
    fn letters_and_flags_are_inverses() {
        let (_folder, mut keywords) = with("0 $Forwarded\n2 zork\nx y\n99 much\n");
        let some = flags(&["$FORWARDED", "zork", "new"]);
        let letters = keywords.letters(&some, "").unwrap();
        assert_eq!(letters, "Sabc");
        let name = FileName::parse(&format!("1.h:2,{letters}")).unwrap();
        let back = keywords.flags(&name);
        assert_eq!(back.to_string(), "\\Seen $Forwarded new zork");
        let file = fs::read_to_string(&keywords.path).unwrap();
        assert_eq!(file, "0 $Forwarded\n1 new\n2 zork\n");
    }

    #[test]
    fn letters_that_mean_nothing_to_us_stay() {
        let (_folder, mut keywords) = with("0 mine\n");
        let none = Flags::new();
        assert_eq!(keywords.letters(&none, "PSaz").unwrap(), "Pz");
    }

    #[test]
    fn the_27th_keyword_is_not_stored() {
        let file: String = (0..26).map(|i| format!("{i} k{i}\n")).collect();
        let (folder, mut keywords) = with(&file);
        let letters = keywords.letters(&flags(&["k25", "one-more"]), "").unwrap();
        assert_eq!(letters, "Sz");
        assert!(!keywords.reload(folder.path()).unwrap());
    }

    #[test]
    fn a_letter_that_another_program_gave_away_is_not_given_again() {
        let (folder, mut keywords) = with("0 mine\n");
        fs::write(&keywords.path, "0 mine\n1 theirs\n").unwrap();
        assert_eq!(keywords.letters(&flags(&["new"]), "").unwrap(), "Sc");
        let file = fs::read_to_string(&keywords.path).unwrap();
        assert_eq!(file, "0 mine\n1 theirs\n2 new\n");
        assert!(keywords.reload(folder.path()).unwrap(), "b means something now");
        assert!(!keywords.reload(folder.path()).unwrap());
    }
}
