//! Where the parts of a message are found, row by row, and what holds of them in any message.
use super::*;
use proptest::prelude::*;
use std::io::{BufReader, Read, repeat};

fn read(message: &str) -> BodyPart {
    BodyPart::read(&mut message.as_bytes()).unwrap()
}

fn slice<'a>(message: &'a str, range: &Range<u64>) -> &'a str {
    &message[range.start as usize..range.end as usize]
}

/// The tree in one line: a leaf is its body, `[…]` a multipart, `<…>` a message.
fn shown(message: &str, part: &BodyPart) -> String {
    match &part.content {
        Content::Leaf => slice(message, &part.body).replace("\r\n", "/"),
        Content::Message(inner) => format!("<{}>", shown(message, inner)),
        Content::Multipart(parts) => {
            let parts: Vec<String> = parts.iter().map(|p| shown(message, p)).collect();
            format!("[{}]", parts.join(" "))
        }
    }
}

/// Rows are written with `/` for CRLF.
fn check(rows: &[(&str, &str)]) {
    for (message, expected) in rows {
        let message = message.replace('/', "\r\n").replace('\\', "/");
        let part = read(&message);
        assert_eq!(shown(&message, &part), *expected, "{message}");
        law(&part, 0..message.len() as u64);
    }
}

/// What holds of every part: header and body join, lie inside the one around, and do not overlap.
fn law(part: &BodyPart, around: Range<u64>) {
    assert!(around.start <= part.header.start && part.header.start <= part.header.end);
    assert_eq!(part.header.end, part.body.start);
    assert!(part.body.start <= part.body.end && part.body.end <= around.end);
    assert!(part.lines <= part.body.end - part.body.start);
    let mut from = part.body.start;
    let inner: &[BodyPart] = match &part.content {
        Content::Leaf => &[],
        Content::Multipart(parts) => parts,
        Content::Message(message) => std::slice::from_ref(&**message),
    };
    for part in inner {
        law(part, from..around.end.min(part.body.end));
        from = part.body.end;
    }
    assert!(from <= part.body.end);
}

const MIXED: &str = "Content-Type: multipart\\mixed; boundary=b//";

#[test]
fn messages_without_parts() {
    check(&[
        ("", ""),
        ("/", ""),
        ("/only a body", "only a body"),
        ("Subject: x//body/more/", "body/more/"),
        ("Subject: no body", ""),
        ("Subject: no body/", ""),
        ("no header at all/--b//body", "body"),
        ("Content-Type: text\\plain; boundary=b//--b//x/--b--", "--b//x/--b--"),
    ]);
}

#[test]
fn the_line_ending_before_a_boundary_belongs_to_it() {
    let rows = [
        ("--b//one/--b//two/--b--/", "[one two]"),
        ("preamble/--b//one//--b//two/--b--/epilogue", "[one/ two]"),
        ("--b//--b//--b--", "[ ]"),
        ("--b  /X: 1//one/--b\t--/two/--b-- /", "[one ]"),
        ("--b//one/--b--/--b//epilogue", "[one]"),
    ];
    check(&rows.map(|(body, tree)| (&*[MIXED, body].concat().leak(), tree)));
}

#[test]
fn boundaries_that_are_missing() {
    let rows = [
        ("", "[]"),
        ("no boundary at all/", "[]"),
        ("--b--/closed before it began", "[]"),
        ("--b//one/--b//the end is missing/", "[one the end is missing/]"),
        ("--b/X: header without an empty line/--b//two/--b--", "[ two]"),
        ("--b", "[]"),
        ("--b/", "[]"),
    ];
    check(&rows.map(|(body, tree)| (&*[MIXED, body].concat().leak(), tree)));
    check(&[
        ("Content-Type: multipart\\mixed//--b//one/--b--", "[]"),
        ("Content-Type: multipart\\mixed; boundary=//--//one/----", "[]"),
    ]);
}

#[test]
fn boundaries_that_resemble_each_other() {
    let inner =
        |boundary| format!("{MIXED}--b/Content-Type: multipart\\mixed; boundary=\"{boundary}\"//");
    let rows = [
        ("bb", "--bb//x/--bb--/--b//y/--b--", "[[x] y]"),
        ("bb", "--bb//x/--b//y/--b--", "[[x] y]"),
        ("bb", "--bb//x/--bbb//y/--b--", "[[x y]]"),
        ("b", "--b//x/--b--/--b//y/--b--", "[[x] y]"),
        ("b", "--b//x/--b--/--b--", "[[x]]"),
        ("a c", "--a c//x/--a c--//--b//y/--b--", "[[x] y]"),
    ];
    for (boundary, body, tree) in rows {
        check(&[(&(inner(boundary) + body), tree)]);
    }
}

#[test]
fn messages_within_messages() {
    let enclosed = "--b/Content-Type: message\\rfc822//";
    let digest = "Content-Type: multipart\\digest;/ boundary=b//";
    let rows = [
        (MIXED, "Subject: in//text/--b//x/--b--", "[<text> x]"),
        (MIXED, "Subject: in/--b//x/--b--", "[<> x]"),
        (MIXED, "--b//x/--b--", "[<> x]"),
        (MIXED, "Content-Type: multipart\\mixed; boundary=i//--i//x/--b--", "[<[x]>]"),
        (
            digest,
            "Subject: in//text/--b//Subject: x//y/--b/Content-Type: text\\plain//z",
            "[<text> <y> z]",
        ),
    ];
    for (header, body, tree) in rows {
        check(&[(&[header, enclosed, body].concat(), tree)]);
    }
    check(&[("Content-Type: message\\rfc822//Subject: x//y", "<y>")]);
}

#[test]
fn a_body_has_the_lines_whose_endings_are_in_it() {
    let part = read(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\ntwo\r\n--b\r\n\r\n\r\n--b--\r\n",
    );
    assert_eq!(part.lines, 8);
    assert_eq!(part.find(&[1]).unwrap().lines, 1);
    assert_eq!(part.find(&[2]).unwrap().lines, 0);
    assert_eq!(read("\r\n\r\na\r\nb").lines, 2);
}

#[test]
fn the_line_ending_between_two_last_boundaries_belongs_to_the_outer() {
    let outer = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n";
    let inner = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--";
    let message = [outer, inner, "\r\n--a--\r\n"].concat();
    let part = read(&message);
    let end = (outer.len() + inner.len()) as u64;
    assert_eq!(part.find(&[1]).unwrap().body.end, end);
}

#[test]
fn section_numbers_find_their_part() {
    let message = "Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\none\r\n--a\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntwo-one\r\n--b--\r\n--a\r\nContent-Type: message/rfc822\r\n\r\n\r\nthree\r\n--a--\r\n";
    let part = read(message);
    let rows: [(&[u32], Option<&str>); 9] = [
        (&[1], Some("one")),
        (&[2, 1], Some("two-one")),
        (&[3, 1], Some("three")),
        (&[0], None),
        (&[4], None),
        (&[1, 1], None),
        (&[2, 2], None),
        (&[3, 2], None),
        (&[3, 1, 1], None),
    ];
    for (path, body) in rows {
        let found = part.find(path).map(|part| slice(message, &part.body));
        assert_eq!(found, body, "{path:?}");
    }
    let plain = read("Subject: x\r\n\r\nbody");
    assert_eq!(plain.find(&[1]).unwrap().body, plain.body);
    assert_eq!(plain.find(&[]).unwrap().body, plain.body);
    assert!(plain.find(&[2]).is_none());
    let forwarded = read("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody");
    assert_eq!(forwarded.find(&[1]).unwrap().header, forwarded.header);
    assert_eq!(forwarded.find(&[1, 1]).unwrap().body, 46..50);
}

#[test]
fn a_long_message_costs_no_memory() {
    let line = || repeat(b'x').take(20_000_000);
    let header: &[u8] = b"Content-Type: multipart/mixed; boundary=b\r\nLong: ";
    let rest: &[u8] = b"\r\nSubject: kept\r\n\r\n--b\r\n\r\n";
    let message = header.chain(line()).chain(rest).chain(line());
    let part = BodyPart::read(&mut BufReader::new(message)).unwrap();
    assert_eq!(part.body.end, 40_000_000 + (header.len() + rest.len()) as u64);
    assert_eq!(part.fields.fields().count(), 2);
    assert!(part.find(&[1]).is_some());
}

#[test]
fn there_is_an_end_to_headers_parts_and_depth() {
    let part = read(
        &(MIXED.replace('/', "\r\n").replace('\\', "/") + &"--b\r\n\r\n".repeat(2 * limits::PARTS)),
    );
    let Content::Multipart(parts) = &part.content else { panic!() };
    assert_eq!(parts.len(), limits::PARTS - 1);
    let mut deep = &read(&"Content-Type: message/rfc822\r\n\r\n".repeat(5000));
    let mut depth = 1;
    while let Content::Message(message) = &deep.content {
        (deep, depth) = (message, depth + 1);
    }
    assert_eq!(depth, limits::PART_DEPTH);
    let fields = read(&"A:\r\n".repeat(1_000_000)).fields.fields().count();
    assert!(fields < limits::HEADER / 64, "{fields}");
}

/// A tree and the message that holds it, with the body of each leaf.
fn tree() -> impl Strategy<Value = (String, Vec<String>)> {
    let text = "([a-z -]{0,9}\r\n){0,3}[a-z]{0,9}";
    let leaf =
        text.prop_map(|body| (format!("Content-Type: text/plain\r\n\r\n{body}"), vec![body]));
    leaf.prop_recursive(4, 30, 4, |inner| {
        let enclosed = inner.clone().prop_map(|(message, leaves)| {
            (format!("Content-Type: message/rfc822\r\n\r\n{message}"), leaves)
        });
        let parts = (prop::collection::vec(inner, 1..4), "[A-Z]{8}");
        prop_oneof![enclosed, parts.prop_map(|(parts, boundary)| joined(&parts, &boundary))]
    })
}

fn joined(parts: &[(String, Vec<String>)], boundary: &str) -> (String, Vec<String>) {
    let mut text =
        format!("Content-Type: multipart/mixed;\r\n boundary=\"{boundary}\"\r\n\r\npreamble");
    for (part, _) in parts {
        text += &format!("\r\n--{boundary}\r\n{part}");
    }
    text += &format!("\r\n--{boundary}--\r\nepilogue");
    (text, parts.iter().flat_map(|(_, leaves)| leaves.clone()).collect())
}

fn leaves(message: &str, part: &BodyPart) -> Vec<String> {
    match &part.content {
        Content::Leaf => vec![slice(message, &part.body).to_owned()],
        Content::Message(inner) => leaves(message, inner),
        Content::Multipart(parts) => parts.iter().flat_map(|p| leaves(message, p)).collect(),
    }
}

/// What messages are made of, in no order.
const PIECES: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "--",
    "b",
    "--b\r\n",
    "\r\n--bb\r\n",
    "--b--\r\n",
    "Content-Type: multipart/mixed; boundary=b\r\n",
    "Content-Type: multipart/digest; boundary=bb\r\n\r\n",
    "Content-Type: message/rfc822\r\n\r\n",
    " ",
    "x: y\r\n",
];

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn every_leaf_is_where_it_was_put((message, expected) in tree(), buffer in 1usize..99) {
        let part = BodyPart::read(&mut BufReader::with_capacity(buffer, message.as_bytes())).unwrap();
        prop_assert_eq!(leaves(&message, &part), expected);
        prop_assert_eq!(part.body.end, message.len() as u64);
        law(&part, 0..message.len() as u64);
    }

    #[test]
    fn ranges_nest_in_any_soup(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40),
    ) {
        let message = pieces.concat();
        let part = read(&message);
        law(&part, 0..message.len() as u64);
        prop_assert_eq!(part.body.end, message.len() as u64);
    }

    #[test]
    fn any_octets_are_a_message(message in prop::collection::vec(any::<u8>(), 0..200)) {
        let part = BodyPart::read(&mut &message[..]).unwrap();
        law(&part, 0..message.len() as u64);
    }
}
