//! The file of a capture: which file may be overwritten, and that it never ends within a block.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::blocks;
use super::capture::PROGRAM;

/// The octets at the beginning of a capture that contain its whole head.
const HEAD: u64 = 4096;

/// The file mode: a capture may contain passwords and TLS secrets.
const OWNERS: u32 = 0o600;

/// A file that takes whole blocks: a block that could not be written whole is removed.
pub struct WholeBlocks {
    file: File,
    /// Its length in octets; `None` for a pipe or a device, which cannot be shortened.
    length: Option<u64>,
}

/// Makes the file of a capture, which only its owner can read. A capture of an earlier run is
/// overwritten, as by `tcpdump -w`; any other file stays as it is. A pipe or a device is written to,
/// so that Wireshark can show the packets as they come.
///
/// # Errors
/// When it cannot be opened, another program of ours writes to it, or it holds something else: a
/// sentence that names the file.
pub fn create(path: &Path) -> io::Result<WholeBlocks> {
    let name = path.display();
    let wrong = |why: &dyn std::fmt::Display| io::Error::other(format!("{name} {why}"));
    let cannot = |error: io::Error| wrong(&format!("cannot be written: {error}"));
    let special = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let mut options = OpenOptions::new();
    options.write(true);
    if special {
        let file = options.open(path).map_err(cannot)?;
        return Ok(WholeBlocks { file, length: None });
    }
    options.read(true).create(true).mode(OWNERS);
    let mut file = options.open(path).map_err(cannot)?;
    let locked = flock(&file, FlockOperation::NonBlockingLockExclusive);
    if is_held(&name, locked.map_err(io::Error::from)) {
        let why = "is being written by another pillarbox; name another file with --capture";
        return Err(wrong(&why));
    }
    if !is_ours(&mut file).map_err(cannot)? {
        let why = "exists and is no capture of Pillarbox's, so it is not overwritten; \
                   remove it, or name another file";
        return Err(wrong(&why));
    }
    file.set_len(0).map_err(cannot)?;
    // The file may have existed with another mode; some disks have no modes.
    let _ = file.set_permissions(fs::Permissions::from_mode(OWNERS));
    io::Seek::rewind(&mut file).map_err(cannot)?;
    Ok(WholeBlocks { file, length: Some(0) })
}

/// True if another program of ours has locked the file. A network disk may have no locks.
fn is_held(name: &dyn std::fmt::Display, locked: io::Result<()>) -> bool {
    let Err(error) = locked else { return false };
    let held = error.kind() == io::ErrorKind::WouldBlock;
    if !held {
        log::warn!("{name} cannot be locked; let no other pillarbox write to it: {error}");
    }
    held
}

/// True if the file is empty, or a capture of Pillarbox.
fn is_ours(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(HEAD).read_to_end(&mut head)?;
    let application = blocks::application(&head).unwrap_or_default();
    Ok(head.is_empty() || application.starts_with(PROGRAM.as_bytes()))
}

impl Write for WholeBlocks {
    fn write(&mut self, blocks: &[u8]) -> io::Result<usize> {
        let written = self.file.write_all(blocks);
        let Some(length) = &mut self.length else {
            return written.map(|()| blocks.len());
        };
        match written {
            Ok(()) => *length += blocks.len() as u64,
            Err(error) => {
                // The disk is full; a file can be shortened without room.
                self.file.set_len(*length)?;
                return Err(error);
            }
        }
        Ok(blocks.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_own_capture_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.pcapng");
        let ours = blocks::head(PROGRAM, "", ("", ""));
        let theirs = blocks::head("Dumpcap", PROGRAM, ("", ""));
        for (before, overwritten) in [
            (&b""[..], true),
            (&ours, true),
            (&theirs, false),
            (b"a letter to Pillarbox", false),
            (&ours[..20], false),
        ] {
            fs::write(&path, before).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            let made = create(&path).map(|mut file| file.write_all(b"new"));
            let error = made.err().map(|error| error.to_string());
            let names = |error: &String| error.contains("lab.pcapng exists");
            assert!(error.as_ref().is_none_or(names), "{error:?}");
            assert_eq!(error.is_none(), overwritten);
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode == OWNERS, overwritten);
            let after = if overwritten { b"new" } else { before };
            assert_eq!(fs::read(&path).unwrap(), after);
        }
    }

    #[test]
    fn two_do_not_write_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab.pcapng");
        let first = create(&path).unwrap();
        let error = create(&path).err().unwrap().to_string();
        assert!(error.contains("another pillarbox"), "{error}");
        drop(first);
        assert!(create(&path).is_ok());
    }

    #[test]
    fn a_disk_without_locks_is_written_to() {
        use rustix::io::Errno;
        let rows = [
            (Ok(()), false),
            (Err(Errno::WOULDBLOCK), true),
            (Err(Errno::NOLCK), false),
            (Err(Errno::OPNOTSUPP), false),
        ];
        for (locked, held) in rows {
            let answer = locked.map_err(io::Error::from);
            assert_eq!(is_held(&"lab.pcapng", answer), held, "{locked:?}");
        }
    }

    #[test]
    fn a_device_is_written_to_and_a_folder_is_not() {
        let mut null = create(Path::new("/dev/null")).unwrap();
        assert!(null.write_all(b"x").is_ok());
        let mut full = create(Path::new("/dev/full")).unwrap();
        let error = full.write_all(b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        let folder = tempfile::tempdir().unwrap();
        let error = create(folder.path()).err().unwrap().to_string();
        assert!(error.contains("cannot be written"), "{error}");
    }
}
