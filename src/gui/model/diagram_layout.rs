//! The diagram of a protocol's states, laid out: boxes in rows, from the greeting down to the end.

use std::collections::BTreeMap;

use crate::teaching::explain::{Diagram, State};

/// A state with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateBox {
    /// Which state.
    pub state: State,
    /// Its row, from 0 at the top.
    pub row: usize,
    /// 0 for the way that most conversations take, 1 to the right of it, -1 to the left.
    pub column: i32,
}

/// An arrow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// Its beginning, as an index of the places.
    pub from: usize,
    /// Its end.
    pub to: usize,
    /// The commands that lead there.
    pub by: Vec<String>,
}

/// A diagram that can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagramLayout {
    /// The states, in rows.
    pub places: Vec<StateBox>,
    /// The arrows. Those to the end are left out but for this state's: they come from everywhere.
    pub ways: Vec<Arrow>,
    /// How many rows there are.
    pub rows: usize,
}

impl DiagramLayout {
    /// Lays a diagram out. A state stands one row below the first that leads to it; the end stands
    /// at the bottom.
    #[must_use]
    pub fn of(diagram: &Diagram, here: Option<State>) -> DiagramLayout {
        let rows = rows(diagram);
        let mut of_row: BTreeMap<usize, Vec<State>> = BTreeMap::new();
        for (state, _) in diagram.states {
            if let Some(row) = rows.get(state.key()) {
                of_row.entry(*row).or_default().push(*state);
            }
        }
        let mut places = Vec::new();
        for (row, states) in of_row.values_mut().enumerate() {
            // What leads further down comes first, and so stands in the middle.
            states.sort_by_key(|state| !leads_down(diagram, &rows, *state));
            let columns = [0, 1, -1].into_iter();
            places.extend(states.iter().zip(columns).map(|(state, column)| StateBox {
                state: *state,
                row,
                column,
            }));
        }
        let ways = ways(diagram, &places, here);
        let rows = of_row.len();
        DiagramLayout { places, ways, rows }
    }

    /// Is there an arrow from one place to the other?
    #[must_use]
    pub fn has_way(&self, from: usize, to: usize) -> bool {
        self.ways.iter().any(|way| (way.from, way.to) == (from, to))
    }
}

/// Is there a way from this state to a lower row, other than to the end?
fn leads_down(diagram: &Diagram, rows: &BTreeMap<&'static str, usize>, from: State) -> bool {
    let row = |state: State| rows.get(state.key());
    let down = |to| to != State::Closed && row(to) > row(from);
    diagram.ways(from).iter().any(|(to, _)| down(*to))
}

/// The row of each state that can be reached.
fn rows(diagram: &Diagram) -> BTreeMap<&'static str, usize> {
    let mut rows = BTreeMap::from([(State::Greeting.key(), 0)]);
    let mut reached = vec![State::Greeting];
    let mut row = 0;
    while !reached.is_empty() {
        row += 1;
        let mut next = Vec::new();
        for from in reached {
            for (to, by) in diagram.ways(from) {
                // PREAUTH skips what everybody else goes through.
                let skips = from == State::Greeting && !by.iter().any(|by| by == "greeting");
                if to != State::Closed && !skips && !rows.contains_key(to.key()) {
                    rows.insert(to.key(), row);
                    next.push(to);
                }
            }
        }
        reached = next;
    }
    rows.insert(State::Closed.key(), row);
    rows
}

fn ways(diagram: &Diagram, places: &[StateBox], here: Option<State>) -> Vec<Arrow> {
    let place = |state| places.iter().position(|place| place.state == state);
    let mut ways = Vec::new();
    for (from, begin) in places.iter().enumerate() {
        for (to, by) in diagram.ways(begin.state) {
            let shown = to != State::Closed || here == Some(begin.state);
            let by = known(diagram, begin.state, by);
            if let (true, Some(to)) = (shown && !by.is_empty(), place(to)) {
                ways.push(Arrow { from, to, by });
            }
        }
    }
    ways
}

/// Without the commands that this protocol does not have: LHLO is LMTP's.
fn known(diagram: &Diagram, from: State, mut by: Vec<String>) -> Vec<String> {
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
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::mail::protocol::Protocol;

    /// The states of each row, that in the middle first.
    fn rows_of(protocol: Protocol) -> Vec<String> {
        let drawing = DiagramLayout::of(Diagram::of(protocol), None);
        let mut rows = vec![String::new(); drawing.rows];
        for place in &drawing.places {
            rows[place.row].push_str(place.state.key());
            rows[place.row].push(' ');
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
            [
                "greeting ",
                "authorization ",
                "transaction login tls ",
                "update ",
                "closed "
            ]
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
    fn whoever_idles_goes_back_to_where_that_was_said() {
        let drawing = DiagramLayout::of(Diagram::of(Protocol::Imap), Some(State::Idle));
        let from_idle = |way: &&Arrow| drawing.places[way.from].state == State::Idle;
        let ways = drawing.ways.iter().filter(from_idle);
        let told = ways.map(|way| (drawing.places[way.to].state.key(), way.by.join(", ")));
        let done = "DONE".to_owned();
        let expected = [("selected", done.clone()), ("authenticated", done)];
        assert_eq!(told.take(2).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_state_has_a_place_and_the_present_one_shows_how_to_leave() {
        for protocol in [
            Protocol::Smtp,
            Protocol::Lmtp,
            Protocol::Pop3,
            Protocol::Imap,
        ] {
            let diagram = Diagram::of(protocol);
            for (here, _) in diagram.states {
                let drawing = DiagramLayout::of(diagram, Some(*here));
                let leads = |way: &&Arrow| drawing.places[way.from].state == *here;
                let ways = drawing.ways.iter().filter(leads).count();
                assert_eq!(ways, diagram.ways(*here).len(), "{protocol:?} {here:?}");
                assert!(drawing.places.iter().any(|place| place.state == *here) || ways == 0);
            }
        }
    }
}
