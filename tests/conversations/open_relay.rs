//! No open relay: every form that an address can have, in every role, logged in and not.

use pillarbox::mail::protocol::smtp::{Command, Path};
use pillarbox::teaching::script::{Protocol, Talk};
use proptest::prelude::*;

use crate::memory::Memory;
use crate::site::Home;

/// Every way to say "other.test", and the ways to say "here" that look like it.
const ROWS: [(&str, &str); 29] = [
    ("<alice@pillarbox.test>", LOCAL),
    ("<user@other.test>", ELSEWHERE),
    // The percent hack, and UUCP's bang path: names that nobody has.
    ("<user%other.test@pillarbox.test>", NOBODY),
    ("<user%other.test@mail.pillarbox.test>", NOBODY),
    ("<user%other.test@[127.0.0.1]>", NOBODY),
    ("<alice%pillarbox.test@other.test>", ELSEWHERE),
    ("<other.test!user@pillarbox.test>", NOBODY),
    ("<other.test!user>", NO_PATH),
    // Quoted, an @ is a letter.
    (r#"<"user@other.test"@pillarbox.test>"#, NOBODY),
    (r#"<"user@other.test"@[127.0.0.1]>"#, NOBODY),
    (r#"<"alice@pillarbox.test"@pillarbox.test>"#, NOBODY),
    (r#"<"alice@pillarbox.test"@other.test>"#, ELSEWHERE),
    (r#"<"alice\"@other.test>"#, NO_PATH),
    (r#"<"user@other.test">"#, NO_PATH),
    // RFC 5321 appendix C: of a source route only the last domain counts.
    ("<@pillarbox.test:user@other.test>", ELSEWHERE),
    ("<@pillarbox.test,@mail.pillarbox.test:user@other.test>", ELSEWHERE),
    ("<@other.test:alice@pillarbox.test>", LOCAL),
    ("<@pillarbox.test:user%other.test@pillarbox.test>", NOBODY),
    // RFC 5321 §4.1.3: an address literal is a host.
    ("<user@[192.0.2.1]>", ELSEWHERE),
    ("<alice@[IPv6:2001:db8::1]>", ELSEWHERE),
    ("<alice@[x-tag:pillarbox.test]>", ELSEWHERE),
    ("<alice@[IPv6:::ffff:127.0.0.1]>", LOCAL),
    // What stands after the plus is alice's own.
    ("<alice+user%other.test@pillarbox.test>", LOCAL),
    (r#"<"alice+@other.test"@pillarbox.test>"#, LOCAL),
    // Two domains, a dot too many, two paths.
    ("<alice@pillarbox.test@other.test>", NO_PATH),
    ("<alice@pillarbox.test.>", NO_PATH),
    ("<alice@pillarbox.test.other.test>", ELSEWHERE),
    ("<alice@pillarbox.test>,<user@other.test>", "501 5.5.4 "),
    ("<alice@pillarbox.test\r\t@other.test>", "501 5.5.4 "),
];

const LOCAL: &str = "250 2.1.5 ";
const NOBODY: &str = "550 5.1.1 ";
const ELSEWHERE: &str = "550 5.7.1 ";
const NO_PATH: &str = "501 5.1.3 ";

const LOGIN: &str = "AUTH PLAIN AGFsaWNlAHdvbmRlcmxhbmQ=";

/// The server's last answer to these lines, each on its own.
fn answer(client: &mut Memory, line: &str) -> String {
    client.send(format!("{line}\r\n").as_bytes()).unwrap();
    let mut last = String::new();
    while let Ok(Some(line)) = client.receive_line() {
        last = String::from_utf8(line).unwrap();
    }
    last
}

/// A conversation in which RCPT may come.
fn conversation(home: &Home, protocol: Protocol, logged_in: bool) -> Memory {
    let mut client = Memory::connect(&home.site, protocol, false);
    client.receive_line().unwrap();
    let hello = match protocol {
        Protocol::Lmtp => "LHLO x",
        _ => "EHLO x",
    };
    answer(&mut client, hello);
    if logged_in {
        assert!(answer(&mut client, LOGIN).starts_with("235 "));
    }
    let mail = answer(&mut client, "MAIL FROM:<alice@pillarbox.test>");
    assert!(mail.starts_with("250 "), "{mail}");
    client
}

#[test]
fn no_form_of_an_address_makes_an_open_relay() {
    let home = Home::new();
    let conversations = [
        (Protocol::Smtp, false),
        (Protocol::Smtp, true),
        (Protocol::Submission, true),
        (Protocol::Lmtp, false),
    ];
    for (protocol, logged_in) in conversations {
        for (path, expected) in ROWS {
            let mut client = conversation(&home, protocol, logged_in);
            let said = answer(&mut client, &format!("RCPT TO:{path}"));
            assert!(
                said.starts_with(expected),
                "{protocol:?}, logged in {logged_in}: {path}: {said}"
            );
        }
    }
}

/// RFC 6409 §4.3: without a login there is not even a sender.
#[test]
fn submission_takes_nothing_from_whom_it_does_not_know() {
    let home = Home::new();
    let mut client = Memory::connect(&home.site, Protocol::Submission, false);
    client.receive_line().unwrap();
    answer(&mut client, "EHLO x");
    for line in ["MAIL FROM:<>", "MAIL FROM:<alice@pillarbox.test>"] {
        assert!(answer(&mut client, line).starts_with("530 5.7.0 "));
        let rcpt = answer(&mut client, "RCPT TO:<alice@pillarbox.test>");
        assert!(rcpt.starts_with("503 "), "{rcpt}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever is accepted is for alice, bob or carol, at one of our names.
    #[test]
    fn no_random_path_leads_elsewhere(path in r#"[@:,]{0,2}("|alice|user|%|!|\\|@){0,4}@(pillarbox\.test|other\.test|\[127\.0\.0\.1\]|,|:|@|%){1,3}"#) {
        let home = Home::new();
        let mut client = conversation(&home, Protocol::Smtp, false);
        let line = format!("RCPT TO:<{path}>");
        let said = answer(&mut client, &line);
        if said.starts_with("250 ") {
            let Ok(Command::Rcpt { to: Path::Address(to), .. }) = Command::parse(line.as_bytes()) else {
                return Err(TestCaseError::fail(line));
            };
            prop_assert!(to.is_at("pillarbox.test") || to.is_at("[127.0.0.1]"), "{line}");
            prop_assert_eq!(to.unquoted_local(), "alice");
        }
    }
}
