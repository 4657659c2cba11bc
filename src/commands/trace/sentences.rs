//! The sentences that explain the way of a message, each with its RFC.
//!
//! A sentence contains pieces of the message only as [`shown`] returns them. The page shows each sentence
//! once, so a sentence that is true of every hop may be returned for every hop.

use std::net::IpAddr;

use super::drawing::{MessageTrace, duration, seconds, shown};
use crate::mail::message::Received;
use crate::teaching::explain::{Texts, Topic};

/// A delay of this many seconds needs an explanation, because a transfer takes seconds only.
const WAITED: i64 = 5 * 60;

/// Returns the sentences about one hop.
pub(super) fn hop(trace: &MessageTrace, at: usize) -> Vec<String> {
    let Some(hop) = trace.hops.get(at) else {
        return Vec::new();
    };
    let before = at.checked_sub(1).and_then(|before| trace.hops.get(before));
    let sentences = [
        Some(client(hop)),
        hop.from_address.and_then(place),
        before.and_then(|before| gap(before, hop)),
        hop.with.as_deref().map(protocol),
        tls(hop),
        hop.id.as_ref().map(|_| "id is the server's own name for the message, which also appears in its log (RFC 5321 §4.4).".to_owned()),
        hop.for_.as_ref().map(|_| "for is a recipient of the envelope (RCPT TO), who may be missing in To:. Servers omit it for several recipients, so that they do not learn of each other (RFC 5321 §7.6).".to_owned()),
        time(trace, at),
    ];
    sentences.into_iter().flatten().collect()
}

/// Returns the sentences about the other fields.
pub(super) fn message(trace: &MessageTrace) -> Vec<String> {
    let mut sentences = Vec::new();
    if trace.written.is_some() {
        sentences.push("The time of writing is from Date:, by the clock of the writer's machine (RFC 5322 §3.6.1).".to_owned());
    }
    if let Some(path) = &trace.return_path {
        sentences.push(return_path(path, trace.author.as_deref()));
    }
    sentences.push(match &trace.message_id {
        Some(_) => "Message-ID comes from the writer's program, or from the first server. It is the same for all recipients, and replies refer to it (RFC 5322 §3.6.4).",
        None => "There is no Message-ID, which every message should have (RFC 5322 §3.6.4): replies cannot refer to this message.",
    }.to_owned());
    sentences
}

/// Returns the sentences about the whole: what can be trusted.
pub(super) fn trust(trace: &MessageTrace) -> Vec<String> {
    let (Some(first), Some(newest)) = (trace.hops.first(), trace.hops.last()) else {
        return vec!["There are no Received lines, so this message has not passed through a server: it is a draft, a copy of a sent message, or was put into the mailbox by IMAP's APPEND (RFC 9051 §6.3.12). Every SMTP server adds a line at the top (RFC 5321 §4.4).".to_owned()];
    };
    let count = trace.hops.len();
    let by = newest.by.as_deref().map_or("a server".to_owned(), shown);
    let mut sentences = vec![format!(
        "Hop {count} is the newest, at the top of the message; {by} wrote it. Believe it if this is the server where you read your mail."
    )];
    if count > 1 {
        sentences.push(String::from(
            "Each line below it arrived together with the message. Going down from the newest line, believe a line only if you trust the server that wrote the line above it. Below the first server that you do not know, every line may be invented (RFC 5321 §7.1)."
        ));
    }
    sentences.push("Date:, From:, Subject: and Message-ID are the writer's words; servers need not check them (RFC 5321 §7.1).".to_owned());
    if let (Some(from), Some(to)) = (&first.date, &newest.date)
        && count > 1
        && seconds(from, to) >= 0
    {
        let time = duration(seconds(from, to));
        sentences.push(format!(
            "From the first server to the last it took {time}, if their clocks agree."
        ));
    }
    sentences
}

/// Compares what the client claims with what the server saw.
fn client(hop: &Received) -> String {
    let Some(from) = &hop.from else {
        return "It does not say where the message came from: it began here, or came from another part of the same server.".to_owned();
    };
    let claim = shown(from);
    match (hop.from_address, hop.from_name.as_deref().map(shown)) {
        (Some(address), Some(name)) if name.eq_ignore_ascii_case(&claim) => format!(
            "The client called itself {claim}, and the DNS has the same name for its address, {address}."
        ),
        (Some(address), Some(name)) => format!(
            "The client called itself {claim}, but the DNS calls its address, {address}, {name}. Many honest machines have such a difference, so a server must not refuse them for it (RFC 5321 §4.1.4)."
        ),
        (Some(address), None) => format!(
            "{claim} is only what the client called itself in HELO or EHLO; its address, {address}, was seen by the server itself (RFC 5321 §4.4)."
        ),
        (None, _) => format!(
            "{claim} is only what the client called itself. Its address, which cannot be invented, is missing (RFC 5321 §4.4 asks for both)."
        ),
    }
}

/// Explains a special address.
fn place(address: IpAddr) -> Option<String> {
    let (private, rfc) = match address.to_canonical() {
        IpAddr::V4(v4) => (v4.is_private(), "RFC 1918"),
        IpAddr::V6(v6) => (v6.is_unique_local(), "RFC 4193"),
    };
    if address.to_canonical().is_loopback() {
        return Some(format!(
            "{address} is the machine itself: one program passed the message to another, without a network."
        ));
    }
    private.then(|| {
        format!(
            "{address} is a private address ({rfc}): it has a meaning only inside its own network."
        )
    })
}

/// Checks the chain: the client of this hop should be the server of the hop before.
fn gap(before: &Received, hop: &Received) -> Option<String> {
    let by = before.by.as_deref()?;
    let names: Vec<&str> =
        [&hop.from, &hop.from_name].into_iter().flatten().map(String::as_str).collect();
    let own = hop.from_address.is_some_and(|address| address.to_canonical().is_loopback());
    if names.is_empty() || own || names.iter().any(|name| related(name, by)) {
        return None;
    }
    Some(format!(
        "The line before was written by {}, but this server received the message from {}: either this is one machine with two names, or a server between them wrote no line, or the line before is invented.",
        shown(by),
        shown(names.first()?)
    ))
}

/// True if two names seem to belong together: their last two labels are the same.
fn related(one: &str, other: &str) -> bool {
    let domain = |name: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let labels: Vec<&str> = name.rsplit('.').take(2).collect();
        labels.join(".")
    };
    domain(one) == domain(other)
}

fn protocol(with: &str) -> String {
    let texts = Texts::compiled_in();
    let entry = texts.find(Topic::With, with);
    let said = entry.map(|entry| format!("{} ({}).", entry.says.trim_end_matches('.'), entry.rfc));
    format!("{}: {}", shown(with), said.unwrap_or_default())
}

fn tls(hop: &Received) -> Option<String> {
    let version = hop.tls.as_ref().and_then(|tls| tls.version.as_deref());
    let sentence = match (version, hop.encrypted()?) {
        (Some("TLSv1.2" | "TLSv1.3"), _) | (None, true) => {
            "TLS protected this hop from listeners; the servers themselves can read the message (RFC 3207 §6)."
        }
        (Some(old), _) => {
            return Some(format!(
                "{} is out of date: attacks on it are known (RFC 8996).",
                shown(old)
            ));
        }
        (None, false) if hop.from_address.is_some_and(|a| a.to_canonical().is_loopback()) => {
            return None;
        }
        (None, false) => {
            "Without TLS, any machine that forwarded the packets of this hop could read and change the message (RFC 3207)."
        }
    };
    Some(sentence.to_owned())
}

fn time(trace: &MessageTrace, at: usize) -> Option<String> {
    let hop = trace.hops.get(at)?;
    if hop.date.is_none() {
        return Some(
            "It has no valid time, so the duration is unknown (RFC 5321 §4.4 asks for a time)."
                .to_owned(),
        );
    }
    let delay = trace.delay(at)?;
    if delay < 0 {
        return Some(format!(
            "Its clock shows {} less than the clock before. Nothing arrives before it leaves, so one of the two clocks is wrong, or a line is invented.",
            duration(-delay)
        ));
    }
    (delay >= WAITED).then(|| format!(
        "It took {}: the message waited in a queue for another try (RFC 5321 §4.5.4.1), in the writer's outbox, or a clock is wrong.",
        duration(delay)
    ))
}

fn return_path(path: &str, author: Option<&str>) -> String {
    let path = path.trim();
    let sender = path.trim_matches(['<', '>']);
    if sender.is_empty() {
        return "Return-Path: <> means that failures are not reported: the message is a bounce or another notification, for which no server may send a bounce (RFC 5321 §4.5.5).".to_owned();
    }
    let differs = author.is_some_and(|author| !author.eq_ignore_ascii_case(sender));
    let who = "Return-Path is the envelope's sender (MAIL FROM), added at delivery; bounces go there (RFC 5321 §4.4).";
    if differs {
        format!(
            "{who} It differs from the address in From:, as with lists and newsletters, and with forgeries."
        )
    } else {
        who.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::MailDate;

    /// A trace with these lines, the oldest first, of a message written at the minute 15:00.
    fn trace(lines: &[&str]) -> MessageTrace {
        let hops = lines.iter().map(|line| Received::parse(line.as_bytes()));
        MessageTrace {
            written: MailDate::parse(b"Mon, 23 Nov 2026 15:00:00 +0000")
                .and_then(|date| date.zoned()),
            hops: hops.collect(),
            return_path: None,
            author: None,
            message_id: None,
        }
    }

    #[test]
    fn what_deserves_a_second_look_is_said_and_nothing_else() {
        let words = [
            "only what the client called itself in HELO",
            "but the DNS calls",
            "has the same name",
            "is the machine itself",
            "a private address",
            "out of date",
            "Without TLS",
            "It has no valid time",
            "the message waited",
            "less than the clock before",
            "or the line before is invented",
        ];
        let before = "by mx.a.test; Mon, 23 Nov 2026 15:00:00 +0000";
        let rows: &[(&str, &[usize])] = &[
            ("from mx.a.test ([192.0.2.1]) with ESMTPS; Mon, 23 Nov 2026 15:00:01 +0000", &[0]),
            (
                "from a.test (mx.a.test [192.0.2.1]) with ESMTPS; Mon, 23 Nov 2026 15:00:01 +0000",
                &[1],
            ),
            (
                "from mx.a.test (mx.a.test [192.0.2.1]) with ESMTP; Mon, 23 Nov 2026 15:00:01 +0000",
                &[2, 6],
            ),
            ("from x ([127.0.0.1]) with ESMTP; Mon, 23 Nov 2026 15:04:59 +0000", &[0, 3]),
            (
                "from MX.A.test. ([IPv6:fd00::1]) with ESMTPS; Mon, 23 Nov 2026 15:05:00 +0000",
                &[0, 4, 8],
            ),
            (
                "from mx.a.test ([192.0.2.1]) with ESMTPS (TLS1.1); Mon, 23 Nov 2026 16:00:00 +0100",
                &[0, 5],
            ),
            ("from mx.a.test ([192.0.2.1]) with HTTPS", &[0, 7]),
            (
                "from mx.c.test ([192.0.2.1]) with ESMTPS; Mon, 23 Nov 2026 14:59:59 +0000",
                &[0, 9, 10],
            ),
            ("by b.test; Mon, 23 Nov 2026 15:00:00 +0000", &[]),
        ];
        for (line, expected) in rows {
            let said = hop(&trace(&[before, line]), 1).join(" ");
            let found = (0..words.len()).filter(|&word| said.contains(words[word]));
            assert_eq!(found.collect::<Vec<_>>(), *expected, "{line}: {said}");
        }
    }

    #[test]
    fn the_return_path_tells_bounces_and_lists() {
        let rows = [
            ("<>", None, "no server may send a bounce"),
            ("<al@a.test>", Some("AL@a.test"), "(RFC 5321 §4.4)."),
            ("<list-bounces@a.test>", Some("al@a.test"), "with lists"),
        ];
        for (path, author, end) in rows {
            let said = return_path(path, author);
            assert!(said.contains(end), "{said}");
            assert_eq!(said.contains("with lists"), end == "with lists", "{said}");
        }
    }
}
