//! Several items: lists in parentheses, words of a table.

use super::{Cursor, Parsed};

/// How many items a list may have.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The largest number of items.
    pub most: usize,
    /// What an error says was expected in place of one more.
    pub expected: &'static str,
}

/// The bound of most lists. Commands are bounded in octets too; this bound keeps what is quadratic in
/// a list's length harmless.
pub(super) const IN_A_LIST: Bound =
    Bound { most: 10_000, expected: "at most 10000 items in a list" };

impl Cursor<'_> {
    /// One or more items in parentheses, separated by spaces.
    ///
    /// # Errors
    /// When a parenthesis is missing, there are too many items, or an item is wrong.
    pub fn list<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list_within(IN_A_LIST, item)
    }

    /// A [`list`](Cursor::list) with a bound of its own.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_within<T>(
        &mut self,
        bound: Bound,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        self.expect(b'(', "an opening parenthesis")?;
        let items = self.separated_within(bound, item)?;
        self.expect(b')', "a space or a closing parenthesis")?;
        Ok(items)
    }

    /// A [`list`](Cursor::list) that may be empty: `()`.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_or_empty<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.list_or_empty_within(IN_A_LIST, item)
    }

    /// A list that may be empty, with a bound of its own.
    ///
    /// # Errors
    /// As for `list`.
    pub fn list_or_empty_within<T>(
        &mut self,
        bound: Bound,
        item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        if self.eat_text("()") {
            return Ok(Vec::new());
        }
        self.list_within(bound, item)
    }

    /// One or more items, separated by spaces.
    ///
    /// # Errors
    /// When there are too many items, or an item is wrong.
    pub fn separated<T>(&mut self, item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        self.separated_within(IN_A_LIST, item)
    }

    /// Items separated by spaces, with a bound of their own.
    ///
    /// # Errors
    /// As for `separated`.
    pub fn separated_within<T>(
        &mut self,
        bound: Bound,
        mut item: impl FnMut(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(b' ') {
            if items.len() == bound.most {
                return self.fail(bound.expected);
            }
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// One of the words of this table, in any case.
    ///
    /// # Errors
    /// When another word, or none, comes next.
    pub fn one_of<T: Clone>(&mut self, table: &[(&str, T)], expected: &'static str) -> Parsed<T> {
        let error = self.expected(expected);
        let word = self.atom(expected)?;
        let mut rows = table.iter();
        let row = rows.find(|(name, _)| name.eq_ignore_ascii_case(word));
        row.map(|(_, item)| item.clone()).ok_or(error)
    }
}

/// Returns the word for an item in the table of [`Cursor::one_of`].
#[must_use]
pub fn word_for<T: PartialEq>(table: &[(&'static str, T)], item: &T) -> &'static str {
    let row = table.iter().find(|(_, candidate)| candidate == item);
    row.map_or("", |(name, _)| name)
}
