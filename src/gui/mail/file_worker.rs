//! The files of the mail program: a worker lists folders, and loads and saves attachments.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Mail;
use crate::gui::popup::Popups;
use crate::gui::worker::Worker;
use crate::limits;
use crate::mail::message::Attachment;
use crate::teaching::text::save_file;

/// The worker, which needs no state.
pub(super) type FileWorker = Worker<(), Mail>;

/// A file or a folder in the file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FileEntry {
    pub(super) name: String,
    pub(super) is_folder: bool,
    /// The size in bytes.
    pub(super) size: u64,
}

/// The number of entries of a folder that are shown.
const ENTRIES: usize = 5_000;

impl Mail {
    /// Lists this folder in the file dialog.
    pub(super) fn list_folder(&self, folder: PathBuf) {
        self.files.run(move |_| list(&folder).map(|entries| (folder, entries)), Mail::show_folder);
    }

    /// Attaches these files to the draft with this number.
    pub(super) fn attach(&self, draft: u64, paths: Vec<PathBuf>) {
        self.files.run(
            move |_| load_all(&paths),
            move |mail: &mut Mail, popups, files| mail.show_attached(popups, draft, files),
        );
    }

    /// Saves these files in this folder.
    pub(super) fn save_files(&self, files: Vec<Attachment>, folder: PathBuf) {
        self.files.run(move |_| save_all(&files, &folder), Mail::show_saved);
    }

    /// Shows the results that have come from the worker.
    pub(super) fn update_files(&mut self, popups: &mut Popups) {
        for show in self.files.results() {
            show(self, popups);
        }
    }

    fn show_folder(
        &mut self,
        popups: &mut Popups,
        listed: Result<(PathBuf, Vec<FileEntry>), String>,
    ) {
        match listed {
            Ok((folder, entries)) => {
                self.folder.clone_from(&folder);
                if let Some(dialog) = &mut self.file_dialog {
                    dialog.set_folder(folder, entries);
                }
            }
            Err(why) => popups.bad("Not done", why),
        }
    }

    fn show_attached(
        &mut self,
        popups: &mut Popups,
        draft: u64,
        files: Vec<Result<Attachment, String>>,
    ) {
        let mut drafts = self.drafts.iter_mut();
        let mut draft = drafts.find(|window| window.number == draft);
        for file in files {
            match (file, &mut draft) {
                (Ok(file), Some(draft)) => draft.form.files.push(file),
                (Ok(_), None) => {}
                (Err(why), _) => popups.bad("Not done", why),
            }
        }
    }

    fn show_saved(&mut self, popups: &mut Popups, saved: Result<Vec<PathBuf>, String>) {
        match saved {
            Ok(paths) => {
                let paths = paths.iter().map(|path| path.display().to_string());
                popups.good("Saved", paths.collect::<Vec<String>>().join("\n"));
            }
            Err(why) => popups.bad("Not done", why),
        }
    }
}

/// Lists a folder: folders first, then files, each by name. Hidden ones are left out.
fn list(folder: &Path) -> Result<Vec<FileEntry>, String> {
    read_folder(folder)
        .map_err(|error| format!("The folder {} cannot be read: {error}", folder.display()))
}

fn read_folder(folder: &Path) -> io::Result<Vec<FileEntry>> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder)?.take(ENTRIES) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link that leads nowhere has no metadata, and is no file to choose.
        if let Ok(metadata) = fs::metadata(entry.path())
            && !name.starts_with('.')
        {
            entries.push(FileEntry { name, is_folder: metadata.is_dir(), size: metadata.len() });
        }
    }
    entries.sort_by_key(|entry| (!entry.is_folder, entry.name.to_lowercase()));
    Ok(entries)
}

/// Loads files to attach. The error of a file is a sentence.
fn load_all(paths: &[PathBuf]) -> Vec<Result<Attachment, String>> {
    let load = |path: &PathBuf| {
        load(path).map_err(|error| format!("{} cannot be attached: {error}", path.display()))
    };
    paths.iter().map(load).collect()
}

fn load(path: &Path) -> io::Result<Attachment> {
    let metadata = fs::metadata(path)?;
    // A pipe or a device has no length, and perhaps no end.
    if !metadata.is_file() {
        return Err(io::Error::other("it is a folder, a pipe or a device"));
    }
    if metadata.len() > limits::READABLE as u64 {
        return Err(io::Error::other("it is too large for a message"));
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    Ok(Attachment::new(&name.to_string_lossy(), fs::read(path)?))
}

fn save_all(files: &[Attachment], folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for file in files {
        paths.push(save_file(file, folder).map_err(|error| error.to_string())?);
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_first_and_hidden_files_are_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "A.txt", ".hidden"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        fs::create_dir(folder.path().join("z")).unwrap();
        let entries = list(folder.path()).unwrap();
        let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["z", "A.txt", "b.txt"]);
    }

    #[test]
    fn a_missing_file_is_named_and_the_others_are_attached() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("tea.csv");
        fs::write(&there, "Assam").unwrap();
        let loaded = load_all(&[folder.path().join("no"), there]);
        let [Err(sentence), Ok(file)] = &loaded[..] else {
            panic!("other results");
        };
        assert!(sentence.contains("no cannot be attached"), "{sentence}");
        assert_eq!((file.name.as_str(), file.content_type.as_str()), ("tea.csv", "text/csv"));
    }

    #[cfg(unix)]
    #[test]
    fn a_device_and_a_folder_are_not_attached() {
        for name in ["/dev/null", "/dev"] {
            let why = "it is a folder, a pipe or a device";
            let expected = Err(format!("{name} cannot be attached: {why}"));
            assert_eq!(load_all(&[PathBuf::from(name)]), [expected]);
        }
    }
}
