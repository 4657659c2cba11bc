//! Recorded conversations, read back: as a table, as text, as a script, as a capture.

use pillarbox::mail::net::Side;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::Explained;
use pillarbox::teaching::script::{Memory, ScriptAction};
use pillarbox::teaching::text::TextStyle;
use pillarbox::teaching::transcript::{
    Dialogue, Explain, SessionTable, TextOptions, TextRenderer, script,
};
use pillarbox::teaching::wire_tap::journal::Happened;
use pillarbox::teaching::wire_tap::{Event, Sink, What};

use super::{dialogue, recorded};

const POP3: &str = "
    TLS
    S: +OK ready
    C: USER bob
    S: +OK Send PASS
    C: PASS builder
    S: +OK Welcome
    C: QUIT
    S: +OK Farewell
    S ends
    C ends
    closed
";

const SMTP: &str = "
    S: 220 ready
    C: EHLO me
    S: 250-here
    S: 250 AUTH PLAIN
    C: AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=
    S: 235 2.7.0 Ok
    reset
    closed
";

#[test]
fn a_conversation_in_one_line() {
    let (_, sessions) = recorded(&[
        (Protocol::Pop3, POP3),
        (Protocol::Submission, SMTP),
        (Protocol::Imap, "S: * OK hi\nC: a LOGIN bob wrong\nS: a NO wrong\nlost"),
    ]);
    let mut lines = Vec::new();
    for s in &sessions.summaries {
        let user = s.user.as_deref().unwrap_or("-");
        let tls = s.tls.as_deref().unwrap_or("-");
        let state = s.state.unwrap_or("-");
        let service = &s.place.service;
        let end = s.ending.words();
        lines.push(format!("{service} {user} {tls} {} {state}, {end}", s.commands));
    }
    let expected = [
        "pop3 bob TLSv1.3 3 closed, server closed",
        "submission alice - 2 ready, reset",
        "imap - - 1 not-authenticated, not recorded",
    ];
    assert_eq!(lines, expected);
    assert_eq!(sessions.not_understood, 0);
}

#[test]
fn the_beginning_of_a_name_is_enough() {
    let (_, sessions) = recorded(&[(Protocol::Pop3, POP3), (Protocol::Pop3, POP3)]);
    let name = &sessions.summaries[0].place.connection;
    assert_eq!(sessions.named(&name.to_uppercase()), [&sessions.summaries[0]]);
    assert_eq!(sessions.named("last"), [&sessions.summaries[1]]);
    assert_eq!(sessions.named("").len(), 2);
    assert!(sessions.named("u").is_empty());
}

#[test]
fn a_table_has_as_many_columns_as_there_is_room_for() {
    let (_, sessions) = recorded(&[(Protocol::Pop3, POP3), (Protocol::Submission, SMTP)]);
    let lines = |width| SessionTable(sessions.summaries.iter().collect()).lines(width);
    let whole = lines(None);
    assert_eq!(whole.len(), 3);
    assert!(whole[0].contains("TOOK  WE ARE  SERVICE"), "{}", whole[0]);
    assert!(whole[2].contains("4.0 s  server  submission  alice"), "{}", whole[2]);
    for line in lines(Some(80)) {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(!line.contains("OCTETS"), "{line}");
    }
    assert!(lines(Some(10))[0].ends_with("END"));
}

#[test]
fn a_conversation_is_written_with_what_it_means() {
    let dialogue = dialogue(Protocol::Pop3, &POP3.replace("C: QUIT", "C: QUIT\u{202e}\x1b[2J"));
    let options = |explain| TextOptions { style: TextStyle::Plain, width: Some(75), explain };
    let text = TextRenderer::whole(options(Explain::All), &dialogue).join("\n");
    for expected in [
        ": pop3, 127.0.0.1:4711 with 127.0.0.1:2025\n",
        "bob has logged in",
        "── TLS from here on: TLSv1.3, TLS_AES_256_GCM_SHA384",
        "\nC: PASS ********\n   · ",
        "(RFC 1939",
        "(the server will send nothing more)",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    assert!(!text.contains("builder") && !text.contains('\x1b') && !text.contains('\u{202e}'));
    let text = TextRenderer::whole(options(Explain::Off), &dialogue).join("\n");
    assert!(!text.contains('·'), "{text}");
    let slow = dialogue_with_pause();
    let text = TextRenderer::whole(options(Explain::Replies), &slow).join("\n");
    assert!(text.contains("(1.5 s later)"), "{text}");
}

fn dialogue_with_pause() -> Dialogue {
    // Lines are missing, but their time has passed.
    let mut dialogue = dialogue(Protocol::Pop3, POP3);
    dialogue.lines.drain(3..5);
    dialogue
}

#[test]
fn the_lines_of_a_body_are_one_turn() {
    let body = "S: line\n".repeat(20);
    let lines = format!(
        "S: +OK\nC: USER a\nS: +OK\nC: PASS b\nS: +OK\nC: RETR 1\nS: +OK 200 octets\nS: Subject: x\nS:\n{body}S: ."
    );
    let dialogue = dialogue(Protocol::Pop3, &lines);
    let said = dialogue.lines.iter().filter(|line| match &line.what {
        Happened::Said(said) => said.octets.octets().len() > 100,
        _ => false,
    });
    assert_eq!(said.count(), 1);
    let options = TextOptions { style: TextStyle::Plain, width: None, explain: Explain::Off };
    let text = TextRenderer::whole(options, &dialogue).join("\n");
    assert!(text.contains("\n   (and 15 more lines, which are recorded)\nS: ."), "{text}");
}

/// The script of a conversation, as text.
fn script_of(protocol: Protocol, lines: &str) -> String {
    script(&dialogue(protocol, lines)).unwrap().to_string()
}

#[test]
fn a_conversation_becomes_a_script() {
    let script = script_of(Protocol::Pop3, POP3);
    let steps = script.split_once("\n\n").map_or(script.as_str(), |(_, steps)| steps);
    let expected = "S: +OK ...\nC: USER bob\nS: +OK ...\nC: PASS ${SECRET_1}\n\
                    S: +OK ...\nC: QUIT\nS: +OK ...\n! closed\n";
    assert_eq!(steps, expected, "{script}");
    assert!(script.contains("\ntls: implicit\n"), "{script}");
    assert!(script.contains("\nasks: SECRET_1 "), "{script}");
    let starttls = "S: 220 hi\nC: EHLO x\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nTLS\nC: QUIT";
    let with_starttls = script_of(Protocol::Smtp, starttls);
    assert!(with_starttls.contains("\n! starttls\nC: QUIT\n"), "{with_starttls}");
}

#[test]
fn a_conversation_in_which_nothing_was_said_becomes_no_script() {
    for story in ["TLS", "S ends\nclosed"] {
        let none = script(&dialogue(Protocol::Pop3, story));
        let none = none.map(|script| script.to_string());
        assert_eq!(none, Err("nothing was said in it"), "{story}");
    }
}

#[test]
fn what_was_not_recorded_keeps_its_size_in_a_script() {
    let body = "C: line\n".repeat(5_000);
    let lines = format!(
        "S: 220 hi\nC: EHLO x\nS: 250-hi\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 Ok\nC: RCPT TO:<a@b>\n\
         S: 250 Ok\nC: BDAT 30014 LAST\nC: Subject: x\n{}{body}S: 250 Ok",
        ""
    );
    let script = script(&dialogue(Protocol::Smtp, &lines)).unwrap();
    let mut octets = 0;
    for step in &script.steps {
        if let ScriptAction::Send(text) = &step.action {
            octets += text.fill(&Memory::new()).len();
        }
    }
    let commands = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 30014 LAST\r\n";
    assert_eq!(octets, commands.len() + 30_012);
    assert!(script.to_string().contains("were not recorded"), "{script}");
}

/// RFC 3030 §2: a chunk ends where its octets do, and then its reply comes.
#[test]
fn a_chunk_that_ends_within_a_line_stands_in_a_script_before_its_reply() {
    let lines = "S: 220 hi\nC: EHLO x\nS: 250-hi\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 Ok\n\
                 C: RCPT TO:<a@b>\nS: 250 Ok\nC: BDAT 15\nC: Subject: x\nC: hel…\nS: 250 Ok\n\
                 C: BDAT 2 LAST\nC: lo…\nS: 250 Ok\nC: QUIT\nS: 221 Bye";
    let script = script_of(Protocol::Smtp, lines);
    let steps = "C: BDAT 15\nC: Subject: x\nC\\: hel\nS: 250 ...\n\
                 C: BDAT 2 LAST\nC\\: lo\nS: 250 ...\nC: QUIT\n";
    assert!(script.contains(steps), "{script}");
}

/// A LF alone would be refused (RFC 5321 §2.3.8).
#[test]
fn a_chunk_of_one_octet_that_was_not_recorded_is_no_line_end_in_a_script() {
    let body = "C: line\n".repeat(5_000);
    let lines = format!(
        "S: 220 hi\nC: EHLO x\nS: 250-hi\nS: 250 CHUNKING\nC: MAIL FROM:<a@b>\nS: 250 Ok\nC: RCPT TO:<a@b>\n\
         S: 250 Ok\nC: BDAT 30000\n{body}S: 250 Ok\n\
         C: BDAT 1 LAST\nC: .…\nS: 250 Ok"
    );
    let script = script_of(Protocol::Smtp, &lines);
    let (_, last) = script.split_once("C: BDAT 1 LAST\n").unwrap();
    assert!(last.ends_with("\nC\\: x\nS: 250 ...\n"), "{last}");
}

#[test]
fn a_line_that_the_server_did_not_end_is_not_waited_for() {
    let script = script_of(Protocol::Pop3, "S: +OK hi\nC: STAT\nS: +OK 2 1…\nreset");
    assert!(script.contains("\nC: STAT\n# The recorded"), "{script}");
}

/// The news does not come again when the script is played, so the script must not wait for it.
#[test]
fn news_to_an_idling_client_is_not_a_step_of_a_script() {
    let imap = "S: * OK hi\nC: a LOGIN bob builder\nS: a OK in\nC: b SELECT INBOX\nS: b OK yes\n\
                C: c IDLE\nS: + idling\nS: * 5 EXISTS\nS: * 1 RECENT\nC: DONE\nS: * 6 EXISTS\n\
                S: c OK done\nC: d LOGOUT\nS: * BYE\nS: d OK bye\nS ends";
    let script = script_of(Protocol::Imap, imap);
    let steps = script.split_once("C: c IDLE\n").unwrap().1;
    let (before, after) = steps.split_once("S: c OK ...\n").unwrap();
    let spoken: Vec<&str> = before.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(spoken, ["S: + ...", "C: DONE"], "{script}");
    for news in ["* 5 EXISTS", "* 1 RECENT", "* 6 EXISTS"] {
        let remark = format!("does not wait for: {news}\n");
        assert!(before.contains(&remark), "{script}");
    }
    assert!(after.starts_with("C: d LOGOUT\nS: * BYE\n"), "{script}");
}

/// A goodbye ends the connection, so the script can wait for it.
#[test]
fn a_goodbye_while_a_client_idles_is_a_step_of_a_script() {
    let imap = "S: * OK hi\nC: c IDLE\nS: + idling\nS: * BYE gone\nS ends";
    let script = script_of(Protocol::Imap, imap);
    assert!(script.ends_with("C: c IDLE\nS: + ...\nS: * BYE ...\n! closed\n"), "{script}");
}

struct FromClient(Vec<u8>);

impl Sink for FromClient {
    fn name(&self) -> String {
        "a test".to_owned()
    }

    fn take(&mut self, event: &Event, _explained: Option<&Explained>) -> std::io::Result<()> {
        if let What::Said { by: Side::Client, octets } = &event.what {
            self.0.extend_from_slice(octets);
        }
        Ok(())
    }
}

/// A reader of the capture counts octets: after a mask of another length, the next command would be
/// part of the password.
#[test]
fn a_masked_literal_is_as_long_as_it_was_announced() {
    let rows = [
        ("{10}", "C: wonderland", "**********"),
        ("{10+}", "C: wonderland", "**********"),
        ("{3}", "C: one", "***"),
        ("{30}", "C: a-very-very-very-long-password", &"*".repeat(30)),
        ("{14}", "C: won\nC: der\nC: land", &"*".repeat(14)),
        // The literal ends with the line's ending, or within it.
        ("{12}", "C: wonderland\nC:", &"*".repeat(12)),
        // After it the command goes on, wrongly.
        ("{10}", "C: wonderland {3}\nC: abc", "********** {3}\r\n***"),
        ("{1500}", &format!("C: {}", "w".repeat(1500)), &"*".repeat(1500)),
        // The server refuses the literal.
        ("{99999999}", "S: a BAD", ""),
    ];
    for (announced, password, expected) in rows {
        let story = format!(
            "S: * OK hi\nC: a LOGIN {{5}}\nS: +\nC: alice {announced}\n{password}\n\
             C: b LOGIN alice builder\nC: c NOOP"
        );
        let mut sink = FromClient(Vec::new());
        dialogue(Protocol::Imap, &story).replay(&mut sink).unwrap();
        let ending = if expected.is_empty() { "" } else { "\r\n" };
        let said = format!(
            "a LOGIN {{5}}\r\nalice {announced}\r\n{expected}{ending}\
             b LOGIN alice ********\r\nc NOOP\r\n"
        );
        assert_eq!(String::from_utf8(sink.0).unwrap(), said);
    }
}
