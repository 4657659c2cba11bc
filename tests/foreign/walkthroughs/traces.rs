//! The traces: Wireshark finds nothing wrong with them, and finds what the pages say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pillarbox::teaching::script::{Script, ScriptAction};

use super::page;
use super::page::Walkthrough;
use super::tshark::Wireshark;
use crate::captures::tshark::Capture;

fn traces() -> Vec<PathBuf> {
    let traces = Walkthrough::all().into_iter().flat_map(|one| one.traces());
    let traces: Vec<PathBuf> = traces.map(|trace| page(&trace)).collect();
    assert!(traces.len() >= 8, "the traces were not found");
    traces
}

/// How many packets of a trace a filter finds.
fn found(wireshark: &Wireshark, trace: &Path, filter: &str) -> usize {
    wireshark.read(trace, &["-Y", filter]).lines().count()
}

/// Wireshark must find nothing wrong with a trace.
pub(crate) fn is_sound(trace: &Path) {
    let capture = Capture::new(trace);
    let opened = "tcp.flags.syn == 1 && tcp.flags.ack == 0";
    let connections = capture.rows(opened, &["tcp.stream"]).len();
    assert!(connections > 0, "{}", trace.display());
    capture.is_sound(connections);
}

#[test]
#[ignore = "needs tshark"]
fn nothing_is_wrong_with_a_trace() {
    traces().iter().for_each(|trace| is_sound(trace));
}

#[test]
#[ignore = "needs tshark"]
fn every_filter_finds_what_its_page_says() {
    let wireshark = Wireshark::plain();
    for walkthrough in Walkthrough::all() {
        for (trace, filter, finds) in walkthrough.filters() {
            let found = found(&wireshark, &page(&trace), &filter);
            assert_eq!(found > 0, finds, "{}: {filter} finds {found}", walkthrough.name);
        }
    }
}

/// Where a page or its demo says so many packets, the trace has so many.
#[test]
#[ignore = "needs tshark"]
fn a_trace_has_as_many_packets_as_its_page_says() {
    let wireshark = Wireshark::plain();
    let number = regex::Regex::new(r"(\d+)\s+packets").unwrap();
    let mut said = 0;
    for walkthrough in Walkthrough::all() {
        let demo = fs::read_to_string(page(&format!("{}.demo", walkthrough.name)));
        let text = walkthrough.text.clone() + &demo.unwrap_or_default();
        for capture in number.captures_iter(&text) {
            let trace = &walkthrough.traces()[0];
            let has = found(&wireshark, &page(trace), "frame");
            assert_eq!(capture[1], has.to_string(), "{trace}");
            said += 1;
        }
    }
    assert!(said >= 2, "the numbers were not found");
}

/// Wireshark's *File › Export Objects › IMF* gives the mail as it was sent, octet for octet. It leaves
/// the dots of the wire where they are.
#[test]
#[ignore = "needs tshark"]
fn the_mail_can_be_exported() {
    let demos = env!("CARGO_MANIFEST_DIR");
    let rows = [
        ("1-smtp.pcapng", "docs/wireshark/1-smtp.demo"),
        ("6-keys.pcapng", "docs/wireshark/5-starttls.demo"),
        ("8-relay.pcapng", "demos/relay.demo"),
    ];
    for (trace, demo) in rows {
        let script = fs::read_to_string(Path::new(demos).join(demo)).unwrap();
        let sent = messages(&Script::parse(&script).unwrap());
        let exported = Capture::new(&page(trace)).mails().into_iter();
        let exported = exported.map(|mail| unstuffed(&String::from_utf8(mail).unwrap()));
        let exported: Vec<String> = exported.collect();
        assert!(!sent.is_empty());
        for message in sent {
            assert!(exported.contains(&message), "{trace}: {exported:?}");
        }
    }
    assert!(Capture::new(&page("5-starttls.pcapng")).mails().is_empty());
}

/// The messages that a script hands over after DATA.
fn messages(script: &Script) -> Vec<String> {
    let mut messages = Vec::new();
    let mut open: Option<String> = None;
    for step in &script.steps {
        let ScriptAction::Send(text) = &step.action else {
            continue;
        };
        let said = String::from_utf8(text.fill(&BTreeMap::new())).unwrap();
        match (&mut open, said.as_str()) {
            (None, "DATA\r\n") => open = Some(String::new()),
            (None, _) => {}
            (Some(message), ".\r\n") => {
                messages.push(unstuffed(message));
                open = None;
            }
            (Some(message), said) => message.push_str(said),
        }
    }
    messages
}

/// RFC 5321 §4.5.2: a dot in front of a line is taken away.
fn unstuffed(message: &str) -> String {
    let lines = message.split_inclusive('\n');
    lines.map(|line| line.strip_prefix('.').unwrap_or(line)).collect()
}
