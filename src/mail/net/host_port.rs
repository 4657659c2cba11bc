//! A server as people write it: `mail.test`, `mail.test:993`, `[::1]:993`.
//!
//! An IPv6 address has colons itself, so with a port it is written in brackets (RFC 3986 §3.2.2). `::1:9`
//! is therefore never taken for a host and a port.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A host and its TCP port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port, 1 to 65535.
    pub port: u16,
}

/// `mail.test:993`, `[::1]:993`.
impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_host_port(f, &self.host, self.port)
    }
}

/// Parses a host with its port.
impl FromStr for HostPort {
    type Err = String;

    fn from_str(text: &str) -> Result<HostPort, String> {
        match HostMaybePort::from_str(text)? {
            HostMaybePort { host, port: Some(port) } => Ok(HostPort { host, port }),
            HostMaybePort { host, .. } if host.contains(':') => Err(format!(
                "the port is missing; an IPv6 address with a port is written [{host}]:PORT"
            )),
            HostMaybePort { host, .. } => {
                Err(format!("the port is missing; write it as {host}:PORT"))
            }
        }
    }
}

/// A host, and its TCP port if that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostMaybePort {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port, 1 to 65535.
    pub port: Option<u16>,
}

/// Parses a host, with its port or without.
impl FromStr for HostMaybePort {
    type Err = String;

    fn from_str(text: &str) -> Result<HostMaybePort, String> {
        let (host, port) = split(text)?;
        if host.is_empty() {
            return Err("the host is missing; write HOST:PORT".to_owned());
        }
        let port = port.map(parse_port).transpose()?;
        Ok(HostMaybePort { host: host.to_owned(), port })
    }
}

/// Splits at the colon before the port, and removes the brackets of an IPv6 address.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("the closing bracket is missing")?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(format!("after ] comes a colon and the port, not {after:?}")),
        };
    }
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((_, rest)) if rest.contains(':') => match text.parse::<Ipv6Addr>() {
            Ok(_) => Ok((text, None)),
            Err(_) => Err(format!("{text:?} has more than one colon and is not an IPv6 address")),
        },
        Some((host, port)) => Ok((host, Some(port))),
    }
}

/// Parses a port to connect to: 1 to 65535.
///
/// # Errors
/// A sentence, when it is no number in this range.
pub(crate) fn parse_port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(format!("the port is a number from 1 to 65535, not {text:?}")),
    }
}

/// Writes a host and a port; an IPv6 address gets brackets.
pub(crate) fn write_host_port(f: &mut fmt::Formatter<'_>, host: &str, port: u16) -> fmt::Result {
    if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_read_with_its_port_or_without() {
        let rows = [
            ("mail.test", "mail.test", None),
            ("mail.test:993", "mail.test", Some(993)),
            ("[::1]:993", "::1", Some(993)),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
            ("::1:9", "::1:9", None),
        ];
        for (text, host, port) in rows {
            let host = host.to_owned();
            assert_eq!(text.parse(), Ok(HostMaybePort { host, port }), "{text}");
        }
    }

    #[test]
    fn an_error_says_what_is_wrong() {
        let rows = [
            ("", "the host is missing"),
            (":9", "the host is missing"),
            ("a", "the port is missing; write it as a:PORT"),
            ("a:", "the port is a number from 1 to 65535, not \"\""),
            ("a:0", "the port is a number from 1 to 65535, not \"0\""),
            ("a:smtp", "the port is a number from 1 to 65535, not \"smtp\""),
            ("a:65536", "the port is a number"),
            ("::1", "is written [::1]:PORT"),
            ("::1:9", "is written [::1:9]:PORT"),
            ("[::1]", "is written [::1]:PORT"),
            ("[::1", "the closing bracket is missing"),
            ("[::1]9", "after ] comes a colon"),
            ("a:b:9", "is not an IPv6 address"),
        ];
        for (text, expected) in rows {
            let error = HostPort::from_str(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for (host, port) in [("mail.test", 993), ("192.0.2.1", 25), ("2001:db8::1", 143)] {
            let host = host.to_owned();
            let server = HostPort { host, port };
            assert_eq!(server.to_string().parse(), Ok(server));
        }
    }
}
