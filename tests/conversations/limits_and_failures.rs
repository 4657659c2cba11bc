//! What a script cannot show: clients from afar, other hands in the mailbox, a disk that fails.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pillarbox::mail::message::Flag;
use pillarbox::server::{Next, Part, Peer, Reply, TlsState, Trouble};
use pillarbox::teaching::script::{Protocol, Talk};

use crate::memory::Memory;
use crate::site::{Home, new_session};

/// All that the server says to these lines, after its greeting.
fn answers(client: &mut Memory, lines: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for line in lines {
        client.send(format!("{line}\r\n").as_bytes()).unwrap();
    }
    while let Ok(Some(line)) = client.receive_line() {
        said.push(String::from_utf8(line).unwrap());
    }
    said
}

fn connect(home: &Home, protocol: Protocol) -> Memory {
    let mut client = Memory::connect(&home.site, protocol, false);
    client.receive_line().unwrap();
    client
}

fn bob(home: &Home) -> Memory {
    let mut client = connect(home, Protocol::Pop3);
    assert_eq!(answers(&mut client, &["USER bob", "PASS builder"])[1], "+OK Welcome");
    client
}

fn from_afar(home: &Home, protocol: Protocol) -> Memory {
    let peer = Peer { address: ([192, 0, 2, 7], 50_000).into(), tls: TlsState::Offered };
    let mut client = Memory::connect_from(&home.site, protocol, peer);
    client.receive_line().unwrap();
    client
}

/// RFC 4954 §4, RFC 8314 §4: from another machine a password comes under TLS or not at all.
#[test]
fn a_password_may_not_cross_the_network_in_clear() {
    let home = Home::new();
    let mut smtp = from_afar(&home, Protocol::Submission);
    let said = answers(&mut smtp, &["EHLO client.test", "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="]);
    let last = said.last().unwrap();
    assert!(!said.iter().any(|line| line.contains("-AUTH")), "{said:?}");
    assert!(said.contains(&"250-STARTTLS".to_owned()), "{said:?}");
    assert!(last.starts_with("538 5.7.11 "), "{last}");

    let mut pop3 = from_afar(&home, Protocol::Pop3);
    let said = answers(&mut pop3, &["CAPA"]);
    assert!(said.contains(&"STLS".to_owned()), "{said:?}");
    assert!(!said.iter().any(|line| line == "USER" || line.starts_with("SASL")), "{said:?}");
    for command in ["USER alice", "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="] {
        let said = answers(&mut pop3, &[command]);
        assert!(said[0].starts_with("-ERR Passwords are not accepted unencrypted"), "{said:?}");
    }
}

#[test]
fn too_many_errors_end_the_conversation() {
    let home = Home::new();
    let mut client = connect(&home, Protocol::Smtp);
    let said = answers(&mut client, &["NONSENSE"; 200]);
    let most = pillarbox::limits::REFUSED_COMMANDS as usize;
    assert_eq!(said.len(), most + 1);
    assert!(said[most - 1].starts_with("500 "), "{}", said[most - 1]);
    assert!(said[most].starts_with("421 4.7.0 "), "{}", said[most]);
    assert!(client.receive_line().unwrap().is_none());
}

/// Whoever hangs up and comes back is still the same address.
#[test]
fn one_address_cannot_do_too_much_in_a_minute() {
    let home = Home::new();
    let hello = ["EHLO client.test", "MAIL FROM:<>", "RSET"];
    for message in 0..4 {
        let mut client = from_afar(&home, Protocol::Smtp);
        let said = answers(&mut client, &hello);
        let mail = &said[said.len() - 2];
        let expected = ["250 2.1.0 ", "452 4.7.0 "][usize::from(message == 3)];
        assert!(mail.starts_with(expected), "message {message}: {mail}");
    }
    let mut here = connect(&home, Protocol::Smtp);
    answers(&mut here, &hello);
    assert_eq!(answers(&mut here, &["MAIL FROM:<>"]), ["250 2.1.0 Ok"]);
}

#[test]
fn one_address_cannot_name_too_many_in_a_minute() {
    let home = Home::new();
    let mut said = Vec::new();
    for _ in 0..3 {
        let mut client = from_afar(&home, Protocol::Smtp);
        answers(&mut client, &["EHLO client.test", "MAIL FROM:<>"]);
        said.extend(answers(&mut client, &["RCPT TO:<bob@pillarbox.test>"; 2]));
    }
    assert_eq!(said[..5], ["250 2.1.5 Ok"; 5]);
    assert!(said[5].starts_with("452 4.7.0 "), "{}", said[5]);
}

#[test]
fn one_address_cannot_be_refused_too_often_in_a_minute() {
    let home = Home::new();
    let mut said = Vec::new();
    for _ in 0..3 {
        said.extend(answers(&mut from_afar(&home, Protocol::Smtp), &["NONSENSE"; 2]));
    }
    assert!(said[..4].iter().all(|line| line.starts_with("500 ")), "{said:?}");
    assert!(said[4].starts_with("421 4.7.0 "), "{said:?}");
    assert_eq!(said.len(), 5);
}

/// RFC 4954 §6: `454` is a temporary failure, which says nothing of the password.
#[test]
fn after_many_failed_logins_even_the_right_password_has_to_wait() {
    let home = Home::new();
    let address = std::net::IpAddr::from([127, 0, 0, 1]);
    for _ in 0..pillarbox::limits::LOGIN_FAILURES {
        home.site.rate_limiter.login_failed(address, Duration::ZERO);
    }
    let mut client = connect(&home, Protocol::Submission);
    answers(&mut client, &["EHLO client.test"]);
    let said = answers(&mut client, &["AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="]);
    assert!(said[0].starts_with("454 4.7.0 "), "{said:?}");
    home.site.rate_limiter.logged_in(address);
    let said = answers(&mut client, &["AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ="]);
    assert!(said[0].starts_with("235 "), "{said:?}");
}

/// RFC 2033 §4.2: what LMTP is for.
#[test]
fn in_lmtp_one_mailbox_that_fails_does_not_keep_the_message_from_the_others() {
    let home = Home::new();
    let mut client = connect(&home, Protocol::Lmtp);
    let lines = [
        "LHLO x",
        "MAIL FROM:<>",
        "RCPT TO:<alice@pillarbox.test>",
        "RCPT TO:<bob@pillarbox.test>",
        "RCPT TO:<staff@pillarbox.test>",
        "DATA",
    ];
    answers(&mut client, &lines);
    // One of the two others holds the file until all have it.
    fs::remove_dir_all(home.maildir("carol")).unwrap();
    fs::write(home.maildir("carol"), "a file where a folder should be").unwrap();
    let said = answers(&mut client, &["Subject: x", "", ".", "NOOP"]);
    let count = |account| home.inbox(account).refresh().unwrap().messages.len();
    if said[0].starts_with("250 ") {
        assert!(said[1].starts_with("250 2.1.5 <bob@"), "{said:?}");
        assert!(said[2].starts_with("451 4.3.0 "), "{said:?}");
        assert_eq!((count("alice"), count("bob")), (1, 4));
    } else {
        // The file itself was in the mailbox that is gone.
        assert!(said[..3].iter().all(|line| line.starts_with("451 ")), "{said:?}");
        assert_eq!((count("alice"), count("bob")), (0, 3));
    }
    assert_eq!(said[3], "250 2.0.0 Ok");
}

#[test]
fn too_many_lines_in_a_row_that_are_no_commands_end_pop3() {
    let home = Home::new();
    let mut client = connect(&home, Protocol::Pop3);
    let most = pillarbox::limits::BAD_COMMANDS as usize;
    answers(&mut client, &vec!["NONSENSE"; most - 1]);
    assert!(answers(&mut client, &["CAPA"])[0].starts_with("+OK"));
    let said = answers(&mut client, &vec!["NONSENSE"; most + 9]);
    assert_eq!(said.len(), most);
    assert_eq!(said[most - 1], "-ERR Too many bad commands");
    assert!(client.receive_line().unwrap().is_none());
}

/// RFC 9051 §5.4 and RFC 1939 §3 are about users: a stranger may say nothing for a short while only.
#[test]
fn who_has_not_logged_in_is_waited_for_briefly() {
    let home = Home::new();
    let peer = || Peer { address: ([127, 0, 0, 1], 50_000).into(), tls: TlsState::Active(None) };
    let rows: [(Protocol, &[&str]); 2] = [
        (Protocol::Pop3, &["USER bob", "PASS builder"]),
        (Protocol::Imap, &["a LOGIN bob builder"]),
    ];
    for (protocol, login) in rows {
        let mut session = new_session(&home.site, protocol, peer());
        for line in login {
            assert_eq!(session.timeout(), Some(pillarbox::limits::LOGIN_TIMEOUT));
            session.interact(line.as_bytes());
        }
        assert_eq!(session.timeout(), None, "{protocol:?}");
    }
}

#[test]
fn a_message_that_another_client_removed_is_gone_and_the_others_keep_their_numbers() {
    let home = Home::new();
    let mut client = bob(&home);
    home.inbox("bob").remove(&[2]).unwrap();
    for command in ["RETR 2", "TOP 2 0"] {
        let said = answers(&mut client, &[command]);
        assert_eq!(said, ["-ERR The message is gone: another client removed it"]);
    }
    assert_eq!(answers(&mut client, &["RETR 3"])[0], "+OK 47 octets");
    assert_eq!(answers(&mut client, &["DELE 2", "QUIT"])[1], "+OK Farewell");
}

#[test]
fn what_was_retrieved_is_seen_after_quit_and_not_before() {
    let home = Home::new();
    let seen = || -> Vec<u32> {
        let snapshot = home.inbox("bob").refresh().unwrap();
        let seen = snapshot.messages.iter().filter(|m| m.flags.has(Flag::Seen));
        seen.map(|message| message.uid).collect()
    };
    let mut client = bob(&home);
    answers(&mut client, &["RETR 1", "TOP 2 9"]);
    assert!(seen().is_empty());
    Box::new(client).disconnect();
    assert!(seen().is_empty());

    let mut client = bob(&home);
    answers(&mut client, &["RETR 1", "TOP 2 9", "QUIT"]);
    assert_eq!(seen(), [1]);
}

#[test]
fn a_mailbox_that_cannot_be_opened_is_no_mistake_of_the_client() {
    let home = Home::new();
    fs::write(home.maildir("carol"), "a file where a folder should be").unwrap();
    let mut client = connect(&home, Protocol::Smtp);
    let said = answers(
        &mut client,
        &[
            "HELO client.test",
            "MAIL FROM:<>",
            "RCPT TO:<carol@pillarbox.test>",
            "RCPT TO:<alice@pillarbox.test>",
        ],
    );
    assert!(said[2].starts_with("451 4.3.0 "), "{said:?}");
    assert_eq!(said[3], "250 2.1.5 Ok");

    let mut client = connect(&home, Protocol::Pop3);
    let said = answers(&mut client, &["USER carol", "PASS chimney"]);
    assert!(said[1].starts_with("-ERR [SYS/TEMP] "), "{said:?}");
}

#[test]
fn a_mailbox_that_is_taken_away_in_the_middle_of_a_message_gives_no_250() {
    let home = Home::new();
    let mut client = connect(&home, Protocol::Smtp);
    let lines = ["HELO x", "MAIL FROM:<>", "RCPT TO:<alice@pillarbox.test>", "DATA"];
    answers(&mut client, &lines);
    fs::remove_dir_all(home.maildir("alice")).unwrap();
    let said = answers(&mut client, &["Subject: x", "", ".", "NOOP"]);
    assert!(said[0].starts_with("451 4.3.0 "), "{said:?}");
    assert_eq!(said[1], "250 2.0.0 Ok");
}

#[test]
fn postmaster_is_the_account_of_this_name_if_there_is_one() {
    let home = Home::with(&[("alice", "x"), ("bob", "x"), ("postmaster", "x")]);
    let mut client = connect(&home, Protocol::Smtp);
    answers(&mut client, &["HELO x", "MAIL FROM:<>", "RCPT TO:<Postmaster>", "DATA", ".", "QUIT"]);
    let count = |account| home.inbox(account).refresh().unwrap().messages.len();
    assert_eq!((count("postmaster"), count("alice")), (1, 0));
}

#[test]
fn each_protocol_words_each_trouble() {
    let rows = [
        (Trouble::LineTooLong, "500 5.5.2 ", "-ERR "),
        (Trouble::LineEndless, "500 5.5.2 ", "-ERR "),
        // RFC 1939 §3: without a response.
        (Trouble::TimedOut, "421 4.4.2 ", ""),
        (Trouble::ShuttingDown, "421 4.3.2 ", "-ERR [SYS/TEMP] "),
        (Trouble::TooManyConnections, "421 4.3.2 ", "-ERR [SYS/TEMP] "),
        (Trouble::PlaintextAfterStartTls, "421 4.7.0 ", "-ERR "),
    ];
    let home = Home::new();
    for (trouble, smtp, pop3) in rows {
        for (protocol, expected) in [(Protocol::Smtp, smtp), (Protocol::Pop3, pop3)] {
            let peer = Peer { address: ([127, 0, 0, 1], 50_000).into(), tls: TlsState::Offered };
            let mut session = new_session(&Arc::clone(&home.site), protocol, peer);
            let said = text(session.trouble(trouble));
            assert!(said.starts_with(expected), "{trouble:?}: {said}");
            assert_eq!(said.is_empty(), expected.is_empty(), "{trouble:?}");
            assert!(said.is_empty() || said.ends_with("\r\n"), "{trouble:?}");
        }
    }
}

fn text(reply: Reply) -> String {
    assert!(matches!(reply.next, Next::Line | Next::Close));
    let part = |part| match part {
        Part::Text(text) => String::from_utf8(text).unwrap(),
        _ => panic!("no trouble is told at length"),
    };
    reply.parts.into_iter().map(part).collect()
}
