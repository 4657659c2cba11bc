//! Mail programs that people use, against the real program over TLS. Each test is the shortest
//! script that a person would type; `.ci/run` installs the programs.
// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{Lab, PROTOCOLS};

/// A lab, and scripts that find it in the environment: `$CA`, `$imaps`, `$smtps` and the other
/// ports. Each runs in the folder of the lab, which is its home too.
struct Desk(Lab);

impl Desk {
    fn new() -> Desk {
        Desk(Lab::start())
    }

    /// Runs a script, which must succeed; what it said.
    fn run(&self, script: &str) -> String {
        let mut shell = Command::new("timeout");
        shell.args(["60", "bash", "-euo", "pipefail", "-c", script]);
        shell.current_dir(self.0.path()).env("HOME", self.0.path());
        shell.env("CA", self.0.ca()).env("TERM", "xterm");
        for protocol in PROTOCOLS {
            shell.env(protocol, self.0.port(protocol).to_string());
        }
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
        said
    }

    /// Writes a file that only its owner may read, as programs demand of files with passwords.
    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The messages in a folder of the lab's mail that have this text.
    fn with_text(&self, folder: &str, text: &str) -> Vec<PathBuf> {
        let folder = self.0.path().join(folder);
        let files = ["new", "cur"].into_iter().flat_map(|place| {
            let entries = fs::read_dir(folder.join(place));
            entries
                .into_iter()
                .flatten()
                .map(|entry| entry.unwrap().path())
        });
        let has = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap()).contains(text);
        files.filter(has).collect()
    }
}

const MESSAGE: &str = "From: bob@pillarbox.test\nTo: alice@pillarbox.test\nSubject: by hand\n\
    Message-ID: <by-hand@client.test>\n\n.a dot\n..\nFrom the start\nthe end\n";

#[test]
#[ignore = "needs isync"]
fn mbsync_carries_both_ways_and_then_has_nothing_to_do() {
    let desk = Desk::new();
    let settings = "IMAPStore far\nHost localhost\nPort PORT\nUser bob\nPass builder\n\
        SSLType SECURITY\nCertificateFile CA\n\nMaildirStore near\nPath near/\nInbox near/INBOX\n\
        SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\n\
        Remove Both\nExpunge Both\nSyncState *\n"
        .replace("CA", desk.0.ca().to_str().unwrap());
    for (name, security, protocol) in [("tls", "IMAPS", "imaps"), ("starttls", "STARTTLS", "imap")]
    {
        let port = desk.0.port(protocol).to_string();
        desk.write(
            name,
            &settings
                .replace("SECURITY", security)
                .replace("PORT", &port),
        );
    }
    // The first run takes all; then each side has something new, changed and deleted.
    desk.run("mkdir near; mbsync -c tls -a");
    let imap = "curl -sS --cacert $CA --user bob:builder imaps://localhost:$imaps";
    desk.run(&format!(
        "{imap}/ -X 'CREATE Archive'; {imap}/INBOX -X 'COPY 1:3 Archive'
        {imap}/INBOX -X 'STORE 2 +FLAGS (\\Flagged)'
        cd near/INBOX; first=$(ls new/*U=1:*); mv $first cur/$(basename ${{first%,*}}),S
        rm new/*U=3:*
        mkdir -p ../Drafts/{{cur,new,tmp}}; printf 'Subject: made here\\n\\ntext\\n' > ../Drafts/new/1.1.x"
    ));
    desk.run("mbsync -c starttls -a");
    desk.run("ls near/INBOX/cur/*U=1:2,S near/INBOX/cur/*U=2:2,F; test $(ls near/Archive/new | wc -l) = 3");
    assert_eq!(desk.with_text("mail/bob/.Drafts", "made here").len(), 1);
    let flags = desk.run(&format!("{imap}/INBOX -X 'FETCH 1:3 (UID FLAGS)'"));
    for line in [
        "UID 1 FLAGS (\\Seen)",
        "UID 2 FLAGS (\\Flagged)",
        "UID 4 FLAGS ()",
    ] {
        assert!(flags.contains(line), "{line}: {flags}");
    }
    let files =
        "find near -type f | grep -v mbsyncstate | sort; find $HOME/mail -path '*cur/*' | sort";
    let before = desk.run(files);
    desk.run("mbsync -c tls -a");
    assert_eq!(desk.run(files), before);
}

#[test]
#[ignore = "needs offlineimap3"]
fn offlineimap_has_nothing_to_do_the_second_time() {
    let desk = Desk::new();
    let (port, ca) = (desk.0.port("imaps"), desk.0.ca());
    let ca = ca.display();
    desk.write(
        "settings",
        &format!(
            "[general]\naccounts = a\nmetadata = state\n[Account a]\nlocalrepository = near\n\
            remoterepository = far\n[Repository near]\ntype = Maildir\nlocalfolders = near\n\
            [Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\n\
            remoteuser = alice\nremotepass = wonderland\nsslcacertfile = {ca}\n"
        ),
    );
    let run = "offlineimap -c settings -o -u basic 2>&1";
    assert!(desk.run(run).contains("Copy message"));
    desk.run("f=$(ls near/INBOX/*/*U=1,*); mv $f near/INBOX/cur/$(basename ${f%,*}),FS; mkdir -p near/New/{cur,new,tmp}");
    desk.run(run);
    let again = desk.run(run);
    assert!(
        !again.contains("message") && !again.contains("flag"),
        "{again}"
    );
    assert!(desk.0.path().join("mail/alice/.New").is_dir());
}

#[test]
#[ignore = "needs mutt"]
fn mutt_sends_files_reads_flags_and_deletes() {
    let desk = Desk::new();
    desk.write(
        ".muttrc",
        "set ssl_ca_certificates_file=$CA ssl_starttls=yes ssl_force_tls=yes
        set imap_user=alice imap_pass=wonderland pop_user=alice pop_pass=wonderland
        set smtp_url=smtps://alice:wonderland@localhost:$smtps/ from=alice@pillarbox.test
        set folder=imaps://alice@localhost:$imaps/
        set record=imaps://alice@localhost:$imaps/Sent
        set confirmcreate=no confirmappend=no delete=yes quit=yes wait_key=no sleep_time=0\n",
    );
    desk.run("echo text | mutt -s 'by mutt' -a config.ini -- bob@pillarbox.test");
    assert_eq!(desk.with_text("mail/bob", "by mutt").len(), 1);
    assert_eq!(desk.with_text("mail/alice/.Sent", "by mutt").len(), 1);
    let count = |desk: &Desk| {
        fs::read_dir(desk.0.path().join("mail/alice/cur"))
            .unwrap()
            .count()
    };
    let keys =
        "<first-entry><display-message><exit><last-entry><delete-message><sync-mailbox><quit>";
    let mut left = None;
    for url in [
        "imaps://alice@localhost:$imaps/INBOX",
        "imap://alice@localhost:$imap/INBOX",
        "pops://alice@localhost:$pop3s/",
        "pop://alice@localhost:$pop3/",
    ] {
        desk.run(&format!(
            "script -qec \"mutt -f {url} -e 'push {keys}'\" /dev/null < /dev/null"
        ));
        let now = count(&desk);
        assert!(
            left.is_none_or(|left| now == left - 1),
            "{url} deleted nothing"
        );
        left = Some(now);
    }
    let read = fs::read_dir(desk.0.path().join("mail/alice/cur")).unwrap();
    let seen = read.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .to_string_lossy()
            .ends_with('S')
    });
    assert!(seen.count() >= 1);
}

#[test]
#[ignore = "needs msmtp and swaks"]
fn msmtp_and_swaks_send_by_every_door() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    for (port, starttls) in [("$smtps", "off"), ("$submission", "on"), ("$smtp", "on")] {
        for mechanism in ["plain", "login"] {
            desk.run(&format!(
                "msmtp -C /dev/null --host=localhost --port={port} --tls=on \
                --tls-starttls={starttls} --tls-trust-file=$CA --auth={mechanism} --user=bob \
                --passwordeval='echo builder' --from=bob@pillarbox.test alice@pillarbox.test < message"
            ));
        }
    }
    let stored = desk.with_text("mail/alice", "by-hand@client.test");
    assert_eq!(stored.len(), 6);
    for path in stored {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(
            text.ends_with("\n\n.a dot\n..\nFrom the start\nthe end\n"),
            "{text}"
        );
    }
    let swaks = "swaks --silent 2 --auth-user bob --auth-password builder -f bob@pillarbox.test";
    desk.run(&format!(
        "{swaks} -t alice@pillarbox.test -s localhost:$submission -tls --attach @message"
    ));
    desk.run(&format!(
        "{swaks} -t alice@pillarbox.test,carol@pillarbox.test -s localhost:$smtps -tlsc --pipeline"
    ));
    desk.run("swaks --silent 2 -f x@elsewhere.test -t carol@pillarbox.test -s localhost:$smtp");
    // Exit status 24: no recipient was accepted.
    desk.run(
        "swaks --silent 3 -f x@elsewhere.test -t x@other.test -s localhost:$smtp || test $? = 24",
    );
    assert_eq!(
        desk.with_text("mail/carol", "This is a test mailing").len(),
        2
    );
}

#[test]
#[ignore = "needs fetchmail"]
fn fetchmail_fetches_each_message_once() {
    let desk = Desk::new();
    let secure = "ssl sslcertck sslcertfile";
    let upgraded = "sslproto TLS1.2+ sslcertck sslcertfile";
    for (protocol, port, security, keep) in [
        ("pop3", "pop3s", secure, "keep"),
        ("pop3", "pop3", upgraded, "keep fetchall"),
        ("imap", "imap", upgraded, "keep fetchall"),
        ("imap", "imaps", secure, "nokeep fetchall"),
    ] {
        let (port, ca) = (desk.0.port(port), desk.0.ca());
        let uidl = if protocol == "pop3" { "uidl" } else { "" };
        desk.write(
            "settings",
            &format!(
                "poll localhost protocol {protocol} port {port} {uidl} user carol password chimney \
                {keep} {security} {} mda \"cat >> fetched\"\n",
                ca.display()
            ),
        );
        desk.run(
            "export FETCHMAILHOME=$HOME/state; rm -f fetched; mkdir -p -m 700 state
            fetchmail -f settings --nodetach --silent; grep -q '^Subject: ' fetched",
        );
    }
    // Exit status 1: there was no mail.
    desk.run("export FETCHMAILHOME=$HOME/state; fetchmail -f settings --nodetach --silent || test $? = 1");
    assert_eq!(desk.with_text("mail/carol", "Subject").len(), 0);
}

#[test]
#[ignore = "needs curl"]
fn curl_speaks_all_three_under_both_kinds_of_tls() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    let curl = "curl -sS --cacert $CA --user bob:builder";
    for url in [
        "smtps://localhost:$smtps",
        "--ssl-reqd smtp://localhost:$submission",
        "--ssl-reqd smtp://localhost:$smtp",
    ] {
        desk.run(&format!(
            "{curl} --crlf {url} --mail-from bob@pillarbox.test --mail-rcpt bob@pillarbox.test -T message"
        ));
    }
    assert_eq!(desk.with_text("mail/bob", "by-hand@client.test").len(), 3);
    for (option, url) in [
        ("", "imaps://localhost:$imaps"),
        ("--ssl-reqd", "imap://localhost:$imap"),
    ] {
        let curl = format!("{curl} {option}");
        assert!(desk.run(&format!("{curl} {url}/")).contains("INBOX"));
        let found = desk.run(&format!("{curl} \"{url}/INBOX?SUBJECT%20hand\""));
        let number = found.split_whitespace().last().unwrap();
        let subject = desk.run(&format!(
            "{curl} \"{url}/INBOX;MAILINDEX={number};SECTION=HEADER.FIELDS%20(SUBJECT)\""
        ));
        assert_eq!(subject.trim_end(), "Subject: by hand");
        desk.run(&format!(
            "{curl} {url}/ -X 'CREATE Box'; {curl} {url}/Box -T message"
        ));
        assert!(
            desk.run(&format!("{curl} \"{url}/Box;UID=1\""))
                .trim_end()
                .ends_with("the end")
        );
        desk.run(&format!("{curl} {url}/ -X 'DELETE Box'"));
    }
    for (option, url) in [
        ("", "pop3s://localhost:$pop3s"),
        ("--ssl-reqd", "pop3://localhost:$pop3"),
    ] {
        let list = desk.run(&format!("{curl} {option} {url}/"));
        let last = list.lines().last().unwrap().split(' ').next().unwrap();
        assert!(
            desk.run(&format!("{curl} {option} {url}/{last}"))
                .trim_end()
                .ends_with("the end")
        );
    }
}

#[test]
#[ignore = "needs openssl and netcat-openbsd"]
fn a_person_speaks_through_s_client_and_through_netcat() {
    let desk = Desk::new();
    let rows = [
        ("$imaps", "a LOGOUT", "a OK"),
        ("$imap -starttls imap", "a LOGOUT", "a OK"),
        ("$pop3s", "QUIT", "+OK Farewell"),
        ("$pop3 -starttls pop3", "QUIT", "+OK Farewell"),
        ("$smtps", "QUIT", "221 "),
        ("$submission -starttls smtp", "QUIT", "221 "),
    ];
    for version in ["-tls1_2", "-tls1_3"] {
        for (port, goodbye, answer) in rows {
            let said = desk.run(&format!(
                "(echo '{goodbye}'; sleep 1) | openssl s_client -quiet -crlf -verify_return_error \
                {version} -CAfile $CA -connect localhost:{port}"
            ));
            assert!(said.contains(answer), "{version} {port}: {said}");
        }
    }
    let old = "openssl s_client -tls1_1 -CAfile $CA -connect localhost:$imaps < /dev/null && exit 1 || true";
    desk.run(old);
    // Netcat ends a line with LF.
    for (port, lines, answer) in [
        ("$smtp", "EHLO x\\nMAIL FROM:<a@b.test>\\nQUIT\\n", "221 "),
        (
            "$pop3",
            "USER bob\\nPASS builder\\nSTAT\\nQUIT\\n",
            "+OK Farewell",
        ),
        (
            "$imap",
            "a LOGIN bob builder\\nb SELECT INBOX\\nc LOGOUT\\n",
            "c OK",
        ),
    ] {
        let said = desk.run(&format!("printf '{lines}' | nc -N localhost {port}"));
        assert!(said.contains(answer), "{port}: {said}");
    }
}
