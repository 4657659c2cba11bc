//! What SMTP's and POP3's grammars do with any line: find its verb, and take the rest for text.
//!
//! What is wrong with a line is said in each protocol's own words.

/// What the table has for this verb. Verbs stand in any case (RFC 5321 §2.4, RFC 1939 §3).
pub(super) fn find<T: Copy>(table: &[(&str, T)], verb: &[u8]) -> Option<T> {
    let mut rows = table.iter();
    rows.find(|(name, _)| verb.eq_ignore_ascii_case(name.as_bytes()))
        .map(|(_, meaning)| *meaning)
}

/// An argument as text.
///
/// # Errors
/// The first sentence if it is not UTF-8, the second if it has a control character.
pub(super) fn text<'a>(
    argument: &'a [u8],
    [not_utf8, control]: [&'static str; 2],
) -> Result<&'a str, &'static str> {
    let text = str::from_utf8(argument).map_err(|_| not_utf8)?;
    match text.chars().any(char::is_control) {
        true => Err(control),
        false => Ok(text),
    }
}
