//! The page that `pillarbox trace` prints: the main fields, the hops from the oldest to the newest, and
//! the sentences of [`super::sentences`].

use std::collections::HashSet;
use std::fmt::Write;

use jiff::Zoned;

use super::sentences;
use crate::client::printable;
use crate::mail::message::{Header, MailDate, ParsedMessage, Received};
use crate::teaching::text::TextStyle;

/// The way of a message, the oldest hop first.
pub(super) struct MessageTrace {
    /// The time of writing, by the writer's clock: `Date:`.
    pub(super) written: Option<Zoned>,
    /// The servers that the message passed through.
    pub(super) hops: Vec<Received>,
    /// The envelope's sender with its angle brackets: `Return-Path:`.
    pub(super) return_path: Option<String>,
    /// The address of the writer: `From:`.
    pub(super) author: Option<String>,
    /// `Message-ID:`
    pub(super) message_id: Option<String>,
}

impl MessageTrace {
    fn of(header: &Header, reading: &ParsedMessage) -> MessageTrace {
        let text = |name| {
            let value = header.value(name)?;
            Some(String::from_utf8_lossy(&value).into_owned())
        };
        MessageTrace {
            written: MailDate::of(header).and_then(|date| date.zoned()),
            hops: Received::all(header).into_iter().rev().collect(),
            return_path: text("Return-Path"),
            author: reading.from.first().map(|from| from.address().to_owned()),
            message_id: text("Message-ID"),
        }
    }

    /// Returns the seconds since the hop before or, for the first hop, since the writing.
    ///
    /// `None` if one of the two times is missing.
    pub(super) fn delay(&self, hop: usize) -> Option<i64> {
        let before = match hop.checked_sub(1) {
            Some(before) => self.hops.get(before)?.date.as_ref(),
            None => self.written.as_ref(),
        };
        Some(seconds(before?, self.hops.get(hop)?.date.as_ref()?))
    }
}

/// Returns the seconds from one moment to another.
pub(super) fn seconds(from: &Zoned, to: &Zoned) -> i64 {
    to.timestamp().as_second() - from.timestamp().as_second()
}

/// Returns the whole page.
pub(super) fn page(header: &Header, style: TextStyle) -> String {
    let none: [&str; 0] = [];
    let reading = ParsedMessage::of(&header.without(&none));
    let trace = MessageTrace::of(header, &reading);
    let mut page = String::new();
    summary(&mut page, &trace, &reading, style);
    if !trace.hops.is_empty() {
        page.push('\n');
        line_of_hops(&mut page, &trace, style);
    }
    explanations(&mut page, &trace, style);
    page
}

fn summary(page: &mut String, trace: &MessageTrace, reading: &ParsedMessage, style: TextStyle) {
    let from = reading.from.first().map(ToString::to_string);
    let rows = [
        ("Subject", Some(reading.subject.clone())),
        ("From", from),
        ("Return-Path", trace.return_path.clone()),
        ("Message-ID", trace.message_id.clone()),
    ];
    for (name, text) in rows {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            line(page, &format!("{}{}", style.bold(&format!("{name:<13}")), shown(&text)));
        }
    }
}

fn line_of_hops(page: &mut String, trace: &MessageTrace, style: TextStyle) {
    let time = trace.written.as_ref().map_or("at an unknown time".to_owned(), clock);
    line(page, &format!("  o    {}  {time}", style.bold("written")));
    for (at, hop) in trace.hops.iter().enumerate() {
        let bar = style.faint("|");
        line(page, &format!("  {bar}"));
        line(page, &format!("  {bar}    {}", passage(hop, trace.delay(at), style)));
        line(page, &format!("  {}", style.faint("v")));
        let time = hop.date.as_ref().map_or("at an unknown time".to_owned(), clock);
        let by = hop.by.as_deref().map_or("a server without a name".to_owned(), shown);
        line(page, &format!("  {:<4} {}  {time}", at + 1, style.bold(&by)));
        let bar = if at + 1 < trace.hops.len() { &bar } else { " " };
        for (name, text) in details(hop) {
            line(page, &format!("  {bar}      {name:<5} {}", shown(&text)));
        }
    }
}

/// Returns the text on the arrow to a hop: duration, protocol, TLS.
fn passage(hop: &Received, delay: Option<i64>, style: TextStyle) -> String {
    let delay = match delay {
        Some(delay) if delay < 0 => style.warning(&format!("{} back in time", duration(-delay))),
        Some(delay) => duration(delay),
        None => "after an unknown time".to_owned(),
    };
    let with = hop.with.as_deref().map_or("unknown protocol".to_owned(), shown);
    let told = hop.tls.as_ref().map(|tls| {
        let words = [tls.version.as_deref(), tls.cipher.as_deref()];
        words.into_iter().flatten().map(shown).collect::<Vec<_>>().join(" ")
    });
    let tls = match (told, hop.encrypted()) {
        (Some(told), _) => told,
        (None, Some(true)) => "TLS, unknown version".to_owned(),
        (None, Some(false)) => style.warning("no TLS"),
        (None, None) => "TLS unknown".to_owned(),
    };
    format!("{delay}, {with}, {tls}")
}

fn details(hop: &Received) -> Vec<(&'static str, String)> {
    let seen = [hop.from_name.clone(), hop.from_address.map(|address| format!("[{address}]"))];
    let seen = seen.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let from = match (&hop.from, seen.is_empty()) {
        (Some(from), false) => Some(format!("{from}, seen as {seen}")),
        (Some(from), true) => Some(from.clone()),
        (None, _) => None,
    };
    let rows = [
        ("from", from),
        ("id", hop.id.clone()),
        ("for", hop.for_.clone()),
        ("also", Some(hop.others.join(" ")).filter(|text| !text.is_empty())),
    ];
    let there = rows.into_iter().filter_map(|(name, text)| Some((name, text?)));
    there.collect()
}

/// Writes each sentence once, where it is needed first.
fn explanations(page: &mut String, trace: &MessageTrace, style: TextStyle) {
    let mut said = HashSet::new();
    let sections =
        (0..trace.hops.len()).map(|hop| (format!("Hop {}", hop + 1), sentences::hop(trace, hop)));
    let sections = sections.chain([
        ("The message".to_owned(), sentences::message(trace)),
        ("What to believe".to_owned(), sentences::trust(trace)),
    ]);
    for (heading, sentences) in sections {
        let new: Vec<String> = sentences.into_iter().filter(|s| said.insert(s.clone())).collect();
        if !new.is_empty() {
            line(page, &format!("\n{}", style.bold(&heading)));
        }
        new.iter().for_each(|sentence| wrapped(page, sentence));
    }
}

/// Writes a sentence in lines of at most 78 characters, except for longer words.
fn wrapped(page: &mut String, sentence: &str) {
    let mut used = 0;
    for word in sentence.split(' ') {
        let length = word.chars().count();
        let before = match used {
            0 => "  - ",
            _ if used + 1 + length > 78 => "\n    ",
            _ => " ",
        };
        used = if before == " " { used + 1 } else { 4 } + length;
        page.push_str(before);
        page.push_str(word);
    }
    page.push('\n');
}

fn line(page: &mut String, text: &str) {
    // Writing to a string never fails.
    let _ = writeln!(page, "{text}");
}

/// Returns a piece of the message as printable text of at most 160 characters.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 160;
    let text = text.replace('\t', " ");
    let mut shown: String = printable(&text).chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

fn clock(time: &Zoned) -> String {
    time.strftime("%a %Y-%m-%d %H:%M:%S %z").to_string()
}

/// Returns a duration in its two largest units: `2 s`, `5 min 3 s`, `3 d 4 h`.
pub(super) fn duration(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3600 => format!("{minutes} min {} s", seconds % 60),
        3600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_have_the_units_that_matter() {
        let rows = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 0 s"),
            (3599, "59 min 59 s"),
            (3600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(duration(seconds), expected);
        }
    }

    #[test]
    fn only_ink_colours() {
        let header = Header::parse(b"Received: by a\r\n\r\n");
        assert!(!page(&header, TextStyle::Plain).contains('\x1b'));
        assert!(page(&header, TextStyle::Coloured).contains("\x1b[1ma\x1b[0m"));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn nothing_in_a_message_reaches_the_terminal_as_a_command(
            from in "\\PC{0,9}[\x1b\u{9b}\u{202e}\x07]\\PC{0,300}", name in "(Received|Subject|Return-Path|From|Message-ID)",
        ) {
            let message = format!("{name}: from {from} by {from} with {from} id {from} for {from} ({from})\r\n\r\n");
            let page = page(&Header::parse(message.as_bytes()), TextStyle::Plain);
            let obeyed = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            prop_assert!(!page.chars().any(obeyed), "{:?}", page);
        }

        #[test]
        fn wrapping_changes_only_the_space(words in prop::collection::vec("[a-zé]{1,90}", 1..40)) {
            let mut page = String::new();
            wrapped(&mut page, &words.join(" "));
            let short = |line: &str| line.chars().count() <= 78 || line.split_whitespace().count() <= 2;
            prop_assert!(page.lines().all(short), "{}", page);
            prop_assert_eq!(page.split_whitespace().skip(1).collect::<Vec<_>>(), words);
        }
    }
}
