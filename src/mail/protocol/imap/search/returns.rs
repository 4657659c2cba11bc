//! The results of a search that a client wants: `RETURN (MIN COUNT)` (RFC 4731 §3.1, RFC 9051 §6.4.4),
//! and `SAVE`, which keeps them for later (RFC 5182 §2.1).

use std::fmt;

use crate::mail::protocol::imap::cursor::{Cursor, Parsed};
use crate::mail::protocol::span::Role;

/// The results that are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returns {
    /// `MIN`: the lowest number found.
    pub min: bool,
    /// `MAX`: the highest number found.
    pub max: bool,
    /// `ALL`: all numbers found.
    pub all: bool,
    /// `COUNT`: how many were found.
    pub count: bool,
    /// `SAVE`: `$` means the messages found from now on.
    pub save: bool,
}

/// The name of an option, and its field.
type ReturnOption = (&'static str, fn(&mut Returns) -> &mut bool);

const OPTIONS: [ReturnOption; 5] = [
    ("MIN", |returns| &mut returns.min),
    ("MAX", |returns| &mut returns.max),
    ("ALL", |returns| &mut returns.all),
    ("COUNT", |returns| &mut returns.count),
    ("SAVE", |returns| &mut returns.save),
];

impl Returns {
    /// Only ALL: the default (RFC 9051 §6.4.4).
    pub const ALL: Returns =
        Returns { min: false, max: false, all: true, count: false, save: false };

    /// True if an ESEARCH response is wanted; with SAVE alone it is not (RFC 5182 §2.1).
    #[must_use]
    pub fn asks_for_an_answer(self) -> bool {
        self.min || self.max || self.all || self.count
    }

    /// Parses `(…)` from the front; `()` is `(ALL)` (RFC 4731 §3.1).
    ///
    /// # Errors
    /// For an invalid option.
    pub(super) fn parse(cursor: &mut Cursor<'_>) -> Parsed<Returns> {
        let mut returns = Returns::default();
        let options = cursor.list_or_empty(|cursor| {
            let error = cursor.expected("MIN, MAX, ALL, COUNT or SAVE");
            let word = cursor.named(Role::Option, |cursor| cursor.atom(error.expected))?;
            let option = OPTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
            *option.ok_or(error)?.1(&mut returns) = true;
            Ok(())
        })?;
        Ok(if options.is_empty() { Returns::ALL } else { returns })
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
