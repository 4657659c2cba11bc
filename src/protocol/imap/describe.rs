//! What IMAP tells of a message without sending it: ENVELOPE, BODY and BODYSTRUCTURE
//! (RFC 9051 §7.5.2, RFC 3501 §7.4.2).
//!
//! Made from a [`Part`] alone; never reads the message. What a broken message leaves open is
//! answered as Dovecot answers it.

use super::string::{nstring, string};
use crate::message::address::{self, Address};
use crate::message::content::{self, Disposition, MediaType, Params};
use crate::message::{Content, Header, Part};

/// The ENVELOPE of a message with this header, brackets included.
#[must_use]
pub fn envelope(header: &Header) -> Vec<u8> {
    let mut out = Vec::new();
    write_envelope(header, &mut out);
    out
}

/// The BODYSTRUCTURE of a message, or without the extension data its BODY, brackets included.
#[must_use]
pub fn body_structure(message: &Part, extended: bool) -> Vec<u8> {
    let mut out = Vec::new();
    write_body(message, extended, &mut out);
    out
}

fn write_envelope(header: &Header, out: &mut Vec<u8>) {
    let from = addresses(header, "From");
    // RFC 9051 §7.5.2: if the Sender or Reply-To fields are absent or empty, From stands in for them.
    let or_from = |name| Some(addresses(header, name)).filter(|list| !list.is_empty());
    out.push(b'(');
    write_field(header, "Date", out);
    write_field(header, "Subject", out);
    write_addresses(&from, out);
    for name in ["Sender", "Reply-To"] {
        write_addresses(or_from(name).as_ref().unwrap_or(&from), out);
    }
    for name in ["To", "Cc", "Bcc"] {
        write_addresses(&addresses(header, name), out);
    }
    write_field(header, "In-Reply-To", out);
    nstring(header.value("Message-ID").as_deref(), out);
    out.push(b')');
}

/// The addresses of every field with this name: there should be one (RFC 5322 §3.6), and if there
/// are more, nobody should be left out.
fn addresses(header: &Header, name: &str) -> Vec<Address> {
    let fields = header.fields.iter();
    let named = fields.filter(|field| field.is(name.as_bytes()));
    named
        .flat_map(|field| address::parse(&field.unfolded()))
        .collect()
}

/// A field's value and a space.
fn write_field(header: &Header, name: &str, out: &mut Vec<u8>) {
    nstring(header.value(name).as_deref(), out);
    out.push(b' ');
}

/// An address list and a space: `(("Alice" NIL "alice" "pillarbox.test")) `.
fn write_addresses(list: &[Address], out: &mut Vec<u8>) {
    if list.is_empty() {
        out.extend_from_slice(b"NIL ");
        return;
    }
    out.push(b'(');
    for address in list {
        let fields = [
            &address.name,
            &address.route,
            &address.mailbox,
            &address.host,
        ];
        for (field, before) in fields.into_iter().zip([b'(', b' ', b' ', b' ']) {
            out.push(before);
            nstring(field.as_deref(), out);
        }
        out.push(b')');
    }
    out.extend_from_slice(b") ");
}

fn write_body(part: &Part, extended: bool, out: &mut Vec<u8>) {
    out.push(b'(');
    match &part.content {
        Content::Multipart(parts) => write_multipart(part, parts, extended, out),
        Content::Message(message) => write_message(part, message, extended, out),
        Content::Leaf => write_leaf(part, out),
    }
    if extended {
        write_extension(part, out);
    }
    out.push(b')');
}

/// `body-type-mpart`, up to its extension data.
fn write_multipart(part: &Part, parts: &[Part], extended: bool, out: &mut Vec<u8>) {
    for inner in parts {
        write_body(inner, extended, out);
    }
    if parts.is_empty() {
        // The grammar demands a part (`1*body`); like Dovecot, we show an empty one.
        let empty = b"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0";
        out.extend_from_slice(empty);
        out.extend_from_slice(if extended { b" NIL NIL NIL NIL)" } else { b")" });
    }
    let media = MediaType::of(&part.fields);
    out.push(b' ');
    string(media.as_ref().map_or(b"mixed", |media| &media.sub), out);
    if extended {
        out.push(b' ');
        write_params(&media.map(|media| media.params).unwrap_or_default(), out);
    }
}

/// `body-type-msg`: what lies inside comes along.
fn write_message(part: &Part, message: &Part, extended: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(b"\"message\" \"rfc822\" ");
    let media = MediaType::of(&part.fields);
    write_params(&media.map(|media| media.params).unwrap_or_default(), out);
    write_fields(part, out);
    out.push(b' ');
    write_envelope(&message.fields, out);
    out.push(b' ');
    write_body(message, extended, out);
    out.extend_from_slice(format!(" {}", part.lines).as_bytes());
}

/// `body-type-text` and `body-type-basic`.
fn write_leaf(part: &Part, out: &mut Vec<u8>) {
    let media = leaf_type(part);
    string(&media.main, out);
    out.push(b' ');
    string(&media.sub, out);
    out.push(b' ');
    write_params(&media.params, out);
    write_fields(part, out);
    if media.is_main("text") {
        out.extend_from_slice(format!(" {}", part.lines).as_bytes());
    }
}

/// The type of a part that nobody looked into.
fn leaf_type(part: &Part) -> MediaType {
    let named = |main: &[u8], sub: &[u8], params| MediaType {
        main: main.to_vec(),
        sub: sub.to_vec(),
        params,
    };
    let media = MediaType::of(&part.fields)
        // RFC 2045 §5.2: what does not say what it is is text.
        .unwrap_or_else(|| named(b"text", b"plain", Params::default()));
    if media.is_main("multipart") || media.is("message", "rfc822") {
        // Too deep to be looked into; the grammar has no such leaf, so it is just octets.
        return named(b"application", b"octet-stream", media.params);
    }
    if !media.is_main("text") || media.params.value("charset").is_some() {
        return media;
    }
    let mut text = media;
    text.params.0.push(content::Param {
        name: b"charset".to_vec(),
        value: b"us-ascii".to_vec(),
    });
    text
}

/// `body-fields` after the parameters: id, description, encoding, octets.
fn write_fields(part: &Part, out: &mut Vec<u8>) {
    out.push(b' ');
    write_field(&part.fields, "Content-ID", out);
    write_field(&part.fields, "Content-Description", out);
    string(&content::transfer_encoding(&part.fields), out);
    let octets = part.body.end - part.body.start;
    out.extend_from_slice(format!(" {octets}").as_bytes());
}

/// `body-ext-1part` and `body-ext-mpart`: MD5 (not for a multipart), disposition, language, location.
fn write_extension(part: &Part, out: &mut Vec<u8>) {
    out.push(b' ');
    if !matches!(part.content, Content::Multipart(_)) {
        write_field(&part.fields, "Content-MD5", out);
    }
    match Disposition::of(&part.fields) {
        Some(disposition) => {
            out.push(b'(');
            string(&disposition.kind, out);
            out.push(b' ');
            write_params(&disposition.params, out);
            out.extend_from_slice(b") ");
        }
        None => out.extend_from_slice(b"NIL "),
    }
    write_list(&content::languages(&part.fields), out);
    out.push(b' ');
    nstring(part.fields.value("Content-Location").as_deref(), out);
}

/// `body-fld-param`: `("charset" "utf-8")`, or NIL.
fn write_params(params: &Params, out: &mut Vec<u8>) {
    let pairs = params
        .0
        .iter()
        .flat_map(|param| [&param.name, &param.value]);
    write_list(pairs, out);
}

/// Strings in brackets, or NIL for none.
fn write_list<'a>(strings: impl IntoIterator<Item = &'a Vec<u8>>, out: &mut Vec<u8>) {
    let mut before = b'(';
    for text in strings {
        out.push(before);
        string(text, out);
        before = b' ';
    }
    let none = before == b'(';
    out.extend_from_slice(if none { b"NIL" } else { b")" });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;
    use proptest::prelude::*;

    fn part(message: &str) -> Part {
        Part::read(&mut message.as_bytes()).unwrap()
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
        assert_eq!(text(body_structure(&part, false)), body);
    }

    #[test]
    fn an_empty_header_has_an_envelope_of_nothing() {
        let nothing = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";
        assert_eq!(text(envelope(&Header::default())), nothing);
        let empty = Header::parse(b"To:\r\nReply-To: \r\nSubject:\r\nCc: x:;\r\n\r\n");
        let expected =
            r#"(NIL "" NIL NIL NIL NIL ((NIL NIL "x" NIL)(NIL NIL NIL NIL)) NIL NIL NIL)"#;
        assert_eq!(text(envelope(&empty)), expected);
    }

    #[test]
    fn a_field_that_comes_twice_counts_once_unless_it_holds_addresses() {
        let header = Header::parse(b"Subject: a\r\nTo: a@b\r\nSubject: b\r\nTo: c@d\r\n\r\n");
        let expected =
            r#"(NIL "a" NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)"#;
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
            assert_eq!(text(body_structure(&part(message), true)), expected);
        }
    }

    #[test]
    fn body_is_bodystructure_without_extensions() {
        let message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\nx\r\n--b--\r\n";
        let expected = r#"(("message" "rfc822" NIL NIL NIL "7bit" 3 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0) 1) "mixed")"#;
        assert_eq!(text(body_structure(&part(message), false)), expected);
    }

    #[test]
    fn what_is_too_deep_is_octets() {
        let deep = part(&"Content-Type: message/rfc822\r\n\r\n".repeat(200));
        let deep = text(body_structure(&deep, false));
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
        #[test]
        fn answers_are_well_formed(
            pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30),
            extended: bool,
        ) {
            let part = Part::read(&mut &pieces.concat()[..]).unwrap();
            for answer in [body_structure(&part, extended), envelope(&part.fields)] {
                prop_assert_eq!(well_formed(&answer), Some(&b""[..]));
            }
        }
    }
}
