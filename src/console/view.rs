//! How a conversation by hand looks: the lines of both sides, and below each what it means.

use std::borrow::Cow;
use std::sync::Arc;

use super::conversation::{Conversation, Reaction};
use super::notes::{Told, brief, marked};
use crate::teaching::explain::{Entry, Explained, Reading, Topic};
use crate::teaching::text::spoken;
use crate::teaching::text::{Page, TextStyle, hexadecimal, states, wrap};
use crate::teaching::transcript::particulars;

/// Commands that are named as what could come next.
const NEXT: usize = 6;

impl Conversation {
    /// A line of the conversation.
    pub(super) fn line(
        &self,
        mark: &str,
        line: &[u8],
        explained: &Explained,
        colour: fn(TextStyle, &str) -> String,
    ) -> Vec<String> {
        let text = spoken(
            mark,
            &self.shown_of(line, explained),
            (self.options.width)(),
        );
        text.iter()
            .map(|line| colour(self.options.style, line))
            .collect()
    }

    /// What stands below it: its octets, if they are wanted, and its explanation.
    pub(super) fn below(
        &mut self,
        line: &[u8],
        explained: &Explained,
        by_client: bool,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        if self.raw {
            let rows = hexadecimal(&self.shown_of(line, explained), 16);
            lines.extend(rows.iter().map(|row| self.options.style.faint(row)));
        }
        lines.extend(self.explanation(explained, by_client));
        lines
    }

    /// The line as it may be shown.
    fn shown_of<'a>(&self, line: &'a [u8], explained: &Explained) -> Cow<'a, [u8]> {
        match self.options.show_secrets {
            true => line.into(),
            false => explained.masked(line),
        }
    }

    /// What is said below a line; not twice in a row.
    pub(super) fn explanation(&mut self, explained: &Explained, by_client: bool) -> Vec<String> {
        if !self.explain.covers(by_client) {
            return Vec::new();
        }
        let mut entries: Vec<(&Entry, Told)> = Vec::new();
        if self.above.as_ref() != Some(&explained.entry) {
            let told = match self.told.insert(key(&explained.entry)) {
                true => Told::Whole,
                false => Told::Short,
            };
            entries.push((&explained.entry, told));
        }
        // What else there is to say of a line is said once.
        for entry in &explained.also {
            if self.told.insert(key(entry)) {
                entries.push((entry, Told::Named));
            }
        }
        let (width, style) = ((self.options.width)(), self.options.style);
        let own = particulars(&explained.parts, explained.fault.as_deref()).into_iter();
        let own = own.flat_map(|text| marked(&text, width));
        let mut lines: Vec<String> = own.map(|line| style.bold(&line)).collect();
        lines.extend(brief(&entries, width, style));
        self.above = Some(Arc::clone(&explained.entry));
        if !by_client && !self.observer.is_answer_due() && explained.after != explained.before {
            lines.extend(self.what_next());
        }
        lines
    }

    /// The commands that could come next, the likeliest as one would type it.
    fn what_next(&self) -> Vec<String> {
        let legal = self.observer.legal();
        let Some((first, others)) = legal.split_first() else {
            return Vec::new();
        };
        let example = self.cast.example(self.options.protocol, first);
        let others: Vec<&str> = others.iter().copied().take(NEXT).collect();
        let others = match others.is_empty() {
            true => String::new(),
            false => format!("   or {}", others.join(", ")),
        };
        let text = format!("{}{}{others}", self.tag_to_come(), example.trim_end());
        let lines = wrap("   ▸ Next: ", "     ", &text, (self.options.width)());
        lines
            .iter()
            .map(|line| self.options.style.warning(line))
            .collect()
    }

    /// What a person can do when the conversation is over.
    pub(super) fn way_out(&self) -> &'static str {
        match self.options.person {
            true => " /connect begins anew, /quit leaves.",
            false => "",
        }
    }

    /// Something that neither side said.
    pub(super) fn aside(&self, text: &str) -> Reaction {
        let lines = wrap("", "", text, (self.options.width)());
        Reaction {
            lines: lines
                .iter()
                .map(|line| self.options.style.warning(line))
                .collect(),
            orders: Vec::new(),
        }
    }

    /// All that is known of the last line.
    pub(super) fn why(&self) -> Vec<String> {
        let Some((server, line, explained)) = &self.last else {
            return vec!["Nothing has been said yet.".to_owned()];
        };
        let line = String::from_utf8_lossy(&explained.masked(line)).into_owned();
        let reading = Reading {
            protocol: self.options.protocol,
            server: *server,
            explained: Explained {
                parts: explained.masked_parts(),
                ..explained.clone()
            },
        };
        let mut page = Page::new(
            &self.options.texts,
            self.options.style,
            (self.options.width)(),
        );
        page.reading(&line, &reading);
        page.into_text().lines().map(str::to_owned).collect()
    }

    /// The states, and where the conversation is.
    pub(super) fn states(&self) -> Vec<String> {
        let (protocol, here) = (self.options.protocol, self.observer.state());
        states(
            protocol,
            here,
            &self.options.texts,
            (self.options.width)(),
            self.options.style,
        )
    }
}

/// What an explanation is known by.
fn key(entry: &Entry) -> (Topic, String) {
    (entry.topic, entry.name.clone())
}
