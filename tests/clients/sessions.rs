//! `pillarbox sessions`: what servers and clients record is listed, shown, followed and played again.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::common::programs::until;
use crate::common::{Lab, command, fed, run};
use native_tls::TlsConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Runs the program with these words in the lab's folder; it must succeed.
fn ok(lab: &Lab, words: &[&str]) -> String {
    let (status, out, errors) = run(words, lab.path());
    assert_eq!(status, 0, "{words:?}: {errors}");
    out
}

/// Types a conversation with a server of the lab, through a pipe.
fn typed(lab: &Lab, protocol: &str, lines: &str) {
    let place = lab.address(protocol).to_string();
    let mut command = command(&[protocol, &place, "--explain", "off"], lab.path());
    let output = fed(&mut command, lines.as_bytes());
    assert!(output.status.success(), "{lines}");
}

const SMTP: &str = "EHLO me\nAUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=\n\
    MAIL FROM:<alice@pillarbox.test>\nRCPT TO:<bob@pillarbox.test>\nDATA\n\
    Subject: Tea\n\nAt five.\n.\nQUIT\n";
const POP3: &str = "USER bob\nPASS builder\nLIST\nRETR 1\nQUIT\n";
const IMAP: &str =
    "a LOGIN bob \"builder\"\nb SELECT INBOX\nc FETCH 1 (FLAGS BODY.PEEK[])\nd LOGOUT\n";

/// Returns the conversations that the server has recorded to their ends.
fn sessions(lab: &Lab, count: usize) -> Vec<Value> {
    until("the server to record", || {
        let all = ok(lab, &["sessions", "--json"]);
        let all: Vec<Value> = serde_json::from_str(&all).unwrap();
        let ended = |session: &Value| session["ours"] == "server" && session["ending"] != "open";
        let ended: Vec<Value> = all.into_iter().filter(ended).collect();
        (ended.len() == count).then_some(ended)
    })
}

fn journal(lab: &Lab) -> String {
    fs::read_to_string(lab.path().join("journal/journal.jsonl")).unwrap()
}

#[test]
fn what_happens_is_recorded_by_both_ends_and_shown() {
    let lab = Lab::start();
    typed(&lab, "smtp", SMTP);
    typed(&lab, "pop3", POP3);
    typed(&lab, "imap", IMAP);
    let recorded = sessions(&lab, 3);
    let users: Vec<&str> = recorded.iter().map(|s| s["user"].as_str().unwrap()).collect();
    assert_eq!(users, ["alice", "bob", "bob"]);
    let journal = journal(&lab);
    for secret in ["wonderland", "AGFsaWNlAHdvbmRlcmxhbmQ", "builder"] {
        assert!(!journal.contains(secret), "{secret}");
    }
    let list = ok(&lab, &["sessions"]);
    assert_eq!(list.lines().count(), 1 + 2 * 3, "{list}");
    assert_eq!(ok(&lab, &["sessions", "--protocol", "imap"]).lines().count(), 1 + 2);
    assert_eq!(ok(&lab, &["sessions", "--last", "1", "--since", "1h"]).lines().count(), 1 + 1);
    assert!(ok(&lab, &["sessions", "--since", "2099-01-01T00:00:00Z"]).contains("None of the 6"));
    let id = recorded[2]["connection"].as_str().unwrap();
    let shown = ok(&lab, &["sessions", &id[..6]]);
    for line in
        ["\nC: a LOGIN bob ********\n", "\nS: Good day, and welcome.\n", "(RFC 3501 §6.2.3)"]
    {
        assert!(shown.contains(line), "{line}: {shown}");
    }
    let whole: Value = serde_json::from_str(&ok(&lab, &["sessions", id, "--json"])).unwrap();
    assert_eq!(whole["events"][0]["event"], "opened");
    assert_eq!(whole["commands"], 4);
    let mode = |path: &str| {
        let data = fs::metadata(lab.path().join(path)).unwrap();
        data.permissions().mode() & 0o777
    };
    assert_eq!((mode("journal"), mode("journal/journal.jsonl")), (0o700, 0o600));
}

/// With TLS from the first octet, a client that does not trust the server leaves nothing else to see.
#[test]
fn the_reason_of_a_failed_handshake_is_shown() {
    let lab = Lab::start();
    let tls = TlsConnector::new().unwrap();
    let tcp = TcpStream::connect(lab.address("imaps")).unwrap();
    assert!(tls.connect("localhost", tcp).is_err());
    let mut in_clear = TcpStream::connect(lab.address("smtps")).unwrap();
    in_clear.write_all(b"EHLO me\r\n").unwrap();
    let _ = in_clear.read_to_end(&mut Vec::new());
    let rows = [
        ("imaps", "sent the alert \"unknown ca\"", "no trusted CA vouches"),
        ("smtps", "wrong version number", "does not belong there"),
    ];
    let recorded = sessions(&lab, 2);
    for (service, why, means) in rows {
        let session = recorded.iter().find(|one| one["service"] == service);
        let session = session.unwrap();
        assert_eq!(session["ending"], "tls");
        let id = session["connection"].as_str().unwrap();
        for shown in [&["sessions", id][..], &["sessions", id, "--html", "-"]] {
            let shown = ok(&lab, shown).replace("&quot;", "\"");
            let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(shown.contains(why) && shown.contains(means), "{shown}");
        }
        let page = ok(&lab, &["sessions", id, "--html", "-"]);
        let tls = "<dt>TLS</dt><dd>none: the handshake failed</dd>";
        assert!(page.contains(tls), "{page}");
    }
}

/// `-` is standard output, and nothing else is written there.
#[test]
fn what_is_saved_can_go_into_a_pipe() {
    let lab = Lab::start();
    typed(&lab, "pop3", POP3);
    let id = sessions(&lab, 1)[0]["connection"].clone();
    let id = id.as_str().unwrap();
    let begins = [("--html", "<!DOCTYPE html>"), ("--demo", "title: ")];
    for (option, begin) in begins {
        let printed = ok(&lab, &["sessions", id, option, "-"]);
        ok(&lab, &["sessions", id, option, "file"]);
        let saved = fs::read_to_string(lab.path().join("file")).unwrap();
        assert!(printed.starts_with(begin), "{printed}");
        assert_eq!(printed, saved);
        fs::remove_file(lab.path().join("file")).unwrap();
    }
    let words = ["sessions", id, "--pcapng", "-", "--demo", "file"];
    let capture = command(&words, lab.path()).output().unwrap().stdout;
    // The block type with which every pcapng begins.
    assert!(capture.starts_with(b"\x0a\x0d\x0d\x0a"));
    assert!(!capture.windows(6).any(|octets| octets == b"Saved."));
    let both = ["sessions", id, "--html", "-", "--pcapng", "-"];
    let (status, _, error) = run(&both, lab.path());
    assert!(status == 2 && error.contains("only one of"), "{error}");
    assert!(!lab.path().join("-").exists());
    // Of two files, the first is saved and named when the second cannot be written.
    fs::write(lab.path().join("taken"), "").unwrap();
    let both = ["sessions", id, "--html", "page.html", "--demo", "taken"];
    let (status, out, error) = run(&both, lab.path());
    assert!(status == 1 && error.contains("taken exists already"), "{error}");
    assert_eq!(out, "Saved. Any browser shows page.html.\n");
}

#[test]
fn a_saved_conversation_is_played_again() {
    let lab = Lab::start();
    typed(&lab, "smtp", SMTP);
    typed(&lab, "pop3", POP3);
    typed(&lab, "imap", IMAP);
    let secrets = ["AGFsaWNlAHdvbmRlcmxhbmQ=", "builder", "\"builder\""];
    for (session, secret) in sessions(&lab, 3).iter().zip(secrets) {
        let id = session["connection"].as_str().unwrap();
        let file = format!("{id}.demo");
        let saved = ok(&lab, &["sessions", id, "--demo", &file]);
        assert!(saved.contains(&format!("`pillarbox demo {file}`")), "{saved}");
        let (status, _, error) = run(&["sessions", id, "--demo", &file], lab.path());
        assert_eq!(status, 1);
        assert!(error.contains("exists already"), "{error}");
        let place = session["server"].as_str().unwrap();
        let played = command(&["demo", &file, "--fast", "--against", place], lab.path())
            .env("PILLARBOX_SECRET_1", secret)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&played.stderr);
        assert!(played.status.success(), "{file}: {errors}");
    }
}

/// RFC 3030 §2: a client may end a chunk anywhere.
#[test]
fn a_message_in_chunks_is_played_again() {
    let lab = Lab::start();
    let mut client = BufReader::new(TcpStream::connect(lab.address("smtp")).unwrap());
    let said = [
        "EHLO me\r\n",
        "MAIL FROM:<alice@pillarbox.test>\r\n",
        "RCPT TO:<bob@pillarbox.test>\r\n",
        "BDAT 19\r\nSubject: x\r\n\r\nhello",
        "BDAT 7 LAST\r\n, world",
        "QUIT\r\n",
    ];
    let reply = |client: &mut BufReader<TcpStream>| {
        let is_last = |line: &String| line.as_bytes().get(3) == Some(&b' ');
        let line = client.lines().map(Result::unwrap).find(is_last).unwrap();
        assert!(line.starts_with('2'), "{line}");
    };
    reply(&mut client);
    for octets in said {
        client.get_mut().write_all(octets.as_bytes()).unwrap();
        reply(&mut client);
    }
    drop(client);
    let session = &sessions(&lab, 1)[0];
    let (id, place) =
        (session["connection"].as_str().unwrap(), session["server"].as_str().unwrap());
    let told = ok(&lab, &["sessions", id, "--explain", "off"]);
    for order in ["C: hello\nS: 250", "C: , world\nS: 250"] {
        assert!(told.contains(order), "{told}");
    }
    ok(&lab, &["sessions", id, "--demo", "chunks.demo"]);
    let words = ["demo", "chunks.demo", "--fast", "--against", place];
    ok(&lab, &words);
    let page = ok(&lab, &["sessions", id, "--html", "-"]);
    assert!(!page.contains("helloBDAT"), "{page}");
    ok(&lab, &["sessions", id, "--pcapng", "chunks.pcapng"]);
}

#[test]
fn passwords_are_recorded_only_with_show_secrets() {
    let lab = Lab::with("[store]\njournal = wire\n");
    let place = lab.address("pop3").to_string();
    let mut child = command(&["pop3", &place, "--user", "bob", "--show-secrets"], lab.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    assert!(child.wait().unwrap().success());
    let text = fs::read_to_string(lab.path().join("wire/journal.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shows = |ours: &str| {
        let said = lines.iter().filter(|line| line["ours"] == ours);
        said.filter_map(|line| line["text"].as_str()).any(|text| text == "PASS builder\r\n")
    };
    assert!(shows("client") && !shows("server"), "{text}");
}

/// A program that runs until Ctrl-C.
struct Running(Child);

impl Running {
    fn interrupt(mut self) -> i32 {
        kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
        self.0.wait().unwrap().code().unwrap_or(130)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_happens_is_followed_across_rotations() {
    let lab = Lab::with("[store]\njournal_size = 2K\njournal_keep = 1000\n");
    let words = ["sessions", "--follow", "--explain", "off"];
    let mut command: Command = command(&words, lab.path());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let running = Running(child);
    // The program does not say when it begins to follow: the first conversations may be over.
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || lines.by_ref().try_for_each(|line| send.send(line)));
    until("the first line", || {
        typed(&lab, "pop3", "NOOP\nQUIT\n");
        receive.try_recv().ok()
    });
    typed(&lab, "pop3", "XYZZY\nQUIT\n");
    until("what was said last", || receive.try_iter().find(|line| line == "C: XYZZY"));
    assert!(lab.path().join("journal/journal.2.jsonl").exists(), "it was rotated");
    running.interrupt();
}

#[test]
fn without_a_recorded_conversation_it_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let said = |config: &str, words: &[&str]| {
        fs::write(folder.path().join("config.ini"), config).unwrap();
        let (status, out, error) = run(words, folder.path());
        (status, out + &error)
    };
    let (status, text) = said("", &["sessions"]);
    assert!(status == 0 && text.contains("Start the servers with `pillarbox`"), "{text}");
    let (status, text) = said("", &["sessions", "last"]);
    assert!(status == 1 && text.contains("nothing is recorded yet"), "{text}");
    let (status, text) = said("[store]\njournal =\n", &["sessions"]);
    assert!(status == 2 && text.contains("[store] journal is empty"), "{text}");
    assert!(!folder.path().join("journal").exists(), "who only reads makes nothing");
    let line = |id: &str| {
        format!(
            r#"{{"time":"2026-11-25T17:00:00Z","connection":"{id}","ours":"client","protocol":"pop3","service":"pop3","thread":"","client":"127.0.0.1:1","server":"127.0.0.1:2","event":"opened"}}"#
        )
    };
    write_journal(folder.path(), &format!("{}\nnonsense\n{}\n", line("abc"), line("abd")));
    let (status, text) = said("", &["sessions"]);
    assert!(status == 0 && text.contains("1 invalid lines are left out"), "{text}");
    let (status, text) = said("", &["sessions", "ab"]);
    assert!(status == 1 && text.contains("2 IDs: abc, abd"), "{text}");
    let (status, text) = said("", &["sessions", "x"]);
    assert!(status == 1 && text.contains("the newest are abd, abc"), "{text}");
}

fn write_journal(folder: &Path, text: &str) {
    fs::create_dir_all(folder.join("journal")).unwrap();
    fs::write(folder.join("journal/journal.jsonl"), text).unwrap();
}

#[test]
fn a_journal_that_cannot_be_written_stops_no_server() {
    let lab = Lab::with("[store]\njournal = config.ini\n");
    typed(&lab, "pop3", "NOOP\nQUIT\n");
    let place = lab.address("pop3").to_string();
    let (status, _, error) = run(&["pop3", &place], lab.path());
    assert_eq!(status, 0);
    assert!(error.contains("conversations are not recorded"), "{error}");
}

#[test]
#[ignore = "needs tshark"]
fn a_capture_of_it_is_whole() {
    let lab = Lab::start();
    let body = "A line of a message that is too long to be kept.\n".repeat(2_000);
    typed(&lab, "smtp", &SMTP.replace("At five.\n", &body));
    typed(&lab, "imap", IMAP);
    let recorded = sessions(&lab, 2);
    for (session, dissected) in recorded.iter().zip(["smtp.req.command", "imap.request"]) {
        let id = session["connection"].as_str().unwrap();
        let file = format!("{id}.pcapng");
        ok(&lab, &["sessions", id, "--pcapng", &file]);
        let (status, _, error) = run(&["sessions", id, "--pcapng", &file], lab.path());
        assert!(status == 1 && error.contains("exists already"), "{error}");
        let shark = |filter: &str| {
            let mut shark = Command::new("tshark");
            shark.current_dir(lab.path()).args(["-r", &file, "-Y", filter]);
            let output = shark.output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(shark("_ws.malformed || tcp.analysis.flags || tcp.checksum.status == 0"), "");
        assert!(shark(dissected).lines().count() >= 3, "{}", shark(""));
        assert_eq!(shark("frame contains \"builder\" || frame contains \"AGFsaWNl\""), "");
    }
}

/// Returns the page of a conversation with a hostile client.
fn page(lab: &Lab) -> String {
    typed(
        lab,
        "smtp",
        "EHLO <script>document.title='obeyed';throw 1</script>\n<img src=x onerror=alert(1)>\nQUIT\n",
    );
    let id = sessions(lab, 1)[0]["connection"].as_str().unwrap().to_owned();
    let saved = ok(lab, &["sessions", &id, "--html", "page.html"]);
    assert!(saved.contains("Any browser shows page.html"), "{saved}");
    fs::read_to_string(lab.path().join("page.html")).unwrap()
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    let lab = Lab::start();
    let page = page(&lab);
    assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}");
    for loaded in ["src=\"", "href=\"http", "url(", "@import", "<script"] {
        assert!(!page.contains(loaded), "{loaded}");
    }
}

#[test]
#[ignore = "needs chromium"]
fn a_browser_shows_the_page_and_runs_nothing() {
    let lab = Lab::start();
    page(&lab);
    let at = |name: &str| lab.path().join(name).display().to_string();
    for width in [400, 1400] {
        let output = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            .args([
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            .args(["--enable-logging=stderr", "--v=0", "--dump-dom"])
            .arg(format!("--user-data-dir={}", at("browser")))
            .arg(format!("--window-size={width},2000"))
            .arg(format!("file://{}", at("page.html")))
            .output()
            .unwrap();
        let (dom, log) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(dom.contains("<h2 id=\"lines-title\">Line by line</h2>"), "{dom}{log}");
        assert!(dom.contains("<title>SMTP conversation "), "{dom}");
        assert!(!log.contains("CONSOLE"), "{log}");
    }
}
