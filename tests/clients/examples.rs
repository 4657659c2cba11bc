//! The small programs in `demos/`, built as a student builds them, run against a whole Pillarbox or by
//! our clients, and checked by what they say.

use std::fs;
use std::io::{BufRead, BufReader, Cursor, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use crate::common::{Lab, alone, stored};
use pillarbox::client::{Endpoint, ImapClient, Security, SmtpClient};
use tempfile::TempDir;

const PROGRAMS: [&str; 8] = [
    "smtp_client",
    "pop3_client",
    "imap_client",
    "watch_inbox",
    "relay_to_gmail",
    "smtp_server",
    "imap_server",
    "own_protocol",
];

/// An example, which `cargo test` has built already, but `cargo test --test clients examples` has not.
fn example(name: &str, words: &[&str], folder: &Path) -> Command {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let words = ["build", "--quiet", "--examples", "--offline"];
        let status = Command::new(env!("CARGO")).args(words).status();
        assert!(status.unwrap().success());
    });
    // Beside the program, in `target/debug`.
    let program = Path::new(env!("CARGO_BIN_EXE_pillarbox"));
    let mut command = alone(&program.with_file_name("examples").join(name), folder);
    command.args(words);
    command
}

/// A folder whose `config.ini` leads the clients to the lab's servers.
fn visitor(lab: &Lab) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let server = |protocol| format!("localhost:{}", lab.port(protocol));
    let (smtp, pop3, imap) = (server("smtps"), server("pop3s"), server("imaps"));
    let certs = lab.path().join("certs");
    let config = format!(
        "[client]\nsmtp = {smtp}\npop3 = {pop3}\nimap = {imap}\n[tls]\ncerts = {}\n",
        certs.display()
    );
    fs::write(folder.path().join("config.ini"), config).unwrap();
    folder
}

/// Runs an example to its end; what it says.
fn said(name: &str, lab: &Lab) -> String {
    let output = example(name, &[], visitor(lab).path()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// An example that runs until it is stopped.
struct Running {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(name: &str, words: &[&str], folder: &Path) -> Running {
        let mut child = example(name, words, folder).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines }
    }

    /// The next line that it says.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The address at the end of the line in which a server says where it listens.
    fn address(&mut self) -> SocketAddr {
        let line = self.line();
        let (_, address) = line.rsplit_once(' ').unwrap();
        address.trim_end_matches('.').parse().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_is_short_and_has_a_row_in_the_readme() {
    let readme = fs::read_to_string("demos/README.md").unwrap();
    for name in PROGRAMS {
        let source = fs::read_to_string(format!("demos/{name}.rs")).unwrap();
        assert!(source.lines().count() < 60, "{name} is too long");
        assert!(readme.contains(&format!("({name}.rs)")), "{name} has no row");
    }
    let sources = fs::read_dir("demos").unwrap();
    let names = sources.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".rs")).count(), PROGRAMS.len());
}

#[test]
fn a_message_goes_in_by_smtp_and_out_by_pop3_and_imap() {
    let lab = Lab::start();
    let smtp = said("smtp_client", &lab);
    assert_eq!(smtp.matches(" the server says 250 ").count(), 1, "{smtp}");
    assert!(smtp.contains("And to the message, 250 "), "{smtp}");
    let body =
        "At five, under the clock?\n.\nThis line and the lone dot above are part of the message.\n";
    let pop3 = said("pop3_client", &lab);
    assert!(pop3.ends_with(body), "{pop3}");
    let imap = said("imap_client", &lab);
    assert!(imap.contains("INBOX has 7 unread messages\n"), "{imap}");
    assert!(imap.contains(" Tea\n") && imap.ends_with(body), "{imap}");
}

#[test]
fn without_a_server_it_is_said_what_is_missing() {
    let mut lab = Lab::start();
    let folder = visitor(&lab);
    lab.kill();
    for name in ["smtp_client", "pop3_client", "imap_client", "watch_inbox"] {
        let output = example(name, &[], folder.path()).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(errors.lines().count(), 1, "{errors}");
        assert!(errors.contains("is the server running"), "{errors}");
    }
}

#[test]
fn who_watches_is_told_of_each_mail() {
    let lab = Lab::start();
    let folder = visitor(&lab);
    let mut watch = Running::start("watch_inbox", &[], folder.path());
    assert!(watch.line().ends_with(" messages. Waiting for more."));
    let server = Endpoint::new("localhost", lab.port("smtps"), Security::Tls, lab.ca());
    let mut alice = SmtpClient::connect(&server).unwrap();
    alice.login("alice", "wonderland").unwrap();
    for subject in ["Tea", "=?utf-8?q?Caf=C3=A9?=", "\u{1b}[2JTea"] {
        let message = format!("From: Alice <alice@pillarbox.test>\nSubject: {subject}\n\nhi\n");
        let (from, to) = ("alice@pillarbox.test", ["bob@pillarbox.test"]);
        alice.send(from, &to, &mut Cursor::new(message)).unwrap();
    }
    let from = "Alice <alice@pillarbox.test>";
    for subject in ["Tea", "Café", "\u{fffd}[2JTea"] {
        assert_eq!(watch.line(), format!("{from}: {subject}"));
    }
}

#[test]
fn a_mail_goes_out_with_an_app_password() {
    let lab = Lab::start();
    let server = format!("localhost:{}", lab.port("submission"));
    let ca = lab.ca().display().to_string();
    let relay = |password: &str| {
        let words = ["alice@pillarbox.test", "bob@pillarbox.test", &server, &ca];
        let mut command = example("relay_to_gmail", &words, lab.path());
        command.env("GMAIL_APP_PASSWORD", password).output().unwrap()
    };
    let output = relay("wonderland");
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("offers AUTH PLAIN LOGIN"), "{printed}");
    assert!(printed.ends_with("Sent to bob@pillarbox.test.\n"), "{printed}");
    let inbox = stored(&lab.path().join("mail"), "bob").join("");
    assert!(inbox.contains("Subject: A mail from Pillarbox"));
    let output = relay("wrong");
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(errors.contains("refuses AUTH PLAIN: 535"), "{errors}");
    let output = example("relay_to_gmail", &[], lab.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_server_of_its_own_takes_a_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Running::start("smtp_server", &["0"], folder.path());
    let port = server.address().port();
    let endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, "none");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let early = client.data(&mut "too early".as_bytes()).unwrap_err();
    assert!(early.to_string().ends_with("503 5.5.1 RCPT first"), "{early}");
    let mut message = Cursor::new("Subject: Tea\n\n.\nMAIL FROM:<x@y.test>\n\u{1b}[2J\n");
    client.send("a@b.test", &["c@d.test", "e@f.test"], &mut message).unwrap();
    client.quit().unwrap();
    let expected = [
        "For <c@d.test> and <e@f.test>:",
        "Subject: Tea",
        "",
        ".",
        "MAIL FROM:<x@y.test>",
        "\u{fffd}[2J",
    ];
    for line in expected {
        assert_eq!(server.line(), line);
    }
}

#[test]
fn an_imap_server_of_its_own_has_mail() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Running::start("imap_server", &["0"], folder.path());
    let port = server.address().port();
    let endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, "none");
    let mut client = ImapClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    assert!(client.select("INBOX").unwrap().exists > 0);
    client.logout().unwrap();
}

#[test]
fn a_protocol_of_ones_own_answers_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Running::start("own_protocol", &["0"], folder.path());
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"what time is it?\r\nbye\r\n").unwrap();
    let mut heard = String::new();
    stream.read_to_string(&mut heard).unwrap();
    let year = jiff::Zoned::now().year().to_string();
    assert_eq!(heard.matches(&year).count(), 2, "{heard}");
}
