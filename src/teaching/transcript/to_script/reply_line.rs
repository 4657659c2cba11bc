//! Which lines of a server, and which parts of a line, may differ when a conversation is repeated.

use crate::mail::protocol::span::Role;
use crate::teaching::explain::LinePart;
use crate::teaching::script::Pattern;

/// True if a line says what happened to the mailbox; a goodbye does not.
pub(super) fn is_news(line: &[u8], parts: &[LinePart]) -> bool {
    let name = line.get(2..5).unwrap_or_default();
    ReplyLine::of(parts) == ReplyLine::Untagged && !name.eq_ignore_ascii_case(b"BYE")
}

/// How often a line of the server may come when the conversation is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReplyLine {
    /// Once.
    Once,
    /// SMTP: more lines of the reply follow.
    More,
    /// IMAP: as often as there is news.
    Untagged,
    /// A line of a message or of a list.
    Data,
}

impl ReplyLine {
    pub(super) fn of(parts: &[LinePart]) -> ReplyLine {
        let has = |role| parts.iter().any(|part| part.role == role);
        let once = [Role::Status, Role::ReplyCode, Role::Tag, Role::Continuation, Role::FinalDot];
        if has(Role::More) {
            ReplyLine::More
        } else if has(Role::Untagged) {
            ReplyLine::Untagged
        } else if once.into_iter().any(has) {
            ReplyLine::Once
        } else {
            ReplyLine::Data
        }
    }

    /// True if both belong to one run of lines.
    pub(super) fn goes_on_with(self, other: ReplyLine) -> bool {
        match self {
            ReplyLine::Once => false,
            ReplyLine::Untagged => matches!(other, ReplyLine::Untagged | ReplyLine::Data),
            ReplyLine::More | ReplyLine::Data => self == other,
        }
    }

    /// Returns how every line of a run begins; `None` if the line is written alone.
    pub(super) fn front<'a>(self, line: &'a [u8], run: &[ReplyLine]) -> Option<&'a [u8]> {
        match self {
            ReplyLine::Data => Some(b""),
            ReplyLine::Untagged if run.contains(&ReplyLine::Data) => Some(b""),
            ReplyLine::Untagged if !run.is_empty() => Some(b"* "),
            ReplyLine::More if !run.is_empty() => line.get(..4),
            _ => None,
        }
    }
}

/// Returns the pattern of a line: its parts that vary, and its numbers, may be anything.
///
/// A digit of a name, such as a command's or a capability's, must stay.
pub(super) fn pattern(line: &[u8], parts: &[LinePart]) -> Pattern {
    let at = |at: usize| parts.iter().filter(move |part| part.range.contains(&at));
    let mut pieces: Vec<&[u8]> = Vec::new();
    // Where the piece begins that is being gathered, and where the last varying octet was.
    let mut begin = 0;
    let mut varied = false;
    for (index, octet) in line.iter().enumerate() {
        let is_number =
            octet.is_ascii_digit() && !at(index).any(|part| has_fixed_digits(part.role));
        let varies = is_number || at(index).any(|part| varies(part.role));
        if varies && !varied {
            let between = &line[begin..index];
            // A space alone between two parts that vary varies with them.
            if pieces.is_empty() || !between.iter().all(|octet| *octet == b' ') {
                pieces.push(between);
            }
        }
        if varies {
            begin = index + 1;
        }
        varied = varies;
    }
    pieces.push(&line[begin..]);
    Pattern::of_pieces(&pieces)
}

/// True if the digits in such a part belong to a name.
fn has_fixed_digits(role: Role) -> bool {
    matches!(
        role,
        Role::Tag | Role::ReplyCode | Role::EnhancedCode | Role::Capability | Role::FetchItem
    )
}

/// True if such a part is another one each time.
fn varies(role: Role) -> bool {
    matches!(
        role,
        Role::Text
            | Role::Number
            | Role::Size
            | Role::UniqueId
            | Role::Date
            | Role::Value
            | Role::ServerName
            | Role::Challenge
            | Role::CapabilityValues
            | Role::Literal
    )
}
