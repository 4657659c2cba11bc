//! What docs/architecture.md says of the source, checked against the source.

use crate::common::files;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the top to the bottom, as docs/architecture.md draws them: each part, and what it
/// is. A part uses only those below its own layer.
const LAYERS: &[&[(&str, &str)]] = &[
    &[("commands", "what the command line starts")],
    &[("gui", "the desktop mail program")],
    &[("console", "conversations that a person types")],
    &[("teaching/transcript", "a recorded conversation, shown")],
    &[
        ("teaching/script", "conversations as text files, played"),
        ("teaching/pcapng", "captures for Wireshark"),
    ],
    &[
        ("teaching/text", "lines of text, as a terminal shows them"),
        ("teaching/wire_tap", "the recorder and its journal"),
    ],
    &[("teaching/explain", "what each line means"), ("teaching", "")],
    &[("server", "one end of a conversation")],
    &[("server/queue", "mail on its way to other servers")],
    &[("client", "the other end")],
    &[("config", "config.ini, accounts, aliases")],
    &[("mail/store", "mailboxes on disk")],
    &[("mail/protocol", "commands and replies as types")],
    &[("mail/message", "what is in a message")],
    &[("mail/net", "lines, octets, deadlines, TLS")],
    &[("mail", ""), ("limits", "every bound that a peer can hit")],
];

/// The picture of the layers, as docs/architecture.md has it.
fn picture() -> String {
    let mut picture = String::new();
    for layer in LAYERS {
        let drawn: Vec<_> = layer.iter().filter(|(_, what)| !what.is_empty()).collect();
        for (at, (part, what)) in drawn.iter().enumerate() {
            let beside = match (at, drawn.len()) {
                (0, 1) => ' ',
                (0, _) => '┌',
                (at, count) if at + 1 == count => '└',
                _ => '│',
            };
            writeln!(picture, "{beside} {part:<21}{what}").unwrap();
        }
    }
    picture
}

#[test]
fn the_page_draws_these_layers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(&path).unwrap();
    let drawn = page.split("```text\n").nth(1).unwrap_or_default();
    let (drawn, _) = drawn.split_once("```").unwrap_or_default();
    let picture = picture();
    assert!(
        drawn == picture,
        "{}: put this between the first ```text and its end:\n{picture}",
        path.display()
    );
}

fn layer(part: &str) -> usize {
    LAYERS
        .iter()
        .position(|parts| parts.iter().any(|(name, _)| *name == part))
        .unwrap_or_else(|| panic!("{part} has no layer"))
}

/// The part that a path belongs to: the longest name in the table that it begins with.
fn part_of(path: &str) -> String {
    let names = LAYERS.iter().flat_map(|parts| parts.iter().map(|(name, _)| *name));
    let begins = |name: &&str| {
        path.strip_prefix(*name)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '_'))
    };
    let longest = names.filter(begins).max_by_key(|name| name.len());
    longest.unwrap_or(path).to_owned()
}

/// Every Rust file of the library with its part and its text.
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
    let library = sources.iter().filter(|(_, part, _)| part != "main" && part != "lib");
    let mut seen = 0;
    for (path, part, text) in library {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for used in line.split("crate::").skip(1) {
                let used = used.replace("::", "/");
                let name = part_of(&used);
                seen += 1;
                assert!(
                    name == *part || layer(&name) > layer(part),
                    "{}: {part} must not use {name}: {line}",
                    path.display()
                );
                let many_parts = ["mail/{", "teaching/{", "server/{queue"];
                assert!(
                    !many_parts.iter().any(|folder| used.starts_with(folder)),
                    "{}: one `use` for each part: {line}",
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
        let code = if path.ends_with("tests.rs") { "" } else { &text };
        let code = code.split("\n#[cfg(test)]\n").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().collect();
        for (start, line) in lines.iter().enumerate().filter(|(_, line)| is_function(line)) {
            // rustfmt puts the closing brace where the function begins.
            let indent = line.len() - line.trim_start().len();
            let end = format!("{}}}", " ".repeat(indent));
            let body = lines[start..].iter().take_while(|line| **line != end).count();
            assert!(body < 50, "{}:{}: {body} lines", path.display(), start + 1);
        }
    }
}

/// Does a function with a body begin in this line?
fn is_function(line: &str) -> bool {
    let head = line.trim_start();
    let head =
        head.strip_prefix("pub(super) ").or(head.strip_prefix("pub(crate) ")).unwrap_or(head);
    head.strip_prefix("pub ").unwrap_or(head).starts_with("fn ")
        && !line.ends_with(';')
        && !line.ends_with('}')
}

#[test]
fn only_the_way_to_openssl_is_unsafe() {
    for (path, _, text) in sources() {
        let allowed = path.ends_with("net/openssl.rs");
        assert_eq!(text.contains("allow(unsafe_code)"), allowed, "{}", path.display());
    }
}
