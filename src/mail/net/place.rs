//! A server as people write it: `mail.test`, `mail.test:993`, `[::1]:993`.

use std::fmt;

/// A host and a port, to be written: a host with a colon in it is an IPv6 address, and gets brackets
/// (RFC 3986 §3.2.2).
pub(crate) struct Place<'a>(pub(crate) &'a str, pub(crate) u16);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place(host, port) = self;
        match host.contains(':') {
            true => write!(f, "[{host}]:{port}"),
            false => write!(f, "{host}:{port}"),
        }
    }
}

/// The host, without its brackets, and what stands behind its colon, if there is one: the command
/// line's form, where a port may be left out. An IPv6 address without brackets is all host.
pub(crate) fn host_perhaps_port(text: &str) -> (&str, Option<&str>) {
    if let Some(host) = bare(text) {
        return (host, None);
    }
    match text.rsplit_once(':') {
        Some((host, port)) => match bare(host) {
            Some(host) => (host, Some(port)),
            None if host.contains(':') => (text, None),
            None => (host, Some(port)),
        },
        None => (text, None),
    }
}

/// The host, without its brackets, and what stands behind the last colon: the configuration's form,
/// where a port is never left out. So even an IPv6 address without brackets ends at that colon.
pub(crate) fn host_and_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    Some((without_brackets(host), port))
}

/// `::1` of `[::1]`.
pub(crate) fn without_brackets(host: &str) -> &str {
    host.trim_matches(['[', ']'])
}

/// What stands between brackets.
fn bare(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_place_with_a_port_perhaps_and_one_that_has_it() {
        let rows = [
            ("mail.test", ("mail.test", None), None),
            (
                "mail.test:993",
                ("mail.test", Some("993")),
                Some(("mail.test", "993")),
            ),
            ("[::1]:993", ("::1", Some("993")), Some(("::1", "993"))),
            ("[::1]", ("::1", None), Some((":", "1]"))),
            ("::1", ("::1", None), Some((":", "1"))),
            ("::1:9", ("::1:9", None), Some(("::1", "9"))),
            (":9", ("", Some("9")), Some(("", "9"))),
            ("a:", ("a", Some("")), Some(("a", ""))),
            ("", ("", None), None),
        ];
        for (text, perhaps, with) in rows {
            assert_eq!(host_perhaps_port(text), perhaps, "{text}");
            assert_eq!(host_and_port(text), with, "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for (host, port) in [("mail.test", 993), ("192.0.2.1", 25), ("2001:db8::1", 143)] {
            let (text, port) = (Place(host, port).to_string(), port.to_string());
            assert_eq!(host_perhaps_port(&text), (host, Some(port.as_str())));
            assert_eq!(host_and_port(&text), Some((host, port.as_str())));
        }
    }
}
