//! Flags on the wire (RFC 3501 §9, `flag` and `flag-list`; §6.4.6 for STORE).
//!
//! A client sets [`Flags`]; there `\Recent` and unknown system flags are errors. A server lists a
//! [`FlagList`], which may contain more.

use std::fmt;

use super::cursor::{Bound, Cursor, Parsed};
use super::string::Spaced;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::span::Role;

/// The longest keyword, in characters: each SELECT lists every keyword of the mailbox.
const LONGEST_KEYWORD: usize = 100;

/// The most flags in one command. Maildir keeps 26 keywords in a file's name, as in Dovecot.
const AT_ONCE: Bound = Bound { most: 100, expected: "at most 100 flags" };

/// Parses `(\Seen $Forwarded)` or `()` from the front.
///
/// # Errors
/// When there is no list, or a client cannot set one of the flags.
pub fn parse_list(cursor: &mut Cursor<'_>) -> Parsed<Flags> {
    let mut flags = Flags::new();
    cursor.list_or_empty_within(AT_ONCE, |cursor| one_more(cursor, &mut flags))?;
    Ok(flags)
}

/// Parses the change that STORE makes, `+FLAGS.SILENT (\Seen)`, and whether it is silent.
///
/// # Errors
/// When there is no change, or a client cannot set one of the flags.
pub fn parse_change(cursor: &mut Cursor<'_>) -> Parsed<(FlagChange, bool)> {
    let (change, silent) = cursor.named(Role::StoreItem, parse_how)?;
    cursor.space()?;
    if cursor.peek() == Some(b'(') {
        return Ok((change(parse_list(cursor)?), silent));
    }
    // RFC 3501 §9, `store-att-flags`: the parentheses may be missing.
    let mut flags = Flags::new();
    cursor.separated_within(AT_ONCE, |cursor| one_more(cursor, &mut flags))?;
    Ok((change(flags), silent))
}

/// Makes a change of some flags.
type How = fn(Flags) -> FlagChange;

/// Parses `+FLAGS.SILENT`.
fn parse_how(cursor: &mut Cursor<'_>) -> Parsed<(How, bool)> {
    let error = cursor.expected("FLAGS, +FLAGS or -FLAGS");
    let change = match cursor.peek() {
        Some(b'+') if cursor.eat(b'+') => FlagChange::Add,
        Some(b'-') if cursor.eat(b'-') => FlagChange::Remove,
        _ => FlagChange::Replace,
    };
    if !cursor.eat_text("FLAGS") {
        return Err(error);
    }
    Ok((change, cursor.eat_text(".SILENT")))
}

fn one_more(cursor: &mut Cursor<'_>, flags: &mut Flags) -> Parsed<()> {
    cursor.named(Role::Flag, |cursor| parse_flag(cursor, flags))
}

fn parse_flag(cursor: &mut Cursor<'_>, flags: &mut Flags) -> Parsed<()> {
    let error = cursor.expected("a flag that a client can set, such as \\Seen or $Forwarded");
    if !cursor.eat(b'\\') {
        let too_long = cursor.expected("a keyword of at most 100 characters");
        let keyword = cursor.atom(error.expected)?;
        if keyword.len() > LONGEST_KEYWORD {
            return Err(too_long);
        }
        flags.set_keyword(keyword);
        return Ok(());
    }
    flags.set(system_flag(cursor.atom(error.expected)?).ok_or(error)?);
    Ok(())
}

/// Returns the system flag with this name, without its backslash, in any case.
fn system_flag(name: &str) -> Option<Flag> {
    let named = |flag: &Flag| flag.to_string()[1..].eq_ignore_ascii_case(name);
    Flag::ALL.into_iter().find(named)
}

/// Prints the change that STORE makes.
pub(super) struct StoreItem<'a>(pub(super) &'a FlagChange, pub(super) bool);

impl fmt::Display for StoreItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StoreItem(change, silent) = self;
        let (sign, flags) = match change {
            FlagChange::Replace(flags) => ("", flags),
            FlagChange::Add(flags) => ("+", flags),
            FlagChange::Remove(flags) => ("-", flags),
        };
        let silent = if *silent { ".SILENT" } else { "" };
        write!(f, "{sign}FLAGS{silent} ({flags})")
    }
}

/// Flags as a server lists them: those of a message, of a mailbox, or the permanent ones.
///
/// Each is kept as it is on the wire, in the server's order: `\\Seen`, `$Junk`, `\\Recent`, `\\*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagList(pub Vec<String>);

impl FlagList {
    /// The flags of a message, with `\Recent` if it is recent in this session.
    #[must_use]
    pub fn of_message(flags: &Flags, recent: bool) -> FlagList {
        let mut list: Vec<String> = flags.system().map(|flag| flag.to_string()).collect();
        list.extend(flags.keywords().map(str::to_owned));
        if recent {
            list.push("\\Recent".to_owned());
        }
        FlagList(list)
    }

    /// The flags that a client can set. Unknown system flags are left out.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let mut flags = Flags::new();
        for word in &self.0 {
            match word.strip_prefix('\\') {
                Some(name) => system_flag(name).into_iter().for_each(|flag| flags.set(flag)),
                None => flags.set_keyword(word),
            }
        }
        flags
    }

    /// True if `\Recent` is in the list.
    #[must_use]
    pub fn has_recent(&self) -> bool {
        self.0.iter().any(|word| word.eq_ignore_ascii_case("\\Recent"))
    }

    /// True if `\*` is in the list: clients can make new keywords (RFC 3501 §7.1).
    #[must_use]
    pub fn allows_new_keywords(&self) -> bool {
        self.0.iter().any(|word| word == "\\*")
    }

    /// Parses a list in parentheses from the front.
    ///
    /// # Errors
    /// When there is none.
    pub fn parse(cursor: &mut Cursor<'_>) -> Parsed<FlagList> {
        let list = cursor.list_or_empty(|cursor| cursor.named(Role::Flag, listed_flag));
        list.map(FlagList)
    }
}

fn listed_flag(cursor: &mut Cursor<'_>) -> Parsed<String> {
    if cursor.eat_text("\\*") {
        return Ok("\\*".to_owned());
    }
    let backslash = if cursor.eat(b'\\') { "\\" } else { "" };
    Ok(format!("{backslash}{}", cursor.atom("a flag")?))
}

/// As on the wire, with parentheses.
impl fmt::Display for FlagList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({})", Spaced(&self.0))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn change(text: &str) -> Result<String, String> {
        let mut cursor = Cursor::new(text.as_bytes());
        let (change, silent) = parse_change(&mut cursor).map_err(|error| error.to_string())?;
        cursor.end().map_err(|error| error.to_string())?;
        Ok(StoreItem(&change, silent).to_string())
    }

    #[test]
    fn a_keyword_has_its_bound() {
        assert!(change(&format!("+FLAGS ({})", "k".repeat(100))).is_ok());
        let error = change(&format!("+FLAGS ({})", "k".repeat(101))).unwrap_err();
        assert_eq!(error, "expected a keyword of at most 100 characters at octet 8");
    }

    #[test]
    fn changes() {
        let rows = [
            ("FLAGS ()", "FLAGS ()"),
            ("+flags.silent (\\seen $Junk)", "+FLAGS.SILENT (\\Seen $Junk)"),
            ("-FLAGS \\Deleted \\DRAFT", "-FLAGS (\\Deleted \\Draft)"),
            ("+FLAGS junk", "+FLAGS (junk)"),
        ];
        for (text, printed) in rows {
            assert_eq!(change(text).as_deref(), Ok(printed));
        }
        let flag = "expected a flag that a client can set, such as \\Seen or $Forwarded";
        let rows = [
            ("", "expected FLAGS, +FLAGS or -FLAGS at octet 0".to_owned()),
            ("*FLAGS ()", "expected FLAGS, +FLAGS or -FLAGS at octet 0".to_owned()),
            ("FLAGS", "expected a space at octet 5".to_owned()),
            ("FLAGS (\\Recent)", format!("{flag} at octet 7")),
            ("FLAGS (\\*)", format!("{flag} at octet 8")),
            ("FLAGS (a]b)", "expected a space or a closing parenthesis at octet 8".to_owned()),
            ("FLAGS \\", format!("{flag} at octet 7")),
        ];
        for (text, sentence) in rows {
            assert_eq!(change(text), Err(sentence), "{text}");
        }
        let many = "a ".repeat(101);
        assert!(
            change(&format!("FLAGS {}", many.trim_end()))
                .unwrap_err()
                .starts_with("expected at most 100 flags")
        );
    }

    #[test]
    fn lists_of_servers() {
        let text = b"(\\Seen \\Recent \\Unheard $Junk \\*)";
        let list = FlagList::parse(&mut Cursor::new(text)).unwrap();
        assert_eq!(list.flags().to_string(), "\\Seen $Junk");
        assert!(list.has_recent() && list.allows_new_keywords());
        assert_eq!(list.to_string().as_bytes(), text);
        assert_eq!(FlagList::parse(&mut Cursor::new(b"()")), Ok(FlagList::default()));
    }

    /// Flags for the laws of the commands that have some.
    pub(in super::super) fn any_flags() -> impl Strategy<Value = Flags> {
        let system = proptest::collection::vec(0usize..5, 0..3);
        let keywords = proptest::collection::vec("[$A-Za-z][a-z0-9_-]{0,8}", 0..3);
        (system, keywords).prop_map(|(system, keywords)| {
            let mut flags: Flags = system.into_iter().map(|at| Flag::ALL[at]).collect();
            keywords.iter().for_each(|keyword| flags.set_keyword(keyword));
            flags
        })
    }
}
