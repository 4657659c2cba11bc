//! Lines that are commands, lines that are not, and the law that `parse` is the inverse of `Display`.

use proptest::prelude::*;

use super::*;
use crate::mail::protocol::smtp::Address;
use crate::mail::protocol::span::tests::shown;

#[test]
fn lines_that_are_commands() {
    let rows = [
        ("helo client.example", "HELO client.example"),
        ("EHLO [127.0.0.1]", "EHLO [127.0.0.1]"),
        ("lhlo host_1 ", "LHLO host_1"),
        ("mail from:<>", "MAIL FROM:<>"),
        // RFC 5321 §3.3 forbids this space; clients send it.
        ("MAIL FROM: <a@b> size=10", "MAIL FROM:<a@b> SIZE=10"),
        ("RCPT TO:<@hop:\"b c\"@x>", "RCPT TO:<\"b c\"@x>"),
        ("RCPT TO:<Postmaster>", "RCPT TO:<postmaster>"),
        ("rcpt to:<jürgen@müller.example>", "RCPT TO:<jürgen@müller.example>"),
        ("DATA ", "DATA"),
        ("noop whatever", "NOOP"),
        ("Vrfy alice", "VRFY alice"),
        ("EXPN friends", "EXPN friends"),
        ("help", "HELP"),
        ("HELP mail", "HELP mail"),
        ("auth plain AGEAYg==", "AUTH PLAIN AGEAYg=="),
        ("AUTH LOGIN =", "AUTH LOGIN ="),
        ("starttls", "STARTTLS"),
        ("bdat 10", "BDAT 10"),
        ("BDAT 0 last", "BDAT 0 LAST"),
    ];
    for (line, printed) in rows {
        let command = Command::parse(line.as_bytes()).unwrap();
        assert_eq!(command.to_string(), printed);
    }
}

#[test]
fn lines_that_are_not() {
    let rows: [(&[u8], u16, &str); 21] = [
        (b"", 500, "5.5.2"),
        (b"FROBNICATE", 500, "5.5.2"),
        (b"MAILFROM:<a@b>", 500, "5.5.2"),
        (b"DATA\r", 500, "5.5.2"),
        (b"NOOP x\r", 501, "5.5.4"),
        (b"\xff\xfe", 500, "5.5.2"),
        (b"HELO", 501, "5.5.4"),
        (b"EHLO two words", 501, "5.5.4"),
        (b"MAIL", 501, "5.5.4"),
        (b"MAIL TO:<a@b>", 501, "5.5.4"),
        (b"MAIL FROM:a@b", 501, "5.1.7"),
        (b"MAIL FROM:<a@b", 501, "5.1.7"),
        (b"MAIL FROM:<a@b>SIZE=1", 501, "5.5.4"),
        (b"MAIL FROM:<a\r\nRCPT@b>", 501, "5.5.4"),
        (b"MAIL FROM:<a\xff@b>", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> COLOUR=blue", 555, "5.5.4"),
        (b"RCPT TO:<>", 501, "5.1.3"),
        (b"RCPT TO:<alice>", 501, "5.1.3"),
        (b"QUIT now", 501, "5.5.4"),
        (b"AUTH PLAIN ???", 501, "5.5.4"),
        (b"BDAT 99999999999999999999 LAST", 501, "5.5.4"),
    ];
    for (line, code, enhanced) in rows {
        let reply = Command::parse(line).unwrap_err().reply();
        let enhanced_code = reply.enhanced.unwrap().to_string();
        let found = (reply.code, enhanced_code.as_str());
        assert_eq!(found, (code, enhanced), "{}", line.escape_ascii());
    }
}

#[test]
fn each_line_has_its_parts() {
    let rows: [(&str, &str); 12] = [
        ("EHLO [127.0.0.1] ", "verb EHLO, client-name [127.0.0.1]"),
        (
            "mail from: <\"a b\"@x>  SIZE=9 BODY=8BITMIME",
            "verb mail, path-keyword from:, path <\"a b\"@x>, parameter SIZE=9, parameter BODY=8BITMIME",
        ),
        ("RCPT TO:<bob@x>", "verb RCPT, path-keyword TO:, path <bob@x>"),
        ("RCPT TO:<bob@x> y", "verb RCPT, path-keyword TO:, path <bob@x>, parameter y"),
        ("RCPT TO:bob", "verb RCPT, path-keyword TO:, argument bob"),
        ("RCPT bob", "verb RCPT, argument bob"),
        ("BDAT 10 LAST", "verb BDAT, chunk-size 10, last-chunk LAST"),
        ("AUTH PLAIN AGEAYg==", "verb AUTH, mechanism PLAIN, answer AGEAYg=="),
        ("AUTH  LOGIN a b", "verb AUTH, mechanism LOGIN, answer a b"),
        ("FROB nicate", "verb FROB, argument nicate"),
        ("QUIT", "verb QUIT"),
        ("", ""),
    ];
    for (line, expected) in rows {
        let (_, spans) = Command::parse_with_spans(line.as_bytes());
        assert_eq!(shown(line.as_bytes(), &spans), expected);
    }
}

fn address() -> impl Strategy<Value = Address> {
    let local = prop_oneof![
        "[a-z0-9!#$%&'*+/=?^_`{|}~é-]{1,8}(\\.[a-z]{1,8}){0,2}",
        "\"([ !#-\\[\\]-~é]|\\\\[ -~]){0,20}\"",
    ];
    let domain = prop_oneof![
        "[a-z0-9_]{1,9}(\\.[a-zü0-9]{1,9}){0,3}",
        any::<std::net::Ipv4Addr>().prop_map(|ip| format!("[{ip}]")),
        any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[IPv6:{ip}]")),
    ];
    (local, domain).prop_map(|(local, domain)| format!("{local}@{domain}").parse().unwrap())
}

fn params() -> impl Strategy<Value = Params> {
    (proptest::option::of(any::<u64>()), any::<bool>(), any::<bool>()).prop_map(
        |(size, body, smtputf8)| {
            let mut params = Params::new();
            if let Some(size) = size {
                params = params.with("SIZE", Some(&size.to_string()));
            }
            if body {
                params = params.with("BODY", Some("8BITMIME"));
            }
            if smtputf8 {
                params = params.with("SMTPUTF8", None);
            }
            params
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let mail = (proptest::option::of(address()), params()).prop_map(|(from, params)| {
        let from = from.map_or(ReversePath::Null, ReversePath::Address);
        Command::Mail { from, params }
    });
    let rcpt = proptest::option::of(address()).prop_map(|to| Command::Rcpt {
        to: to.map_or(Path::Postmaster, Path::Address),
        params: Params::new(),
    });
    let text = "[!-~é]([ -~é]{0,20}[!-~é])?";
    let initial = proptest::option::of(proptest::collection::vec(any::<u8>(), 0..40));
    prop_oneof![
        "[!-~]{1,40}".prop_map(Command::Helo),
        "[!-~]{1,40}".prop_map(Command::Ehlo),
        "[!-~]{1,40}".prop_map(Command::Lhlo),
        mail,
        rcpt,
        text.prop_map(Command::Vrfy),
        text.prop_map(Command::Expn),
        proptest::option::of(text).prop_map(Command::Help),
        ("[A-Z][A-Z0-9_-]{0,19}", initial)
            .prop_map(|(mechanism, initial)| Command::Auth { mechanism, initial }),
        (any::<u64>(), prop_oneof![Just(Chunk::More), Just(Chunk::Last)])
            .prop_map(|(size, chunk)| Command::Bdat { size, chunk }),
        Just(Command::Data),
        Just(Command::Rset),
        Just(Command::Noop),
        Just(Command::Quit),
        Just(Command::StartTls),
    ]
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(command in command()) {
        prop_assert_eq!(Command::parse(command.to_string().as_bytes()), Ok(command));
    }

    #[test]
    fn never_panics(mut line in command().prop_map(|c| c.to_string().into_bytes()), at: usize, byte: u8) {
        let at = at % line.len();
        line[at] = byte;
        let _ = Command::parse(&line);
        let _ = Command::parse(&line[..at]);
    }
}
