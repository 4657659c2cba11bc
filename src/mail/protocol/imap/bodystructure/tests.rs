//! What the words are for messages of every sort. The zoo in `tests/servers/zoo/` has whole ones.
use super::*;
use proptest::prelude::*;

fn part(message: &str) -> BodyPart {
    BodyPart::read(&mut message.as_bytes()).unwrap()
}

fn text(octets: Vec<u8>) -> String {
    String::from_utf8(octets).unwrap()
}

#[test]
fn the_example_of_the_rfc() {
    // RFC 3501 §8.
    let message = "Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\nSubject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\ncc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\nMessage-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\nContent-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\nbody\r\n";
    let part = part(message);
    let gray = r#"(("Terry Gray" NIL "gray" "cac.washington.edu"))"#;
    assert_eq!(
        text(envelope(&part.fields)),
        format!(
            r#"("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" {gray} {gray} {gray} ((NIL NIL "imap" "cac.washington.edu")) ((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL "<B27397-0100000@cac.washington.edu>")"#
        )
    );
    let body = r#"("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7bit" 6 1)"#;
    assert_eq!(text(BodyStructure::of(&part).plain()), body);
}

#[test]
fn an_empty_header_has_an_envelope_of_nothing() {
    let nothing = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
    assert_eq!(text(envelope(&Header::default())), nothing);
    let empty = Header::parse(b"To:\r\nReply-To: \r\nSubject:\r\nCc: x:;\r\n\r\n");
    let expected = r#"(NIL "" NIL NIL NIL NIL ((NIL NIL "x" NIL)(NIL NIL NIL NIL)) NIL NIL NIL)"#;
    assert_eq!(text(envelope(&empty)), expected);
}

#[test]
fn a_field_that_comes_twice_counts_once_unless_it_holds_addresses() {
    let header = Header::parse(b"Subject: a\r\nTo: a@b\r\nSubject: b\r\nTo: c@d\r\n\r\n");
    let expected = r#"(NIL "a" NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)"#;
    assert_eq!(text(envelope(&header)), expected);
}

#[test]
fn bodies_of_every_sort() {
    let ascii = r#"("charset" "us-ascii")"#;
    let rows = [
        ("\r\nx", format!(r#"("text" "plain" {ascii} NIL NIL "7bit" 1 0 NIL NIL NIL NIL)"#)),
        (
            "Content-Type: what is this\r\n\r\nx\r\n",
            format!(r#"("text" "plain" {ascii} NIL NIL "7bit" 3 1 NIL NIL NIL NIL)"#),
        ),
        (
            "Content-Type: image/png\r\nContent-ID: <p@x>\r\nContent-Description: a box\r\nContent-Transfer-Encoding: base64\r\nContent-MD5: Q2hlY2s=\r\nContent-Disposition: inline; filename*=utf-8''bo%CC%82x.png\r\nContent-Language: en, fr\r\nContent-Location: box.png\r\n\r\nAAAA",
            r#"("image" "png" NIL "<p@x>" "a box" "base64" 4 "Q2hlY2s=" ("inline" ("filename*" "utf-8''bo%CC%82x.png")) ("en" "fr") "box.png")"#.to_owned(),
        ),
        (
            "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\none\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\ntwo\r\n--b--\r\n",
            format!(r#"(("text" "plain" {ascii} NIL NIL "7bit" 3 0 NIL NIL NIL NIL)("text" "html" ("charset" "utf-8") NIL NIL "7bit" 3 0 NIL NIL NIL NIL) "alternative" ("boundary" "b") NIL NIL NIL)"#),
        ),
        (
            "Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nx\r\n",
            format!(r#"("message" "rfc822" NIL NIL NIL "7bit" 18 (NIL "in" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" {ascii} NIL NIL "7bit" 3 1 NIL NIL NIL NIL) 3 NIL NIL NIL NIL)"#),
        ),
        (
            "Content-Type: multipart/mixed\r\n\r\nnothing",
            format!(r#"(("text" "plain" {ascii} NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "mixed" NIL NIL NIL NIL)"#),
        ),
    ];
    for (message, expected) in rows {
        assert_eq!(text(BodyStructure::of(&part(message)).extended().to_vec()), expected);
    }
}

#[test]
fn body_is_bodystructure_without_extensions() {
    let message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nx\r\n--b--\r\n";
    let expected = r#"(("message" "rfc822" NIL NIL NIL "7bit" 3 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) 1) "mixed")"#;
    assert_eq!(text(BodyStructure::of(&part(message)).plain()), expected);
}

#[test]
fn what_is_too_deep_is_octets() {
    let deep = part(&"Content-Type: message/rfc822\r\n\r\n".repeat(200));
    let deep = text(BodyStructure::of(&deep).plain());
    assert_eq!(deep.matches(r#""application" "octet-stream""#).count(), 1);
}

/// Reads one parenthesised answer as a client would; what is left, if it is well-formed.
fn well_formed(answer: &[u8]) -> Option<&[u8]> {
    let mut rest = answer.strip_prefix(b"(")?;
    loop {
        rest = rest.strip_prefix(b" ").unwrap_or(rest);
        rest = match rest {
            [b')', rest @ ..] => return Some(rest),
            [b'(', ..] => well_formed(rest)?,
            [b'"', quoted @ ..] => after_quoted(quoted)?,
            [b'{', literal @ ..] => {
                let end = literal.iter().position(|&o| o == b'}')?;
                let length: usize = std::str::from_utf8(&literal[..end]).ok()?.parse().ok()?;
                literal[end + 1..].strip_prefix(b"\r\n")?.get(length..)?
            }
            [b'N', b'I', b'L', rest @ ..] => rest,
            [b'0'..=b'9', rest @ ..] => rest,
            _ => return None,
        };
    }
}

fn after_quoted(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        rest = match rest {
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', b'"' | b'\\', rest @ ..] => rest,
            [b'\\' | b'\r' | b'\n' | 0 | 0x80.., ..] | [] => return None,
            [_, rest @ ..] => rest,
        };
    }
}

/// What messages are made of, in no order.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\r\n\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"From: ",
    b"\r\nSubject: ",
    b"To: <a@",
    b"caf\xe9 \"",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: message/rfc822\r\n",
    b"Content-Type: text/",
    b"Content-Disposition: ",
    b"Content-Language: ",
    b"x; a=\"\\\" (",
    b"\\",
    b"(:",
    b"a,b;",
    b"\0",
];

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn answers_are_well_formed(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30),
    ) {
        let part = BodyPart::read(&mut &pieces.concat()[..]).unwrap();
        let structure = BodyStructure::of(&part);
        for answer in [structure.extended().to_vec(), structure.plain(), envelope(&part.fields)] {
            prop_assert_eq!(well_formed(&answer), Some(&b""[..]));
        }
    }
}
