//! The layout of a protocol's state diagram: boxes in rows, from the greeting at the top to the end at the bottom.

use std::collections::BTreeMap;

use crate::teaching::explain::{Diagram, ProtocolState};

/// The box of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBox {
    /// The state.
    pub state: ProtocolState,
    /// The row, from 0 at the top.
    pub row: usize,
    /// 0 for the way that most conversations take, 1 to the right of it, -1 to the left.
    pub column: i32,
}

/// An arrow from one box to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The index of the box where it begins.
    pub from: usize,
    /// The index of the box where it ends.
    pub to: usize,
    /// The commands that lead there.
    pub by: Vec<String>,
}

/// A diagram that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramLayout {
    /// The boxes, row by row.
    pub boxes: Vec<StateBox>,
    /// The arrows. Every state has one to the end, but only that of the present state is drawn.
    pub arrows: Vec<Arrow>,
    /// The number of rows.
    pub rows: usize,
}

impl DiagramLayout {
    /// Lays out a diagram in which `here` is the present state. A state is one row below the first one that leads to
    /// it; the end is at the bottom.
    #[must_use]
    pub fn of(diagram: &Diagram, here: Option<ProtocolState>) -> DiagramLayout {
        let rows = rows(diagram);
        let mut of_row: BTreeMap<usize, Vec<ProtocolState>> = BTreeMap::new();
        for (state, _) in diagram.states {
            if let Some(row) = rows.get(state.key()) {
                of_row.entry(*row).or_default().push(*state);
            }
        }
        let mut boxes = Vec::new();
        for (row, states) in of_row.values_mut().enumerate() {
            // A state that leads further down comes first, and so gets the middle.
            states.sort_by_key(|state| !leads_down(diagram, &rows, *state));
            for (state, column) in states.iter().zip([0, 1, -1]) {
                boxes.push(StateBox { state: *state, row, column });
            }
        }
        DiagramLayout { arrows: arrows(diagram, &boxes, here), boxes, rows: of_row.len() }
    }

    /// True if there is an arrow from one box to the other.
    #[must_use]
    pub fn has_arrow(&self, from: usize, to: usize) -> bool {
        let mut arrows = self.arrows.iter();
        arrows.any(|arrow| (arrow.from, arrow.to) == (from, to))
    }
}

/// True if a way leads from this state to a lower row, other than to the end.
fn leads_down(
    diagram: &Diagram,
    rows: &BTreeMap<&'static str, usize>,
    from: ProtocolState,
) -> bool {
    let row = |state: ProtocolState| rows.get(state.key());
    let down = |to| to != ProtocolState::Closed && row(to) > row(from);
    diagram.ways(from).iter().any(|(to, _)| down(*to))
}

/// The row of each state that can be reached, by its key.
fn rows(diagram: &Diagram) -> BTreeMap<&'static str, usize> {
    let mut rows = BTreeMap::from([(ProtocolState::Greeting.key(), 0)]);
    let mut reached = vec![ProtocolState::Greeting];
    let mut row = 0;
    while !reached.is_empty() {
        row += 1;
        let mut next = Vec::new();
        for from in reached {
            for (to, by) in diagram.ways(from) {
                // IMAP's PREAUTH greeting skips a state that other conversations pass.
                let skips =
                    from == ProtocolState::Greeting && !by.iter().any(|by| by == "greeting");
                if to != ProtocolState::Closed && !skips && !rows.contains_key(to.key()) {
                    rows.insert(to.key(), row);
                    next.push(to);
                }
            }
        }
        reached = next;
    }
    rows.insert(ProtocolState::Closed.key(), row);
    rows
}

fn arrows(diagram: &Diagram, boxes: &[StateBox], here: Option<ProtocolState>) -> Vec<Arrow> {
    let index = |state| boxes.iter().position(|one| one.state == state);
    let mut arrows = Vec::new();
    for (from, begin) in boxes.iter().enumerate() {
        for (to, by) in diagram.ways(begin.state) {
            let by = known(diagram, begin.state, by);
            let is_drawn = to != ProtocolState::Closed || here == Some(begin.state);
            if is_drawn
                && !by.is_empty()
                && let Some(to) = index(to)
            {
                arrows.push(Arrow { from, to, by });
            }
        }
    }
    arrows
}

/// Removes the greetings that this protocol does not have: LHLO belongs to LMTP only.
fn known(diagram: &Diagram, from: ProtocolState, mut by: Vec<String>) -> Vec<String> {
    let commands = diagram.commands(from);
    let is_there = |by: &str| {
        let verb = by.split(' ').next().unwrap_or_default();
        let greeting = matches!(verb, "EHLO" | "HELO" | "LHLO");
        !greeting || commands.contains(&verb)
    };
    by.retain(|by| is_there(by));
    by
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::Protocol;

    /// The states of each row; the one in the middle comes first.
    fn rows_of(protocol: Protocol) -> Vec<String> {
        let layout = DiagramLayout::of(Diagram::of(protocol), None);
        let mut rows = vec![String::new(); layout.rows];
        for state_box in &layout.boxes {
            rows[state_box.row].push_str(state_box.state.key());
            rows[state_box.row].push(' ');
        }
        rows
    }

    #[test]
    fn each_protocol_reads_from_the_top_to_the_bottom() {
        assert_eq!(
            rows_of(Protocol::Smtp),
            [
                "greeting ",
                "connected ",
                "ready tls ",
                "mail login ",
                "rcpt ",
                "data chunks ",
                "closed "
            ]
        );
        assert_eq!(
            rows_of(Protocol::Pop3),
            ["greeting ", "authorization ", "transaction login tls ", "update ", "closed "]
        );
        assert_eq!(
            rows_of(Protocol::Imap),
            [
                "greeting ",
                "not-authenticated ",
                "authenticated login tls ",
                "selected idle ",
                "closed "
            ]
        );
    }

    #[test]
    fn from_idle_the_conversation_returns_to_the_state_before() {
        let layout = DiagramLayout::of(Diagram::of(Protocol::Imap), Some(ProtocolState::Idle));
        let from_idle = |arrow: &&Arrow| layout.boxes[arrow.from].state == ProtocolState::Idle;
        let ways = layout.arrows.iter().filter(from_idle);
        let told = ways.map(|arrow| (layout.boxes[arrow.to].state.key(), arrow.by.join(", ")));
        let done = "DONE".to_owned();
        let expected = [("selected", done.clone()), ("authenticated", done)];
        assert_eq!(told.take(2).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_state_has_a_box_and_the_present_one_shows_how_to_leave() {
        for protocol in [Protocol::Smtp, Protocol::Lmtp, Protocol::Pop3, Protocol::Imap] {
            let diagram = Diagram::of(protocol);
            for (here, _) in diagram.states {
                let layout = DiagramLayout::of(diagram, Some(*here));
                let leads = |arrow: &&Arrow| layout.boxes[arrow.from].state == *here;
                let ways = layout.arrows.iter().filter(leads).count();
                assert_eq!(ways, diagram.ways(*here).len(), "{protocol:?} {here:?}");
                assert!(layout.boxes.iter().any(|one| one.state == *here) || ways == 0);
            }
        }
    }
}
