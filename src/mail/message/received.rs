//! `Received:`, the line that every server puts on top of a message (RFC 5321 §4.4).
//!
//! The grammar is short, and real mail follows little of it: the most interesting facts are in comments,
//! in which each program has its own style. The lines of Postfix, Exim, Sendmail, Gmail, Exchange, qmail,
//! Dovecot and Pillarbox are understood; all other text is kept in [`Received::others`].
//! Nothing here judges whether a line is true: anyone may write one.

mod tls;

use std::net::IpAddr;

use jiff::Zoned;

use super::lex::{Lexer, is_space};
use super::{Header, MailDate};
pub use tls::TlsUsed;
use tls::tls;

/// One hop, as the server that received the message describes it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// The name that the client gave in HELO or EHLO. It may be anything.
    pub from: Option<String>,
    /// The name of the client's address in the DNS, if the server looked it up.
    pub from_name: Option<String>,
    /// The address that the connection came from, as the server saw it.
    pub from_address: Option<IpAddr>,
    /// The server, which wrote the line.
    pub by: Option<String>,
    /// The protocol: of RFC 3848, of RFC 6531 §4.3, or the program's own.
    pub with: Option<String>,
    /// The server's identifier of the message, as in its log.
    pub id: Option<String>,
    /// The recipient, without angle brackets. The RFC's word `for` is a keyword in Rust.
    pub for_: Option<String>,
    /// TLS, if the line mentions it: see [`Received::encrypted`].
    pub tls: Option<TlsUsed>,
    /// The time, by the server's clock.
    pub date: Option<Zoned>,
    /// The rest, in order: comments in round brackets, words, a date that cannot be parsed.
    pub others: Vec<String>,
}

impl Received {
    /// Returns the hops in a header, the newest first.
    #[must_use]
    pub fn all(header: &Header) -> Vec<Received> {
        let fields = header.named("Received");
        fields.map(|field| Received::parse(&field.unfolded())).collect()
    }

    /// Parses an unfolded value. Anything can be parsed.
    #[must_use]
    pub fn parse(value: &[u8]) -> Received {
        let mut received = Received::default();
        let mut clause = Clause::None;
        let (pieces, date) = pieces(value);
        for piece in pieces {
            match piece {
                ReceivedToken::Comment(text) => received.comment(text, clause),
                ReceivedToken::Word(word) => clause = received.word(word, clause),
            }
        }
        received.take_date(date);
        received
    }

    /// Returns whether the connection was encrypted; `None` if the line does not say.
    ///
    /// RFC 3848: the S in ESMTPS means TLS; ESMTP without it means no TLS.
    #[must_use]
    pub fn encrypted(&self) -> Option<bool> {
        if self.tls.is_some() {
            return Some(true);
        }
        Some(self.transmission()?.contains('S'))
    }

    /// Returns whether the client logged in; `None` if the line does not say (RFC 3848: the A in
    /// ESMTPA).
    #[must_use]
    pub fn authenticated(&self) -> Option<bool> {
        Some(self.transmission()?.contains('A'))
    }

    /// Returns what follows the base name of a registered protocol: nothing, S, A or SA.
    fn transmission(&self) -> Option<String> {
        let with = self.with.as_ref()?.to_ascii_uppercase();
        if with == "SMTP" {
            return Some(String::new());
        }
        let bases = ["UTF8SMTP", "UTF8LMTP", "ESMTP", "LMTP"];
        let suffix = bases.iter().find_map(|base| with.strip_prefix(base))?;
        matches!(suffix, "" | "S" | "A" | "SA").then(|| suffix.to_owned())
    }

    /// Takes a word, which may begin a clause; returns the clause of the next word.
    fn word(&mut self, word: String, clause: Clause) -> Clause {
        // Right after its keyword a word is the value, even if it is a keyword itself: a client may
        // call itself "by".
        if let Clause::Open(keyword) = clause {
            return self.value(keyword, word);
        }
        if let Some(keyword) = Keyword::of(&word) {
            return Clause::Open(keyword);
        }
        match (clause, address(&word)) {
            // Exchange: with Microsoft SMTP Server.
            (Clause::Filled(Keyword::With), _) => {
                let with = self.with.get_or_insert_default();
                with.push(' ');
                with.push_str(&word);
            }
            // fetchmail: from pop.example [192.0.2.9].
            (Clause::Filled(Keyword::From), Some(address)) if self.from_address.is_none() => {
                self.from_address = Some(address);
            }
            _ => self.others.push(word),
        }
        clause
    }

    fn value(&mut self, keyword: Keyword, word: String) -> Clause {
        let place = match keyword {
            Keyword::From => {
                self.from_address = address(&word);
                &mut self.from
            }
            Keyword::By => &mut self.by,
            Keyword::With => &mut self.with,
            Keyword::Id => &mut self.id,
            Keyword::For => &mut self.for_,
            Keyword::Tls => &mut self.tls.get_or_insert_default().cipher,
            Keyword::Via => {
                self.others.push(format!("via {word}"));
                return Clause::Filled(keyword);
            }
        };
        let bare = word.strip_prefix('<').and_then(|w| w.strip_suffix('>'));
        match place {
            None => *place = Some(bare.unwrap_or(&word).to_owned()),
            Some(_) => self.others.push(word),
        }
        Clause::Filled(keyword)
    }

    fn comment(&mut self, text: String, clause: Clause) {
        if matches!(clause, Clause::Filled(Keyword::From)) && self.client(&text) {
            return;
        }
        match tls(&text) {
            Some(tls) if self.tls.as_ref().is_none_or(|t| t.version.is_none()) => {
                let named = self.tls.take().and_then(|tls| tls.cipher);
                let cipher = named.or(tls.cipher);
                self.tls = Some(TlsUsed { cipher, ..tls });
            }
            _ => self.others.push(format!("({text})")),
        }
    }

    /// Takes the client's name, HELO and address from a comment after `from`; false if it has none.
    ///
    /// Postfix and Sendmail: `helo (name [address])`. Exim: `name ([address] helo=helo)` and
    /// `[address] (helo=helo)`. qmail: `name (HELO helo) (address)`. Exchange: `helo (address)`.
    fn client(&mut self, text: &str) -> bool {
        let mut words = text.split_ascii_whitespace().peekable();
        let mut found = false;
        let mut name = None;
        while let Some(word) = words.next() {
            let helo = match word.split_once('=') {
                Some((key, helo)) if is_helo(key) => Some(helo),
                None if is_helo(word) => words.next(),
                _ => None,
            };
            let address = if helo.is_none() { address(word) } else { None };
            if let Some(helo) = helo {
                // The word before the comment was not from the client, but from the DNS.
                let name = self.from.replace(helo.to_owned());
                self.from_name = name.filter(|name| is_name(name));
            } else if self.from_address.is_none() && address.is_some() {
                self.from_address = address;
                self.from_name = self.from_name.take().or(name.take());
            } else if !found && is_name(word) {
                name = Some(word.trim_end_matches('.').to_owned());
                continue;
            }
            found |= helo.is_some() || address.is_some();
        }
        found
    }

    fn take_date(&mut self, text: Option<String>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        match MailDate::parse(text.as_bytes()).and_then(|date| date.zoned()) {
            Some(date) => self.date = Some(date),
            None => self.others.push(text),
        }
    }
}

/// The current place in the line: before any clause, after a keyword, or after its value.
#[derive(Clone, Copy)]
enum Clause {
    None,
    Open(Keyword),
    Filled(Keyword),
}

/// RFC 5321 §4.4, and `tls` of RFC 8314 §4.3.
#[derive(Clone, Copy)]
enum Keyword {
    From,
    By,
    Via,
    With,
    Id,
    For,
    Tls,
}

impl Keyword {
    fn of(word: &str) -> Option<Keyword> {
        match word.to_ascii_lowercase().as_str() {
            "from" => Some(Keyword::From),
            "by" => Some(Keyword::By),
            "via" => Some(Keyword::Via),
            "with" => Some(Keyword::With),
            "id" => Some(Keyword::Id),
            "for" => Some(Keyword::For),
            "tls" => Some(Keyword::Tls),
            _ => None,
        }
    }
}

enum ReceivedToken {
    Word(String),
    Comment(String),
}

/// Splits a value into the words and comments before the last semicolon, and the words after it.
fn pieces(value: &[u8]) -> (Vec<ReceivedToken>, Option<String>) {
    let mut lexer = Lexer::new(value);
    let mut pieces = Vec::new();
    let mut semicolon = None;
    loop {
        lexer.run(is_space);
        match lexer.peek() {
            None => break,
            Some(b'(') => {
                lexer.skip_comment();
                pieces.push(ReceivedToken::Comment(text(&lexer.comment())));
            }
            Some(b';') => {
                lexer.next();
                semicolon = Some(pieces.len());
            }
            Some(_) => {
                let word = lexer.run(|octet| !is_space(octet) && !matches!(octet, b'(' | b';'));
                pieces.push(ReceivedToken::Word(text(word)));
            }
        }
    }
    let date = semicolon.map(|at| {
        let (words, comments): (Vec<_>, Vec<_>) = pieces
            .split_off(at)
            .into_iter()
            .partition(|piece| matches!(piece, ReceivedToken::Word(_)));
        pieces.extend(comments);
        let words: Vec<String> = words.into_iter().map(ReceivedToken::into_text).collect();
        words.join(" ")
    });
    (pieces, date)
}

impl ReceivedToken {
    fn into_text(self) -> String {
        match self {
            ReceivedToken::Word(text) | ReceivedToken::Comment(text) => text,
        }
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn is_helo(word: &str) -> bool {
    word.eq_ignore_ascii_case("helo") || word.eq_ignore_ascii_case("ehlo")
}

/// True if this may be a name from the DNS. Programs write `unknown` if they found none.
fn is_name(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !word.eq_ignore_ascii_case("unknown") && word.chars().all(allowed) && address(word).is_none()
}

/// Parses an address in any form: `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `root@[192.0.2.1]:25`.
fn address(word: &str) -> Option<IpAddr> {
    let inside = match word.split_once('[') {
        Some((_, rest)) => rest.split_once(']')?.0,
        None => word.trim_end_matches([',', '.']),
    };
    let tagged = inside.get(..5).filter(|t| t.eq_ignore_ascii_case("IPv6:"));
    let bare = tagged.map_or(inside, |tag| &inside[tag.len()..]);
    // RFC 4007 §11: a link-local address may name its interface, fe80::1%eth0.
    let zone = bare.find('%').unwrap_or(bare.len());
    bare[..zone].parse().ok()
}

#[cfg(test)]
mod tests;
