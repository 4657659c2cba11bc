use proptest::prelude::*;

use super::super::cursor::{Cursor, Parsed};
use super::super::date::tests::any_date;
use super::super::message_set::tests::any_message_set;
use super::*;

fn parse(bytes: &[u8]) -> Parsed<Search> {
    let mut cursor = Cursor::new(bytes);
    let search = Search::parse(&mut cursor)?;
    cursor.end().map(|()| search)
}

#[test]
fn searches() {
    let rows = [
        ("all", "ALL"),
        ("flagged SINCE 1-Feb-1994 not FROM \"Smith\"", "FLAGGED SINCE 1-Feb-1994 NOT FROM Smith"),
        ("CHARSET utf-8 TEXT {7}\r\ncafé x", "CHARSET UTF-8 TEXT {7}\r\ncafé x"),
        ("or (seen 1:3) or unseen * new", "OR (SEEN 1:3) OR UNSEEN * NEW"),
        ("HEADER List-Id \"\" UID 5:*", "HEADER List-Id \"\" UID 5:*"),
        (
            "KEYWORD $Junk UNKEYWORD x LARGER 0 SMALLER 5000000000",
            "KEYWORD $Junk UNKEYWORD x LARGER 0 SMALLER 5000000000",
        ),
        ("((all))", "((ALL))"),
        ("younger 3600 OLDER 1", "YOUNGER 3600 OLDER 1"),
        ("$ uid $ not $", "$ UID $ NOT $"),
        ("return (min save) charset us-ascii all", "RETURN (MIN SAVE) CHARSET US-ASCII ALL"),
        ("RETURN (count all MAX min SAVE) ALL", "RETURN (MIN MAX ALL COUNT SAVE) ALL"),
        ("RETURN () ALL", "RETURN (ALL) ALL"),
        (
            "sentbefore \"01-jan-2000\" senton 1-Jan-2000 sentsince 1-Jan-2000 before 1-Jan-2000 on 1-Jan-2000",
            "SENTBEFORE 1-Jan-2000 SENTON 1-Jan-2000 SENTSINCE 1-Jan-2000 BEFORE 1-Jan-2000 ON 1-Jan-2000",
        ),
    ];
    for (text, printed) in rows {
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), printed);
    }
}

#[test]
fn an_unknown_charset_is_no_error_of_the_grammar() {
    let search = parse(b"CHARSET KOI8-R TEXT {3}\r\n\xc4\xc1\xd4").unwrap();
    assert!(!search.charset.unwrap().is_known());
    assert!(parse(b"CHARSET UTF-8 TEXT {3}\r\n\xc4\xc1\xd4").is_err());
    assert!(parse(b"TEXT {3}\r\n\xc4\xc1\xd4").is_err());
}

#[test]
fn what_is_no_search() {
    let rows = [
        ("", "expected a search key, such as UNSEEN or FROM at octet 0"),
        ("CHARSET UTF-8", "expected a space at octet 13"),
        ("UNSEEN ", "expected a search key, such as UNSEEN or FROM at octet 7"),
        ("FOO", "expected a search key, such as UNSEEN or FROM at octet 0"),
        ("()", "expected a search key, such as UNSEEN or FROM at octet 1"),
        ("(ALL", "expected a space or a closing parenthesis at octet 4"),
        ("ALL)", "expected the end of the command at octet 3"),
        ("NOT", "expected a space at octet 3"),
        ("OR ALL", "expected a space at octet 6"),
        ("SINCE 30-Feb-2000", "expected a date that exists: 17-Jul-1996 at octet 6"),
        ("LARGER -1", "expected a number from 0 to 9223372036854775807 at octet 7"),
        ("KEYWORD \\Seen", "expected a keyword at octet 8"),
        ("0", "expected a sequence set at octet 0"),
        ("$,1", "expected the end of the command at octet 1"),
        ("YOUNGER 0", "expected a number from 1 to 4294967295 at octet 8"),
        ("RETURN ALL", "expected an opening parenthesis at octet 7"),
        ("RETURN (MODSEQ) ALL", "expected MIN, MAX, ALL, COUNT or SAVE at octet 8"),
        ("RETURN (ALL)", "expected a space at octet 12"),
    ];
    for (text, sentence) in rows {
        let error = parse(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), sentence, "{text:?}");
    }
}

#[test]
fn nesting_has_a_bound() {
    let sentence = "search keys nested at most 100 deep";
    for text in ["(".repeat(10_000), "NOT ".repeat(100_000) + "ALL", "OR ".repeat(100_000)] {
        assert_eq!(parse(text.as_bytes()).unwrap_err().expected, sentence);
    }
    assert!(parse(("NOT ".repeat(DEEPEST - 1) + "ALL").as_bytes()).is_ok());
    assert!(parse(("NOT ".repeat(DEEPEST) + "ALL").as_bytes()).is_err());
    // Depth is not length.
    assert!(parse("(NOT ALL) ".repeat(5_000).trim_end().as_bytes()).is_ok());
}

#[test]
fn texts_have_a_bound() {
    let texts = |count: usize| vec!["TEXT x"; count].join(" ");
    assert!(parse(texts(MOST_TEXTS).as_bytes()).is_ok());
    let error = parse(texts(MOST_TEXTS + 1).as_bytes()).unwrap_err();
    assert_eq!(error.expected, "at most 1000 texts to look for");
}

/// Keys for the laws of the commands that have some.
fn any_keys() -> impl Strategy<Value = Vec<SearchKey>> {
    let text = || "([ -~]|[é日]|\\r\\n){0,8}";
    let word = (0..WORDS.len()).prop_map(|at| WORDS[at].1.clone());
    let place =
        (0..PLACES.len(), text()).prop_map(|(at, text)| SearchKey::Text(PLACES[at].1, text));
    let date = (0..DATES.len(), any_date()).prop_map(|(at, date)| {
        let (clock, when) = DATES[at].1;
        SearchKey::Date { clock, when, date }
    });
    let leaf = prop_oneof![
        word,
        place,
        date,
        "[a-z$]{1,8}".prop_map(SearchKey::Keyword),
        "[a-z$]{1,8}".prop_map(SearchKey::Unkeyword),
        (text(), text()).prop_map(|(field, text)| SearchKey::Header { field, text }),
        (0u64..1 << 63).prop_map(SearchKey::Larger),
        (0u64..1 << 63).prop_map(SearchKey::Smaller),
        any_message_set().prop_map(SearchKey::Numbers),
        any_message_set().prop_map(SearchKey::Uids),
        (1u32..).prop_map(SearchKey::Younger),
        (1u32..).prop_map(SearchKey::Older),
    ];
    let key = leaf.prop_recursive(4, 16, 3, |key| {
        prop_oneof![
            key.clone().prop_map(|key| SearchKey::Not(Box::new(key))),
            (key.clone(), key.clone())
                .prop_map(|(one, other)| SearchKey::Or(Box::new(one), Box::new(other))),
            proptest::collection::vec(key, 1..3).prop_map(SearchKey::And),
        ]
    });
    proptest::collection::vec(key, 1..4)
}

fn any_charset() -> impl Strategy<Value = SearchCharset> {
    prop::sample::select(vec!["UTF-8", "US-ASCII"]).prop_map(SearchCharset::named)
}

/// A search for the law of SEARCH.
pub(in super::super) fn any_search() -> impl Strategy<Value = Search> {
    let returns = proptest::array::uniform5(any::<bool>()).prop_filter_map(
        "RETURN () is RETURN (ALL)",
        |[min, max, all, count, save]| {
            let any = min || max || all || count || save;
            any.then_some(Returns { min, max, all, count, save })
        },
    );
    let returns = proptest::option::of(returns);
    (returns, proptest::option::of(any_charset()), any_keys())
        .prop_map(|(returns, charset, keys)| Search { returns, charset, keys })
}

/// A SORT for its law.
pub(in super::super) fn any_sort() -> impl Strategy<Value = Sort> {
    let keys = vec![SortKey::Arrival, SortKey::Size, SortKey::DisplayTo];
    let criterion = (prop::sample::select(keys), any::<bool>());
    let criterion = criterion.prop_map(|(key, reverse)| Criterion { key, reverse });
    let criteria = proptest::collection::vec(criterion, 1..4);
    (criteria, any_charset(), any_keys()).prop_map(|(criteria, charset, keys)| Sort {
        criteria,
        charset,
        keys,
    })
}

/// A THREAD for its law.
pub(in super::super) fn any_thread() -> impl Strategy<Value = Thread> {
    let algorithm = prop::sample::select(Algorithm::ALL.to_vec()).prop_map(|row| row.1);
    (algorithm, any_charset(), any_keys()).prop_map(|(algorithm, charset, keys)| Thread {
        algorithm,
        charset,
        keys,
    })
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn parses_what_it_prints(search in any_search()) {
        prop_assert_eq!(parse(search.to_string().as_bytes()), Ok(search));
    }
}
