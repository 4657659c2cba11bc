//! The project's own files, for the tests that read them.
#![allow(unreachable_pub)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// All files of these kinds in these folders of the project and below them; a place may also be a
/// file. A kind is how a name ends, without its dot: `rs`.
pub fn below(places: &[&str], kinds: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left: Vec<PathBuf> = places.iter().map(|place| root.join(place)).collect();
    let mut files = Vec::new();
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let inside = fs::read_dir(path).unwrap();
            left.extend(inside.map(|entry| entry.unwrap().path()));
        } else if kinds.contains(&path.extension().and_then(OsStr::to_str).unwrap_or_default()) {
            files.push(path);
        }
    }
    files
}
