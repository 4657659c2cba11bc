//! The journal of conversations: what is written, masked and left out, and that it can be read back.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;

use pillarbox::config::Journal;
use pillarbox::limits;
use pillarbox::mail::net::Side;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::wire_tap::journal::{Happened, LeftOut, Record, Writer, read};
use pillarbox::teaching::wire_tap::{Annotator, What};

use super::{connection, event, journal, tell_each, tls_session};

/// What a line such as `C: EHLO me` says.
fn said(line: &str) -> What {
    match line.split_at(3) {
        ("C: ", text) => super::said(Side::Client, text),
        (_, text) => super::said(Side::Server, text),
    }
}

/// The records of a conversation in which this was said, and the journal as text.
fn written(
    protocol: Option<Protocol>,
    conversation: &[impl AsRef<str>],
    show_secrets: bool,
) -> (Vec<Record>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Writer::open(&journal(folder.path()), show_secrets).unwrap();
    let service = protocol.map_or("own", Protocol::name);
    let connection = connection(1, Side::Server, service, 4711);
    let whats = [What::Opened]
        .into_iter()
        .chain(conversation.iter().map(|line| said(line.as_ref())))
        .chain([What::Closed]);
    tell_each(&mut journal, &connection, whats);
    let text = fs::read_to_string(folder.path().join("journal.jsonl")).unwrap();
    (records(folder.path()), text)
}

fn records(folder: &Path) -> Vec<Record> {
    let mut reading = read(folder, "").unwrap();
    let records = std::iter::from_fn(|| reading.record().unwrap()).collect();
    assert_eq!(reading.not_understood(), 0);
    records
}

/// What was said, as it is written: `C: EHLO me`.
fn lines(records: &[Record]) -> Vec<String> {
    let line = |record: &Record| match &record.what {
        Happened::Said(said) => {
            let mark = if said.by == Side::Client { "C" } else { "S" };
            let text = String::from_utf8(said.octets.octets().into_owned()).unwrap();
            let left_out = match said.left_out {
                LeftOut { octets: 0, .. } => String::new(),
                LeftOut { lines, octets } => format!(" -{lines} lines, {octets} octets"),
            };
            Some(format!("{mark}: {}{left_out}", text.trim_end()))
        }
        _ => None,
    };
    records.iter().filter_map(line).collect()
}

const POP3: Option<Protocol> = Some(Protocol::Pop3);
const IMAP: Option<Protocol> = Some(Protocol::Imap);

/// The conversations of a file: the first line of each is its protocol, the others are what is said in
/// one piece. After ` => ` is what is expected of it.
fn conversations(file: &'static str) -> Vec<(Option<Protocol>, Vec<String>, &'static str)> {
    let conversation = |paragraph: &'static str| {
        let (head, pieces) = paragraph.split_once('\n').unwrap();
        let (protocol, expected) = head.split_once(" => ").unwrap_or((head, ""));
        let piece = |line: &str| line.replace("\\r", "\r").replace("\\n", "\n");
        let pieces = pieces.lines().map(piece).collect();
        (protocol.parse().ok(), pieces, expected)
    };
    file.split("\n\n").map(conversation).collect()
}

#[test]
fn no_password_is_written_in_whatever_pieces_it_comes() {
    let secrets = ["wonderland", "d29uZGVybGFuZA", "AHdvbmRlcmxhbmQ", "wonder"];
    for (protocol, conversation, _) in conversations(include_str!("journal/logins.txt")) {
        let (records, text) = written(protocol, &conversation, false);
        for secret in secrets {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("********"), "{text}");
        let user = |record: &Record| match &record.what {
            Happened::Said(said) => said.explained.as_ref()?.user.clone(),
            _ => None,
        };
        assert_eq!(records.iter().find_map(user).as_deref(), Some("alice"), "{text}");
        // The line may have been cut by the connection's end, so only what is whole is shown.
        let (_, text) = written(protocol, &conversation, true);
        assert!(secrets.iter().any(|secret| text.contains(secret)), "{text}");
    }
}

#[test]
fn a_line_that_is_too_long_is_cut_and_its_password_is_not_shown() {
    let long = format!("C: PASS {}\r\n", "wonderland ".repeat(20_000));
    let (_, text) = written(POP3, &["S: +OK\r\n", "C: USER a\r\n", "S: +OK\r\n", &long], false);
    assert!(!text.contains("wonderland"), "{} octets", text.len());
    let long = format!("S: +OK {}\r\n", "x".repeat(limits::JOURNAL_LINE));
    let (records, _) = written(POP3, &[&long], false);
    let cut = lines(&records)[0].split_once(" -").unwrap().1.to_owned();
    assert_eq!(cut, "0 lines, 6 octets");
}

#[test]
fn the_lines_of_a_body_are_gathered_and_the_rest_is_left_out() {
    let body = "line\r\n".repeat(100_000);
    let message = format!("C: Subject: x\r\n\r\n{body}.\r\n");
    let conversation = [
        "S: 220 hi\r\n",
        "C: EHLO me\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n",
        "S: 250 hi\r\n250 Ok\r\n250 Ok\r\n354 go on\r\n",
        &message,
        "S: 250 Ok\r\n",
    ];
    let (records, text) = written(Some(Protocol::Smtp), &conversation, false);
    assert!(text.len() < 2 * limits::JOURNAL_MESSAGE, "{}", text.len());
    let lines = lines(&records);
    let [.., subject, shown, left_out, dot, ok] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!([subject.as_str(), dot, ok], ["C: Subject: x", "C: .", "S: 250 Ok"]);
    let kept = shown.matches("line").count();
    assert!((2000..3000).contains(&kept), "{kept}");
    let expected = format!("C:  -{} lines, {} octets", 100_000 - kept, 6 * (100_000 - kept));
    assert_eq!(*left_out, expected);
}

/// What stands before a message in chunks.
const CHUNKING: [&str; 4] = [
    "S: 220 hi\r\n",
    "C: EHLO me\r\n",
    "S: 250-hi\r\n250 CHUNKING\r\n",
    "C: MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n",
];

/// RFC 3030 §2: a chunk ends where its octets do, not where a line does.
#[test]
fn a_chunk_is_written_before_its_reply() {
    let alone = ["C: BDAT 5\r\n", "C: hel", "C: lo", "S: 250 19 octets\r\n"];
    let joined = ["C: BDAT 5\r\nhello", "S: 250 19 octets\r\n"];
    for first in [&alone[..], &joined] {
        let last = ["C: BDAT 5 LAST\r\nwor", "C: ld", "S: 250 delivered\r\n", "C: QUIT\r\n"];
        let replies = ["S: 250 Ok\r\n250 Ok\r\n"];
        let conversation = [&CHUNKING[..], &replies, first, &last].concat();
        let (records, _) = written(Some(Protocol::Smtp), &conversation, false);
        let expected = [
            "C: BDAT 5",
            "C: hello",
            "S: 250 19 octets",
            "C: BDAT 5 LAST",
            "C: world",
            "S: 250 delivered",
            "C: QUIT",
        ];
        let lines = lines(&records);
        assert_eq!(lines[lines.len() - expected.len()..], expected);
    }
}

/// RFC 3501 §4.3: there the line goes on after the octets, and the answer comes after the line.
#[test]
fn a_literal_is_written_with_the_rest_of_its_line() {
    let conversation = [
        "S: * PREAUTH hi\r\n",
        "C: a APPEND INBOX {5}\r\n",
        "S: + go on\r\n",
        "C: hello",
        "C: \r\n",
        "S: a OK done\r\n",
    ];
    let (records, _) = written(IMAP, &conversation, false);
    let expected =
        ["S: * PREAUTH hi", "C: a APPEND INBOX {5}", "S: + go on", "C: hello", "S: a OK done"];
    assert_eq!(lines(&records), expected);
}

#[test]
fn a_last_line_without_an_end_is_written_and_its_password_is_not_shown() {
    for (protocol, conversation, expected) in conversations(include_str!("journal/broken_off.txt"))
    {
        let (records, text) = written(protocol, &conversation, false);
        assert_eq!(lines(&records).last().unwrap(), expected);
        assert!(!text.contains("wonder") && !text.contains("d29uZGVyb"), "{text}");
    }
    let (records, _) = written(POP3, &["S: +OK read"], false);
    assert_eq!(lines(&records), ["S: +OK read"]);
}

/// The side that has not ended may go on with its line: its password would be torn.
#[test]
fn the_end_of_one_side_does_not_tear_the_lines_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Writer::open(&journal(folder.path()), false).unwrap();
    let connection = connection(1, Side::Server, "pop3", 4711);
    let whats = [
        What::Opened,
        said("S: +OK\r\n"),
        said("C: USER alice\r\nPASS won"),
        said("S: +OK Send"),
        What::Ended { by: Side::Server },
        said("C: derland\r\n"),
        What::Closed,
    ];
    tell_each(&mut journal, &connection, whats);
    let expected = ["S: +OK", "C: USER alice", "S: +OK Send", "C: PASS ********"];
    assert_eq!(lines(&records(folder.path())), expected);
}

/// A message in chunks of so many octets, each with its reply; after each chunk but the last `between`.
fn in_chunks(message: &str, size: usize, between: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    let chunks = message.len().div_ceil(size);
    for (at, chunk) in message.as_bytes().chunks(size).enumerate() {
        let is_last = at + 1 == chunks;
        let last = if is_last { " LAST" } else { "" };
        let chunk = String::from_utf8(chunk.to_vec()).unwrap();
        said.push(format!("C: BDAT {}{last}\r\n{chunk}", chunk.len()));
        said.push("S: 250 Ok\r\n".to_owned());
        if !is_last {
            said.extend(between.iter().map(|line| line.to_string()));
        }
    }
    said
}

/// RFC 3030 §2: the chunks are one message, up to LAST.
#[test]
fn of_a_message_in_chunks_no_more_is_kept_than_of_another() {
    let message = "Subject: x\r\n\r\n".to_owned() + &"word\r\n".repeat(50_000);
    let noop = ["C: NOOP\r\n", "S: 250 Ok\r\n"];
    let unknown = ["C: XYZZY\r\n", "S: 500 No\r\n"];
    for between in [&[][..], &noop, &unknown] {
        let chunks = in_chunks(&message, 7_800, between);
        let said = chunks.iter().map(String::as_str);
        let begin = [&CHUNKING[..], &["S: 250 Ok\r\n250 Ok\r\n"]].concat();
        let again = ["C: MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\n", "S: 250 Ok\r\n250 Ok\r\n"];
        let first: Vec<&str> = begin.into_iter().chain(said.clone()).collect();
        let kept = |conversation: &[&str]| {
            let (records, _) = written(Some(Protocol::Smtp), conversation, false);
            lines(&records).concat().matches("word").count() * "word\r\n".len()
        };
        let most = limits::JOURNAL_MESSAGE;
        let once = kept(&first);
        assert!((most / 2..=most).contains(&once), "{once}");
        let both: Vec<&str> = first.into_iter().chain(again).chain(said).collect();
        assert_eq!(kept(&both), 2 * once);
    }
}

#[test]
fn of_lines_that_are_alike_a_hundred_are_enough() {
    let list: String = (1..=1000).map(|n| format!("{n} 120\r\n")).collect();
    let answer = format!("S: +OK 1000 messages\r\n{list}.\r\n");
    let login = ["S: +OK\r\n", "C: USER a\r\n", "S: +OK\r\n", "C: PASS b\r\n", "S: +OK\r\n"];
    let conversation = [&login[..], &["C: LIST\r\n", &answer, "C: LIST\r\n", &answer]].concat();
    let (records, _) = written(POP3, &conversation, false);
    let lines = lines(&records);
    let octets: usize = (101..=1000).map(|n: u32| n.to_string().len() + 6).sum();
    let left_out = format!("S:  -900 lines, {octets} octets");
    assert_eq!(lines.iter().filter(|line| **line == left_out).count(), 2, "{lines:?}");
    assert_eq!(lines.last().unwrap(), "S: .");
}

#[test]
fn a_protocol_of_ones_own_is_counted_and_not_shown() {
    let (records, text) = written(None, &["S: hi\r\n", "C: secret\r\n"], false);
    assert!(!text.contains("secret"));
    assert_eq!(lines(&records), ["C:  -0 lines, 8 octets", "S:  -0 lines, 4 octets"]);
}

#[test]
fn a_handshake_begins_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut journal = Writer::open(&journal(folder.path()), false).unwrap();
    let connection = connection(1, Side::Server, "pop3", 4711);
    let events = [What::Opened, tls_session(), said("S: +OK hi\r\n"), What::Closed];
    Annotator::default().tell(&events.map(|what| event(&connection, what)), &mut journal).unwrap();
    let records = records(folder.path());
    let Happened::Secured { version, explained, .. } = &records[1].what else {
        panic!("{records:?}")
    };
    assert_eq!(version, "TLSv1.3");
    assert_eq!(explained.as_ref().unwrap().entry.key(), "tls.event.handshake");
}

#[test]
fn several_programs_write_one_journal_and_lose_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let place = Journal { size: 20_000, keep: 1_000, ..journal(folder.path()) };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut journal = Writer::open(&place, false).unwrap();
                for number in 0..50 {
                    let connection = connection(number, Side::Server, "pop3", 4711);
                    let whats =
                        [What::Opened, said("S: +OK hi\r\n"), said("C: QUIT\r\n"), What::Closed];
                    tell_each(&mut journal, &connection, whats);
                }
            });
        }
    });
    assert!(folder.path().join("journal.5.jsonl").exists(), "it was rotated");
    let mut conversations: HashMap<String, Vec<Happened>> = HashMap::new();
    for record in records(folder.path()) {
        let happened = conversations.entry(record.place.connection).or_default();
        happened.push(record.what);
    }
    assert_eq!(conversations.len(), 4 * 50);
    for happened in conversations.values() {
        assert_eq!(happened.len(), 4);
        assert_eq!((&happened[0], &happened[3]), (&Happened::Opened, &Happened::Closed));
    }
}
