//! Addresses and the paths of MAIL and RCPT (RFC 5321 §4.1.2, with UTF-8 by RFC 6531 §3.3).
//!
//! An [`Address`] keeps the text as it was written, quotes included: only its own domain may
//! interpret a local part (RFC 5321 §2.3.11). It has no control characters, so it cannot smuggle a
//! line into a command or a header.

use std::borrow::Cow;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::limits;

/// A mailbox, `alice@example.org`, without source route, display name and brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    local: String,
    domain: String,
}

impl Address {
    /// Parses `local@domain`, which must be the whole text.
    ///
    /// # Errors
    /// A sentence that names the mistake.
    pub fn parse(text: &str) -> Result<Address, &'static str> {
        if text.chars().any(char::is_control) {
            return Err("the address has a control character");
        }
        let (local, rest) = local_part(text)?;
        let domain = rest.strip_prefix('@').ok_or("the address has no @ and domain")?;
        check_domain(domain)?;
        if local.len() > limits::LOCAL_PART {
            return Err("the local part is longer than 64 octets");
        }
        Ok(Address { local: local.to_owned(), domain: domain.to_owned() })
    }

    /// The local part, before the `@`, as it was written: a quoted string has its quotes.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The local part without quotes and backslashes: `"alice"@x` means `alice@x` (RFC 5321 §4.1.2).
    #[must_use]
    pub fn unquoted_local(&self) -> Cow<'_, str> {
        let quoted = self.local.strip_prefix('"');
        let Some(inside) = quoted.and_then(|text| text.strip_suffix('"')) else {
            return Cow::Borrowed(&self.local);
        };
        let mut meaning = String::with_capacity(inside.len());
        let mut chars = inside.chars();
        while let Some(c) = chars.next() {
            meaning.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
        }
        Cow::Owned(meaning)
    }

    /// The part after the `@`: a domain, or an address literal with its brackets.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// True if this is its domain. Domains ignore case (RFC 5321 §2.4).
    #[must_use]
    pub fn is_at(&self, domain: &str) -> bool {
        self.domain.eq_ignore_ascii_case(domain)
    }

    /// True if it has characters beyond ASCII, and so needs SMTPUTF8 (RFC 6531).
    #[must_use]
    pub fn is_international(&self) -> bool {
        !(self.local.is_ascii() && self.domain.is_ascii())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

impl FromStr for Address {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Address, &'static str> {
        Address::parse(text)
    }
}

/// The path of MAIL: where a message comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ReversePath {
    /// `<>`: nothing may be sent back, as for a bounce (RFC 5321 §4.5.5).
    Null,
    /// The address that bounces go to.
    Address(Address),
}

impl fmt::Display for ReversePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReversePath::Null => f.write_str("<>"),
            ReversePath::Address(address) => write!(f, "<{address}>"),
        }
    }
}

/// The path of RCPT: where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// `<postmaster>` without a domain, which every server must accept (RFC 5321 §4.1.1.3).
    Postmaster,
    /// A mailbox.
    Address(Address),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Postmaster => f.write_str("<postmaster>"),
            Path::Address(address) => write!(f, "<{address}>"),
        }
    }
}

/// Parses a reverse path at the beginning; returns it and the rest.
pub(super) fn reverse_path(text: &str) -> Result<(ReversePath, &str), &'static str> {
    let (inside, rest) = brackets(text)?;
    let path = match inside {
        "" => ReversePath::Null,
        inside => ReversePath::Address(routed(inside)?),
    };
    Ok((path, rest))
}

/// Parses a forward path at the beginning; returns it and the rest.
pub(super) fn forward_path(text: &str) -> Result<(Path, &str), &'static str> {
    let (inside, rest) = brackets(text)?;
    let path = match inside {
        "" => return Err("a recipient cannot be empty"),
        inside if inside.eq_ignore_ascii_case("postmaster") => Path::Postmaster,
        inside => Path::Address(routed(inside)?),
    };
    Ok((path, rest))
}

/// Splits `<inside>rest`. A `>` in a quoted string does not end the path.
fn brackets(text: &str) -> Result<(&str, &str), &'static str> {
    let inside = text
        .strip_prefix('<')
        .ok_or("the address must be in angle brackets: <alice@example.org>")?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted && at + 2 > limits::PATH => {
                return Err("the path is longer than 256 octets");
            }
            '>' if !quoted => return Ok((&inside[..at], &inside[at + 1..])),
            _ => {}
        }
    }
    Err("the closing angle bracket is missing")
}

/// RFC 5321 §4.1.2, appendix C: a source route `@one,@two:` must be accepted and should be ignored.
fn routed(inside: &str) -> Result<Address, &'static str> {
    if !inside.starts_with('@') {
        return Address::parse(inside);
    }
    let (route, address) =
        inside.split_once(':').ok_or("the source route does not end with a colon")?;
    for hop in route.split(',') {
        check_domain(hop.strip_prefix('@').ok_or("a source route is @one,@two:")?)?;
    }
    Address::parse(address)
}

fn local_part(text: &str) -> Result<(&str, &str), &'static str> {
    if let Some(inside) = text.strip_prefix('"') {
        return quoted_string(text, inside);
    }
    let end = text.find('@').unwrap_or(text.len());
    let (local, rest) = text.split_at(end);
    if local.split('.').any(str::is_empty) {
        return Err("the local part is empty or has an empty part between dots");
    }
    if !local.chars().all(|c| c == '.' || is_atext(c)) {
        return Err("the local part has a character that needs quotes");
    }
    Ok((local, rest))
}

fn quoted_string<'a>(text: &'a str, inside: &'a str) -> Result<(&'a str, &'a str), &'static str> {
    let mut chars = inside.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok(text.split_at(at + 2)),
            // RFC 5321 §4.1.2, quoted-pairSMTP: a backslash and a printable ASCII character.
            '\\' if !matches!(chars.next(), Some((_, ' '..='~'))) => break,
            _ => {}
        }
    }
    Err("the quoted local part has no closing quote")
}

/// A character of an atom (RFC 5322 §3.2.3), or one beyond ASCII (RFC 6531 §3.3).
fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_beyond(c)
}

/// Checks a domain or an address literal. Underscores are accepted, since hosts with them exist.
pub(super) fn check_domain(domain: &str) -> Result<(), &'static str> {
    if domain.len() > limits::DOMAIN {
        return Err("the domain is longer than 255 octets");
    }
    if let Some(literal) = domain.strip_prefix('[') {
        return check_literal(literal.strip_suffix(']').ok_or("the ] is missing")?);
    }
    let label = |label: &str| {
        let inside = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || is_beyond(c);
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(inside)
    };
    if domain.split('.').all(label) {
        return Ok(());
    }
    Err("not a domain: write example.org or [192.0.2.1]")
}

/// RFC 5321 §4.1.3. Of the general literals, `tag:content`, only the shape is checked.
fn check_literal(literal: &str) -> Result<(), &'static str> {
    let good = match literal.split_once(':') {
        None => literal.parse::<Ipv4Addr>().is_ok(),
        Some((tag, address)) if tag.eq_ignore_ascii_case("IPv6") => {
            address.parse::<Ipv6Addr>().is_ok()
        }
        Some((tag, content)) => {
            let dcontent = |c: char| matches!(c, '!'..='Z' | '^'..='~');
            tag.starts_with(|c: char| c.is_ascii_alphanumeric())
                && tag.ends_with(|c: char| c.is_ascii_alphanumeric())
                && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
                && !content.is_empty()
                && content.chars().all(dcontent)
        }
    };
    if good {
        return Ok(());
    }
    Err("not an address literal: write [192.0.2.1] or [IPv6:2001:db8::1]")
}

/// A character beyond ASCII that is neither a space nor a control character.
fn is_beyond(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !c.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let long_local = format!("{}@x", "a".repeat(64));
        let long_domain = format!("a@{}", "d.".repeat(127) + "d");
        let rows = [
            ("alice@example.org", "alice", "example.org"),
            ("a.b+tag!#$%@x", "a.b+tag!#$%", "x"),
            (r#""two words"@x"#, "two words", "x"),
            (r#""say \"hi\" @ \\"@x"#, r#"say "hi" @ \"#, "x"),
            ("a@[192.0.2.1]", "a", "[192.0.2.1]"),
            ("a@[IPv6:2001:db8::1]", "a", "[IPv6:2001:db8::1]"),
            ("a@[tag:content]", "a", "[tag:content]"),
            ("josé@bücher.example", "josé", "bücher.example"),
            ("a@under_score.test", "a", "under_score.test"),
            (&long_local, &long_local[..64], "x"),
            (&long_domain, "a", &long_domain[2..]),
        ];
        for (text, local, domain) in rows {
            let address = Address::parse(text).unwrap();
            assert_eq!(address.unquoted_local(), local, "{text}");
            assert_eq!(address.domain(), domain, "{text}");
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn texts_that_are_no_address() {
        let long_local = format!("{}@x", "a".repeat(65));
        let long_domain = format!("a@{}", "d".repeat(256));
        let rows = [
            "",
            "alice",
            "@x",
            "alice@",
            "a@b@c",
            ".a@x",
            "a.@x",
            "a..b@x",
            "two words@x",
            "a@x y",
            "a@-x",
            "a@x-",
            "a@x..y",
            "a@.x",
            "a@x.",
            "a@[300.1.1.1]",
            "a@[1.2.3.4",
            "a@[IPv6:1]",
            "a@[]",
            "\"a@x",
            "\"a\"b@x",
            "\"\\\u{e9}\"@x",
            "a\u{0}@x",
            "a\r\n@x",
            "a\u{85}@x",
            "a@x\u{2003}y",
            "<a@x>",
            "a,b@x",
            &long_local,
            &long_domain,
        ];
        for text in rows {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn paths() {
        let address = |text| Path::Address(Address::parse(text).unwrap());
        let rows = [
            ("<a@x> SIZE=1", address("a@x"), " SIZE=1"),
            // RFC 5321 appendix C: the route is ignored.
            ("<@one,@two:a@x>", address("a@x"), ""),
            (r#"<"a>b"@x>"#, address(r#""a>b"@x"#), ""),
            (r#"<"\">"@x>rest"#, address(r#""\">"@x"#), "rest"),
            ("<PostMaster>", Path::Postmaster, ""),
        ];
        for (text, path, rest) in rows {
            assert_eq!(forward_path(text), Ok((path, rest)), "{text}");
        }
        assert_eq!(reverse_path("<>"), Ok((ReversePath::Null, "")));
        for text in ["<>", "a@x", "<a@x", "<@one:>", "<@one,two:a@x>", "< a@x>", "<a>"] {
            assert!(forward_path(text).is_err(), "{text}");
        }
        let route = format!("<{}@y:a@x>", "@route,".repeat(40));
        assert_eq!(forward_path(&route), Err("the path is longer than 256 octets"));
    }
}
