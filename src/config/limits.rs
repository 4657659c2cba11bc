//! `[limits]`: maximum sizes, counts and times.

use std::time::Duration;

use super::error::ConfigError;
use super::reader::IniSection;
use super::values::{at_least_one, octets, seconds};
use crate::limits::{BareLineEndings, Limits};

/// Reads `[limits]`.
pub(super) fn read(mut section: IniSection) -> Result<Limits, ConfigError> {
    let default = Limits::default();
    let limits = Limits {
        message_size: section.value_by("message_size", default.message_size, octets)?,
        line_length: section.value_by("line_length", default.line_length, line_length)?,
        recipients: section.value_by("recipients", default.recipients, recipients)?,
        login_attempts: section.value_by("login_attempts", default.login_attempts, at_least_one)?,
        login_delay: section.value_by("login_delay", default.login_delay, seconds_or_none)?,
        messages_per_minute: section.value_by(
            "messages_per_minute",
            default.messages_per_minute,
            at_least_one,
        )?,
        recipients_per_minute: section.value_by(
            "recipients_per_minute",
            default.recipients_per_minute,
            at_least_one,
        )?,
        errors_per_minute: section.value_by(
            "errors_per_minute",
            default.errors_per_minute,
            at_least_one,
        )?,
        bare_line_endings: section.value_by(
            "bare_line_endings",
            default.bare_line_endings,
            refuse_or_accept,
        )?,
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

/// Parses a line length. RFC 5321 §4.5.3.1.4: a server must take lines of 512 octets.
fn line_length(text: &str) -> Result<usize, String> {
    let length = octets(text)?;
    let length = usize::try_from(length).map_err(|error| error.to_string())?;
    if length < 512 {
        return Err("expected at least 512 (RFC 5321 §4.5.3.1.4)".to_owned());
    }
    Ok(length)
}

fn recipients(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n >= 100 => Ok(n),
        _ => Err("expected a number of at least 100 (RFC 5321 §4.5.3.1.8)".to_owned()),
    }
}

fn seconds_or_none(text: &str) -> Result<Duration, String> {
    let seconds: Result<u32, _> = text.parse();
    seconds
        .map(|seconds| Duration::from_secs(seconds.into()))
        .map_err(|_| "expected a number of seconds, or 0".to_owned())
}

fn refuse_or_accept(text: &str) -> Result<BareLineEndings, String> {
    match text {
        "refuse" => Ok(BareLineEndings::Refuse),
        "accept" => Ok(BareLineEndings::Accept),
        _ => Err("expected refuse or accept".to_owned()),
    }
}
