//! A cursor that records which octets are what, for programs that explain a line.
//!
//! A parser calls `cursor.named(Role::Mailbox, MailboxName::parse)`, which costs nothing unless the
//! cursor [records](Cursor::recording). A part that fails is forgotten; the parts before it are kept.

use std::cell::RefCell;

use super::{Cursor, Parsed};
use crate::mail::protocol::span::{Role, Span};

/// The most parts that are recorded of a command or response: a screen shows fewer.
const MOST_SPANS: usize = 500;

/// The parts that were found, in the order in which they begin.
#[derive(Debug, Default)]
pub struct SpanRecorder(RefCell<Vec<Span>>);

impl SpanRecorder {
    /// Returns the parts; a part within another comes after it.
    #[must_use]
    pub fn into_spans(self) -> Vec<Span> {
        self.0.into_inner()
    }

    /// Begins a part; returns its index in the list.
    fn begin(&self, role: Role, at: usize) -> usize {
        let mut spans = self.0.borrow_mut();
        // A part that ends after this octet is from an attempt that was given up; a part around this
        // one has no end yet.
        while spans.last().is_some_and(|last| last.range.end > at) {
            spans.pop();
        }
        let index = spans.len();
        if index < MOST_SPANS {
            spans.push(Span { role, range: at..at });
        }
        index
    }

    /// Ends the part with this index at this octet, or removes it if it failed.
    fn end(&self, index: usize, at: Option<usize>) {
        let mut spans = self.0.borrow_mut();
        match (at, spans.get_mut(index)) {
            (Some(at), Some(span)) => span.range.end = at,
            _ => spans.truncate(index),
        }
    }
}

impl<'a> Cursor<'a> {
    /// A cursor at the beginning of these bytes that records.
    #[must_use]
    pub fn recording(bytes: &'a [u8], recorder: &'a SpanRecorder) -> Cursor<'a> {
        Cursor { recorder: Some(recorder), ..Cursor::new(bytes) }
    }

    /// Parses a part, and records it under this role.
    ///
    /// # Errors
    /// The parser's.
    pub fn named<T>(
        &mut self,
        role: Role,
        parse: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        let Some(recorder) = self.recorder else {
            return parse(self);
        };
        let index = recorder.begin(role, self.at);
        let parsed = parse(self);
        recorder.end(index, parsed.is_ok().then_some(self.at));
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn what_failed_is_forgotten_and_what_was_before_it_is_not() {
        let recording = SpanRecorder::default();
        let mut cursor = Cursor::recording(b"one 2 x", &recording);
        let parsed = cursor
            .named(Role::Verb, |c| c.atom("a verb"))
            .and_then(|_| cursor.space())
            .and_then(|()| cursor.named(Role::Number, Cursor::number))
            .and_then(|_| cursor.space())
            .and_then(|()| {
                cursor.named(Role::Value, |c| {
                    c.named(Role::Flag, |c| c.atom("a flag"))?;
                    c.space()
                })
            });
        assert!(parsed.is_err());
        let spans = recording.into_spans();
        assert_eq!(shown(b"one 2 x", &spans), "verb one, number 2");
    }

    #[test]
    fn an_attempt_that_was_given_up_leaves_nothing() {
        let recording = SpanRecorder::default();
        let mut cursor = Cursor::recording(b"a b", &recording);
        let mut ahead = cursor.clone();
        assert!(ahead.atom("a").is_ok() && ahead.space().is_ok());
        assert!(ahead.named(Role::Flag, |c| c.atom("b")).is_ok());
        assert!(cursor.named(Role::Verb, |c| c.atom("a")).is_ok());
        assert_eq!(shown(b"a b", &recording.into_spans()), "verb a");
    }

    #[test]
    fn a_part_within_a_part_comes_after_it() {
        let recording = SpanRecorder::default();
        let mut cursor = Cursor::recording(b"(a b)", &recording);
        let flags =
            cursor.named(Role::Value, |c| c.list(|c| c.named(Role::Flag, |c| c.atom("a flag"))));
        assert!(flags.is_ok());
        let shown = shown(b"(a b)", &recording.into_spans());
        assert_eq!(shown, "value (a b), flag a, flag b");
    }
}
