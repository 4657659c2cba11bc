//! The comparison `i;unicode-casemap` (RFC 5051), which ignores case and the composition of
//! characters. IMAP's SEARCH, SORT and THREAD compare by it (RFC 5256 §2).
//!
//! A text is [prepared] once; prepared texts are compared octet by octet. Each character is prepared
//! by itself, so a long text may be prepared in pieces.

use unicode_normalization::char::decompose_compatible;

/// Returns the text, prepared.
#[must_use]
pub fn prepared(text: &str) -> String {
    let mut prepared = String::with_capacity(text.len());
    prepare(text, &mut prepared);
    prepared
}

/// Appends the text, prepared. It can become eleven times as long, but only if its characters each
/// mean a whole phrase (U+FDFA).
pub fn prepare(text: &str, prepared: &mut String) {
    let mut rest = text;
    while !rest.is_empty() {
        // Most of mail is ASCII, which has no composed characters.
        let ascii = rest.bytes().position(|octet| !octet.is_ascii());
        let (ascii, others) = rest.split_at(ascii.unwrap_or(rest.len()));
        let begin = prepared.len();
        prepared.push_str(ascii);
        if let Some(ascii) = prepared.get_mut(begin..) {
            ascii.make_ascii_uppercase();
        }
        let mut others = others.chars();
        if let Some(char) = others.next() {
            decompose_compatible(titlecase(char), |part| prepared.push(part));
        }
        rest = others.as_str();
    }
}

/// RFC 5051 §2, step 2a: returns the titlecase property of `UnicodeData.txt`, one character. Where the
/// table has several, they are from `SpecialCasing.txt`, which the RFC does not use.
fn titlecase(char: char) -> char {
    match unicode_case_mapping::to_titlecase(char) {
        [title, 0, 0] => char::from_u32(title).filter(|title| *title != '\0').unwrap_or(char),
        _ => char,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_that_are_the_same() {
        let rows = [
            ("", ""),
            ("Hello, World 42", "hELLO, wORLD 42"),
            ("Grüße", "GRÜße"),
            // Composed, decomposed, and as half-width and ligature forms.
            ("café", "cafe\u{301}"),
            ("ＣＡＦＥ ①", "ｃａｆｅ 1"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ᾳ", "ᾼ"),
            ("привет", "ПРИВЕТ"),
            ("ǆ", "ǅ"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ];
        for (one, other) in rows {
            assert_eq!(prepared(one), prepared(other), "{one} {other}");
        }
        // The letters of a ligature come last, and stay small.
        let others = [("cafe", "café"), ("strasse", "straße"), ("ﬁn", "fin"), ("a", "b")];
        for (one, other) in others {
            assert_ne!(prepared(one), prepared(other), "{one} {other}");
        }
    }

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 5051 §2: U+01C4 is titlecased to U+01C5, which is D and U+017E, which is z and U+030C.
        assert_eq!(prepared("\u{1c4}"), "Dz\u{30c}");
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn a_text_may_be_prepared_in_pieces(one: String, other: String) {
            let whole = prepared(&format!("{one}{other}"));
            prop_assert_eq!(prepared(&one) + &prepared(&other), whole);
        }

        #[test]
        fn case_does_not_matter(text in "[a-zA-Zà-öÀ-Öа-яА-Я ]{0,20}") {
            prop_assert_eq!(prepared(&text.to_uppercase()), prepared(&text));
            prop_assert_eq!(prepared(&text.to_lowercase()), prepared(&text));
        }
    }
}
