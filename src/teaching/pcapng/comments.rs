//! The comments on the packets of a connection: the explanation of the command or reply that begins in
//! each.
//!
//! Without TLS, a comment is on the packet with the line's first octet. Under TLS, an observer cannot
//! know where in the ciphertext a line begins. There the comment is on the next packet, which is the
//! right one, because a line is reported before it crosses. A comment never repeats the line, so it
//! contains no password and no mail.

use std::collections::VecDeque;

use crate::mail::net::TlsSession;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::{Explained, Topic};
use crate::teaching::wire_tap::Side;

/// The comments of a connection.
#[derive(Default)]
pub(super) struct Comments {
    client: SideComments,
    server: SideComments,
    /// True if ciphertext crosses.
    encrypted: bool,
    /// The comment for the next packet of either side.
    next: Option<String>,
}

/// What one side has said, and the comments on it.
#[derive(Default)]
struct SideComments {
    /// The octets that were said.
    said: u64,
    /// Those of them whose line is whole.
    explained: u64,
    /// The octets that crossed.
    crossed: u64,
    /// The next comments, each with the octet to which it belongs.
    waiting: VecDeque<(u64, String)>,
    place: LinePosition,
}

/// The place of a side's next line.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum LinePosition {
    /// It may begin something.
    #[default]
    Between,
    /// It continues a reply of several lines.
    Reply,
    /// It continues a message, or other text that is neither command nor reply.
    Text,
}

impl Comments {
    /// Takes a line of this side, or lines of a body. [`Comments::said`] counts their octets.
    pub(super) fn line(&mut self, by: Side, octets: usize, explained: &Explained) {
        let encrypted = self.encrypted;
        let side = self.side(by);
        let begins_at = if encrypted { side.crossed } else { side.explained };
        side.explained += octets as u64;
        if side.begins(explained) {
            let comment = comment(by, explained);
            side.waiting.push_back((begins_at, comment));
        }
    }

    /// Counts octets that this side said.
    pub(super) fn said(&mut self, by: Side, octets: usize) {
        self.side(by).said += octets as u64;
    }

    /// Notes that TLS has begun. `encrypted`: from now on what crosses is not what is said.
    pub(super) fn secured(
        &mut self,
        secured: &TlsSession,
        encrypted: bool,
        explained: Option<&Explained>,
    ) {
        self.encrypted = encrypted;
        self.next = explained.map(|explained| format!("{secured}. {}", sentence(explained)));
    }

    /// True if these octets are ciphertext. Those of a handshake are, before TLS has begun.
    pub(super) fn is_ciphertext(&mut self, by: Side, octets: usize) -> bool {
        let encrypted = self.encrypted;
        let side = self.side(by);
        encrypted || side.crossed + octets as u64 > side.said
    }

    /// True once the connection is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// True if either side has said something.
    pub(super) fn has_begun(&self) -> bool {
        self.client.said + self.server.said > 0
    }

    /// Counts octets that cross, and returns the comments on them, each with the octet to which it
    /// belongs.
    pub(super) fn crossed(&mut self, by: Side, octets: usize) -> Vec<(usize, String)> {
        let mut comments: Vec<_> = self.next.take().map(|next| (0, next)).into_iter().collect();
        let side = self.side(by);
        let begin = side.crossed;
        side.crossed += octets as u64;
        let due = |(at, _): &&(u64, String)| *at < side.crossed;
        let due = side.waiting.iter().take_while(due).count();
        for (at, comment) in side.waiting.drain(..due) {
            comments.push((at.saturating_sub(begin) as usize, comment));
        }
        comments
    }

    fn side(&mut self, side: Side) -> &mut SideComments {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

impl SideComments {
    /// True if a command, a reply or a message begins with this line, or a message ends.
    fn begins(&mut self, explained: &Explained) -> bool {
        let goes_on = explained.has(Role::More);
        let before = self.place;
        let entry = &explained.entry;
        let text = matches!(entry.topic, Topic::Field | Topic::Part);
        let last = entry.topic == Topic::Part && entry.name == Role::FinalDot.key();
        self.place = match (goes_on, text && !last) {
            (true, _) => LinePosition::Reply,
            (false, true) => LinePosition::Text,
            (false, false) => LinePosition::Between,
        };
        match before {
            _ if last => true,
            LinePosition::Reply => false,
            LinePosition::Text if text => false,
            _ => !matches!(entry.topic, Topic::SmtpKeyword | Topic::Pop3Capability),
        }
    }
}

/// `C: RCPT. Names one recipient of the message. (RFC 5321 §4.1.1.3)`
fn comment(by: Side, explained: &Explained) -> String {
    let who = match by {
        Side::Client => 'C',
        Side::Server => 'S',
    };
    let title = &explained.entry.title;
    let says = sentence(explained);
    match &explained.command {
        Some(command) if by == Side::Server && !title.contains(&**command) => {
            format!("{who}: {title}, to {command}. {says}")
        }
        // The first line of a message.
        _ if explained.entry.topic == Topic::Field => {
            format!("{who}: the message begins, with {title}. {says}")
        }
        _ => format!("{who}: {title}. {says}"),
    }
}

/// The sentence of the line, with its specification.
fn sentence(explained: &Explained) -> String {
    let entry = &explained.entry;
    match entry.rfc.as_str() {
        "" => entry.says.clone(),
        rfc => format!("{} ({rfc})", entry.says),
    }
}

#[cfg(test)]
mod tests;
