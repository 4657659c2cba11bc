//! What stands in an IMAP answer, whichever way its strings are written: quoted or as literals.

use std::fmt;

/// Lists that are shorter stand on one line.
const LINE: usize = 96;

/// A value in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// In brackets.
    List(Vec<Value>),
    /// A string.
    Text(Vec<u8>),
    /// Anything else: a number, a name, NIL.
    Atom(String),
}

impl Value {
    /// Takes a value from the front of an answer.
    pub(crate) fn take(answer: &mut &[u8]) -> Option<Value> {
        let (first, rest) = answer.split_first()?;
        match first {
            b'(' => {
                *answer = rest;
                let mut values = Vec::new();
                loop {
                    match answer.first()? {
                        b')' => break,
                        b' ' => *answer = &answer[1..],
                        _ => values.push(Value::take(answer)?),
                    }
                }
                *answer = &answer[1..];
                Some(Value::List(values))
            }
            b'"' => Value::quoted(answer).map(Value::Text),
            b'{' => {
                let end = answer.iter().position(|octet| *octet == b'}')?;
                let length = str::from_utf8(&answer[1..end]).ok()?.parse().ok()?;
                let literal = answer[end + 1..].strip_prefix(b"\r\n")?;
                let (text, rest) = literal.split_at_checked(length)?;
                *answer = rest;
                Some(Value::Text(text.to_vec()))
            }
            _ => {
                let end = answer.iter().position(|octet| b" ()\r\n".contains(octet))?;
                let (atom, rest) = answer.split_at_checked(end.max(1))?;
                *answer = rest;
                Some(Value::Atom(String::from_utf8(atom.to_vec()).ok()?))
            }
        }
    }

    fn quoted(answer: &mut &[u8]) -> Option<Vec<u8>> {
        let (mut text, mut octets) = (Vec::new(), answer[1..].iter());
        loop {
            match octets.next()? {
                b'"' => break,
                b'\\' => text.push(*octets.next()?),
                octet => text.push(*octet),
            }
        }
        *answer = octets.as_slice();
        Some(text)
    }

    /// The values of a list; none of anything else.
    pub(crate) fn items(&self) -> &[Value] {
        match self {
            Value::List(values) => values,
            _ => &[],
        }
    }

    /// Is it a list with lists in it?
    fn is_nested(&self) -> bool {
        self.items().iter().any(|value| !value.items().is_empty())
    }

    /// On one line.
    fn line(&self) -> String {
        match self {
            Value::Atom(atom) => atom.clone(),
            Value::Text(text) => format!("\"{}\"", text.iter().map(shown).collect::<String>()),
            Value::List(values) => {
                let values: Vec<String> = values.iter().map(Value::line).collect();
                format!("({})", values.join(" "))
            }
        }
    }

    fn write(&self, f: &mut fmt::Formatter<'_>, indent: usize) -> fmt::Result {
        let line = self.line();
        if !self.is_nested() || indent + line.len() <= LINE {
            return f.write_str(&line);
        }
        let mut before = "(".to_owned();
        let mut after_list = false;
        for value in self.items() {
            let is_list = value.is_nested();
            if before != "(" && (is_list || after_list) {
                before = format!("\n{}", " ".repeat(indent + 1));
            }
            f.write_str(&before)?;
            value.write(f, indent + 1)?;
            (before, after_list) = (" ".to_owned(), is_list);
        }
        f.write_str(")")
    }
}

/// An octet of a string: what is not printable ASCII is escaped.
fn shown(octet: &u8) -> String {
    match octet {
        b'"' | b'\\' => format!("\\{}", char::from(*octet)),
        b' '..=b'~' => char::from(*octet).to_string(),
        octet => format!("\\x{octet:02x}"),
    }
}

/// As people can read it: a line for each part and each list of addresses.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
