//! Parses the values of settings. An error says what was expected; the reader adds the file, the section
//! and the key before it.

use std::time::Duration;

use super::ports::Port;
use crate::mail::net::host_port::HostPort;

/// Parses `yes` or `no`.
///
/// # Errors
/// For any other text: what was expected.
pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected yes or no".to_owned()),
    }
}

/// Parses a number from 1 to the maximum of its type, and at most 4,294,967,295.
pub(super) fn at_least_one<T: TryFrom<u32>>(text: &str) -> Result<T, String> {
    let number = text.parse::<u32>().ok().filter(|number| *number > 0);
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| "expected a number of at least 1".to_owned())
}

/// Parses a number from 0 to 4,294,967,295.
pub(super) fn whole_number(text: &str) -> Result<u32, String> {
    let number = text.parse();
    number.map_err(|_| format!("expected a whole number from 0 to {}", u32::MAX))
}

/// Parses a number of seconds, at least one.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    at_least_one(text)
        .map(|seconds: u64| Duration::from_secs(seconds))
        .map_err(|why| why + " (seconds)")
}

/// Parses a number of octets, at least one; `K` and `M` mean 1,024 and 1,048,576.
pub(super) fn octets(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1 << 10),
        None => text.strip_suffix(['M', 'm']).map_or((text, 1), |digits| (digits, 1 << 20)),
    };
    let number = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| "expected a size such as 4096, 64K or 50M".to_owned())
}

/// Parses `2025` or `2024 if free`; an empty text means off.
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
        Err(_) => {
            Err("expected a port from 0 to 65535, `PORT if free`, or nothing for off".to_owned())
        }
    }
}

/// Parses `mail.test:465`, `[::1]:465`.
pub(super) fn server(text: &str) -> Result<Option<HostPort>, String> {
    text.parse().map(Some)
}

/// Parses a domain or an address of at most 253 octets, as a greeting and a certificate may contain it.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let legal = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let name = text.trim();
    if name.is_empty() || name.len() > 253 || !name.chars().all(legal) {
        return Err("a name consists of letters, digits, dots and -".to_owned());
    }
    Ok(name.to_owned())
}
