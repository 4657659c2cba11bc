//! isync's mbsync: a mailbox and its copy on another machine are the same, whoever changes what.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pillarbox::mail::store::Store;

use crate::common::typed::Typed;
use crate::desk::Desk;

/// Two sets of settings, for TLS from the start and for STARTTLS.
fn settings(desk: &Desk) {
    let settings = "FSync no\n\nIMAPStore far\nHost localhost\nPort PORT\nUser bob\nPass builder\n\
        SSLType SECURITY\nCertificateFile CA\n\nMaildirStore near\nPath near/\nInbox near/INBOX\n\
        SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\n\
        Remove Both\nExpunge Both\nSyncState *\n"
        .replace("CA", desk.0.ca().to_str().unwrap());
    for (name, security, protocol) in [("tls", "IMAPS", "imaps"), ("starttls", "STARTTLS", "imap")]
    {
        let port = desk.0.port(protocol).to_string();
        desk.write(name, &settings.replace("SECURITY", security).replace("PORT", &port));
    }
}

#[test]
#[ignore = "needs isync"]
fn mbsync_carries_both_ways_and_then_has_nothing_to_do() {
    let desk = Desk::new();
    settings(&desk);
    // The first run takes all; then each side has something new, changed and deleted.
    desk.run("mkdir near; mbsync -c tls -a");
    let imap = "curl -sS --cacert $CA --user bob:builder imaps://localhost:$imaps";
    desk.run(&format!(
        "{imap}/INBOX -X 'COPY 1:3 Archive'
        {imap}/INBOX -X 'STORE 2 +FLAGS (\\Flagged)'
        cd near/INBOX; first=$(ls new/*U=1:*); mv $first cur/$(basename ${{first%,*}}),S
        rm new/*U=3:*
        mkdir -p ../Drafts/{{cur,new,tmp}}; printf 'Subject: made here\\n\\ntext\\n' > ../Drafts/new/1.1.x"
    ));
    desk.run("mbsync -c starttls -a");
    desk.run("ls near/INBOX/cur/*U=1:2,S near/INBOX/cur/*U=2:2,F; test $(ls near/Archive/new | wc -l) = 3");
    assert_eq!(desk.with_text("mail/bob/.Drafts", "made here").len(), 1);
    let flags = desk.run(&format!("{imap}/INBOX -X 'FETCH 1:3 (UID FLAGS)'"));
    for line in ["UID 1 FLAGS (\\Seen)", "UID 2 FLAGS (\\Flagged)", "UID 4 FLAGS ()"] {
        assert!(flags.contains(line), "{line}: {flags}");
    }
    let files =
        "find near -type f | grep -v mbsyncstate | sort; find $HOME/mail -path '*cur/*' | sort";
    let before = desk.run(files);
    desk.run("mbsync -c tls -a");
    assert_eq!(desk.run(files), before);
}

/// How much is carried by the test below.
const FOLDERS: usize = 20;
const MESSAGES: usize = 5_000;

/// The folders on the server's side, and here.
fn folders(desk: &Desk) -> Vec<(PathBuf, PathBuf)> {
    let folder = |number: usize| {
        let far = format!("mail/bob/.Lists.R&AOQ-der {number}");
        let near = format!("near/Lists/R&AOQ-der {number}");
        (desk.0.path().join(far), desk.0.path().join(near))
    };
    (0..FOLDERS).map(folder).collect()
}

/// Fills bob's folders as another program might: by files in `new/`.
fn fill(desk: &Desk) {
    let store = Store::open(&desk.0.path().join("mail")).unwrap();
    let bob = store.account("bob").unwrap();
    for (at, (far, _)) in folders(desk).iter().enumerate() {
        bob.create(&format!("Lists.Räder {at}")).unwrap();
        for number in 1..=MESSAGES / FOLDERS {
            let lines = "line\n".repeat(number % 50);
            let text = format!("Subject: {at}, {number}\n\n{lines}");
            fs::write(far.join(format!("new/{number}.{at}.by-hand")), text).unwrap();
        }
    }
}

/// What is in a Maildir: subjects and flags.
fn contents(maildir: &Path) -> BTreeSet<(String, String)> {
    let files = ["new", "cur"]
        .into_iter()
        .flat_map(|place| fs::read_dir(maildir.join(place)).unwrap())
        .map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let subject = text.lines().find_map(|l| l.strip_prefix("Subject: "));
            let name = path.to_str().unwrap();
            let flags = name.rsplit_once(":2,").map_or("", |(_, flags)| flags);
            (subject.unwrap().to_owned(), flags.to_owned())
        })
        .collect()
}

/// On both sides, in every folder: a flag set, a message deleted, a message that is new.
fn change_both_sides(desk: &Desk) {
    desk.run(
        "for folder in near/Lists/*; do cd \"$folder\"
        first=$(ls new/*,U=1:*); mv $first cur/$(basename ${first%,*}),F; rm new/*,U=2:*
        printf 'Subject: made here\\n\\n' > new/1.new.here; cd ../../..; done",
    );
    let mut imap = Typed::connect(&desk.0, "imap");
    imap.send(b"a LOGIN bob builder\r\n");
    for number in 0..FOLDERS {
        let name = format!("\"Lists.R&AOQ-der {number}\"");
        imap.send(format!("a SELECT {name}\r\n").as_bytes());
        imap.send(b"b UID STORE 3 +FLAGS (\\Seen \\Answered)\r\n");
        imap.send(b"c UID STORE 4 +FLAGS (\\Deleted)\r\nd UID EXPUNGE 4\r\n");
        imap.send(format!("e APPEND {name} {{25+}}\r\n").as_bytes());
        imap.send(b"Subject: made there\r\n\r\n..\r\n");
    }
    imap.send(b"z LOGOUT\r\n");
    let said = imap.rest();
    assert_eq!(said.matches("e OK [APPENDUID").count(), FOLDERS, "{said}");
}

#[test]
#[ignore = "needs isync"]
fn mbsync_keeps_five_thousand_messages_the_same_on_both_sides() {
    let desk = Desk::new();
    settings(&desk);
    fill(&desk);
    desk.run("mkdir near; mbsync -c tls -a");
    let validity = "grep -h FarUidValidity near/*/.mbsyncstate near/*/*/.mbsyncstate";
    let validities = desk.run(validity);
    let carried: usize = folders(&desk).iter().map(|(_, near)| contents(near).len()).sum();
    assert_eq!(carried, MESSAGES);
    change_both_sides(&desk);
    desk.run("mbsync -c starttls -a");
    for (far, near) in folders(&desk) {
        let (far, near) = (contents(&far), contents(&near));
        assert_eq!(far, near);
        assert_eq!(far.len(), MESSAGES / FOLDERS);
        for (subject, flags) in [("1", "F"), ("3", "RS"), ("made here", ""), ("made there", "")] {
            let is_there = |(s, f): &(String, String)| s.ends_with(subject) && f == flags;
            assert!(far.iter().any(is_there), "{subject} {flags}: {far:?}");
        }
    }
    // Nothing is left to be done: no command that changes anything, no file that changes.
    let files = "find near mail/bob -type f ! -name .mbsyncstate -printf '%p %C@\\n' | sort";
    let before = desk.run(files);
    let said = desk.run("mbsync -D -c tls -a 2>&1");
    for line in said.lines().filter(|line| line.contains(">>>")) {
        let words = ["APPEND", "STORE", "EXPUNGE", "BODY.PEEK[]"];
        assert!(!words.iter().any(|word| line.contains(word)), "{line}");
    }
    assert!(said.contains(">>> "), "what is said is shown: {said}");
    assert!(said.matches(" EXISTS").count() > FOLDERS, "{said}");
    assert_eq!(desk.run(files), before);
    assert_eq!(desk.run(validity), validities);
}
