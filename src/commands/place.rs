//! A server on the command line: `mail.test`, `mail.test:993`, `[::1]:993`.

/// The host, without its brackets, and what stands behind its colon. An IPv6 address without
/// brackets is all host.
pub(super) fn host_and_port(text: &str) -> (&str, Option<&str>) {
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

/// What stands between brackets.
fn bare(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_a_place_its_host_and_its_port() {
        let rows = [
            ("mail.test", "mail.test", None),
            ("mail.test:993", "mail.test", Some("993")),
            ("[::1]:993", "::1", Some("993")),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
            ("::1:9", "::1:9", None),
            (":9", "", Some("9")),
            ("a:", "a", Some("")),
            ("", "", None),
        ];
        for (text, host, port) in rows {
            assert_eq!(host_and_port(text), (host, port), "{text}");
        }
    }
}
