//! `docs/demos.md` against the demos: every transcript on the page is what a run says.
//!
//! A block that begins with ```` ```demo first-mail 13-22 ```` shows the effect of the lines 13 to 22 of
//! `demos/first-mail.demo`. What differs from run to run is replaced first: dates, names of messages,
//! sizes, ports, lists of capabilities. `UPDATE=1 cargo test --test docs demo_walk` writes the page
//! again.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;

use pillarbox::teaching::script::{
    Caller, ClientEvent, DEMOS, Demo, PlayEvent, Sites, connect, perform,
};
use regex::Regex;

const PAGE: &str = "docs/demos.md";

/// What differs from run to run in a line of a server: an expression, and its replacement.
const VARYING: [(&str, &str); 13] = [
    (
        r"[MTWFS][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000",
        "Mon, 2 Mar 2026 09:00:00 +0000",
    ),
    (r"\b[0-9a-f]{10,16}-[0-9a-f]+\b", "6611bfe99c3bc-0"),
    (r"\bUIDVALIDITY \d+", "UIDVALIDITY 1772442000"),
    (r"\bAPPENDUID \d+", "APPENDUID 1772442000"),
    (r"\b([0-9a-f]{8})[0-9a-f]{8}$", "${1}69a54d50"),
    (r"\bRFC822.SIZE \d+", "RFC822.SIZE …"),
    (r"\{\d+\}$", "{…}"),
    (r"^\+OK \d+ octets", "+OK … octets"),
    (r"^(\+OK \d+|\d+) \d+$", "$1 …"),
    (r"^(\+OK \d+ messages) \(\d+ octets\)", "$1 (… octets)"),
    (r"\b127\.0\.0\.1:\d+", "127.0.0.1:2025"),
    (r"=_report_[0-9a-z]+", "=_report_…"),
    (r"CAPABILITY (IMAP4rev1 [A-Z+]+) [^\]]+", "CAPABILITY $1 …"),
];

fn without_variation(line: &str) -> String {
    static EXPRESSIONS: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compiled = |(expression, instead): &(&str, &'static str)| {
            (Regex::new(expression).unwrap(), *instead)
        };
        VARYING.iter().map(compiled).collect()
    });
    let replace = |line: String, (expression, instead): &(Regex, &str)| {
        expression.replace_all(&line, *instead).into_owned()
    };
    EXPRESSIONS.iter().fold(line.to_owned(), replace)
}

/// Plays a demo, and returns the effect of each of its lines.
fn played(name: &str) -> BTreeMap<usize, Vec<String>> {
    let demo = Demo::find(name).unwrap_or_else(|| panic!("{PAGE}: there is no demo {name}"));
    let script = demo.script().unwrap();
    let sites = Sites::open(&script).unwrap();
    let (mut lines, mut at) = (BTreeMap::<usize, Vec<String>>::new(), 0);
    let mut open = |caller: &Caller| connect(&sites.endpoint(caller)?, caller.protocol);
    let ended = perform(&script, &mut open, &mut |event| {
        match event {
            PlayEvent::Next(step) => at = step.line,
            PlayEvent::Client(caller, event) => {
                lines.entry(at).or_default().extend(shown(caller, event))
            }
            _ => {}
        }
        Ok(())
    });
    ended.unwrap_or_else(|difference| panic!("demos/{name}.demo, {difference}"));
    lines
}

fn shown(caller: &Caller, event: ClientEvent<'_>) -> Vec<String> {
    let place = caller.at.as_ref().map(|at| format!(" at {at}"));
    let place = place.unwrap_or_default();
    match event {
        ClientEvent::Turn => {
            vec![format!("-- client {}, {}{place}", caller.number, caller.protocol.name())]
        }
        ClientEvent::Connected => Vec::new(),
        ClientEvent::Sent(octets) => {
            let text = String::from_utf8_lossy(octets);
            text.lines().map(|line| marked("C:", line)).collect()
        }
        ClientEvent::Received(line) => {
            vec![marked("S:", &without_variation(&String::from_utf8_lossy(line)))]
        }
        ClientEvent::Encrypted => vec!["-- TLS handshake".to_owned()],
        ClientEvent::Disconnected => vec!["-- the client closes the connection".to_owned()],
        ClientEvent::Closed => vec!["-- the server closes".to_owned()],
    }
}

fn marked(mark: &str, line: &str) -> String {
    format!("{mark} {}", line.replace('\t', "    ")).trim_end().to_owned()
}

/// Returns the page with every transcript as a run has it.
fn rewritten(page: &str) -> String {
    let mut plays = BTreeMap::new();
    let (mut new, mut rest) = (String::new(), page);
    while let Some((before, after)) = rest.split_once("\n```demo ") {
        let (marker, after) = after.split_once('\n').unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        let (name, lines) = marker.split_once(' ').unwrap();
        let (first, last) = lines.split_once('-').unwrap();
        let range = first.parse::<usize>().unwrap()..=last.parse::<usize>().unwrap();
        let play = plays.entry(name.to_owned()).or_insert_with(|| played(name));
        let shown: Vec<&String> = play.range(range).flat_map(|(_, lines)| lines).collect();
        assert!(!shown.is_empty(), "{PAGE}: nothing is said in {marker}");
        new += &format!("{before}\n```demo {marker}\n");
        shown.iter().for_each(|line| new += &format!("{line}\n"));
        new += "```\n";
        rest = after;
    }
    new + rest
}

#[test]
fn every_transcript_is_what_a_run_says() {
    let page = fs::read_to_string(PAGE).unwrap();
    let new = rewritten(&page);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(PAGE, &new).unwrap();
        return;
    }
    let differs = page.lines().zip(new.lines()).find(|(old, new)| old != new);
    assert_eq!(differs, None, "UPDATE=1 cargo test --test docs demo_walk writes the page again");
    assert_eq!(page, new);
}

/// The page has the demos in the order of the list, which is that of a lecture.
#[test]
fn every_demo_is_walked_through() {
    let page = fs::read_to_string(PAGE).unwrap();
    let at = |demo: &Demo| {
        let heading = format!("`pillarbox demo {}`", demo.name);
        let found = page.find(&heading).unwrap_or_else(|| panic!("no {heading}"));
        assert!(page.contains(&format!("\n```demo {} ", demo.name)), "{}", demo.name);
        found
    };
    let places: Vec<usize> = DEMOS.iter().map(at).collect();
    assert!(places.is_sorted(), "another order than `pillarbox demo`: {places:?}");
}

#[test]
fn each_row_is_a_line_and_its_replacement() {
    let rows = [
        (
            "250 2.0.0 Ok, delivered as 6611bfe99c3bc-0",
            "250 2.0.0 Ok, delivered as 6611bfe99c3bc-0",
        ),
        ("250 2.0.0 Ok, queued as 1234567890abc-17", "250 2.0.0 Ok, queued as 6611bfe99c3bc-0"),
        ("\tWed, 25 Nov 2026 16:21:56 +0000", "\tMon, 2 Mar 2026 09:00:00 +0000"),
        ("* OK [UIDVALIDITY 1795623716] UIDs valid", "* OK [UIDVALIDITY 1772442000] UIDs valid"),
        ("+OK 8 15547", "+OK 8 …"),
        ("8 361", "8 …"),
        ("+OK 361 octets", "+OK … octets"),
        ("8 000000086a5cba12", "8 0000000869a54d50"),
        ("* 8 FETCH (BODY[2] {263}", "* 8 FETCH (BODY[2] {…}"),
        ("* 8 EXISTS", "* 8 EXISTS"),
        ("250 2.0.0 Ok, 70072 octets so far", "250 2.0.0 Ok, 70072 octets so far"),
    ];
    for (line, expected) in rows {
        assert_eq!(without_variation(line), expected);
    }
}
