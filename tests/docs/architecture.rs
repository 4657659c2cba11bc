//! What docs/architecture.md says of the source, checked against the source.

use crate::common::files;

use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the bottom to the top. A file uses its own layer and those below.
const LAYERS: [&[&str]; 15] = [
    &["limits"],
    &["mail/net", "mail/message"],
    &["mail/protocol", "mail/store", "config"],
    &["teaching/explain"],
    &["teaching/wire_tap", "teaching/pcapng"],
    &["client"],
    &["server/queue"],
    &["server"],
    &["teaching/text"],
    &["teaching/script"],
    &["teaching/transcript"],
    &["console"],
    &["teaching", "mail"],
    &["gui"],
    &["commands"],
];

fn layer(part: &str) -> usize {
    LAYERS
        .iter()
        .position(|parts| parts.contains(&part))
        .unwrap_or_else(|| panic!("{part} has no layer"))
}

/// The part that a path belongs to: the longest name in the table that it begins with.
fn part_of(path: &str) -> String {
    let names = LAYERS.iter().copied().flatten();
    let begins = |name: &&&str| {
        path.strip_prefix(**name)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '_'))
    };
    let longest = names.filter(begins).max_by_key(|name| name.len());
    longest.map_or(path, |name| name).to_owned()
}

/// Every Rust file of the library with its part, the first name under `src/`, and its text.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for path in files::below(&["src"], &["rs"]) {
        let inside = path.strip_prefix(&root).unwrap().with_extension("");
        let part = part_of(&inside.to_str().unwrap().replace("::", "/"));
        found.push((path.clone(), part, fs::read_to_string(path).unwrap()));
    }
    assert!(found.len() > 20, "the sources were not found");
    found
}

#[test]
fn imports_point_downwards() {
    let sources = sources();
    let library = sources
        .iter()
        .filter(|(_, part, _)| part != "main" && part != "lib");
    let mut seen = 0;
    for (path, part, text) in library {
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for used in line.split("crate::").skip(1) {
                let name = part_of(&used.replace("::", "/"));
                seen += 1;
                assert!(
                    layer(&name) <= layer(part),
                    "{}: {part} must not use {name}: {line}",
                    path.display()
                );
            }
        }
    }
    assert!(seen > 50, "the imports were not found");
}

#[test]
fn a_function_fits_on_a_screen() {
    for (path, _, text) in sources() {
        // A table of a test may be as long as its story.
        let code = if path.ends_with("tests.rs") {
            ""
        } else {
            &text
        };
        let code = code.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (start, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, line)| is_function(line))
        {
            // rustfmt puts the closing brace where the function begins.
            let indent = line.len() - line.trim_start().len();
            let end = format!("{}}}", " ".repeat(indent));
            let body = lines[start..]
                .iter()
                .take_while(|line| **line != end)
                .count();
            assert!(body < 50, "{}:{}: {body} lines", path.display(), start + 1);
        }
    }
}

/// Does a function with a body begin in this line?
fn is_function(line: &str) -> bool {
    let head = line.trim_start();
    let head = head
        .strip_prefix("pub(super) ")
        .or(head.strip_prefix("pub(crate) "))
        .unwrap_or(head);
    head.strip_prefix("pub ").unwrap_or(head).starts_with("fn ")
        && !line.ends_with(';')
        && !line.ends_with('}')
}

#[test]
fn only_the_way_to_openssl_is_unsafe() {
    for (path, _, text) in sources() {
        let allowed = path.ends_with("net/openssl.rs");
        assert_eq!(
            text.contains("allow(unsafe_code)"),
            allowed,
            "{}",
            path.display()
        );
    }
}
