//! Plays against an echo: each row a script, and how it ends.

use std::io;

use pillarbox::teaching::script::{
    Caller, ClientEvent, Mismatch, PlayEvent, Script, Talk, perform,
};

/// Sends each line back, with the number of the client.
struct Echo {
    number: u32,
    lines: Vec<Vec<u8>>,
}

impl Talk for Echo {
    fn send(&mut self, octets: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(octets);
        let said = text.lines().map(|line| format!("{} {line}", self.number).into_bytes());
        self.lines.extend(said);
        Ok(())
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok((!self.lines.is_empty()).then(|| self.lines.remove(0)))
    }

    fn start_tls(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn unread(&mut self) -> Option<Vec<u8>> {
        self.lines.first().cloned()
    }
}

fn described(event: PlayEvent<'_>) -> String {
    match event {
        PlayEvent::Next(step) => format!("> {}\n", step.action),
        PlayEvent::Client(caller, did) => format!("{} {did:?}\n", caller.number),
        PlayEvent::Offstage(caller, did) => format!("Offstage({}, {did:?})\n", caller.number),
        other => format!("{other:?}\n"),
    }
}

/// Returns what happened, and how it ended.
fn play(steps: &str) -> (String, String) {
    let script = Script::parse(&format!("title: x\nprotocol: pop3\n{steps}")).unwrap();
    let mut story = String::new();
    let ended = perform(
        &script,
        &mut |caller| {
            let number = caller.number;
            let lines = Vec::new();
            Ok(Box::new(Echo { number, lines }))
        },
        &mut |event| {
            story.push_str(&described(event));
            Ok(())
        },
    );
    (story, ended.map_or_else(|difference| difference.to_string(), |()| "as written".into()))
}

#[test]
fn each_row_is_a_play_and_its_end() {
    let rows = [
        ("C: a\nS: 1 a\n! closed", "as written"),
        ("C: a\n! client 2\nC: b\nS: 2 b\n! client 1\nS: 1 a", "as written"),
        ("C: a\n! disconnect\nC: b\nS: 1 b", "as written"),
        (
            "C: all is well\nS: 1 all is bad",
            "line 4: the server said something else\n  \
             expected  1 all is bad\n  got       1 all is well\n                     ^",
        ),
        (
            "# ä is one character, and a control character is shown as one would write it.\n\
             C\\: ä\\0b\nS\\: 1 ä\\0c",
            "line 5: the server said something else\n  \
             expected  1 ä\\0c\n  got       1 ä\\u{0}b\n                    ^",
        ),
        ("S: 1 a", "line 3: the server closed the connection instead of saying\n  expected  1 a"),
        (
            "C: a\n! closed",
            "line 4: the server did not close the connection but said\n  got       1 a",
        ),
        ("C\\: a\\nb\\n\nS: 1 a", "line 4: the server said more than the script\n  got       1 b"),
        ("! starttls", "line 3: the connection failed: unsupported"),
        ("C\\: a\\nb\\nc\\n\nS*: 1 ...\nS: 1 c\nC: d\nS*: x\nS: 1 d", "as written"),
        (
            "C\\: a\\nb\\nc\\n\nS*: /1 [ax]/\nS: /1 [cx]/",
            "line 5: the server said something else\n  \
             expected  /1 [cx]/\n  got       1 b",
        ),
        ("C: UID 17\nS: ...\n! set N /UID (\\d+)/\nC: ${N}\nS: 1 ${N}", "as written"),
        (
            "C: 17\nS: ...\n! set N /.*/\nC: x\nS: ${N}",
            "line 7: the server said something else\n  \
             expected  1 17\n  got       1 x\n              ^",
        ),
        (
            "C: a\nS: ...\n! set N /\\d{3}/",
            "line 5: the line does not contain what ! set looks for\n  \
             expected  \\d{3}\n  got       1 a",
        ),
    ];
    for (steps, end) in rows {
        assert_eq!(play(steps).1, end, "{steps}");
    }
}

#[test]
fn what_happens_is_shown() {
    let (story, _) =
        play("# Look.\nC: a\nS: ...\n! offstage\nC: b\nS: ...\n! onstage\n! pause\n! closed");
    let expected = [
        "> # Look.",
        "Narration(\"Look.\")",
        "> C: a",
        "1 Connected",
        "1 Sent([97, 13, 10])",
        "> S: ...",
        "1 Received([49, 32, 97])",
        "> ! offstage",
        "Offstage(1, Sent([98, 13, 10]))",
        "Offstage(1, Received([49, 32, 98]))",
        "> ! pause",
        "Pause",
        "> ! closed",
        "1 Closed",
    ];
    assert_eq!(story.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_client_keeps_its_protocol_and_its_site() {
    let steps = "! client 2 imap at b.test\n! client 1\n! client 2\n! client 3";
    let script = format!("title: x\nprotocol: pop3\nsite: b.test\n{steps}");
    let mut callers = Vec::new();
    let opened = &mut |_: &Caller| Err(io::ErrorKind::NotFound.into());
    perform(&Script::parse(&script).unwrap(), opened, &mut |event| {
        if let PlayEvent::Client(caller, ClientEvent::Turn) = event {
            callers.push(format!("{} {:?} {:?}", caller.number, caller.protocol, caller.at));
        }
        Ok(())
    })
    .unwrap();
    let second = "2 Imap Some(\"b.test\")";
    assert_eq!(callers, [second, "1 Pop3 None", second, "3 Pop3 None"]);
}

#[test]
fn without_an_audience_the_play_ends() {
    let script = Script::parse("title: x\nprotocol: pop3\n# a\n# b").unwrap();
    let mut seen = 0;
    let ended = perform(&script, &mut |_| Err(io::ErrorKind::NotFound.into()), &mut |_| {
        seen += 1;
        Err(io::ErrorKind::BrokenPipe.into())
    });
    assert!(matches!(ended.unwrap_err().mismatch, Mismatch::Audience(_)));
    assert_eq!(seen, 1);
}
