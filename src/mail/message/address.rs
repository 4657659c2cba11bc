//! Address lists (RFC 5322 §3.4) as IMAP's ENVELOPE wants them (RFC 9051 §7.5.2).
//!
//! Encoded words stay encoded. Anything can be parsed: a broken address yields as much as can be read
//! of it, with [`MISSING_MAILBOX`] and [`MISSING_DOMAIN`] in place of what is missing.

use super::lex::{Lexer, is_space};
use crate::limits;

/// The local part of an address that has none (Dovecot's words).
pub const MISSING_MAILBOX: &[u8] = b"MISSING_MAILBOX";

/// The domain of an address that has none: ENVELOPE without a domain would mean a group.
pub const MISSING_DOMAIN: &[u8] = b"MISSING_DOMAIN";

/// An entry of an address list. A group is a run of entries: one with a mailbox and no host that
/// names it, its members, and one with nothing that ends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderAddress {
    /// The display name, or else the comment after the address: `a@b (Name)`.
    pub name: Option<Vec<u8>>,
    /// The source route, `@a,@b`, of old mail (RFC 5322 §4.4).
    pub route: Option<Vec<u8>>,
    /// The local part, unquoted; or a group's name.
    pub mailbox: Option<Vec<u8>>,
    /// The domain.
    pub host: Option<Vec<u8>>,
}

impl HeaderAddress {
    /// True for a mailbox, false for the beginning or the end of a group.
    #[must_use]
    pub fn is_mailbox(&self) -> bool {
        self.host.is_some()
    }
}

/// Parses an unfolded address list.
#[must_use]
pub fn parse(value: &[u8]) -> Vec<HeaderAddress> {
    let mut list =
        AddressParser { lexer: Lexer::new(value), addresses: Vec::new(), in_group: false };
    while list.lexer.peek().is_some() && list.addresses.len() < limits::ADDRESSES {
        list.entry();
    }
    list.end_group();
    list.addresses
}

struct AddressParser<'a> {
    lexer: Lexer<'a>,
    addresses: Vec<HeaderAddress>,
    in_group: bool,
}

impl AddressParser<'_> {
    /// Parses one mailbox, or one end of a group, and the separator after it.
    fn entry(&mut self) {
        // Only a comment after an address names its owner.
        self.lexer.skip_space();
        self.lexer.forget_comment();
        let words = PhraseWords::take(&mut self.lexer);
        match self.lexer.peek() {
            Some(b':') if !self.in_group => {
                self.lexer.next();
                self.begin_group(words.phrase());
                return;
            }
            Some(b'<') => self.angle(words.phrase()),
            Some(b'@') => {
                let host = domain(&mut self.lexer);
                self.mailbox(None, None, words.local_part(), host);
            }
            // RFC 5322 §4.4, obs-addr-list: there may be nothing between two separators.
            None | Some(b',' | b';') if words.is_empty() => {}
            _ => self.mailbox(None, None, words.local_part(), None),
        }
        self.lexer.skip_to(|octet| matches!(octet, b',' | b';'));
        if self.lexer.next() == Some(b';') {
            self.end_group();
        }
    }

    /// `"<" [route ":"] local-part "@" domain ">"`.
    fn angle(&mut self, phrase: Vec<u8>) {
        self.lexer.next();
        self.lexer.skip_space();
        let route = (self.lexer.peek() == Some(b'@')).then(|| {
            let route = self.lexer.run(|octet| !matches!(octet, b':' | b'>'));
            self.lexer.eat(b':');
            route.iter().copied().filter(|o| !is_space(*o)).collect()
        });
        let words = PhraseWords::take(&mut self.lexer);
        let host = domain(&mut self.lexer);
        self.lexer.skip_to(|octet| matches!(octet, b'>' | b',' | b';'));
        self.lexer.eat(b'>');
        self.mailbox(Some(phrase), route, words.local_part(), host);
    }

    fn mailbox(
        &mut self,
        name: Option<Vec<u8>>,
        route: Option<Vec<u8>>,
        mailbox: Vec<u8>,
        host: Option<Vec<u8>>,
    ) {
        self.lexer.skip_space();
        let full = |text: &Vec<u8>| !text.is_empty();
        let comment = self.lexer.comment();
        let or = |text: Option<Vec<u8>>, missing: &[u8]| text.filter(full).or(Some(missing.into()));
        self.addresses.push(HeaderAddress {
            name: name.filter(full).or(Some(comment)).filter(full),
            route,
            mailbox: or(Some(mailbox), MISSING_MAILBOX),
            host: or(host, MISSING_DOMAIN),
        });
    }

    fn begin_group(&mut self, name: Vec<u8>) {
        self.in_group = true;
        self.addresses.push(HeaderAddress { mailbox: Some(name), ..HeaderAddress::default() });
    }

    fn end_group(&mut self) {
        if self.in_group {
            self.in_group = false;
            self.addresses.push(HeaderAddress::default());
        }
    }
}

/// Atoms and quoted strings in a row: a name or a local part, depending on what follows.
struct PhraseWords(Vec<PhraseWord>);

struct PhraseWord {
    text: Vec<u8>,
    spaced: bool,
}

impl PhraseWords {
    fn take(lexer: &mut Lexer) -> PhraseWords {
        let mut words = Vec::new();
        loop {
            let spaced = lexer.skip_space();
            let text = match (lexer.quoted(), lexer.run(is_word)) {
                (None, []) => return PhraseWords(words),
                (None, atom) => atom.to_vec(),
                (Some(quoted), after) => [&quoted, after].concat(),
            };
            words.push(PhraseWord { text, spaced });
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Joins them to a display name: one space where there was any.
    fn phrase(&self) -> Vec<u8> {
        self.joined(|_, word| word.spaced)
    }

    /// Joins them to a local part: no space around dots (RFC 5322 §4.4, obs-local-part).
    fn local_part(&self) -> Vec<u8> {
        self.joined(|before, word| {
            word.spaced && !before.ends_with(b".") && !word.text.starts_with(b".")
        })
    }

    fn joined(&self, space: impl Fn(&[u8], &PhraseWord) -> bool) -> Vec<u8> {
        let mut text = Vec::new();
        for word in &self.0 {
            if !text.is_empty() && space(&text, word) {
                text.push(b' ');
            }
            text.extend_from_slice(&word.text);
        }
        text
    }
}

/// Parses `"@" domain`, if it comes next: atoms and dots, or a literal in square brackets.
fn domain(lexer: &mut Lexer) -> Option<Vec<u8>> {
    if !lexer.eat(b'@') {
        return None;
    }
    lexer.skip_space();
    if lexer.peek() == Some(b'[') {
        let mut literal = lexer.run(|octet| octet != b']' && octet != b',').to_vec();
        lexer.eat(b']').then(|| literal.push(b']'));
        return Some(literal);
    }
    let mut domain = lexer.run(is_word).to_vec();
    loop {
        let mut ahead = *lexer;
        ahead.skip_space();
        let goes_on = domain.ends_with(b".") || ahead.peek() == Some(b'.');
        let more = ahead.run(is_word);
        if !goes_on || more.is_empty() {
            return Some(domain);
        }
        domain.extend_from_slice(more);
        *lexer = ahead;
    }
}

/// True for the octets of words: those of atoms, dots, and others that real mail has there (square
/// brackets, backslashes, 8-bit text).
fn is_word(octet: u8) -> bool {
    !is_space(octet) && !matches!(octet, b'(' | b'<' | b'>' | b':' | b';' | b'@' | b',' | b'"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// name|route|mailbox|host, a dash for NIL.
    fn shown(value: &[u8]) -> Vec<String> {
        let text = |octets: &Option<Vec<u8>>| match octets {
            Some(octets) => String::from_utf8_lossy(octets).into_owned(),
            None => "-".to_owned(),
        };
        let show = |a: &HeaderAddress| [&a.name, &a.route, &a.mailbox, &a.host].map(text).join("|");
        parse(value).iter().map(show).collect()
    }

    #[test]
    fn addresses_of_every_sort() {
        let rows: &[(&str, &[&str])] = &[
            ("", &[]),
            ("alice@a.test", &["-|-|alice|a.test"]),
            ("Alice <alice@a.test>", &["Alice|-|alice|a.test"]),
            ("<alice@a.test>", &["-|-|alice|a.test"]),
            (
                "\"Liddell, Alice\" <alice@a.test>, bob@b.test",
                &["Liddell, Alice|-|alice|a.test", "-|-|bob|b.test"],
            ),
            ("bob@b.test (Bob (the) Builder)", &["Bob (the) Builder|-|bob|b.test"]),
            ("(why) bob@b.test, (oh) <c@d.test>", &["-|-|bob|b.test", "-|-|c|d.test"]),
            ("John Q. Public <j@p.test>", &["John Q. Public|-|j|p.test"]),
            ("=?utf-8?q?J=C3=B6?= <j@p.test>", &["=?utf-8?q?J=C3=B6?=|-|j|p.test"]),
            ("\"a \\\"b\\\" c\"@d.test", &["-|-|a \"b\" c|d.test"]),
            ("john . doe @ a . test", &["-|-|john.doe|a.test"]),
            ("a@[192.0.2.1]", &["-|-|a|[192.0.2.1]"]),
            ("<@x.test,@y.test:a@b.test>", &["-|@x.test,@y.test|a|b.test"]),
            (
                "Friends: alice@a.test, Bob <bob@b.test>; carol@c.test",
                &[
                    "-|-|Friends|-",
                    "-|-|alice|a.test",
                    "Bob|-|bob|b.test",
                    "-|-|-|-",
                    "-|-|carol|c.test",
                ],
            ),
            ("undisclosed-recipients:;", &["-|-|undisclosed-recipients|-", "-|-|-|-"]),
            (", ,alice@a.test,,", &["-|-|alice|a.test"]),
            ("[list] Bob <bob@b.test>", &["[list] Bob|-|bob|b.test"]),
        ];
        for (value, expected) in rows {
            assert_eq!(shown(value.as_bytes()), *expected, "{value}");
        }
    }

    #[test]
    fn broken_addresses_yield_what_is_left_of_them() {
        let rows: &[(&str, &[&str])] = &[
            ("root", &["-|-|root|MISSING_DOMAIN"]),
            ("Nobody <>", &["Nobody|-|MISSING_MAILBOX|MISSING_DOMAIN"]),
            ("@b.test", &["-|-|MISSING_MAILBOX|b.test"]),
            ("a@", &["-|-|a|MISSING_DOMAIN"]),
            ("Al <al@a.test, bob@b.test", &["Al|-|al|a.test", "-|-|bob|b.test"]),
            ("a@b.test; c@d.test", &["-|-|a|b.test", "-|-|c|d.test"]),
            ("Friends: a@b.test", &["-|-|Friends|-", "-|-|a|b.test", "-|-|-|-"]),
            ("a@b@c, d@e", &["-|-|a|b", "-|-|d|e"]),
            (">>> a@b.test", &["-|-|MISSING_MAILBOX|MISSING_DOMAIN"]),
            ("\"never closed <a@b.test>", &["-|-|never closed <a@b.test>|MISSING_DOMAIN"]),
            ("(only a comment", &[]),
            ("\"\" <a@b.test>", &["-|-|a|b.test"]),
        ];
        for (value, expected) in rows {
            assert_eq!(shown(value.as_bytes()), *expected, "{value}");
        }
    }

    /// A long comment, followed by many places to look ahead from. It must not be copied for each.
    #[test]
    fn a_hostile_list_costs_no_more_than_its_length() {
        let comment = "x".repeat(1_000_000);
        let domain = ". b ".repeat(100_000);
        let begun = std::time::Instant::now();
        let list = parse(format!("a@b ({comment}) {domain}").as_bytes());
        assert_eq!(list.len(), 1);
        // A hundred gigabytes of copying would take far longer, this takes far less.
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }

    proptest! {
        #![proptest_config(crate::limits::random_cases(256))]
        #[test]
        fn nothing_is_too_broken(value in "[ab@<>():;,.\"\\\\\\[\\] ]{0,40}") {
            let list = parse(value.as_bytes());
            let begins = list.iter().filter(|a| !a.is_mailbox() && a.mailbox.is_some()).count();
            let ends = list.iter().filter(|a| !a.is_mailbox() && a.mailbox.is_none()).count();
            prop_assert_eq!(begins, ends);
        }

        #[test]
        fn a_list_of_names_and_addresses_comes_back(
            people in prop::collection::vec(("[A-Z][a-z]{0,8}( [A-Z][a-z]{0,8})?", "[a-z.]{0,5}[a-z]", "[a-z]{1,8}\\.test"), 0..9),
        ) {
            let line: Vec<String> = people.iter().map(|(n, m, h)| format!("{n} <{m}@{h}>")).collect();
            let expected: Vec<String> = people.iter().map(|(n, m, h)| format!("{n}|-|{m}|{h}")).collect();
            prop_assert_eq!(shown(line.join(", ").as_bytes()), expected);
        }
    }
}
