//! The values of settings: what each kind looks like. The error of one that does not is what is
//! asked for, which the reader puts behind the file, the section and the key.

use std::time::Duration;

use super::ports::Port;
use crate::mail::net::place::host_and_port;

/// `yes` or `no`.
///
/// # Errors
/// For any other text: what is asked for.
pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no".to_owned()),
    }
}

/// A number from 1 on, no larger than its type holds, nor than 4,294,967,295.
pub(super) fn at_least_one<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| "a number of at least 1".to_owned())
}

/// A number from 0 on, no larger than 4,294,967,295.
pub(super) fn whole_number(text: &str) -> Result<u32, String> {
    let number = text.parse();
    number.map_err(|_| format!("a whole number from 0 to {}", u32::MAX))
}

/// At least one second.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    at_least_one(text)
        .map(|seconds: u64| Duration::from_secs(seconds))
        .map_err(|why| why + " (seconds)")
}

/// A number of octets, at least one, with `K` or `M` for 1,024 and 1,048,576.
pub(super) fn octets(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1 << 10),
        None => text
            .strip_suffix(['M', 'm'])
            .map_or((text, 1), |digits| (digits, 1 << 20)),
    };
    let number = digits
        .trim()
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit));
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| "a size such as 4096, 64K or 50M".to_owned())
}

/// `2025`, `2024 if free`; an empty text is off.
pub(super) fn port_or_off(text: &str) -> Result<Option<Port>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let (number, if_free) = match text.strip_suffix("if free") {
        Some(number) => (number.trim_end(), true),
        None => (text, false),
    };
    match number.parse() {
        Ok(number) => Ok(Some(Port { number, if_free })),
        Err(_) => Err(
            "a port is 0 to 65535, perhaps with `if free` behind it, or empty for off".to_owned(),
        ),
    }
}

/// `mail.test:465`, `[::1]:465`: a host, and a port from 0 to 65535.
pub(super) fn server(text: &str) -> Result<Option<(String, u16)>, String> {
    let (host, port) = host_and_port(text).ok_or("host:port is asked for")?;
    let port = port.parse().map_err(|_| "a port is 0 to 65535")?;
    Ok(Some((host.to_owned(), port)))
}

/// A domain or an address, of at most 253 octets: what may stand in a greeting and in a certificate.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let name = text.trim();
    if name.is_empty() || name.len() > 253 || !name.chars().all(legal) {
        return Err("a name is made of letters, digits, dots and -".to_owned());
    }
    Ok(name.to_owned())
}
