//! What the pieces of a message's way mean, one sentence each, with the RFC that says so.
//!
//! Sentences hold pieces of the message only as [`shown`] makes them. The drawing shows a sentence
//! once, so that what is true of every hop may be said at every hop.

use std::net::IpAddr;

use super::way::{Way, duration, seconds, shown};
use crate::mail::message::Received;
use crate::teaching::explain::{Texts, Topic};

/// A delay that has a reason: a connection and a message take seconds.
const WAITED: i64 = 5 * 60;

/// About one hop.
pub(super) fn hop(way: &Way, at: usize) -> Vec<String> {
    let Some(hop) = way.hops.get(at) else {
        return Vec::new();
    };
    let before = at.checked_sub(1).and_then(|before| way.hops.get(before));
    let sentences = [
        Some(client(hop)),
        hop.from_address.and_then(place),
        before.and_then(|before| gap(before, hop)),
        hop.with.as_deref().map(protocol),
        tls(hop),
        hop.id.as_ref().map(|_| "id is the server's own name for the message: what to look for in its log (RFC 5321 §4.4).".to_owned()),
        hop.for_.as_ref().map(|_| "for is a recipient of the envelope (RCPT TO), who need not stand in To:; with several recipients servers leave it out, lest they learn of each other (RFC 5321 §7.6).".to_owned()),
        time(way, at),
    ];
    sentences.into_iter().flatten().collect()
}

/// About the fields that are no hops.
pub(super) fn message(way: &Way) -> Vec<String> {
    let mut sentences = Vec::new();
    if way.written.is_some() {
        sentences.push("The time of writing is from Date:, by the clock of the writer's machine (RFC 5322 §3.6.1).".to_owned());
    }
    if let Some(path) = &way.return_path {
        sentences.push(return_path(path, way.author.as_deref()));
    }
    sentences.push(match &way.message_id {
        Some(_) => "Message-ID is given by the writer's program, or by the first server; it is the same for all recipients, and answers refer to it (RFC 5322 §3.6.4).",
        None => "There is no Message-ID, which every message should have (RFC 5322 §3.6.4): nothing can refer to this one.",
    }.to_owned());
    sentences
}

/// About the whole: what cannot be trusted.
pub(super) fn trust(way: &Way) -> Vec<String> {
    let (Some(first), Some(newest)) = (way.hops.first(), way.hops.last()) else {
        return vec!["There are no Received lines, so this message has not been through a server: a draft, a copy of what was sent, or put into the mailbox by hand (IMAP's APPEND, RFC 9051 §6.3.12). Every SMTP server would have written one on top (RFC 5321 §4.4).".to_owned()];
    };
    let count = way.hops.len();
    let by = newest.by.as_deref().map_or("a server".to_owned(), shown);
    let mut sentences = vec![format!(
        "Hop {count} is the newest and stands on top of the message; {by} wrote it. Believe it if this is the server where you read your mail."
    )];
    if count > 1 {
        sentences.push(String::from(
            "Each line below it was handed over together with the message. From the newest one down, believe a line only as long as the server above it that received the message from there is one you trust: below the first stranger all may be invented (RFC 5321 §7.1)."
        ));
    }
    sentences.push("Date:, From:, Subject: and Message-ID are the writer's words; no server has to check them (RFC 5321 §7.1).".to_owned());
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

/// What the client claims, against what the server saw.
fn client(hop: &Received) -> String {
    let Some(from) = &hop.from else {
        return "It does not say who handed the message over: it began here, or came from another part of the same server.".to_owned();
    };
    let claim = shown(from);
    match (hop.from_address, hop.from_name.as_deref().map(shown)) {
        (Some(address), Some(name)) if name.eq_ignore_ascii_case(&claim) => format!(
            "The client called itself {claim}, and the DNS has the same name for {address}, where it came from."
        ),
        (Some(address), Some(name)) => format!(
            "The client called itself {claim}, but the DNS calls the address it came from, {address}, {name}. Many honest machines are called one thing here and another there, so a server must not refuse them (RFC 5321 §4.1.4)."
        ),
        (Some(address), None) => format!(
            "{claim} is only what the client called itself in HELO or EHLO; that it came from {address} the server saw for itself (RFC 5321 §4.4)."
        ),
        (None, _) => format!(
            "{claim} is only what the client called itself; the address it came from, which could not be invented, is not told (RFC 5321 §4.4 asks for both)."
        ),
    }
}

/// What is special about an address.
fn place(address: IpAddr) -> Option<String> {
    let (private, rfc) = match address.to_canonical() {
        IpAddr::V4(v4) => (v4.is_private(), "RFC 1918"),
        IpAddr::V6(v6) => (v6.is_unique_local(), "RFC 4193"),
    };
    if address.to_canonical().is_loopback() {
        return Some(format!(
            "{address} is the machine itself: one program handed the message to another, and it crossed no network."
        ));
    }
    private.then(|| {
        format!(
            "{address} is a private address ({rfc}): it tells something only inside that network."
        )
    })
}

/// Does the chain hold? The one who hands over should be the one who received it before.
fn gap(before: &Received, hop: &Received) -> Option<String> {
    let by = before.by.as_deref()?;
    let names: Vec<&str> = [&hop.from, &hop.from_name]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let own = hop
        .from_address
        .is_some_and(|address| address.to_canonical().is_loopback());
    if names.is_empty() || own || names.iter().any(|name| related(name, by)) {
        return None;
    }
    Some(format!(
        "The line before was written by {}, but this server received the message from {}: the two are one machine with two names, a server between them wrote nothing, or the line before is invented.",
        shown(by),
        shown(names.first()?)
    ))
}

/// Two names of one house, roughly: the same, or with the same last two labels.
fn related(one: &str, other: &str) -> bool {
    let house = |name: &str| {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let labels: Vec<&str> = name.rsplit('.').take(2).collect();
        labels.join(".")
    };
    house(one) == house(other)
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
            "TLS kept this hop from listeners; in each server the message lay in clear (RFC 3207 §6)."
        }
        (Some(old), _) => {
            return Some(format!(
                "{} is out of date: attacks on it are known (RFC 8996).",
                shown(old)
            ));
        }
        (None, false)
            if hop
                .from_address
                .is_some_and(|a| a.to_canonical().is_loopback()) =>
        {
            return None;
        }
        (None, false) => {
            "Without TLS, whoever forwarded the packets of this hop could read and change the message (RFC 3207)."
        }
    };
    Some(sentence.to_owned())
}

fn time(way: &Way, at: usize) -> Option<String> {
    let hop = way.hops.get(at)?;
    if hop.date.is_none() {
        return Some("It tells no time that can be understood, so how long it took is not known (RFC 5321 §4.4 asks for one).".to_owned());
    }
    let delay = way.delay(at)?;
    if delay < 0 {
        return Some(format!(
            "Its clock reads {} less than the one before, and nothing arrives before it leaves: one of the two clocks is wrong, or a line is invented.",
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
        return "Return-Path: <> means that nobody wants to hear of a failure: the message is a bounce or another notice, which must not be answered with one (RFC 5321 §4.5.5).".to_owned();
    }
    let differs = author.is_some_and(|author| !author.eq_ignore_ascii_case(sender));
    let who = "Return-Path is the envelope's sender (MAIL FROM), written at the delivery; bounces go there (RFC 5321 §4.4).";
    match differs {
        true => format!(
            "{who} It is not the one in From:, as with lists and newsletters, and with forgeries."
        ),
        false => who.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::MailDate;

    /// A way with these lines, the oldest first, of a message written at the minute 15:00.
    fn way(lines: &[&str]) -> Way {
        let hops = lines.iter().map(|line| Received::parse(line.as_bytes()));
        Way {
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
            "It tells no time",
            "the message waited",
            "less than the one before",
            "or the line before is invented",
        ];
        let before = "by mx.a.test; Mon, 23 Nov 2026 15:00:00 +0000";
        let rows: &[(&str, &[usize])] = &[
            (
                "from mx.a.test ([192.0.2.1]) with ESMTPS; Mon, 23 Nov 2026 15:00:01 +0000",
                &[0],
            ),
            (
                "from a.test (mx.a.test [192.0.2.1]) with ESMTPS; Mon, 23 Nov 2026 15:00:01 +0000",
                &[1],
            ),
            (
                "from mx.a.test (mx.a.test [192.0.2.1]) with ESMTP; Mon, 23 Nov 2026 15:00:01 +0000",
                &[2, 6],
            ),
            (
                "from x ([127.0.0.1]) with ESMTP; Mon, 23 Nov 2026 15:04:59 +0000",
                &[0, 3],
            ),
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
            let said = hop(&way(&[before, line]), 1).join(" ");
            let found = (0..words.len()).filter(|&word| said.contains(words[word]));
            assert_eq!(found.collect::<Vec<_>>(), *expected, "{line}: {said}");
        }
    }

    #[test]
    fn the_return_path_tells_bounces_and_lists() {
        let rows = [
            ("<>", None, "must not be answered"),
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
