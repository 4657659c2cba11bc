//! A command or response of IMAP before it is whole: its lines, and the literals between them (RFC
//! 3501 §4.3).
//!
//! The buffer keeps what the grammar has to see again: the lines and short literals. It passes over a
//! message, and keeps `{0}` in its place.

use super::annotation_builder::AnnotationBuilder;
use super::line::{ObservedEnd, ObservedLine};
use super::message::{self, MessageLines};
use crate::limits;
use crate::mail::protocol::imap::{Literal, literal_at_end};
use crate::mail::protocol::span::{Role, Span};

/// The longest literal that is kept, in octets: a user name, the name of a mailbox.
const KEPT_LITERAL: u64 = 1024;

/// The beginning of a command or response.
#[derive(Clone, Default)]
pub(super) struct CommandBuffer {
    /// The octets as the grammar will see them.
    octets: Vec<u8>,
    /// The octets of the literal that are still to come.
    left: u64,
    /// What the literal contains.
    holds: LiteralContent,
    /// How often the server still has to say `+`, once for each `{5}` (RFC 3501 §4.3). A client may
    /// send the literal without waiting; if the server refuses it, those octets were no literal.
    owed: u32,
    /// True if a literal was left out.
    cut: bool,
}

/// The use of a literal's octets.
#[derive(Clone, Default)]
pub(super) enum LiteralContent {
    /// They are kept.
    #[default]
    Text,
    /// They are not kept: there are too many, or the grammar does not need them.
    Octets,
    /// They are a message, or its header or body.
    Message(MessageLines),
}

/// The part of a line that belongs to the grammar.
pub(super) struct BufferedPiece {
    /// A place in the buffer, and the same place in the line.
    shift: (usize, usize),
    /// The literal that it announces.
    pub(super) literal: Option<Literal>,
}

impl CommandBuffer {
    /// True if nothing has come yet.
    pub(super) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// The octets so far, as the grammar sees them.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// True if something that was said is missing.
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// True if the server has not yet agreed to the client's next octets.
    pub(super) fn waits(&self) -> bool {
        self.owed > 0
    }

    /// True if the literal is a message, which may contain any text.
    pub(super) fn is_message(&self) -> bool {
        matches!(self.holds, LiteralContent::Message(_))
    }

    /// Notes a literal to which the server has to agree.
    pub(super) fn owe(&mut self) {
        self.owed = self.owed.saturating_add(1);
    }

    /// Notes that the server has said `+`.
    pub(super) fn agree(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    /// True if there is no room for more: then the grammar would see nothing new.
    pub(super) fn is_full(&self) -> bool {
        self.octets.len() >= limits::EXPLAINED_COMMAND
    }

    /// Takes a line. Returns the part of it that belongs to the grammar; `None` if all of it, with its
    /// ending, belongs to the literal.
    pub(super) fn take(
        &mut self,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) -> Option<BufferedPiece> {
        let before = self.octets.len();
        let at = self.take_literal(line, builder)?;
        let kept = self.octets.len() - before;
        let rest = line.readable().get(at..).unwrap_or_default();
        self.keep(rest);
        Some(BufferedPiece {
            shift: (before, at - kept),
            literal: literal_at_end(rest).and_then(Result::ok),
        })
    }

    /// Takes the literal's part of this line, and returns where the rest begins.
    fn take_literal(
        &mut self,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) -> Option<usize> {
        if self.left == 0 {
            return Some(0);
        }
        let octets = usize::try_from(self.left).unwrap_or(usize::MAX);
        let taken = octets.min(line.text.len());
        let readable = line.readable();
        let piece = readable.get(..taken).unwrap_or(readable);
        match &mut self.holds {
            LiteralContent::Text => self.keep(piece),
            LiteralContent::Octets => builder.part(Span::of(Role::Octets, line.text, piece)),
            LiteralContent::Message(lines) => lines.tell(piece, 0, builder),
        }
        self.left -= taken as u64;
        if self.left == 0 {
            return (line.ending != ObservedEnd::Open || taken < line.text.len()).then_some(taken);
        }
        let ending = self.left.min(line.ending_octets() as u64);
        self.left -= ending;
        if matches!(self.holds, LiteralContent::Text) {
            self.keep(b"\r\n".get(..ending as usize).unwrap_or_default());
        }
        None
    }

    /// Passes over whole lines of a literal that is not kept. Returns how many octets they have.
    pub(super) fn pass_over(&mut self, octets: &[u8]) -> usize {
        match self.holds {
            LiteralContent::Octets | LiteralContent::Message(MessageLines::Body) => {
                let passed = message::lines_within(octets, self.left);
                self.left -= passed as u64;
                passed
            }
            LiteralContent::Text | LiteralContent::Message(MessageLines::Header) => 0,
        }
    }

    /// Keeps octets while there is room.
    fn keep(&mut self, octets: &[u8]) {
        let room = limits::EXPLAINED_COMMAND.saturating_sub(self.octets.len());
        self.cut |= octets.len() > room;
        self.octets.extend(octets.iter().take(room));
    }

    /// Notes that a literal with these contents follows.
    pub(super) fn announce(&mut self, literal: Literal, holds: LiteralContent) {
        let long =
            literal.octets > KEPT_LITERAL || self.octets.len() + 2 >= limits::EXPLAINED_COMMAND;
        self.left = literal.octets;
        self.holds = match holds {
            LiteralContent::Text if long => LiteralContent::Octets,
            holds => holds,
        };
        if !matches!(self.holds, LiteralContent::Text) {
            let start = self.octets.iter().rposition(|octet| *octet == b'{');
            self.octets.truncate(start.unwrap_or(self.octets.len()));
            self.cut = true;
            self.keep(b"{0}");
        }
        self.keep(b"\r\n");
    }
}

impl BufferedPiece {
    /// The place in the line of a part of the buffer, if it is in this line.
    pub(super) fn in_line(&self, span: Span) -> Option<Span> {
        let (before, at) = self.shift;
        let start = span.range.start.max(before);
        let end = span.range.end;
        let place = |octet: usize| octet - before + at;
        (start < end).then(|| Span { role: span.role, range: place(start)..place(end) })
    }
}
