//! The states that a conversation went through, in their order, and what led from one to the next.

use super::super::Dialogue;
use super::escape::text;
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Explained, State, Texts};
use crate::teaching::wire_tap::journal::Happened;

/// Steps of a path that are drawn: a hundred messages are a hundred times the same.
const MOST: usize = 40;

/// The items of a list.
pub(super) fn path(dialogue: &Dialogue, texts: &Texts) -> String {
    let Some(protocol) = dialogue.summary.place.protocol else {
        return "<li>Nobody knows the states of this protocol.</li>\n".to_owned();
    };
    let name = |state: State| {
        let entry = texts.state(protocol, state);
        text(entry.map_or(state.key(), |entry| entry.title.as_str()))
    };
    let passages = passages(dialogue);
    let mut page = String::new();
    if let Some((from, ..)) = passages.first() {
        page += &format!("<li><b>{}</b></li>\n", name(*from));
    }
    for (_, by, to) in passages.iter().take(MOST) {
        page += &format!("<li><small>{}</small><b>{}</b></li>\n", text(by), name(*to));
    }
    if passages.len() > MOST {
        page += &format!("<li>and {} more</li>\n", passages.len() - MOST);
    }
    if page.is_empty() {
        page = format!("<li>{}</li>\n", nothing(protocol));
    }
    page
}

fn nothing(protocol: Protocol) -> String {
    format!("Nothing was said that belongs to {}.", protocol.name())
}

/// From where, by what, to where.
fn passages(dialogue: &Dialogue) -> Vec<(State, String, State)> {
    let passage = |told: &Explained, by: String| {
        (told.before != told.after).then_some((told.before, by, told.after))
    };
    let passages = dialogue.turns.iter().filter_map(|turn| {
        let told = turn.explained.as_ref()?;
        let by = match &turn.what {
            Happened::Secured { .. } => "TLS".to_owned(),
            _ => told
                .command
                .as_deref()
                .unwrap_or(&told.entry.title)
                .to_owned(),
        };
        passage(told, by)
    });
    passages.collect()
}
