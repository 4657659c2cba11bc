//! SEARCH, SORT and THREAD over one mailbox of messages of every sort, asked of Pillarbox and of
//! Dovecot: the same answers.
//!
//! Needs `doveadm` (Debian: dovecot-imapd); see `common/dovecot_exec.rs`. Run with
//! `cargo test --test foreign dovecot_search -- --ignored`.

use std::io::{Cursor, Read, Write};
use std::net::TcpStream;
use std::process::Command;

use crate::common::{Lab, dovecot_exec};
use pillarbox::client::{Endpoint, ImapClient, Security};
use pillarbox::mail::message::Flags;
use pillarbox::mail::protocol::imap::DateTime;
use pillarbox::mail::protocol::imap::cursor::Cursor as Text;

/// Header lines of each message, without Date and Message-ID where it has none; `/` for a line end.
const MESSAGES: [&str; 26] = [
    "Date: Mon, 2 Jan 2023 10:00:00 +0000/From: Alice <alice@a.test>/To: bob@b.test/Subject: tea/Message-ID: <t1@x>",
    "Date: Mon, 2 Jan 2023 09:30:00 -0100/From: Bob <bob@b.test>/To: alice@a.test/Subject: Re: tea/Message-ID: <t2@x>/References: <t1@x>",
    "Date: Tue, 3 Jan 2023 10:00:00 +0000/From: carol@c.test/To: bob@b.test, alice@a.test/Subject: RE: [list] Tea (fwd)/Message-ID: <t3@x>/References: <t1@x> <t2@x>",
    "Date: Tue, 3 Jan 2023 11:00:00 +0000/From: Zed <a@z.test>/Cc: x@y.test/Subject: Fwd: tea/Message-ID: <t4@x>",
    "Date: Wed, 4 Jan 2023 10:00:00 +0000/From: dave@d.test/Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_aus_Ulm?=/Message-ID: <g1@x>",
    "Date: Wed, 4 Jan 2023 12:00:00 +0000/From: =?iso-8859-1?q?J=FCrgen?= <j@d.test>/Subject: Re: =?iso-8859-1?q?GR=DC=DFE?= aus Ulm/Message-ID: <g2@x>/In-Reply-To: <g1@x>",
    "Date: Thu, 5 Jan 2023 10:00:00 +0000/From: eve@e.test/Subject: missing root/Message-ID: <m2@x>/References: <m1@x>",
    "Date: Thu, 5 Jan 2023 09:00:00 +0000/From: eve@e.test/Subject: another child/Message-ID: <m3@x>/References: <m1@x>",
    "Date: Thu, 5 Jan 2023 12:00:00 +0000/From: eve@e.test/Subject: grandchild/Message-ID: <m4@x>/References: <m1@x> <m2@x>",
    "Date: Fri, 6 Jan 2023 10:00:00 +0000/From: f@f.test/Subject: loop/Message-ID: <l1@x>/References: <l2@x>",
    "Date: Fri, 6 Jan 2023 11:00:00 +0000/From: f@f.test/Subject: pool/Message-ID: <l2@x>/References: <l1@x>",
    "From: nodate@n.test/Subject: no date at all/Message-ID: <n1@x>",
    "Date: rubbish/From: rubbish@n.test/Subject: [Fwd: [Fwd: nested]]/Message-ID: <n2@x>",
    "Date: Sat, 7 Jan 2023 10:00:00 +0000/Subject: nested/Message-ID: <n3@x>",
    "Date: Sat, 7 Jan 2023 10:00:00 +0000/From: same@time.test/Subject: Re: nested/Message-ID: <n4@x>",
    "Date: Sun, 8 Jan 2023 10:00:00 +0000/From: \"quoted, name\" <q@q.test>/To: Group: a@a.test, b@b.test;/Subject:",
    "Date: Sun, 8 Jan 2023 11:00:00 +0000/From: q@q.test/Subject: Re:",
    "Date: Mon, 9 Jan 2023 10:00:00 +0000/From: q@q.test/Subject: twice/Message-ID: <d1@x>",
    "Date: Mon, 9 Jan 2023 11:00:00 +0000/From: q@q.test/Subject: twice more/Message-ID: <d1@x>/References: <t1@x>",
    "Date: Mon, 9 Jan 2023 12:00:00 +0000/From: q@q.test/Subject: answer to one of two/Message-ID: <d2@x>/References: <d1@x>",
    "Date: Tue, 10 Jan 2023 10:00:00 +0000/From: q@q.test/Subject: [one] [two]/Message-ID: <b1@x>",
    "Date: Tue, 10 Jan 2023 11:00:00 +0000/From: q@q.test/Subject: Re[2]: [one] cake/Message-ID: <b2@x>",
    "Date: Tue, 10 Jan 2023 12:00:00 +0000/From: q@q.test/Subject: cake/Message-ID: <b3@x>/References: <gone@x>/MIME-Version: 1.0/Content-Type: text/plain; charset=koi8-r/Content-Transfer-Encoding: quoted-printable",
    "Date: Tue, 10 Jan 2023 13:00:00 +0000/From: q@q.test/Subject: CAKE/Message-ID: <b4@x>/References: <gone@x>",
    "Date: Wed, 11 Jan 2023 10:00:00 +0000/From: q@q.test/Subject: self/Message-ID: <s1@x>/References: <s1@x>",
    "Date: Wed, 11 Jan 2023 11:00:00 +0000/From: q@q.test/Subject: quoted id/Message-ID: <s2@x>/References: <\"s1\"@x>",
];

/// What both are asked.
const COMMANDS: [&str; 40] = [
    "THREAD REFERENCES UTF-8 ALL",
    "THREAD REFERENCES UTF-8 NOT 1",
    "THREAD REFERENCES UTF-8 SUBJECT tea",
    "UID THREAD REFERENCES US-ASCII 5:20",
    "THREAD ORDEREDSUBJECT UTF-8 ALL",
    "THREAD ORDEREDSUBJECT UTF-8 1:15",
    "SORT (ARRIVAL) UTF-8 ALL",
    "SORT (REVERSE ARRIVAL) UTF-8 ALL",
    "SORT (DATE) UTF-8 ALL",
    "SORT (REVERSE DATE) UTF-8 ALL",
    "SORT (SUBJECT) UTF-8 ALL",
    "SORT (SUBJECT REVERSE DATE) UTF-8 ALL",
    "SORT (FROM) UTF-8 ALL",
    "SORT (TO REVERSE FROM) UTF-8 ALL",
    "SORT (CC) UTF-8 ALL",
    "SORT (REVERSE SIZE) UTF-8 ALL",
    "SORT (DISPLAYFROM) UTF-8 ALL",
    "SORT (DISPLAYTO DATE) UTF-8 ALL",
    "UID SORT (SUBJECT) UTF-8 SINCE 1-Jan-2000",
    "SEARCH SUBJECT \"gr\"",
    "SEARCH CHARSET UTF-8 SUBJECT {7+}\ngrüße",
    "SEARCH CHARSET UTF-8 SUBJECT {7+}\nGRÜßE",
    "SEARCH CHARSET UTF-8 FROM {7+}\nJÜRGEN",
    "SEARCH CHARSET UTF-8 BODY {6+}\nчай",
    "SEARCH CHARSET UTF-8 TEXT {6+}\nЧАЙ",
    "SEARCH BODY koi8-r",
    "SEARCH TEXT koi8-r",
    "SEARCH HEADER References \"\"",
    "SEARCH HEADER References m1",
    "SEARCH SENTON 3-Jan-2023",
    // To Dovecot, what does not say when it was sent was sent before every day (RFC 3501 §6.4.4 asks
    // for the Date field to say so).
    "SEARCH SENTBEFORE 3-Jan-2023 HEADER Date 2023",
    "SEARCH NOT SENTSINCE 3-Jan-2023",
    "SEARCH BEFORE 1-Jan-2023",
    "SEARCH ON 15-Jan-2023",
    "SEARCH YOUNGER 3600",
    "SEARCH OLDER 3600",
    "SEARCH LARGER 150 SMALLER 200",
    "SEARCH OR FROM q@q.test NOT (TO bob OR CC x SUBJECT e)",
    "UID SEARCH RETURN (MIN MAX COUNT ALL) SUBJECT tea",
    "SEARCH RETURN (COUNT) 1:* DELETED",
];

#[test]
#[ignore = "needs dovecot-imapd"]
fn dovecot_finds_sorts_and_threads_the_same() {
    let lab = Lab::start();
    fill(&lab);
    let theirs = tempfile::tempdir().unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .args([lab.path().join("mail"), theirs.path().join("mail")])
        .status();
    assert!(copied.unwrap().success());
    let mut different = Vec::new();
    for command in COMMANDS {
        let script = format!("a EXAMINE INBOX\nb {command}\n");
        let ours = answer(&ours(&lab, &script));
        let theirs = answer(&dovecot_exec::imap(theirs.path(), &script));
        if ours != theirs {
            different.push(format!("{command}\n  ours    {ours}\n  Dovecot {theirs}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Puts the messages into alice's inbox; half of them came on days of January 2023.
fn fill(lab: &Lab) {
    let endpoint = Endpoint::new("localhost", lab.port("imap"), Security::Plain, lab.ca());
    let mut client = ImapClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    client.select("INBOX").unwrap();
    for (number, headers) in MESSAGES.iter().enumerate() {
        let headers = headers.replace('/', "\r\n");
        let message = format!("{headers}\r\n\r\nbody =DE=C1=CA {number}\r\n");
        let date = format!("\"{:02}-Jan-2023 12:00:00 +0000\"", 31 - number);
        let date =
            (number % 2 == 0).then(|| DateTime::parse(&mut Text::new(date.as_bytes())).unwrap());
        let mut message = Cursor::new(message);
        client.append("INBOX", &Flags::new(), date, &mut message).unwrap();
    }
    client.logout().unwrap();
}

/// One conversation with Pillarbox.
fn ours(lab: &Lab, commands: &str) -> String {
    let mut socket = TcpStream::connect(lab.address("imap")).unwrap();
    let said = format!("0 LOGIN alice wonderland\n{commands}z LOGOUT\n").replace('\n', "\r\n");
    socket.write_all(said.as_bytes()).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

/// What is said to the command with the tag `b`, but for the words at its end.
fn answer(conversation: &str) -> String {
    let (_, from) = conversation.split_once("\r\na OK").unwrap();
    let lines: Vec<&str> = from.lines().skip(1).collect();
    let end = lines.iter().position(|line| line.starts_with("b ")).unwrap();
    let tagged = lines[end].split(' ').nth(1).unwrap();
    format!("{} {tagged}", lines[..end].join(" "))
}
