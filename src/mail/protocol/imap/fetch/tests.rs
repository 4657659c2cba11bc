use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Parsed<Vec<FetchItem>> {
    let mut cursor = Cursor::new(text.as_bytes());
    let items = FetchItem::parse_all(&mut cursor)?;
    cursor.end().map(|()| items)
}

fn printed(text: &str) -> String {
    let items = parse(text).unwrap();
    let words: Vec<String> = items.iter().map(FetchItem::to_string).collect();
    words.join(" ")
}

#[test]
fn the_items_of_one_fetch_are_bounded() {
    let parse = |count| {
        let items = format!("({})", vec!["UID"; count].join(" "));
        FetchItem::parse_all(&mut Cursor::new(items.as_bytes())).map(|items| items.len())
    };
    assert_eq!(parse(1000).unwrap(), 1000);
    let error = parse(1001).unwrap_err();
    assert_eq!(error.expected, "at most 1000 fetch items");
}

#[test]
fn items() {
    let rows = [
        ("fast", "FLAGS INTERNALDATE RFC822.SIZE"),
        ("ALL", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE"),
        ("Full", "FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY"),
        ("flags", "FLAGS"),
        ("(UID rfc822.size Rfc822)", "UID RFC822.SIZE RFC822"),
        ("BODY[]", "BODY[]"),
        ("body.peek[header]", "BODY.PEEK[HEADER]"),
        ("BODY[1]", "BODY[1]"),
        ("BODY[4.2.2.1.mime]", "BODY[4.2.2.1.MIME]"),
        ("BODY[TEXT]<0.2048>", "BODY[TEXT]<0.2048>"),
        (
            "(UID BODY.PEEK[HEADER.FIELDS (\"From\" To {2}\r\nCc)]<5.1>)",
            "UID BODY.PEEK[HEADER.FIELDS (From To Cc)]<5.1>",
        ),
        (
            "(binary[1.2] Binary.Peek[]<0.5> BINARY.SIZE[3])",
            "BINARY[1.2] BINARY.PEEK[]<0.5> BINARY.SIZE[3]",
        ),
        ("BODY[1.HEADER.FIELDS.NOT (X)]", "BODY[1.HEADER.FIELDS.NOT (X)]"),
    ];
    for (text, expected) in rows {
        assert_eq!(printed(text), expected);
    }
}

/// Each row: what is no item, and why.
const NO_ITEMS: &[(&str, &str)] = &[
    ("", "expected a fetch item, such as FLAGS or BODY[] at octet 0"),
    ("()", "expected a fetch item, such as FLAGS or BODY[] at octet 1"),
    ("(ALL)", "expected a fetch item, such as FLAGS or BODY[] at octet 1"),
    ("RFC822[]", "expected a fetch item, such as FLAGS or BODY[] at octet 0"),
    ("BODY.PEEK", "expected a fetch item, such as FLAGS or BODY[] at octet 0"),
    ("BODY[0]", "expected a number from 1 to 4294967295 at octet 5"),
    (
        "BODY[1.]",
        "expected a part number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT, TEXT or MIME at octet 7",
    ),
    (
        "BODY[MIME]",
        "expected a part number, HEADER, HEADER.FIELDS, HEADER.FIELDS.NOT or TEXT at octet 5",
    ),
    ("BODY[]<0.0>", "expected a count of octets that is not 0 at octet 9"),
    ("BODY[]<0>", "expected a dot and a count of octets at octet 8"),
    ("BODY[HEADER.FIELDS ()]", "expected the name of a header field at octet 20"),
    ("BINARY[1.MIME]", "expected a section of part numbers only at octet 6"),
    ("BINARY.SIZE", "expected a fetch item, such as FLAGS or BODY[] at octet 0"),
    ("FLAGS UID", "expected the end of the command at octet 5"),
];

#[test]
fn what_is_no_item() {
    for (text, sentence) in NO_ITEMS {
        assert_eq!(parse(text).unwrap_err().to_string(), *sentence, "{text}");
    }
    let deep = format!("BODY[{}1]", "1.".repeat(10_000));
    assert_eq!(parse(&deep).unwrap_err().expected, "a section at most 100 levels deep");
}

/// A section for the laws of FETCH and of its response.
pub(in super::super) fn any_section() -> impl Strategy<Value = Section> {
    let names = || proptest::collection::vec("[ -~]{1,8}", 1..3);
    let text = prop_oneof![
        Just(SectionText::Header),
        names().prop_map(SectionText::HeaderFields),
        names().prop_map(SectionText::HeaderFieldsNot),
        Just(SectionText::Text),
    ];
    let path = proptest::collection::vec(1u32.., 0..4);
    (path, proptest::option::of(text)).prop_map(|(path, text)| Section { path, text })
}

/// Items for the law of FETCH.
pub(in super::super) fn any_items() -> impl Strategy<Value = Vec<FetchItem>> {
    let section = any_section();
    let end = 1u64..i64::MAX as u64;
    let partial = || (0..1000u64, end.clone()).prop_map(|(start, count)| Partial { start, count });
    let body = (any::<bool>(), section, proptest::option::of(partial()))
        .prop_map(|(peek, section, partial)| FetchItem::BodySection { peek, section, partial });
    let mime = (1u32..).prop_map(|part| FetchItem::BodySection {
        peek: true,
        section: Section { path: vec![part], text: Some(SectionText::Mime) },
        partial: None,
    });
    let path = || proptest::collection::vec(1u32.., 0..4);
    let binary = (any::<bool>(), path(), proptest::option::of(partial()))
        .prop_map(|(peek, path, partial)| FetchItem::Binary { peek, path, partial });
    let size = path().prop_map(FetchItem::BinarySize);
    let word = (0..WORDS.len()).prop_map(|at| WORDS[at].1.clone());
    proptest::collection::vec(prop_oneof![word, body, mime, binary, size], 1..4)
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(items in any_items()) {
        let words: Vec<String> = items.iter().map(FetchItem::to_string).collect();
        prop_assert_eq!(parse(&format!("({})", words.join(" "))), Ok(items));
    }
}

#[test]
fn a_partial_is_cut_at_the_end_and_empty_beyond_it() {
    let rows = [
        (0, 4, 0..4),
        (8, 4, 8..10),
        (10, 1, 10..10),
        (99, 1, 10..10),
        (u64::MAX, u64::MAX, 10..10),
        (3, u64::MAX, 3..10),
    ];
    for (start, count, expected) in rows {
        let partial = Partial { start, count };
        assert_eq!(partial.within(10), expected, "<{start}.{count}>");
    }
}
