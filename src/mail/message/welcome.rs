//! The messages that the first run puts into the mailboxes of alice, bob and carol.
//!
//! Each is a file in `welcome/`, as it travels but for line endings (LF) and a few words in braces:
//! `{domain}`, `{date}`, `{earlier}` (the day before), `{stamp}` (for Message-IDs) and `{picture}`
//! (pillarbox.png in base64). Nothing composes them, so a student fetches what is in the file.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{date, encode};

/// A message, and its recipients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// The accounts that get it.
    pub to: Vec<&'static str>,
    /// The message, with CRLF line endings.
    pub bytes: Vec<u8>,
}

/// Returns all the messages, the oldest first. The last is dated `now`; `domain` is the lab's mail domain.
#[must_use]
pub fn messages(domain: &str, now: SystemTime) -> Vec<Welcome> {
    let ages = (0..MESSAGES.len() as u32).rev();
    let letters = MESSAGES.iter().zip(ages);
    let written = letters.map(|((to, text), age)| Welcome {
        to: to.to_vec(),
        bytes: filled_in(text, domain, now, INTERVAL * age),
    });
    written.collect()
}

fn filled_in(text: &str, domain: &str, now: SystemTime, age: Duration) -> Vec<u8> {
    let sent = now.checked_sub(age).unwrap_or(UNIX_EPOCH);
    let earlier = sent.checked_sub(DAY).unwrap_or(UNIX_EPOCH);
    text.replace("\r\n", "\n")
        .replace("{picture}", encode::base64(PICTURE).trim_end())
        .replace("{date}", &date::written(sent))
        .replace("{earlier}", &date::written(earlier))
        .replace("{stamp}", &format!("{:x}", seconds(now)))
        .replace("{domain}", domain)
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
        .into_bytes()
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs().try_into().unwrap_or(0)
}

/// The time between two messages.
const INTERVAL: Duration = Duration::from_secs(7 * 60);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const PICTURE: &[u8] = include_bytes!("pillarbox.png");

/// The messages with their recipients, in the order in which they were written.
const MESSAGES: [(&[&str], &str); 8] = [
    (&["alice", "bob", "carol"], include_str!("welcome/hello.eml")),
    (&["alice", "bob", "carol"], include_str!("welcome/picture.eml")),
    (&["alice", "bob", "carol"], include_str!("welcome/attachment.eml")),
    (&["alice", "bob", "carol"], include_str!("welcome/subject.eml")),
    (&["alice", "bob", "carol"], include_str!("welcome/forwarded.eml")),
    (&["bob", "carol"], include_str!("welcome/thread-1.eml")),
    (&["alice", "carol"], include_str!("welcome/thread-2.eml")),
    (&["alice", "bob"], include_str!("welcome/thread-3.eml")),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::message::{BodyPart, Content, ParsedMessage};

    fn all() -> Vec<(Welcome, ParsedMessage, BodyPart)> {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        let described = messages("pillarbox.test", now).into_iter().map(|welcome| {
            let part = BodyPart::read(&mut &welcome.bytes[..]).unwrap();
            let reading = ParsedMessage::of(&welcome.bytes);
            (welcome, reading, part)
        });
        described.collect()
    }

    #[test]
    fn every_message_is_fit_to_travel() {
        for (welcome, reading, _) in all() {
            let text = String::from_utf8(welcome.bytes).unwrap();
            assert!(text.is_ascii() && !text.contains(['{', '}']), "{text}");
            assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
            assert!(text.split("\r\n").all(|line| line.len() <= 78), "{text}");
            assert!(reading.date.is_some() && reading.message_id.is_some());
            assert!(!reading.subject.is_empty() && !reading.text.is_empty());
        }
    }

    #[test]
    fn a_message_goes_to_those_whom_it_names() {
        for (welcome, reading, _) in all() {
            let named = reading.to.iter().chain(&reading.cc).map(|to| to.address());
            let mut named: Vec<&str> =
                named.filter_map(|to| to.strip_suffix("@pillarbox.test")).collect();
            named.sort_unstable();
            assert_eq!(welcome.to, named, "{}", reading.subject);
        }
    }

    #[test]
    fn the_thread_hangs_together() {
        let all = all();
        let thread: Vec<&ParsedMessage> = all[5..].iter().map(|(_, reading, _)| reading).collect();
        let id = |n: usize| thread[n].message_id.clone().unwrap();
        assert_eq!(thread[1].references, [id(0)]);
        assert_eq!(thread[2].references, [id(0), id(1)]);
        assert!(thread[0].date < thread[1].date && thread[1].date < thread[2].date);
    }

    #[test]
    fn the_parts_are_what_the_texts_say_they_are() {
        let all = all();
        let reading = |n: usize| &all[n].1;
        assert_eq!(reading(1).attachments[0].bytes, PICTURE);
        assert!(reading(2).attachments[0].bytes.starts_with(b"day,who makes the tea"));
        assert_eq!(reading(3).subject, "Naïve guests, crème brûlée is now £5");
        assert!(reading(3).text.contains("look for these: naïve, £5, ☕.\n"));
        let forwarded = all[4].2.find(&[2]).unwrap();
        let Content::Message(inner) = &forwarded.content else { panic!() };
        assert_eq!(inner.fields.value("Subject").unwrap(), b"The drains");
        assert!(PICTURE.len() < 8 * 1024);
    }
}
