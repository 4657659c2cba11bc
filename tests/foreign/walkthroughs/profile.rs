//! The Wireshark profile: it can be installed, and Wireshark understands what is in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pillarbox::config::{Config, Ports};

use super::page;
use super::tshark::Wireshark;

fn text(name: &str) -> String {
    fs::read_to_string(page("profile").join(name)).unwrap()
}

/// The lines of a file that are not for people.
fn settings(name: &str) -> Vec<String> {
    let text = text(name);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

/// The filters of the profile: those of the buttons and those of the colours, each with its name.
fn filters() -> Vec<(String, String)> {
    let button = |line: &String| {
        let fields: Vec<&str> = line.trim_matches('"').split("\",\"").collect();
        (fields[1].to_owned(), fields[2].replace("\\x22", "\""))
    };
    let colour = |line: &String| {
        let fields: Vec<&str> = line.split('@').collect();
        (fields[1].to_owned(), fields[2].to_owned())
    };
    let buttons = settings("dfilter_buttons");
    let colours = settings("colorfilters");
    let buttons = buttons.iter().map(button);
    buttons.chain(colours.iter().map(colour)).collect()
}

/// A capture file without packets: only the head of one.
fn empty_capture(folder: &Path) -> std::path::PathBuf {
    let file = folder.join("empty.pcap");
    let mut head = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    head.extend([0; 8]);
    head.extend([0xff, 0xff, 0, 0, 1, 0, 0, 0]);
    fs::write(&file, head).unwrap();
    file
}

/// Every port of the shipped configuration is in the profile, as what it speaks.
#[test]
fn every_port_is_decoded_as_what_it_speaks() {
    let config = Config::parse("config.ini", include_str!("../../../config.ini"), Path::new(""));
    let ports = config.unwrap().ports;
    let numbers = [
        ports.smtp,
        ports.submission,
        ports.smtps,
        ports.lmtp,
        ports.pop3,
        ports.pop3s,
        ports.imap,
        ports.imaps,
    ];
    // LMTP's own port, which Wireshark does not know either.
    let mut expected = BTreeSet::from(["decode_as_entry: tcp.port,24,(none),SMTP".to_owned()]);
    for (name, port) in Ports::NAMES.iter().zip(numbers) {
        let number = port.unwrap().number;
        let spoken = match *name {
            "pop3" | "pop3s" => "POP",
            "imap" | "imaps" => "IMAP",
            _ => "SMTP",
        };
        let under_tls = ["smtps", "pop3s", "imaps"].contains(name);
        let (table, outside) = if under_tls { ("tls.port", "TLS") } else { ("tcp.port", spoken) };
        expected.insert(format!("decode_as_entry: tcp.port,{number},(none),{outside}"));
        expected.insert(format!("decode_as_entry: {table},{number},(none),{spoken}"));
    }
    let written: BTreeSet<String> = settings("decode_as_entries").into_iter().collect();
    assert_eq!(written, expected);
}

/// In a shell of its own: a second run is fine, and a change is not overwritten unasked.
#[test]
fn it_installs_itself_and_keeps_what_was_changed() {
    let wireshark = Wireshark::plain();
    let said = |words: &[&str]| {
        let output = wireshark.install(words);
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let (status, words) = said(&[]);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("The profile Pillarbox is installed, in "), "{words}");
    let (status, words) = said(&[]);
    assert_eq!(status, Some(0), "{words}");
    assert!(words.contains("was brought up to date"), "{words}");

    let colours = wireshark.profile().join("colorfilters");
    let recent = wireshark.profile().join("recent");
    fs::write(&colours, "@Mine@tcp@[0,0,0][1,1,1]\n").unwrap();
    fs::write(&recent, "gui.time_precision: SEC\n").unwrap();
    let (status, words) = said(&[]);
    assert_eq!(status, Some(1), "{words}");
    assert!(words.contains("something was changed: colorfilters."), "{words}");
    assert!(fs::read_to_string(&colours).unwrap().contains("@Mine@"));
    let (status, words) = said(&["--force"]);
    assert_eq!(status, Some(0), "{words}");
    assert_eq!(fs::read_to_string(&colours).unwrap(), text("colorfilters"));
    // What Wireshark notes itself is never ours to change.
    assert_eq!(fs::read_to_string(&recent).unwrap(), "gui.time_precision: SEC\n");
    let (status, words) = said(&["--please"]);
    assert_eq!(status, Some(2), "{words}");
}

#[test]
#[ignore = "needs tshark"]
fn every_filter_of_the_profile_is_one() {
    let wireshark = Wireshark::with_profile();
    let capture = empty_capture(&wireshark.profile());
    let filters = filters();
    assert!(filters.len() > 15, "the filters were not found");
    for (name, filter) in filters {
        let read = wireshark.try_read(&capture, &["-Y", &filter]);
        assert_eq!(read, Ok(String::new()), "{name}: {filter}");
    }
    let wrong = wireshark.try_read(&capture, &["-Y", "smtp.tea"]);
    assert!(wrong.unwrap_err().contains("smtp.tea"));
}

/// The columns are those of the profile, and with it our own ports speak what they speak.
#[test]
#[ignore = "needs tshark"]
fn our_own_ports_are_dissected() {
    let rows = [
        (2024, "250 2.1.5 Ok\r\n", "SMTP", "S: 250 2.1.5 Ok"),
        (2025, "220 ready\r\n", "SMTP", "S: 220 ready"),
        (2587, "220 ready\r\n", "SMTP", "S: 220 ready"),
        (2110, "+OK ready\r\n", "POP", "S: +OK ready"),
        (2143, "* OK ready\r\n", "IMAP", "Response: * OK ready"),
        // The head of a TLS record with an alert: close_notify.
        (2465, "\x15\x03\x03\x00\x02\x01\x00", "TLSv1.2", "Alert"),
        (2995, "\x15\x03\x03\x00\x02\x01\x00", "TLSv1.2", "Alert"),
        (2993, "\x15\x03\x03\x00\x02\x01\x00", "TLSv1.2", "Alert"),
    ];
    let wireshark = Wireshark::with_profile();
    for (port, said, protocol, shown) in rows {
        let capture = wireshark.one_segment(port, said.as_bytes());
        let line = wireshark.read(&capture, &[]);
        assert!(line.contains(&format!(" {port} 50000 {protocol} ")), "{port}: {line}");
        assert!(line.contains(shown), "{port}: {line}");
        let plain = Wireshark::plain().read(&capture, &[]);
        assert!(!plain.contains(&format!(" {protocol} ")), "without the profile: {plain}");
    }
}

/// What is under TLS on one of our own ports is dissected, too, if Wireshark has the keys.
#[test]
#[ignore = "needs tshark"]
fn under_tls_our_own_ports_are_dissected_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let demo = page("4-tls-1.3.demo");
    let capture = folder.path().join("own.pcapng");
    let [demo, file] = [&demo, &capture].map(|path| path.to_str().unwrap());
    let ports = ["--keys", "--ports", "well-known"];
    let words = [&["demo", demo, "--fast", "--capture", file], &ports[..]].concat();
    let (status, _, errors) = crate::common::run(&words, folder.path());
    assert_eq!(status, 0, "{errors}");

    let octets = with_port(&fs::read(&capture).unwrap(), 465, 2465);
    fs::write(&capture, octets).unwrap();
    let words = ["-Y", "smtp.req.command == \"EHLO\" && tcp.port == 2465"];
    assert!(Wireshark::plain().read(&capture, &words).is_empty());
    let read = Wireshark::with_profile().read(&capture, &words);
    assert!(read.contains("EHLO laptop.example"), "{read}");
}

/// A capture in which one TCP port is another. (Checksums are not looked at unless one asks for it.)
fn with_port(capture: &[u8], from: u16, to: u16) -> Vec<u8> {
    const ENHANCED_PACKET: u32 = 6;
    // After the block's head of 28 octets, Ethernet's of 14 and IPv4's of 20.
    const PORTS: [usize; 2] = [62, 64];
    let mut octets = capture.to_vec();
    let number = |at: usize| u32::from_le_bytes(capture[at..at + 4].try_into().unwrap());
    let mut at = 0;
    while at < capture.len() {
        let places = PORTS.map(|port| at + port..at + port + 2);
        let packet = number(at) == ENHANCED_PACKET;
        for place in places.into_iter().filter(|_| packet) {
            if capture[place.clone()] == from.to_be_bytes() {
                octets[place].copy_from_slice(&to.to_be_bytes());
            }
        }
        at += number(at + 4) as usize;
    }
    octets
}
