//! The states of a protocol as text: each with the ways that lead from it, and where one is.

use super::Ink;
use super::layout::behind;
use crate::protocol::Protocol;
use crate::protocol::explain::{Diagram, Outcome, State, Texts, Topic};

/// The states of a protocol with the ways between them; the present one is marked.
pub(crate) fn states(
    protocol: Protocol,
    here: State,
    texts: &Texts,
    width: Option<usize>,
    ink: Ink,
) -> Vec<String> {
    let diagram = Diagram::of(protocol);
    let name = |state| name(protocol, state, texts);
    let mut page = Vec::new();
    for (state, _) in diagram.states {
        let name_here = name(*state);
        page.push(match *state == here {
            true => ink.bold(&format!(" ▶ {name_here}   ◀ you are here")),
            false => format!("   {name_here}"),
        });
        for (to, by) in ways(diagram, *state) {
            let to = name(to);
            let mark = "       └─ ";
            page.extend(behind(
                mark,
                "          ",
                &format!("{} ─▶ {to}", by.join(", ")),
                width,
            ));
        }
    }
    page
}

/// As people call a state.
fn name(protocol: Protocol, state: State, texts: &Texts) -> String {
    let topic = match protocol {
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => Topic::SmtpState,
        Protocol::Pop3 => Topic::Pop3State,
        Protocol::Imap => Topic::ImapState,
    };
    let entry = texts.find(topic, state.key());
    entry.map_or_else(|| state.key().to_owned(), |entry| entry.title.clone())
}

/// Where one can go from a state, and by which commands.
fn ways(diagram: &Diagram, from: State) -> Vec<(State, Vec<String>)> {
    let mut ways: Vec<(State, Vec<String>)> = Vec::new();
    for passage in diagram
        .passages
        .iter()
        .filter(|passage| passage.from.contains(&from))
    {
        let by = match passage.when {
            Outcome::Refused => format!("{} refused", passage.by),
            _ => passage.by.to_owned(),
        };
        match ways.iter_mut().find(|(to, _)| *to == passage.to) {
            Some((_, all)) => all.push(by),
            None => ways.push((passage.to, vec![by])),
        }
    }
    ways.retain(|(to, _)| *to != from);
    ways
}
