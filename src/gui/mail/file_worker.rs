//! The worker that reads and writes files for the window: attachments, and folders to choose from.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use eframe::egui::Context;

use crate::gui::worker::Worker;
use crate::limits;
use crate::mail::message::Attachment;
use crate::teaching::text::save_file;

/// What the window wants of the disk.
pub(super) enum FileJob {
    /// What there is in a folder.
    List(PathBuf),
    /// Files to attach to the message with this number.
    Load(u64, Vec<PathBuf>),
    /// Files of a message, into a folder.
    Save(Vec<Attachment>, PathBuf),
}

/// What came of it.
pub(super) enum FileUpdate {
    /// What is in this folder: folders first, each by name.
    Listed(PathBuf, Vec<FileEntry>),
    /// A file for that message.
    Loaded(u64, Attachment),
    /// The files are saved there.
    Saved(Vec<PathBuf>),
    /// Something was not done: the sentence.
    Failed(String),
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) is_folder: bool,
    pub(super) octets: u64,
}

/// Entries of a folder that are shown.
const ENTRIES: usize = 5_000;

/// The worker.
pub(super) type FileWorker = Worker<FileJob, FileUpdate>;

/// Starts the worker.
pub(super) fn start(window: &Context) -> io::Result<FileWorker> {
    Worker::start("files", window, |jobs: Receiver<FileJob>, reporter| {
        for job in jobs {
            perform(job)
                .into_iter()
                .for_each(|news| reporter.report(news));
        }
    })
}

fn perform(job: FileJob) -> Vec<FileUpdate> {
    match job {
        FileJob::List(folder) => vec![match list(&folder) {
            Ok(entries) => FileUpdate::Listed(folder, entries),
            Err(error) => {
                FileUpdate::Failed(format!("{} cannot be read: {error}", folder.display()))
            }
        }],
        FileJob::Load(message, paths) => {
            let loaded = paths.iter().map(|path| match load(path) {
                Ok(file) => FileUpdate::Loaded(message, file),
                Err(error) => {
                    FileUpdate::Failed(format!("{} cannot be attached: {error}", path.display()))
                }
            });
            loaded.collect()
        }
        FileJob::Save(files, folder) => {
            let saved = files.iter().map(|file| save_file(file, &folder));
            vec![match saved.collect() {
                Ok(paths) => FileUpdate::Saved(paths),
                Err(error) => FileUpdate::Failed(error.to_string()),
            }]
        }
    }
}

fn list(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)?.take(ENTRIES) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link that leads nowhere has no facts, and is no file to choose.
        if let Ok(facts) = fs::metadata(entry.path())
            && !name.starts_with('.')
        {
            entries.push(FileEntry {
                name,
                is_folder: facts.is_dir(),
                octets: facts.len(),
            });
        }
    }
    entries.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    Ok(entries)
}

fn load(path: &Path) -> io::Result<Attachment> {
    let facts = fs::metadata(path)?;
    // A pipe or a device has no length, and perhaps no end.
    if !facts.is_file() {
        return Err(io::Error::other("a folder, a pipe or a device is no file"));
    }
    if facts.len() > limits::READABLE as u64 {
        return Err(io::Error::other("it is too large for a mail"));
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Attachment::new(&name.to_string_lossy(), fs::read(path)?))
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;

    #[test]
    fn folders_come_first_and_what_is_hidden_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "A.txt", ".hidden"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("z")).unwrap();
        let names: Vec<String> = list(folder.path())
            .unwrap()
            .into_iter()
            .map(|entry| entry.name)
            .collect();
        assert_eq!(names, ["z", "A.txt", "b.txt"]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named_and_the_others_come() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("tea.csv");
        fs::write(&there, "Assam").unwrap();
        let news = perform(FileJob::Load(3, vec![folder.path().join("no"), there]));
        let [FileUpdate::Failed(sentence), FileUpdate::Loaded(3, file)] = &news[..] else {
            panic!("other news");
        };
        assert!(sentence.contains("no cannot be attached"), "{sentence}");
        assert_eq!(
            (file.name.as_str(), file.content_type.as_str()),
            ("tea.csv", "text/csv")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_device_and_a_folder_are_not_read_as_files() {
        let paths = ["/dev/null", "/dev"].map(PathBuf::from);
        let news = perform(FileJob::Load(3, paths.to_vec()));
        let [FileUpdate::Failed(device), FileUpdate::Failed(folder)] = &news[..] else {
            panic!("other news");
        };
        for (name, sentence) in [("/dev/null", device), ("/dev", folder)] {
            let why = "a folder, a pipe or a device is no file";
            assert_eq!(sentence, &format!("{name} cannot be attached: {why}"));
        }
    }
}
