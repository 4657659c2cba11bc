//! What the person sees of a typed conversation: the lines of both sides, and below each its meaning.

use std::borrow::Cow;

use super::conversation::{Reaction, TypedConversation};
use crate::mail::net::Side;
use crate::teaching::explain::{Explained, LineReading};
use crate::teaching::text::{Page, hexadecimal, states};
use crate::teaching::transcript::{Detail, TextLayout};

/// The most commands that are named as possible next ones, beside the first.
const NEXT: usize = 6;

impl TypedConversation {
    /// Returns the layout for the present width of the screen.
    pub(super) fn layout(&self) -> TextLayout {
        TextLayout { style: self.options.style, width: (self.options.width)() }
    }

    /// Shows a line of one side.
    pub(super) fn line(&self, by: Side, line: &[u8], explained: &Explained) -> Vec<String> {
        self.layout().line(by, &self.visible(line, explained))
    }

    /// Shows what is below a line: its octets after `/raw on`, and its explanation.
    pub(super) fn below(&mut self, by: Side, line: &[u8], explained: &Explained) -> Vec<String> {
        let mut lines = Vec::new();
        if self.raw {
            let rows = hexadecimal(&self.visible(line, explained), 16);
            lines.extend(rows.iter().map(|row| self.options.style.faint(row)));
        }
        lines.extend(self.explanation(by, explained));
        lines
    }

    /// Returns the line with masks, unless secrets are shown.
    fn visible<'a>(&self, line: &'a [u8], explained: &Explained) -> Cow<'a, [u8]> {
        if self.options.show_secrets {
            return line.into();
        }
        explained.masked(line)
    }

    /// Explains a line; after an answer, it names the commands that may come next.
    pub(super) fn explanation(&mut self, by: Side, explained: &Explained) -> Vec<String> {
        if !self.explain.covers(by) {
            return Vec::new();
        }
        let notes = self.chooser.notes(Detail::Full, explained);
        let mut lines = self.layout().notes(Detail::Full, &notes);
        let is_answer = by == Side::Server && !self.observer.is_answer_due();
        if is_answer && explained.after != explained.before {
            lines.extend(self.what_next());
        }
        lines
    }

    /// Names the legal commands; the likeliest one with an example.
    fn what_next(&self) -> Vec<String> {
        let legal = self.observer.legal();
        let Some((first, others)) = legal.split_first() else {
            return Vec::new();
        };
        let example = self.names.example(self.options.protocol, first);
        let mut text = format!("{}{}", self.next_tag(), example.trim_end());
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().copied().take(NEXT).collect();
            text += &format!("   or {}", others.join(", "));
        }
        self.layout().warning("   ▸ Next: ", &text)
    }

    /// Returns what a person can do when the connection is over.
    pub(super) fn way_out(&self) -> &'static str {
        if self.options.person { " /connect begins anew, /quit leaves." } else { "" }
    }

    /// Shows a remark of the console.
    pub(super) fn remark(&self, text: &str) -> Reaction {
        Reaction { lines: self.layout().warning("", text), requests: Vec::new() }
    }

    /// Explains the last line once more, with all that is known of it.
    pub(super) fn why(&self) -> Vec<String> {
        let Some(last) = &self.last else {
            return vec!["No line has been sent or received yet.".to_owned()];
        };
        let explained = &last.explained;
        let line = String::from_utf8_lossy(&explained.masked(&last.line)).into_owned();
        let reading = LineReading {
            protocol: self.options.protocol,
            server: last.by == Side::Server,
            explained: Explained { parts: explained.masked_parts(), ..explained.clone() },
        };
        let TextLayout { style, width } = self.layout();
        let mut page = Page::new(&self.options.texts, style, width);
        page.reading(&line, &reading);
        page.into_text().lines().map(str::to_owned).collect()
    }

    /// Lists the states of the protocol, and marks the current one.
    pub(super) fn states(&self) -> Vec<String> {
        let protocol = self.options.protocol;
        let TextLayout { style, width } = self.layout();
        states(protocol, self.observer.state(), &self.options.texts, width, style)
    }
}
