//! A command or a response of IMAP on its way: lines, and literals between them (RFC 3501 §4.3).
//!
//! What is kept of it is what its grammar has to see again: the lines, and short literals. A message
//! is passed over, and `{0}` stands for it.

use super::annotation_builder::AnnotationBuilder;
use super::line::{LineEnd, ObservedLine};
use super::message::{self, MessageLines};
use crate::mail::protocol::imap::{Literal, literal_at_end};
use crate::mail::protocol::span::{Role, Span};

/// Octets of a literal that is kept: a user name, the name of a mailbox.
const KEPT_LITERAL: u64 = 1024;

/// Octets that are kept of one command or response; what follows them is not taken apart.
const KEPT: usize = 8 * 1024;

/// What has passed of a command or response.
#[derive(Clone, Default)]
pub(super) struct CommandBuffer {
    /// As its grammar will see it.
    octets: Vec<u8>,
    /// Octets of the literal that are still to come.
    left: u64,
    /// What the literal holds.
    holds: LiteralContent,
    /// How often the server has yet to say `+`, once for each `{5}` (RFC 3501 §4.3). Whoever does not
    /// wait for it says the literal all the same; if it is refused, that was none.
    owed: u32,
    /// Was a literal taken out?
    cut: bool,
}

/// What becomes of a literal's octets.
#[derive(Clone, Default)]
pub(super) enum LiteralContent {
    /// They are kept.
    #[default]
    Text,
    /// They are too many, or nobody has to see them.
    Octets,
    /// They are a message, or its header or body.
    Message(MessageLines),
}

/// A piece of a line that belongs to the grammar.
pub(super) struct BufferedPiece {
    /// An octet of the gathering, and where it stands in the line.
    shift: (usize, usize),
    /// The literal that it announces.
    pub(super) literal: Option<Literal>,
}

impl CommandBuffer {
    /// Has nothing passed yet?
    pub(super) fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// What has passed, as the grammar sees it.
    pub(super) fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Is something missing that has passed?
    pub(super) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Has the server still to agree to what the client says of it?
    pub(super) fn waits(&self) -> bool {
        self.owed > 0
    }

    /// Is the literal a message, in which anything may stand?
    pub(super) fn is_message(&self) -> bool {
        matches!(self.holds, LiteralContent::Message(_))
    }

    /// A literal was announced that the server has to agree to.
    pub(super) fn owe(&mut self) {
        self.owed = self.owed.saturating_add(1);
    }

    /// The server has said `+`.
    pub(super) fn agree(&mut self) {
        self.owed = self.owed.saturating_sub(1);
    }

    /// Is there no room for more? Then the grammar would see nothing new.
    pub(super) fn is_full(&self) -> bool {
        self.octets.len() >= KEPT
    }

    /// Takes a line; what of it belongs to the grammar, or `None` if all of it, its ending
    /// included, belongs to the literal.
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

    /// Takes what the literal has of this line; where the rest begins.
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
            return (line.ending != LineEnd::Open || taken < line.text.len()).then_some(taken);
        }
        let ending = self.left.min(line.ending_octets() as u64);
        self.left -= ending;
        if matches!(self.holds, LiteralContent::Text) {
            self.keep(b"\r\n".get(..ending as usize).unwrap_or_default());
        }
        None
    }

    /// Passes over whole lines of a literal of which nobody has to see more; how many octets.
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
        let room = KEPT.saturating_sub(self.octets.len());
        self.cut |= octets.len() > room;
        self.octets.extend(octets.iter().take(room));
    }

    /// A literal follows, which holds this.
    pub(super) fn announce(&mut self, literal: Literal, holds: LiteralContent) {
        let long = literal.octets > KEPT_LITERAL || self.octets.len() + 2 >= KEPT;
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
    /// Where a part of the gathering stands in the line, if it does.
    pub(super) fn in_line(&self, span: Span) -> Option<Span> {
        let (before, at) = self.shift;
        let start = span.range.start.max(before);
        let end = span.range.end;
        let place = |octet: usize| octet - before + at;
        (start < end).then(|| Span {
            role: span.role,
            range: place(start)..place(end),
        })
    }
}
