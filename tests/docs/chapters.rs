//! The three chapters of docs/tour.md and lib.rs: their files, in reading order, and their sizes.

use std::fs;
use std::path::Path;

/// No chapter is longer, with comments and without tests.
const MOST_LINES: usize = 2_500;

/// A page may be wrong about a file by this part of its lines.
const TOLERANCE: usize = 10;

/// The file and the size that a row names.
type Row = (String, usize);

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The rows of each chapter in the tour: `| [server/session.rs](…) | 197 | … |`.
fn chapters_of_the_tour() -> Vec<Vec<Row>> {
    let page = read("docs/tour.md");
    let chapters = page.split("\n# Chapter ").skip(1);
    chapters.map(|chapter| rows(chapter, "| [", "](")).collect()
}

/// The rows of each chapter in lib.rs: `//! | server/session.rs | 197 |`.
fn chapters_of_lib() -> Vec<Vec<Row>> {
    let lib = read("src/lib.rs");
    let chapters = lib.split("\n//! # Chapter ").skip(1);
    chapters.map(|chapter| rows(chapter, "//! | ", " | ")).collect()
}

fn rows(chapter: &str, before: &str, after: &str) -> Vec<Row> {
    let chapter = chapter.split("\n# ").next().unwrap();
    let row = |line: &str| {
        let row = line.strip_prefix(before)?;
        let (file, _) = row.split_once(after)?;
        let size = row.split(" | ").nth(1)?.trim_end_matches(" |");
        Some((file.to_owned(), size.parse().ok()?))
    };
    chapter.lines().filter_map(row).collect()
}

/// The lines of a file above its tests.
fn lines(file: &str) -> usize {
    let text = read(&format!("src/{file}"));
    let code = text.split("\n#[cfg(test)]\n").next().unwrap();
    code.trim_end().lines().count()
}

#[test]
fn each_chapter_fits_into_an_afternoon() {
    let chapters = chapters_of_the_tour();
    assert_eq!(chapters.len(), 3);
    for (number, chapter) in (1..).zip(&chapters) {
        assert!(chapter.len() > 5, "chapter {number}");
        let total: usize = chapter.iter().map(|(file, _)| lines(file)).sum();
        assert!(total <= MOST_LINES, "chapter {number} has {total} lines");
    }
}

#[test]
fn each_size_is_right() {
    for (file, said) in chapters_of_the_tour().into_iter().flatten() {
        let lines = lines(&file);
        assert!(
            said.abs_diff(lines) * 100 <= lines * TOLERANCE,
            "docs/tour.md and src/lib.rs: {file} has {lines} lines, not {said}"
        );
    }
}

#[test]
fn the_library_names_the_same_chapters() {
    assert_eq!(chapters_of_lib(), chapters_of_the_tour());
}
