//! Whatever section of an RFC the source, the pages, the demos and the transcripts name, it exists:
//! its number stands with its title in `tests/docs/rfc/sections.txt`. Whoever names a new one looks into
//! the RFC and adds its line there. That it is the *right* section no test can know; the title beside
//! the number shows it to whoever adds one.

use crate::common::files;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// RFCs that are named as a whole, and so have no table: exactly these, each with what it is named for.
const WHOLE: [(u16, &str); 15] = [
    (867, "the daytime service, which `demos/own_protocol.rs` is"),
    (1557, "ISO-2022-KR, Korean in old mail"),
    (1843, "HZ, Chinese in old mail"),
    (1918, "private addresses, a list"),
    (1985, "ETRN, which we do not have"),
    (2152, "UTF-7, which IMAP's names are made of"),
    (3339, "how the journal writes a time"),
    (3462, "multipart/report, before RFC 6522"),
    (4193, "local addresses of IPv6, a list"),
    (4865, "FUTURERELEASE, which we do not have"),
    (5233, "what stands after the plus in an address"),
    (5546, "invitations, which we show as text"),
    (6522, "multipart/report"),
    (6857, "one way of writing UTF-8 headers anew"),
    (6858, "another way of that"),
];

/// The RFC's titles of sections by their numbers.
type Sections = BTreeMap<String, String>;

/// The tables of `tests/docs/rfc/sections.txt`, by the number of the RFC.
fn tables() -> BTreeMap<u16, Sections> {
    let text = fs::read_to_string(root().join("tests/docs/rfc/sections.txt")).unwrap();
    let mut tables = BTreeMap::new();
    for table in text.split("\n\n").skip(1) {
        let mut lines = table.lines();
        let head = lines.next().unwrap();
        let (number, title) = head
            .strip_prefix("RFC ")
            .and_then(|head| head.split_once(' '))
            .unwrap_or_else(|| panic!("{head}: no RFC, number and title"));
        assert!(!title.is_empty(), "{head}");
        let mut sections = Sections::new();
        for line in lines {
            let section = line.split_once(' ');
            let (section, title) = section.unwrap_or_else(|| panic!("{head}: {line}: no title"));
            let before = sections.insert(section.to_owned(), title.to_owned());
            assert!(before.is_none(), "{head}: {section} stands there twice");
        }
        let before = tables.insert(number.parse().unwrap(), sections);
        assert!(before.is_none(), "{head} stands there twice");
    }
    tables
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What names an RFC or a section in a text. A section's RFC is the one that was named last before it.
#[derive(Debug, PartialEq, Eq)]
enum Named {
    Rfc(u16),
    Section(u16, String),
    /// A section before anything was named that has sections.
    OfNothing(String),
}

/// What was named last: the sections of anything but an RFC are not ours to look up.
#[derive(Clone, Copy)]
enum Last {
    Nothing,
    Rfc(u16),
    Other,
}

/// The forms in which one is named: `RFC 5321 §4.1, §4.2`, in headings and tables `5321 §4.1`, and in
/// prose `section 4.1` or `appendix C`.
static FORMS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) RFC (?: \s | //[/!]? | \# | \\u\{a0\} )+ (?<rfc>[0-9]{3,4})
        | (?-u:\b) (?<bare>[0-9]{3,4}) \x20 (?: § | [Aa]ppendix\x20 ) (?<of>[0-9A-Z]+(?:\.[0-9]+)*)
        | (?<other>ECMA-[0-9]+ | draft-[a-z0-9-]+)
        | (?: §§? | [Ss]ections?\x20 | [Aa]ppendix\x20 ) (?<section>[0-9A-Z]+(?:\.[0-9]+)*) (?-u:\b)",
    )
    .unwrap()
});

/// Everything that is named in a text, with the number of its line.
fn named(text: &str) -> Vec<(usize, Named)> {
    let mut last = Last::Nothing;
    let mut all = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for found in FORMS.captures_iter(text) {
        let at = found.get(0).unwrap().start();
        line += text[counted..at].matches('\n').count();
        counted = at;
        if found.name("other").is_some() {
            last = Last::Other;
        }
        if let Some(number) = found.name("rfc").or(found.name("bare")) {
            let number = number.as_str().parse().unwrap();
            last = Last::Rfc(number);
            all.push((line, Named::Rfc(number)));
        }
        if let Some(section) = found.name("of").or(found.name("section")) {
            let section = section.as_str().to_owned();
            match last {
                Last::Rfc(number) => all.push((line, Named::Section(number, section))),
                Last::Nothing => all.push((line, Named::OfNothing(section))),
                Last::Other => {}
            }
        }
    }
    all
}

/// Every file that a person reads: the source, the pages, the demos, the transcripts, the explanations.
fn files() -> Vec<PathBuf> {
    let places = ["src", "docs", "demos", "tests", "benches", "README.md"];
    let kinds = ["rs", "md", "toml", "txt", "demo", "expected", "py"];
    let mut files = files::below(&places, &kinds);
    let ours = ["tests/docs/rfc_sections.rs", "rfc/sections.txt"];
    files.retain(|path| !ours.iter().any(|own| path.ends_with(own)));
    files
}

/// What is named in every file: the place, and what is named there.
fn everything() -> Vec<(String, Named)> {
    let mut all = Vec::new();
    for path in files() {
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let here = named(&text).into_iter();
        all.extend(here.map(|(line, named)| (format!("{name}:{line}"), named)));
    }
    all
}

#[test]
fn every_section_that_is_named_exists() {
    let tables = tables();
    let mut wrong = Vec::new();
    let mut right = 0;
    for (place, named) in everything() {
        let (rfc, section) = match named {
            Named::Rfc(_) => continue,
            Named::Section(rfc, section) => (rfc, section),
            Named::OfNothing(section) => {
                wrong.push(format!("{place}: §{section} of what?"));
                continue;
            }
        };
        match tables.get(&rfc).map(|table| table.contains_key(&section)) {
            Some(true) => right += 1,
            Some(false) => wrong.push(format!("{place}: RFC {rfc} has no §{section}")),
            None => wrong.push(format!("{place}: RFC {rfc} §{section}: there is no table")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(right > 2000, "only {right} were found");
}

#[test]
fn an_rfc_without_a_table_is_named_as_a_whole() {
    let tables = tables();
    let named: BTreeSet<u16> = everything()
        .into_iter()
        .filter_map(|(_, named)| match named {
            Named::Rfc(number) => Some(number),
            Named::Section(..) | Named::OfNothing(_) => None,
        })
        .collect();
    let without: BTreeSet<u16> =
        named.iter().copied().filter(|number| !tables.contains_key(number)).collect();
    let whole: BTreeSet<u16> = WHOLE.iter().map(|(number, _)| *number).collect();
    assert_eq!(without, whole);
}

#[test]
fn what_is_named_is_read() {
    let section = |rfc: u16, section: &str| Named::Section(rfc, section.to_owned());
    let rows: [(&str, Vec<Named>); 8] = [
        ("RFC 5321 §4.1, §F.1", vec![Named::Rfc(5321), section(5321, "4.1"), section(5321, "F.1")]),
        ("RFC\n//! 3501 §6", vec![Named::Rfc(3501), section(3501, "6")]),
        (
            "rfc: 9051 appendix A.1; 9755 §3",
            vec![Named::Rfc(9051), section(9051, "A.1"), Named::Rfc(9755), section(9755, "3")],
        ),
        ("RFC 5322 section 2.1 says", vec![Named::Rfc(5322), section(5322, "2.1")]),
        ("RFC822.SIZE of 1000 octets", vec![]),
        ("RFC 5321; ECMA-48 §8.3, §9", vec![Named::Rfc(5321)]),
        ("§4.1", vec![Named::OfNothing("4.1".to_owned())]),
        ("an appendix of his", vec![]),
    ];
    for (text, expected) in rows {
        let read: Vec<Named> = named(text).into_iter().map(|(_, named)| named).collect();
        assert_eq!(read, expected, "{text}");
    }
}
