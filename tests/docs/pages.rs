//! What the documentation says of the source, checked against the source.

use crate::common::files;

use std::fs;
use std::path::{Path, PathBuf};

use pillarbox::teaching::script::Script;
use regex::Regex;

/// Every page, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let pages = files::below(&["README.md", "docs", "demos", "certs"], &["md"]);
    assert!(pages.len() > 5, "the pages were not found");
    pages.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The links of a page: their text and their target.
fn links(page: &str) -> Vec<(String, String)> {
    let whole = page.split("](").collect::<Vec<_>>();
    let link = |pair: &[&str]| {
        let text = pair[0].rsplit_once('[')?.1;
        let target = pair[1].split_once(')')?.0;
        Some((text.to_owned(), target.to_owned()))
    };
    whole.windows(2).filter_map(link).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for (page, text) in pages() {
        for (_, target) in links(&text).into_iter().filter(|(_, target)| !target.contains("://")) {
            let file = page.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(file.exists(), "{}: {target} is not there", page.display());
            followed += 1;
        }
    }
    assert!(followed > 30, "the links were not found");
}

#[test]
fn what_is_linked_as_code_is_there() {
    let mut found = 0;
    for (page, text) in pages() {
        for (text, target) in links(&text) {
            let code = text.trim_matches('`');
            if !["fn ", "struct ", "enum ", "trait "].iter().any(|kind| code.starts_with(kind)) {
                continue;
            }
            let source = fs::read_to_string(page.parent().unwrap().join(&target)).unwrap();
            let named = source.match_indices(code).any(|(at, _)| {
                let after = source[at + code.len()..].chars().next();
                after.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            });
            assert!(named, "{}: there is no {code} in {target}", page.display());
            found += 1;
        }
    }
    assert!(found > 20, "the links into the source were not found");
}

#[test]
fn what_is_quoted_stands_in_the_source() {
    let mut quoted = 0;
    for (page, text) in pages() {
        for block in text.split("```rust src/").skip(1) {
            let (file, rest) = block.split_once('\n').unwrap();
            let quote = rest.split("```").next().unwrap().trim_end();
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
            let source = fs::read_to_string(&file).unwrap();
            assert!(
                source.contains(quote),
                "{}: {} has changed:\n{quote}",
                page.display(),
                file.display()
            );
            quoted += 1;
        }
    }
    assert!(quoted > 1, "the quotations were not found");
}

#[test]
fn what_is_written_as_a_script_is_one() {
    let mut read = 0;
    for (page, text) in pages() {
        for block in text.split("```script\n").skip(1) {
            let script = block.split("```").next().unwrap();
            let parsed = Script::parse(script);
            let script = parsed.unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            assert!(!script.steps.is_empty(), "{}", page.display());
            read += 1;
        }
    }
    assert!(read > 0, "the scripts were not found");
}

/// Every line that can stand in a script, and nothing else, stands in the tables of its page.
#[test]
fn every_line_of_a_script_has_a_row() {
    let page = include_str!("../../docs/scripts.md");
    let rows: Vec<&str> = page
        .lines()
        .filter_map(|row| row.strip_prefix("| `")?.split_once("` |"))
        .map(|(line, _)| line)
        .collect();
    let (header, steps): (Vec<&str>, Vec<&str>) =
        rows.iter().partition(|row| row.contains(": ") && row.as_bytes()[0].is_ascii_lowercase());
    assert!(header.len() >= 10 && steps.len() >= 16, "the tables were not found");
    for line in &header {
        let filled = line.replace('…', "x");
        let rest =
            if line.starts_with("title") { "protocol: smtp" } else { "title: x\nprotocol: smtp" };
        let rest = if line.starts_with("protocol") { "title: x" } else { rest };
        Script::parse(&format!("{rest}\n{filled}\n")).unwrap();
    }
    let sites = "title: x\nprotocol: smtp\nsite: other.test\n";
    for line in &steps {
        let after = if line.starts_with("S*:") { "S: x" } else { "" };
        Script::parse(&format!("{sites}{line}\n{after}\n")).unwrap();
    }
}

/// Pages and comments name files by their end, `net/tls.rs`: such a file is in the project.
#[test]
fn every_source_file_that_is_named_is_there() {
    let sources = files::below(&["src", "tests", "benches", "demos"], &["rs"]);
    let mut texts = pages();
    for path in &sources {
        texts.push((path.clone(), fs::read_to_string(path).unwrap()));
    }
    let name = Regex::new(r"`([a-z_0-9/]+\.rs)(?:::[a-z_0-9]+)?`").unwrap();
    let mut missing = Vec::new();
    let mut found = 0;
    for (place, text) in texts {
        for named in name.captures_iter(&text) {
            let there = sources.iter().any(|source| source.ends_with(&named[1]));
            if !there {
                missing.push(format!("{}: {}", place.display(), &named[1]));
            }
            found += 1;
        }
    }
    assert!(missing.is_empty(), "not there:\n{}", missing.join("\n"));
    assert!(found > 100, "the names were not found");
}
