//! The identifiers of messages: Message-ID, References, In-Reply-To (RFC 5322 §3.6.4).

use crate::limits;
use crate::mail::message::Header;

/// A Message-ID without its angle brackets, quotation marks and white space: `"a"@b` and `a@b` are
/// the same (RFC 5256 §3).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(Box<[u8]>);

impl MessageId {
    /// Parses the text between angle brackets. It is valid with something on both sides of an `@`.
    fn between_brackets(text: &[u8]) -> Option<MessageId> {
        let noise = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, b'"' | b'\\');
        let id: Vec<u8> = text.iter().copied().filter(|octet| !noise(octet)).collect();
        let at = memchr::memchr(b'@', &id)?;
        (at > 0 && at + 1 < id.len()).then(|| MessageId(id.into()))
    }
}

/// Returns the first valid Message-ID in this value of a field.
#[must_use]
pub fn message_id(value: &[u8]) -> Option<MessageId> {
    message_ids(value).next()
}

/// Returns the message's references, the oldest first (RFC 5256 §3).
///
/// They are the Message-IDs in its References, at most [`limits::REFERENCES`], or else the first one in
/// its In-Reply-To.
#[must_use]
pub fn parents(header: &Header) -> Vec<MessageId> {
    let references = header.value("References").unwrap_or_default();
    let mut ids: Vec<MessageId> = message_ids(&references).collect();
    if ids.is_empty() {
        let in_reply_to = header.value("In-Reply-To").unwrap_or_default();
        return message_id(&in_reply_to).into_iter().collect();
    }
    ids.split_off(ids.len().saturating_sub(limits::REFERENCES))
}

/// Returns all valid Message-IDs in this value, whatever is between them.
fn message_ids(value: &[u8]) -> impl Iterator<Item = MessageId> {
    let beginnings = value.split(|octet| *octet == b'<').skip(1);
    beginnings.filter_map(|text| {
        let end = memchr::memchr(b'>', text)?;
        MessageId::between_brackets(text.get(..end)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(header: &str) -> Vec<String> {
        let header = Header::parse(header.as_bytes());
        let text = |id: MessageId| String::from_utf8_lossy(&id.0).into_owned();
        parents(&header).into_iter().map(text).collect()
    }

    #[test]
    fn references_of_every_sort() {
        let rows: [(&str, &[&str]); 11] = [
            ("", &[]),
            ("References: <a@x> <b@x>\r\n", &["a@x", "b@x"]),
            ("References: <a@x><b@x>\r\n\t<c@x>\r\n", &["a@x", "b@x", "c@x"]),
            // RFC 5256 §3: quoted or not, it is the same.
            ("References: <\"a b\"@x> <\"c\\d\"@x>\r\n", &["ab@x", "cd@x"]),
            ("References: (a comment) <a@x>, <b@x>\r\n", &["a@x", "b@x"]),
            ("References: <a@x> <broken <b@x>\r\n", &["a@x", "b@x"]),
            ("References: <no-at> <@x> <a@> <>\r\n", &[]),
            ("References: <a@x\r\n", &[]),
            ("In-Reply-To: <a@x> <b@x>\r\n", &["a@x"]),
            ("In-Reply-To: Your message of \"Mon\" <a@x>\r\n", &["a@x"]),
            ("References: none\r\nIn-Reply-To: <a@x>\r\n", &["a@x"]),
        ];
        for (header, expected) in rows {
            assert_eq!(ids(&format!("{header}\r\n")), expected, "{header}");
        }
        assert_eq!(ids("References: <a@x>\r\nIn-Reply-To: <b@x>\r\n\r\n"), ["a@x"]);
    }

    #[test]
    fn of_many_references_the_last_count() {
        let many: String = (0..5000).map(|n| format!("<{n}@x> ")).collect();
        let ids = ids(&format!("References: {many}\r\n\r\n"));
        assert_eq!((ids.len(), ids[0].as_str()), (limits::REFERENCES, "4900@x"));
        assert_eq!(ids[limits::REFERENCES - 1], "4999@x");
    }
}
