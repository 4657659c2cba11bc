//! The states of a protocol as text: each with the ways that lead from it, and where one is.

use super::{Style, behind};
use crate::mail::protocol::Protocol;
use crate::teaching::explain::{Diagram, State, Texts};

/// The states of a protocol with the ways between them; the present one is marked.
pub(crate) fn states(
    protocol: Protocol,
    here: State,
    texts: &Texts,
    width: Option<usize>,
    ink: Style,
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
        for (to, by) in diagram.ways(*state) {
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
    let entry = texts.state(protocol, state);
    entry.map_or_else(|| state.key().to_owned(), |entry| entry.title.clone())
}
