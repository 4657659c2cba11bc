//! `dovecot-uidlist`, version 3: which message has which UID, for life (RFC 9051 §2.3.1.1).
//!
//! ```text
//! 3 V1763900000 N4 G3942b8279551046b1032000083ecc375
//! 1 :1763900001.M703283P12816Q1.host,S=4,W=5
//! 3 W1954 :1763900002.host
//! ```
//!
//! The header has the UIDVALIDITY, the next UID and the mailbox's GUID; each line a UID, fields of
//! which only `W` (size with CRLF) is ours, and the file name without its flags. New messages are
//! appended, so the header's `N` may be lower than the lines say. A message that is gone keeps its line
//! until the file is rewritten, which is when a quarter of the lines are dead, as Dovecot does it.
//! A line that cannot be parsed is skipped, and is gone after the next writing. A message whose line is
//! lost gets a new UID, never another message's. Only without a header do all UIDs start anew.

use std::collections::HashMap;
use std::fmt::Write;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::StoreError;
use super::disk::{self, DotLock, Stamp};

/// A message's number for life in its mailbox: never 0, never used again (RFC 9051 §2.3.1.1).
pub type Uid = u32;

/// A UID beyond this in the file is damage: counting on from there would soon reach the end.
const HIGHEST: Uid = Uid::MAX - (1 << 20);

/// The UIDs of one mailbox, as they are on disk.
pub(super) struct UidList {
    path: PathBuf,
    content: UidListContent,
    /// The file that `content` was read from or written to.
    stamp: Option<Stamp>,
    /// True if the file on disk has too few lines or too many.
    rewrite: bool,
    /// The number of counted sizes that are not in the file yet.
    counted: usize,
}

/// The content of the file.
#[derive(Debug, PartialEq, Eq)]
struct UidListContent {
    validity: u32,
    next: Uid,
    /// The header's other fields: `G…`.
    header: Vec<String>,
    lines: HashMap<Arc<str>, UidLine>,
}

#[derive(Debug, PartialEq, Eq)]
struct UidLine {
    uid: Uid,
    fields: String,
}

impl UidList {
    /// Its name in a Maildir.
    pub(super) const FILE: &str = "dovecot-uidlist";

    /// Reads the list of this Maildir, or begins one.
    pub(super) fn load(maildir: &Path) -> Result<UidList, StoreError> {
        let path = maildir.join(Self::FILE);
        let stamp = Stamp::of(&path);
        let file = disk::read(&path)?;
        let (content, whole) = match file.as_deref().map(parse) {
            Some(Some(parsed)) => parsed,
            Some(None) => {
                log::warn!("{}: damaged; all messages get new UIDs", path.display());
                (UidListContent::new(), false)
            }
            None => (UidListContent::new(), false),
        };
        Ok(UidList { path, content, stamp, rewrite: !whole, counted: 0 })
    }

    /// True if there is a file.
    pub(super) fn is_on_disk(&self) -> bool {
        self.stamp.is_some()
    }

    /// True if another program has written the file.
    pub(super) fn changed_on_disk(&self) -> bool {
        Stamp::of(&self.path) != self.stamp
    }

    /// Reads the file again. If it is gone or has no header, the list in memory stays.
    pub(super) fn reload(&mut self) -> Result<(), StoreError> {
        self.stamp = Stamp::of(&self.path);
        match disk::read(&self.path)?.as_deref().and_then(parse) {
            Some((content, whole)) => {
                let before = std::mem::replace(&mut self.content, content);
                if before.validity == self.content.validity {
                    self.content.next = self.content.next.max(before.next);
                }
                self.rewrite = !whole;
                self.counted = 0;
            }
            None => self.rewrite = true,
        }
        Ok(())
    }

    /// Keeps other programs, Dovecot above all, from changing the list.
    pub(super) fn lock(&self) -> Result<DotLock, StoreError> {
        DotLock::take(&self.path)
    }

    pub(super) fn validity(&self) -> u32 {
        self.content.validity
    }

    pub(super) fn next(&self) -> Uid {
        self.content.next
    }

    pub(super) fn uid(&self, base: &str) -> Option<Uid> {
        self.content.lines.get(base).map(|line| line.uid)
    }

    /// Returns the messages with this UID or a higher one.
    pub(super) fn named_from(&self, first: Uid) -> impl Iterator<Item = &Arc<str>> {
        let any = (first < self.content.next).then_some(&self.content.lines);
        let lines = any.into_iter().flatten();
        lines.filter(move |(_, line)| line.uid >= first).map(|(base, _)| base)
    }

    /// Returns the size with CRLF, if it was remembered.
    pub(super) fn size_on_wire(&self, base: &str) -> Option<u64> {
        let fields = &self.content.lines.get(base)?.fields;
        let value = fields.split(' ').find_map(|f| f.strip_prefix('W'))?;
        value.parse().ok()
    }

    /// Remembers a size that had to be counted; it is on disk after the next [`UidList::save`].
    ///
    /// A save is due for a quarter of the sizes, not for each one: else a client that fetches message
    /// by message would make us write the whole file each time.
    pub(super) fn remember_size(&mut self, base: &str, octets: u64) {
        if self.size_on_wire(base).is_some() {
            return;
        }
        if let Some(line) = self.content.lines.get_mut(base) {
            let space = if line.fields.is_empty() { "" } else { " " };
            let _ = write!(line.fields, "{space}W{octets}");
            self.counted += 1;
        }
    }

    /// Gives messages the next UIDs. They are on disk after [`UidList::append`] or [`UidList::save`].
    pub(super) fn assign(&mut self, bases: &[Arc<str>]) -> Result<Range<Uid>, StoreError> {
        let first = self.content.next;
        let count = Uid::try_from(bases.len()).ok();
        let Some(next) = count.and_then(|count| first.checked_add(count)) else {
            let error =
                io::Error::other("no UID is left; remove this file to number all messages again");
            return Err(StoreError::Disk(self.path.clone(), error));
        };
        self.content.next = next;
        for (uid, base) in (first..).zip(bases) {
            let fields = String::new();
            let line = UidLine { uid, fields };
            self.content.lines.insert(Arc::clone(base), line);
        }
        Ok(first..next)
    }

    /// Takes back UIDs that could not be written. They are not given again.
    pub(super) fn withdraw(&mut self, bases: &[Arc<str>]) {
        for base in bases {
            self.content.lines.remove(base);
        }
    }

    /// True if the file must be rewritten, with this number of messages alive.
    pub(super) fn wants_save(&self, alive: usize) -> bool {
        let lines = self.content.lines.len();
        let stale = lines.saturating_sub(alive).max(self.counted);
        self.rewrite || stale * 4 > lines
    }

    /// Adds the lines of these messages to the file, durably.
    pub(super) fn append(&mut self, bases: &[Arc<str>]) -> Result<(), StoreError> {
        let mut text = String::new();
        for base in bases {
            if let Some(line) = self.content.lines.get(base) {
                line.render(base, &mut text);
            }
        }
        // If this fails half-way, the next writing repairs it.
        self.rewrite = true;
        disk::append(&self.path, text.as_bytes())?;
        self.rewrite = false;
        self.stamp = Stamp::of(&self.path);
        Ok(())
    }

    /// Writes the whole file anew, with lines for these messages only.
    pub(super) fn save<'a>(
        &mut self,
        alive: impl Iterator<Item = &'a Arc<str>>,
    ) -> Result<(), StoreError> {
        self.rewrite = true;
        let mut lines = HashMap::new();
        let mut order = Vec::new();
        for base in alive {
            if let Some((base, line)) = self.content.lines.remove_entry(base) {
                order.push(Arc::clone(&base));
                lines.insert(base, line);
            }
        }
        self.content.lines = lines;
        disk::replace(&self.path, self.content.render(&order).as_bytes())?;
        self.rewrite = false;
        self.counted = 0;
        self.stamp = Stamp::of(&self.path);
        Ok(())
    }
}

impl UidListContent {
    fn new() -> UidListContent {
        UidListContent {
            validity: new_validity(),
            next: 1,
            header: vec![format!("G{}", new_guid())],
            lines: HashMap::new(),
        }
    }

    /// Returns the file's text, with the lines in this order, which is the order of the UIDs.
    fn render(&self, order: &[Arc<str>]) -> String {
        let mut text = format!("3 V{} N{}", self.validity, self.next);
        for field in &self.header {
            text.push(' ');
            text.push_str(field);
        }
        text.push('\n');
        for base in order {
            if let Some(line) = self.lines.get(base) {
                line.render(base, &mut text);
            }
        }
        text
    }
}

impl UidLine {
    fn render(&self, base: &str, text: &mut String) {
        let space = if self.fields.is_empty() { "" } else { " " };
        let _ = writeln!(text, "{}{space}{} :{base}", self.uid, self.fields);
    }
}

/// Parses a file; `None` if it has no usable header. The second value is true if every line was
/// understood. A last line without its end is half-written, and no client ever saw its UID.
fn parse(file: &[u8]) -> Option<(UidListContent, bool)> {
    let mut lines = file.split(|&byte| byte == b'\n');
    let mut content = parse_header(std::str::from_utf8(lines.next()?).ok()?)?;
    let mut whole = lines.next_back().is_some_and(<[u8]>::is_empty);
    let mut last = 0;
    for line in lines {
        match std::str::from_utf8(line).ok().and_then(parse_line) {
            Some((base, line)) if line.uid > last => {
                last = line.uid;
                // A name that comes twice is a file that was gone and came back (Dovecot appends, too).
                content.lines.insert(base, line);
            }
            _ => whole = false,
        }
    }
    content.next = content.next.max(last + 1);
    Some((content, whole))
}

fn parse_header(line: &str) -> Option<UidListContent> {
    let (mut validity, mut next, mut header) = (0, 0, Vec::new());
    for field in line.strip_prefix("3 ")?.split(' ') {
        match field.split_at_checked(1)? {
            ("V", number) => validity = number.parse().ok()?,
            ("N", number) => next = number.parse().ok()?,
            _ => header.push(field.to_owned()),
        }
    }
    (validity > 0 && (1..=HIGHEST).contains(&next)).then(|| UidListContent {
        validity,
        next,
        header,
        lines: HashMap::new(),
    })
}

fn parse_line(line: &str) -> Option<(Arc<str>, UidLine)> {
    let (before, name) = line.split_once(" :")?;
    let (uid, fields) = before.split_once(' ').unwrap_or((before, ""));
    let uid = uid.parse().ok()?;
    // Old versions of Dovecot write the flags, too.
    let base = name.split(':').next()?;
    let fields = fields.to_owned();
    let good = uid <= HIGHEST && !base.is_empty() && !name.contains(char::is_control);
    good.then(|| (Arc::from(base), UidLine { uid, fields }))
}

/// Returns a UIDVALIDITY that is greater than any before (RFC 9051 §2.3.1.1).
///
/// It is the time, but never the same twice, so that a mailbox that is deleted and made again within
/// a second is seen to be new.
fn new_validity() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = u32::try_from(seconds).unwrap_or(u32::MAX);
    let after = |last: u32| now.max(last.saturating_add(1));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(after(last)));
    after(last.unwrap_or_default())
}

/// Returns 128 random bits: the hasher's keys are the system's randomness.
fn new_guid() -> String {
    let half = || RandomState::new().hash_one(SystemTime::now());
    format!("{:016x}{:016x}", half(), half())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    const FILE: &str = "3 V7 N4 Gabc Zodd\n1 :a,S=1\n3 W9 Q7 :b\n";

    fn uids(list: &UidList) -> Vec<(String, Uid)> {
        let lines = list.content.lines.iter();
        let mut all: Vec<_> = lines.map(|(base, l)| (base.to_string(), l.uid)).collect();
        all.sort_by_key(|(_, uid)| *uid);
        all
    }

    fn load(file: &[u8]) -> (tempfile::TempDir, UidList) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("dovecot-uidlist"), file).unwrap();
        let list = UidList::load(folder.path()).unwrap();
        (folder, list)
    }

    fn text(list: &UidList) -> String {
        fs::read_to_string(&list.path).unwrap()
    }

    #[test]
    fn fields_that_are_not_ours_are_kept() {
        let (_folder, mut list) = load(FILE.as_bytes());
        assert_eq!((list.validity(), list.next(), list.rewrite), (7, 4, false));
        assert_eq!(list.size_on_wire("b"), Some(9));
        assert_eq!(list.size_on_wire("a,S=1"), None);
        let alive: [Arc<str>; 2] = ["a,S=1".into(), "b".into()];
        list.save(alive.iter()).unwrap();
        assert_eq!(text(&list), FILE);
    }

    #[test]
    fn what_survives_damage() {
        let rows: [(&str, Option<Uid>, &str); 9] = [
            // file, next UID, the messages that keep their UIDs
            (FILE, Some(4), "a,S=1 b"),
            ("3 V7 N4\n1 :a\n5 :b", Some(4), "a"),     // torn
            ("3 V7 N4\n1 :a\n5 :b\n", Some(6), "a b"), // appended
            ("3 V7 N4\n2 :a\n1 :b\n", Some(4), "a"),   // not rising
            ("3 V7 N4\nrubbish\n1 :a:2,S\n\0\0\n", Some(4), "a"),
            ("3 V7 N9", Some(9), ""),
            ("3 V7 N4294967295\n1 :a\n", None, ""), // soon out of UIDs
            ("3 V7\n1 :a\n", None, ""),
            ("", None, ""),
        ];
        for (file, next, alive) in rows {
            let parsed = parse(file.as_bytes());
            assert_eq!(parsed.as_ref().map(|(c, _)| c.next), next, "{file:?}");
            let Some((content, _)) = parsed else { continue };
            let mut names: Vec<_> = content.lines.keys().map(|k| &**k).collect();
            names.sort_unstable();
            assert_eq!(names.join(" "), alive, "{file:?}");
        }
    }

    #[test]
    fn a_torn_line_is_mended_with_the_next_writing() {
        let (folder, mut list) = load(b"3 V7 N4\n1 :a\n5 :b");
        assert!(list.wants_save(1));
        list.assign(&["c".into()]).unwrap();
        list.save(["a".into(), "c".into()].iter()).unwrap();
        assert_eq!(text(&list), "3 V7 N5\n1 :a\n4 :c\n");
        let again = UidList::load(folder.path()).unwrap();
        assert_eq!(uids(&again), [("a".into(), 1), ("c".into(), 4)]);
    }

    #[test]
    fn appended_lines_count_on() {
        let (folder, mut list) = load(FILE.as_bytes());
        let bases: [Arc<str>; 2] = ["c".into(), "d".into()];
        assert_eq!(list.assign(&bases).unwrap(), 4..6);
        list.append(&bases).unwrap();
        assert!(!list.changed_on_disk());
        assert_eq!(text(&list), format!("{FILE}4 :c\n5 :d\n"));
        assert_eq!(UidList::load(folder.path()).unwrap().next(), 6);
    }

    #[test]
    fn the_highest_uid_is_not_given_again_when_its_message_is_gone() {
        let (folder, mut list) = load(FILE.as_bytes());
        list.save(["a,S=1".into()].iter()).unwrap();
        assert_eq!(UidList::load(folder.path()).unwrap().next(), 4);
    }

    #[test]
    fn a_file_that_vanishes_is_written_again_from_memory() {
        let (_folder, mut list) = load(FILE.as_bytes());
        fs::remove_file(&list.path).unwrap();
        assert!(list.changed_on_disk());
        list.reload().unwrap();
        assert_eq!(list.validity(), 7);
        assert!(list.wants_save(2) && !list.changed_on_disk());
    }

    #[test]
    fn who_wrote_the_file_meanwhile_may_count_anew_only_under_a_new_validity() {
        let rows = [("3 V7 N2\n1 :a\n", 4), ("3 V8 N2\n1 :a\n", 2)];
        for (file, next) in rows {
            let (_folder, mut list) = load(FILE.as_bytes());
            fs::write(&list.path, file).unwrap();
            list.reload().unwrap();
            assert_eq!(list.next(), next, "{file:?}");
        }
    }

    #[test]
    fn no_two_mailboxes_have_the_same_validity() {
        let (one, two) = (new_validity(), new_validity());
        assert!(two > one);
        assert_ne!(new_guid(), new_guid());
        assert_eq!(new_guid().len(), 32);
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn nothing_in_the_file_panics(file in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&file);
            let mut with_header = FILE.as_bytes().to_vec();
            with_header.extend(file);
            prop_assert!(parse(&with_header).is_some());
        }

        #[test]
        fn render_and_parse_are_inverses(
            validity in 1u32..,
            steps in prop::collection::vec((1u32..1000, "[!-9;-~]{1,20}", "(W[0-9]{1,5})?"), 0..20),
        ) {
            let mut content = UidListContent { validity, next: 1, header: vec!["Gff".into()], lines: HashMap::new() };
            let mut order = Vec::new();
            for (step, base, fields) in steps {
                let base: Arc<str> = base.into();
                if content.lines.contains_key(&base) {
                    continue;
                }
                let uid = content.next + step;
                content.lines.insert(Arc::clone(&base), UidLine { uid, fields });
                content.next = uid + 1;
                order.push(base);
            }
            let text = content.render(&order);
            prop_assert_eq!(parse(text.as_bytes()), Some((content, true)));
        }
    }
}
