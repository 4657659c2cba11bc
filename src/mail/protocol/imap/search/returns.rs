//! What of a search's answer a client wants: `RETURN (MIN COUNT)` (RFC 4731 §3.1, RFC 9051 §6.4.4),
//! and whether it is kept for later, `SAVE` (RFC 5182 §2.1).

use std::fmt;

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// What of the answer is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// `MIN`: the lowest number that was found.
    pub min: bool,
    /// `MAX`: the highest.
    pub max: bool,
    /// `ALL`: all of them.
    pub all: bool,
    /// `COUNT`: how many.
    pub count: bool,
    /// `SAVE`: they are what `$` stands for from now on.
    pub save: bool,
}

/// Which option is which field.
type ReturnOption = (&'static str, fn(&mut Returns) -> &mut bool);

const OPTIONS: [ReturnOption; 5] = [
    ("MIN", |returns| &mut returns.min),
    ("MAX", |returns| &mut returns.max),
    ("ALL", |returns| &mut returns.all),
    ("COUNT", |returns| &mut returns.count),
    ("SAVE", |returns| &mut returns.save),
];

impl Returns {
    /// Only all of them: what is told when nothing is asked for (RFC 9051 §6.4.4).
    pub const ALL: Returns = Returns {
        min: false,
        max: false,
        all: true,
        count: false,
        save: false,
    };

    /// Is an answer wanted at all? SAVE alone asks for none (RFC 5182 §2.1).
    #[must_use]
    pub fn asks_for_an_answer(self) -> bool {
        self.min || self.max || self.all || self.count
    }

    /// Reads `(…)` from the front; `()` is `(ALL)` (RFC 4731 §3.1).
    ///
    /// # Errors
    /// When an option is none.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Returns> {
        let mut returns = Returns::default();
        let options = cursor.list_or_empty(|cursor| {
            let error = cursor.expected("MIN, MAX, ALL, COUNT or SAVE");
            let word = cursor.named(Role::Option, |cursor| cursor.atom(error.expected))?;
            let option = OPTIONS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(word));
            *option.ok_or(error)?.1(&mut returns) = true;
            Ok(())
        })?;
        Ok(if options.is_empty() {
            Returns::ALL
        } else {
            returns
        })
    }
}

/// As on the wire: `(MIN COUNT)`.
impl fmt::Display for Returns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut returns = *self;
        let wanted = OPTIONS.iter().filter(|(_, field)| *field(&mut returns));
        let names: Vec<&str> = wanted.map(|(name, _)| *name).collect();
        write!(f, "({})", names.join(" "))
    }
}
