//! A Maildir: its folders `tmp/`, `new/`, `cur/`, and the file names in them.
//!
//! `1763900000.M5P77Q1.host,S=4,W=5:2,FS`: unique until the colon, flags after it
//! (<https://cr.yp.to/proto/maildir.html>). `S=` is the size of the file, `W=` its size with CRLF,
//! as Maildir++ and Dovecot write them. Capital letters are system flags, small ones keywords.
//! Nothing here keeps any state. Names that no mail program makes are skipped.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::StoreError;
use super::disk;

/// A file in `tmp/` that is older was left by a crash (<https://cr.yp.to/proto/maildir.html>).
const ABANDONED: Duration = Duration::from_secs(36 * 60 * 60);

/// The folder of a message's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dir {
    /// Delivered, and seen by no mail program.
    New,
    /// Seen by a mail program.
    Cur,
}

impl Dir {
    /// Both, in the order of a scan: a message that moves during the scan goes from `new/` to `cur/`,
    /// and so is seen twice rather than never.
    pub(super) const BOTH: [Dir; 2] = [Dir::New, Dir::Cur];

    /// Returns this folder of a Maildir.
    pub(super) fn of(self, maildir: &Path) -> PathBuf {
        maildir.join(match self {
            Dir::New => "new",
            Dir::Cur => "cur",
        })
    }
}

/// A message's file: which folder, which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MailFile {
    pub(super) dir: Dir,
    pub(super) name: FileName,
}

impl MailFile {
    pub(super) fn path(&self, maildir: &Path) -> PathBuf {
        self.dir.of(maildir).join(self.name.to_string())
    }

    /// Returns the file of a new message: in `new/` if it has no flag letters.
    pub(super) fn arriving(base: Arc<str>, letters: &str) -> MailFile {
        let (dir, letters) = match letters {
            "" => (Dir::New, None),
            letters => (Dir::Cur, Some(letters)),
        };
        let name = FileName::new(base, letters);
        MailFile { dir, name }
    }

    /// Returns the file of the message in `cur/`, with these flag letters.
    pub(super) fn with_letters(&self, letters: &str) -> MailFile {
        MailFile { dir: Dir::Cur, name: FileName::new(Arc::clone(&self.name.base), Some(letters)) }
    }
}

/// A message's file name. `parse` and `Display` are inverses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The unique part, before the colon. A change of flags does not touch it.
    pub(super) base: Arc<str>,
    /// The part after the colon.
    info: Option<String>,
}

impl FileName {
    /// A name with these flag letters, or without the part after the colon.
    pub(super) fn new(base: Arc<str>, letters: Option<&str>) -> FileName {
        let info = letters.map(|letters| format!("2,{letters}"));
        FileName { base, info }
    }

    /// Parses a name; `None` for a file that is no message: a hidden one, or a name with control
    /// characters, which no list could hold.
    pub(super) fn parse(name: &str) -> Option<FileName> {
        let (base, info) = match name.split_once(':') {
            Some((base, info)) => (base, Some(info.to_owned())),
            None => (name, None),
        };
        let odd = base.is_empty() || base.starts_with('.') || name.contains(char::is_control);
        (!odd).then(|| FileName { base: base.into(), info })
    }

    /// Returns the letters of flags and keywords.
    pub(super) fn letters(&self) -> &str {
        let info = self.info.as_deref().unwrap_or("");
        let letters = info.strip_prefix("2,").unwrap_or("");
        letters.split(',').next().unwrap_or("")
    }

    /// Returns the size with CRLF line endings, if the name has it.
    pub(super) fn size_on_wire(&self) -> Option<u64> {
        let value = self.base.split(',').find_map(|f| f.strip_prefix("W="))?;
        value.parse().ok()
    }

    /// Returns the fields for sizes, which a copy has in common with this.
    pub(super) fn sizes(&self) -> String {
        let fields = self.base.split(',').skip(1);
        let sizes = fields.filter(|f| f.starts_with("S=") || f.starts_with("W="));
        sizes.map(|field| format!(",{field}")).collect()
    }

    /// Returns a key that sorts messages by delivery: seconds, microseconds, counter.
    pub(super) fn delivery_order(&self) -> (u64, u64, u64, Arc<str>) {
        let mut parts = self.base.splitn(3, '.');
        let seconds = parts.next().and_then(|part| part.parse().ok());
        let middle = parts.next().unwrap_or("");
        (
            seconds.unwrap_or(u64::MAX),
            number_after(middle, 'M'),
            number_after(middle, 'Q'),
            Arc::clone(&self.base),
        )
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)?;
        match &self.info {
            Some(info) => write!(f, ":{info}"),
            None => Ok(()),
        }
    }
}

fn number_after(text: &str, letter: char) -> u64 {
    let Some((_, tail)) = text.split_once(letter) else {
        return 0;
    };
    let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
    tail[..end].parse().unwrap_or(0)
}

/// Returns a name that no other message has, on this machine or another one.
pub(super) fn unique() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    static HOST: OnceLock<String> = OnceLock::new();
    // The Maildir specification's escapes; a comma would begin a field.
    let host = HOST.get_or_init(|| {
        disk::host().replace('/', "\\057").replace(':', "\\072").replace(',', "\\054")
    });
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!(
        "{}.M{}P{}Q{}.{host}",
        now.as_secs(),
        now.subsec_micros(),
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed),
    )
}

/// Makes the three folders, durably; `cur/` last, so that a Maildir that has it is whole.
pub(super) fn make(maildir: &Path) -> Result<(), StoreError> {
    for folder in ["tmp", "new", "cur"] {
        disk::make_folder(&maildir.join(folder))?;
    }
    disk::sync_folder(maildir)
}

/// True if there is a mailbox in this folder.
pub(super) fn exists(path: &Path) -> bool {
    path.join("cur").is_dir()
}

/// Returns the messages in these folders, by the unique part of their names.
pub(super) fn scan(maildir: &Path, dirs: &[Dir]) -> io::Result<HashMap<Arc<str>, MailFile>> {
    let mut found: HashMap<Arc<str>, MailFile> = HashMap::new();
    for &dir in dirs {
        for entry in fs::read_dir(dir.of(maildir))? {
            let Some(name) = message_name(&entry?) else {
                continue;
            };
            // Of two files with the same name, every scan must take the same one.
            let base = Arc::clone(&name.base);
            let file = MailFile { dir, name };
            match found.get(&base) {
                Some(other) if other.dir == dir && other.name.info > file.name.info => {}
                _ => {
                    found.insert(base, file);
                }
            }
        }
    }
    Ok(found)
}

/// The name of a message. Only a file is one: opening a pipe would wait for ever.
fn message_name(entry: &DirEntry) -> Option<FileName> {
    if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
        return None;
    }
    FileName::parse(entry.file_name().to_str()?)
}

/// Removes files that a crash left in `tmp/` long ago, as far as that is possible.
pub(super) fn clean(maildir: &Path) {
    let Ok(entries) = fs::read_dir(maildir.join("tmp")) else {
        return;
    };
    for entry in entries.flatten() {
        let Ok(about) = entry.metadata() else {
            continue;
        };
        if disk::age(&about) > ABANDONED {
            log::debug!("removing {}, abandoned", entry.path().display());
            let _ = if about.is_dir() {
                fs::remove_dir_all(entry.path())
            } else {
                fs::remove_file(entry.path())
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_name_says() {
        let rows = [
            // name, unique part, letters, size on the wire
            ("1.M2P3Q4.host,S=4,W=5:2,FSa", "1.M2P3Q4.host,S=4,W=5", "FSa", Some(5)),
            ("1.M2P3.host,S=4:2,", "1.M2P3.host,S=4", "", None),
            ("1.2.host", "1.2.host", "", None),
            ("1.2.host:1,experiment", "1.2.host", "", None),
            ("1.2.host:2,S,more", "1.2.host", "S", None),
            ("1.2.host,W=x:2,S", "1.2.host,W=x", "S", None),
        ];
        for (text, base, letters, wire) in rows {
            let name = FileName::parse(text).unwrap();
            assert_eq!(&*name.base, base, "{text}");
            assert_eq!(name.letters(), letters, "{text}");
            assert_eq!(name.size_on_wire(), wire, "{text}");
        }
        for odd in ["", ".hidden", ":2,S", "two\nlines"] {
            assert_eq!(FileName::parse(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn messages_sort_by_delivery() {
        let names = ["9.M1P1Q1.h", "10.M2P1Q1.h", "10.M11P1Q9.h", "10.M11P1Q10.h", "strange"];
        let mut sorted: Vec<FileName> =
            names.iter().rev().flat_map(|n| FileName::parse(n)).collect();
        sorted.sort_by_key(FileName::delivery_order);
        let sorted: Vec<String> = sorted.iter().map(FileName::to_string).collect();
        assert_eq!(sorted, names);
    }

    #[test]
    fn no_two_names_are_the_same() {
        let (one, two) = (unique(), unique());
        assert_ne!(one, two);
        let order = |name: &str| FileName::parse(name).unwrap().delivery_order();
        assert!(order(&one).2 < order(&two).2);
    }

    #[test]
    fn only_a_file_is_a_message() {
        use std::os::unix::net::UnixListener;
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        let new = folder.path().join("new");
        fs::write(new.join("1.file.host"), "Subject: a\n\nb\n").unwrap();
        fs::create_dir(new.join("2.folder.host")).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", new.join("3.link.host")).unwrap();
        // Like a named pipe, no file to read from.
        let _socket = UnixListener::bind(new.join("4.socket.host")).unwrap();
        let found = scan(folder.path(), &[Dir::New]).unwrap();
        let names: Vec<&str> = found.keys().map(|base| &**base).collect();
        assert_eq!(names, ["1.file.host"]);
    }

    #[test]
    fn only_old_leftovers_go() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path()).unwrap();
        let (old, young) = (folder.path().join("tmp/old"), folder.path().join("tmp/young"));
        let long_ago = SystemTime::now() - ABANDONED - Duration::from_secs(60);
        disk::make_file(&old).unwrap().set_modified(long_ago).unwrap();
        disk::make_file(&young).unwrap();
        clean(folder.path());
        assert!(!old.exists() && young.exists());
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn parse_and_display_are_inverses(text in "[ -~]{0,40}") {
            if let Some(name) = FileName::parse(&text) {
                prop_assert_eq!(name.to_string(), text);
            }
        }

        #[test]
        fn nothing_in_a_name_panics(text in any::<String>()) {
            if let Some(name) = FileName::parse(&text) {
                let _ = (name.letters(), name.size_on_wire(), name.delivery_order());
            }
        }
    }
}
