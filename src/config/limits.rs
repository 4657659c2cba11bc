//! `[limits]`: what is too much, and how long is too long.

use super::ConfigError;
use super::reader::Section;
use super::values::{at_least_one, octets, seconds};
use crate::limits::Limits;

/// Reads `[limits]`.
pub(super) fn read(mut section: Section) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let limits = Limits {
        message_size: section.value_by("message_size", default.message_size, octets)?,
        line_length: section.value_by("line_length", default.line_length, |text| {
            // RFC 5321 §4.5.3.1.4: a server must take lines of 512 octets.
            octets(text)
                .and_then(|n| usize::try_from(n).map_err(|e| e.to_string()))
                .and_then(|n| match n {
                    512.. => Ok(n),
                    _ => Err("at least 512 (RFC 5321 §4.5.3.1.4)".to_owned()),
                })
        })?,
        recipients: section.value_by("recipients", default.recipients, |text| {
            match text.parse() {
                Ok(n) if n >= 100 => Ok(n),
                _ => Err("a number of at least 100 (RFC 5321 §4.5.3.1.8)".to_owned()),
            }
        })?,
        login_attempts: section.value_by("login_attempts", default.login_attempts, at_least_one)?,
        connections_per_address: section.value_by(
            "connections_per_address",
            default.connections_per_address,
            at_least_one,
        )?,
        smtp_timeout: section.value_by("smtp_timeout", default.smtp_timeout, seconds)?,
        pop3_timeout: section.value_by("pop3_timeout", default.pop3_timeout, seconds)?,
        imap_timeout: section.value_by("imap_timeout", default.imap_timeout, seconds)?,
        retry_first: section.value_by("retry_first", default.retry_first, seconds)?,
        retry_longest: section.value_by("retry_longest", default.retry_longest, seconds)?,
        queue_lifetime: section.value_by("queue_lifetime", default.queue_lifetime, seconds)?,
        delay_notice: section.value_by("delay_notice", default.delay_notice, seconds)?,
        time_factor: section.value_by("time_factor", default.time_factor, at_least_one)?,
    };
    section.finish()?;
    Ok(limits)
}
