//! The demos: each is played, can be played again, leaves nothing behind, and stands in its lists.
// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use common::{Lab, command, fed, run};
use pillarbox::config::Ports;
use pillarbox::console::{
    Action, Caller, DEMOS, Did, Difference, Event, Script, Sites, connect, perform,
};
use regex::Regex;

/// Plays a script there; all that its clients received.
fn play(script: &Script, sites: &Sites) -> Result<Vec<String>, Difference> {
    let mut heard = Vec::new();
    let mut open = |caller: &Caller| connect(&sites.endpoint(caller)?, caller.protocol);
    perform(script, &mut open, &mut |event| {
        if let Event::Client(_, Did::Received(line)) = event {
            heard.push(String::from_utf8_lossy(line).into_owned());
        }
        Ok(())
    })?;
    Ok(heard)
}

fn scripts() -> impl Iterator<Item = (&'static str, Script)> {
    DEMOS.iter().map(|demo| {
        let script = demo.script();
        let script = script.unwrap_or_else(|error| panic!("{}.demo, {error}", demo.name));
        (demo.name, script)
    })
}

/// What everybody has: messages, mailboxes and subscriptions.
fn census(sites: &Sites) -> Vec<String> {
    let mut text = "title: census\nprotocol: imap\n".to_owned();
    for (name, password) in [
        ("alice", "wonderland"),
        ("bob", "builder"),
        ("carol", "chimney"),
    ] {
        text += &format!(
            "S: * OK ...\nC: a LOGIN {name} {password}\nS*: * ...\nS: a OK ...\nC: b LIST \"\" *\nS*: * ...\nS: b OK ...\n\
             C: c LSUB \"\" *\nS*: * ...\nS: c OK ...\nC: d STATUS INBOX (MESSAGES)\nS: * ...\nS: d OK ...\n! disconnect\n"
        );
    }
    let heard = play(&Script::parse(&text).unwrap(), sites).unwrap();
    heard
        .into_iter()
        .filter(|line| line.starts_with("* "))
        .collect()
}

#[test]
fn every_demo_is_played_at_a_fresh_site() {
    assert!(DEMOS.len() >= 16);
    let mut differences = Vec::new();
    for (name, script) in scripts() {
        let sites = Sites::open(&script).unwrap();
        if let Err(difference) = play(&script, &sites) {
            differences.push(format!("demos/{name}.demo, {difference}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// As in somebody's own laboratory, where there is other mail, and a demo is played every year.
#[test]
fn every_demo_can_be_played_again_and_leaves_nothing() {
    let usual = Script::parse("title: x\nprotocol: imap\n").unwrap();
    let sites = Sites::open(&usual).unwrap();
    let before = census(&sites);
    assert!(before.len() >= 9, "{before:?}");
    for round in ["first", "second"] {
        for (name, script) in scripts().filter(|(_, script)| script.sites.is_empty()) {
            let played = play(&script, &sites);
            if let Err(difference) = played {
                panic!("demos/{name}.demo, the {round} time: {difference}");
            }
            if script.leaves.is_empty() {
                assert_eq!(census(&sites), before, "{name} has left something behind");
            }
        }
    }
}

#[test]
fn every_demo_tells_what_it_shows() {
    let filter = Regex::new("^`[^`]+`: [^`]+$").unwrap();
    for (name, script) in scripts() {
        assert!(
            !script.rfc.is_empty() && !script.summary.is_empty(),
            "{name}"
        );
        assert!(!script.title.ends_with('.'), "{name}");
        assert!(!script.wireshark.is_empty(), "{name}");
        for look in &script.wireshark {
            assert!(filter.is_match(look), "{name}: {look}");
        }
        let told = |step: &&pillarbox::console::Step| matches!(step.action, Action::Narrate(_));
        assert!(
            script.steps.iter().filter(told).count() >= 6,
            "{name} tells little"
        );
        // A teacher's projector, and whoever edits it, has so many columns.
        for step in &script.steps {
            if let Action::Narrate(text) = &step.action {
                assert!(text.chars().count() <= 104, "{name}, line {}", step.line);
            }
        }
    }
}

/// What a student types into Wireshark is a filter that it knows.
#[test]
#[ignore = "needs tshark"]
fn the_filters_are_filters() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("empty.pcap");
    // A capture without a packet: magic number, version 2.4, no more than 65,535 octets, Ethernet.
    let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1];
    fs::write(&capture, header.map(u32::to_le_bytes).concat()).unwrap();
    let capture = capture.to_str().unwrap();
    for (name, script) in scripts() {
        for look in &script.wireshark {
            let filter = look.split('`').nth(1).unwrap();
            println!("{name}: {filter}");
            common::programs::run("tshark", &["-r", capture, "-Y", filter], "");
        }
    }
}

#[test]
fn the_lists_name_what_is_there() {
    let there: BTreeSet<String> = fs::read_dir("demos")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".demo") || name.ends_with(".rs"))
        .collect();
    let scripts = |name: &&String| name.ends_with(".demo");
    let compiled_in: BTreeSet<String> = DEMOS.iter().map(|d| format!("{}.demo", d.name)).collect();
    assert_eq!(
        there
            .iter()
            .filter(scripts)
            .cloned()
            .collect::<BTreeSet<_>>(),
        compiled_in
    );
    let page = fs::read_to_string("demos/README.md").unwrap();
    let rows = page
        .lines()
        .filter_map(|row| row.strip_prefix("| [`")?.split_once("`]("));
    let listed: Vec<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    let order: Vec<&String> = listed.iter().filter(scripts).collect();
    let compiled_in: Vec<String> = DEMOS.iter().map(|d| format!("{}.demo", d.name)).collect();
    assert_eq!(
        order,
        compiled_in.iter().collect::<Vec<_>>(),
        "another order"
    );
}

/// The chapter "Protocols" of the original report: the commands and replies that it implemented,
/// each as an expression for a line that one of our demos has.
const ORIGINAL: [(&str, &[&str]); 4] = [
    (
        "smtp C",
        &[
            "^EHLO localhost$",
            "^AUTH LOGIN$",
            "^MAIL FROM:<.+>$",
            "^RCPT TO:<.+>$",
            "^DATA$",
            "^NOOP$",
            "^VRFY .+$",
            "^RSET$",
            "^QUIT$",
        ],
    ),
    (
        "pop3 C",
        &[
            "^USER .+$",
            "^PASS .+$",
            "^STAT$",
            "^LIST$",
            "^LIST .+$",
            "^RETR .+$",
            "^NOOP$",
            "^DELE .+$",
            "^RSET$",
            "^QUIT$",
        ],
    ),
    (
        "imap C",
        &[
            "^a\\d+ LOGIN .+ .+$",
            "^a\\d+ SELECT INBOX$",
            "^a\\d+ CAPABILITY$",
            "^a\\d+ LIST INBOX$",
            "^a\\d+ DELETE inbox$",
            "^a\\d+ FETCH .+$",
            "^a\\d+ SUBSCRIBE .+$",
            "^a\\d+ UNSUBSCRIBE .+$",
            "^a\\d+ CLOSE$",
            "^a\\d+ COPY .+$",
            "^a\\d+ LOGOUT$",
        ],
    ),
    (
        "S",
        &[
            "^250[- ].*Hello, I am delighted to meet you$",
            "^250 .*Ok",
            "^354 End data with <CR><LF>.<CR><LF>$",
            "^221 .*Bye$",
            "^334 ",
            "^\\+OK Send PASS$",
            "^\\+OK Welcome$",
            "^-ERR \\[AUTH\\] Username and password not accepted$",
            "^\\+OK \\d+ \\d+$",
            "^-ERR Message number out of range$",
            "^\\+OK",
            "^\\+OK Message marked for deletion$",
            "^\\+OK Farewell$",
            "^a\\d+ OK .*LOGIN completed$",
            "^\\* \\d+ EXISTS$",
            "^\\* \\d+ FETCH ",
            "^a\\d+ NO .*login failure: username or password rejected$",
        ],
    ),
];

#[test]
fn whatever_the_original_could_say_is_said_in_a_demo() {
    let mut said: Vec<(String, String)> = Vec::new();
    for (_, script) in scripts() {
        let sites = Sites::open(&script).unwrap();
        let mut open = |caller: &Caller| connect(&sites.endpoint(caller)?, caller.protocol);
        let shown = perform(&script, &mut open, &mut |event| {
            if let Event::Client(caller, did) = event {
                let (who, octets) = match did {
                    Did::Sent(octets) => (format!("{} C", caller.protocol.name()), octets),
                    Did::Received(line) => ("S".to_owned(), line),
                    _ => return Ok(()),
                };
                let text = String::from_utf8_lossy(octets);
                said.extend(
                    text.lines()
                        .map(|line| (who.replace("submission", "smtp"), line.to_owned())),
                );
            }
            Ok(())
        });
        shown.unwrap();
    }
    for (who, expressions) in ORIGINAL {
        for expression in expressions {
            let expression = Regex::new(expression).unwrap();
            let found = said
                .iter()
                .any(|(by, line)| by == who && expression.is_match(line));
            assert!(found, "no demo has {who}: {expression}");
        }
    }
}

/// The configuration of somebody whose servers do not run.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let off: String = Ports::NAMES.map(|port| format!("{port} =\n")).concat();
    fs::write(folder.path().join("config.ini"), format!("[ports]\n{off}")).unwrap();
    folder
}

#[test]
fn the_program_lists_and_plays_them() {
    let folder = folder();
    let (status, listed, _) = run(&["demo"], folder.path());
    assert_eq!(status, 0);
    assert!(
        DEMOS.iter().all(|demo| listed.contains(demo.name)),
        "{listed}"
    );
    let (status, screen, errors) = run(&["demo", "first-mail"], folder.path());
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(
        screen.contains("started for this demo, for smtp has no port"),
        "{screen}"
    );
    assert!(
        screen.contains("\nC: DATA\nS: 354 End data with"),
        "{screen}"
    );
    assert!(!screen.contains('\x1b'), "colours in a pipe");
    // Nothing is left in the folder, neither mail nor certificates.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn it_plays_against_servers_that_run() {
    let lab = Lab::start();
    let against = ["smtp", "pop3"].map(|name| format!("--against={name}={}", lab.address(name)));
    let words = ["demo", "first-mail.demo", &against[0], &against[1]];
    let (status, screen, errors) = run(&words, lab.path());
    assert_eq!((status, errors.as_str()), (0, ""), "{screen}");
    assert!(
        screen.contains(&format!("connected to {}", lab.address("pop3"))),
        "{screen}"
    );
    let imaps = format!("--against=imaps=localhost:{}", lab.port("imaps"));
    let (status, _, errors) = run(&["demo", "imap-uid", &imaps], lab.path());
    assert_eq!(
        (status, errors.as_str()),
        (0, ""),
        "under TLS, with the lab's CA"
    );
}

#[test]
fn replies_are_guessed_from_a_pipe() {
    let folder = folder();
    let mut command = command(&["demo", "wrong-order", "--predict"], folder.path());
    let output = fed(&mut command, b"220\n503\n5\n");
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{screen}");
    assert!(
        screen.ends_with("\n4 of 6 points for 3 replies.\n"),
        "{screen}"
    );
}

#[test]
fn each_mistake_is_one_sentence_and_its_status() {
    let folder = folder();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    file("broken.demo", "title: x\nprotocol: smtp\nQUIT\n");
    file(
        "other.demo",
        "title: x\nprotocol: smtp\nS: 220 ...\nC: NOOP\nS: 250 Fine\n",
    );
    let dying = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = dying.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in dying.incoming() {
            let _ = tcp.unwrap().write_all(b"220 a\r\n");
        }
    });
    let dying = format!("--against={address}");
    let rows: [(&[&str], i32, &str); 6] = [
        (
            &["nothing"],
            2,
            "pillarbox: there is neither a demo nor a file nothing; `pillarbox demo` lists the demos\n",
        ),
        (
            &["broken.demo"],
            2,
            "pillarbox: broken.demo, line 3: \"QUIT\" is no step",
        ),
        (
            &["other.demo"],
            1,
            "pillarbox: other.demo, line 5: the server said something else\n  \
             expected  250 Fine\n  got       250 2.0.0 Ok\n                ^\n",
        ),
        (
            &["relay", "--against=localhost:25"],
            2,
            "pillarbox: this demo needs more than one site",
        ),
        (
            &["wrong-order", "--against=localhost:1"],
            1,
            "pillarbox: demos/wrong-order.demo, line 12: the connection failed: localhost:1 cannot be reached",
        ),
        (
            &["wrong-order", &dying],
            1,
            "pillarbox: demos/wrong-order.demo, line ",
        ),
    ];
    for (words, expected, sentence) in rows {
        let (status, _, errors) = run(&[&["demo"], words].concat(), folder.path());
        assert_eq!(status, expected, "{words:?}: {errors}");
        assert!(errors.starts_with(sentence), "{words:?}: {errors}");
    }
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let (folder, temporary) = (folder(), tempfile::tempdir().unwrap());
    let mut child = command(&["demo", "first-mail", "--step"], folder.path())
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for somebody to press Enter: what it has said so far is there to be read.
    let mut title = [0; 40];
    child
        .stdout
        .as_mut()
        .unwrap()
        .read_exact(&mut title)
        .unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        errors,
        "\nThe demo has ended here, and its servers with it.\n"
    );
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}
