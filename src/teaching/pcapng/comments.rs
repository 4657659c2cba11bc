//! What each packet of a connection means: the explanation of the command or reply that begins in it.
//!
//! In clear a comment stands on the very packet that has the line's first octet. Under TLS nobody
//! outside can tell where in the ciphertext a line begins: there it stands on the next packet, and
//! since what is said is told before it crosses, that is the one. A comment never repeats the line,
//! so no password and nobody's mail can stand in it.

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
    /// Is what crosses ciphertext?
    encrypted: bool,
    /// For the next packet, whoever sends it.
    next: Option<String>,
}

/// What one side has said, and what is to be said of it.
#[derive(Default)]
struct SideComments {
    /// CapturedOctets that were said,
    said: u64,
    /// those of them whose line is whole,
    explained: u64,
    /// and octets that crossed.
    crossed: u64,
    /// Comments, each with the octet that it is for.
    waiting: VecDeque<(u64, String)>,
    place: LinePosition,
}

/// Where in what a side says its next line stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum LinePosition {
    /// It may begin something.
    #[default]
    Between,
    /// It goes on with a reply of several lines.
    Reply,
    /// It goes on with a message, or with what else is neither command nor reply.
    Text,
}

impl Comments {
    /// This side says a line, or lines of a body; their octets are told by [`Comments::said`].
    pub(super) fn line(&mut self, by: Side, octets: usize, explained: &Explained) {
        let encrypted = self.encrypted;
        let side = self.side(by);
        let begins_at = if encrypted {
            side.crossed
        } else {
            side.explained
        };
        side.explained += octets as u64;
        if side.begins(explained) {
            let comment = comment(by, explained);
            side.waiting.push_back((begins_at, comment));
        }
    }

    /// This side said so many octets.
    pub(super) fn said(&mut self, by: Side, octets: usize) {
        self.side(by).said += octets as u64;
    }

    /// TLS has begun; `encrypted`: and from now on what crosses is not what is said.
    pub(super) fn secured(
        &mut self,
        secured: &TlsSession,
        encrypted: bool,
        explained: Option<&Explained>,
    ) {
        self.encrypted = encrypted;
        self.next = explained.map(|explained| format!("{secured}. {}", sentence(explained)));
    }

    /// Will so many octets cross as nobody said them? Those of a handshake do before TLS has begun.
    pub(super) fn is_ciphertext(&mut self, by: Side, octets: usize) -> bool {
        let encrypted = self.encrypted;
        let side = self.side(by);
        encrypted || side.crossed + octets as u64 > side.said
    }

    /// Has TLS begun, and is what crosses ciphertext since?
    pub(super) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Has anything been said?
    pub(super) fn has_begun(&self) -> bool {
        self.client.said + self.server.said > 0
    }

    /// So many octets cross: the comments on them, each with the octet that it is for.
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
    /// Does a command or a reply begin with this line, or a message, or does one end?
    fn begins(&mut self, explained: &Explained) -> bool {
        let goes_on = explained.has(Role::More);
        let (before, entry) = (self.place, &explained.entry);
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
    let (title, says) = (&explained.entry.title, sentence(explained));
    match &explained.command {
        Some(command) if by == Side::Server && !title.contains(&**command) => {
            format!("{who}: {title}, to {command}. {says}")
        }
        // Of a message, this is the first line that passes.
        _ if explained.entry.topic == Topic::Field => {
            format!("{who}: the message begins, with {title}. {says}")
        }
        _ => format!("{who}: {title}. {says}"),
    }
}

/// What the line says, and where that is specified.
fn sentence(explained: &Explained) -> String {
    let entry = &explained.entry;
    match entry.rfc.as_str() {
        "" => entry.says.clone(),
        rfc => format!("{} ({rfc})", entry.says),
    }
}

#[cfg(test)]
mod tests;
