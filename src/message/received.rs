//! `Received:`, the line that every server on a message's way puts on top of it (RFC 5321 §4.4).
//!
//! The grammar is short and real mail keeps to little of it: the best is in comments, and each
//! program has its own. What Postfix, Exim, Sendmail, Gmail, Exchange, qmail, Dovecot and Pillarbox
//! write is understood; what is not understood is kept in [`Received::others`], never refused.
//! Nothing here judges whether a line tells the truth: anyone may write one.

mod tls;

use std::net::IpAddr;

use jiff::Zoned;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Header;
use super::lex::{Lexer, is_space};
pub use tls::TlsUsed;
use tls::tls;

/// One hop: what the server that took the message there says of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// What the client called itself in HELO or EHLO. It may say anything.
    pub from: Option<String>,
    /// The name that the DNS gives the client's address, where the server looked it up.
    pub from_name: Option<String>,
    /// The address that the connection came from, which the server saw for itself.
    pub from_address: Option<IpAddr>,
    /// The server that wrote the line.
    pub by: Option<String>,
    /// The protocol: of RFC 3848, of RFC 6531 §4.3, or the program's own idea of one.
    pub with: Option<String>,
    /// The server's name for the message, as in its log.
    pub id: Option<String>,
    /// The recipient, without angle brackets; the RFC's word is `for`, which is Rust's, too.
    pub for_: Option<String>,
    /// What is said of TLS. `None` if nothing is: see [`Received::encrypted`].
    pub tls: Option<TlsUsed>,
    /// When, by the server's clock.
    pub date: Option<Zoned>,
    /// All the rest, in its order: comments in round brackets, words, a date that is none.
    pub others: Vec<String>,
}

impl Received {
    /// The hops in a header as they stand there: the newest on top.
    #[must_use]
    pub fn all(header: &Header) -> Vec<Received> {
        let fields = header.fields.iter().filter(|field| field.is(b"Received"));
        fields
            .map(|field| Received::parse(&field.unfolded()))
            .collect()
    }

    /// Takes an unfolded value apart. Anything can be parsed.
    #[must_use]
    pub fn parse(value: &[u8]) -> Received {
        let mut received = Received::default();
        let mut clause = Clause::None;
        let (pieces, date) = pieces(value);
        for piece in pieces {
            match piece {
                Piece::Comment(text) => received.comment(text, clause),
                Piece::Word(word) => clause = received.word(word, clause),
            }
        }
        received.take_date(date);
        received
    }

    /// Was the connection encrypted? `None` if the line does not tell.
    ///
    /// RFC 3848: the S in ESMTPS means TLS, and its lack in ESMTP that there was none.
    #[must_use]
    pub fn encrypted(&self) -> Option<bool> {
        if self.tls.is_some() {
            return Some(true);
        }
        Some(self.transmission()?.contains('S'))
    }

    /// Did the client log in? `None` if the line does not tell (RFC 3848: the A in ESMTPA).
    #[must_use]
    pub fn authenticated(&self) -> Option<bool> {
        Some(self.transmission()?.contains('A'))
    }

    /// What follows the base name of a registered protocol: nothing, S, A or SA.
    fn transmission(&self) -> Option<String> {
        let with = self.with.as_ref()?.to_ascii_uppercase();
        if with == "SMTP" {
            return Some(String::new());
        }
        let bases = ["UTF8SMTP", "UTF8LMTP", "ESMTP", "LMTP"];
        let suffix = bases.iter().find_map(|base| with.strip_prefix(base))?;
        matches!(suffix, "" | "S" | "A" | "SA").then(|| suffix.to_owned())
    }

    /// A word, which may begin a clause; returns the clause that the next word is in.
    fn word(&mut self, word: String, clause: Clause) -> Clause {
        // Right behind its keyword a word is the value, even if it is a keyword itself:
        // a client may call itself "by".
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

    /// Takes what a comment behind `from` tells of the client: its name, its HELO, its address.
    /// Does it tell any of these?
    ///
    /// Postfix and Sendmail: `helo (name [address])`. Exim: `name ([address] helo=helo)` and
    /// `[address] (helo=helo)`. qmail: `name (HELO helo) (address)`. Exchange: `helo (address)`.
    fn client(&mut self, text: &str) -> bool {
        let mut words = text.split_ascii_whitespace().peekable();
        let mut told = false;
        let mut name = None;
        while let Some(word) = words.next() {
            let helo = match word.split_once('=') {
                Some((key, helo)) if is_helo(key) => Some(helo),
                None if is_helo(word) => words.next(),
                _ => None,
            };
            let address = address(word).filter(|_| helo.is_none());
            if let Some(helo) = helo {
                // The word before the comment was not what the client said, but what the DNS says.
                let name = self.from.replace(helo.to_owned());
                self.from_name = name.filter(|name| is_name(name));
            } else if self.from_address.is_none() && address.is_some() {
                self.from_address = address;
                self.from_name = self.from_name.take().or(name.take());
            } else if !told && is_name(word) {
                name = Some(word.trim_end_matches('.').to_owned());
                continue;
            }
            told |= helo.is_some() || address.is_some();
        }
        told
    }

    fn take_date(&mut self, text: Option<String>) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return;
        };
        match date(&text) {
            Some(date) => self.date = Some(date),
            None => self.others.push(text),
        }
    }
}

/// A date as header fields have it (RFC 5322 §3.3). A wrong day of the week does not matter.
#[must_use]
pub fn date(text: &str) -> Option<Zoned> {
    let parser = DateTimeParser::new().relaxed_weekday(true);
    parser.parse_zoned(text.trim()).ok()
}

/// Where in the line we are: before any clause, behind a keyword, behind its value.
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

enum Piece {
    Word(String),
    Comment(String),
}

/// The words and comments before the last semicolon, and the words after it.
fn pieces(value: &[u8]) -> (Vec<Piece>, Option<String>) {
    let mut lexer = Lexer::new(value);
    let mut pieces = Vec::new();
    let mut semicolon = None;
    loop {
        lexer.run(is_space);
        match lexer.peek() {
            None => break,
            Some(b'(') => {
                lexer.skip_comment();
                pieces.push(Piece::Comment(text(&lexer.comment())));
            }
            Some(b';') => {
                lexer.next();
                semicolon = Some(pieces.len());
            }
            Some(_) => {
                let word = lexer.run(|octet| !is_space(octet) && !matches!(octet, b'(' | b';'));
                pieces.push(Piece::Word(text(word)));
            }
        }
    }
    let date = semicolon.map(|at| {
        let (words, comments): (Vec<_>, Vec<_>) = pieces
            .split_off(at)
            .into_iter()
            .partition(|piece| matches!(piece, Piece::Word(_)));
        pieces.extend(comments);
        let words: Vec<String> = words.into_iter().map(Piece::into_text).collect();
        words.join(" ")
    });
    (pieces, date)
}

impl Piece {
    fn into_text(self) -> String {
        match self {
            Piece::Word(text) | Piece::Comment(text) => text,
        }
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

fn is_helo(word: &str) -> bool {
    word.eq_ignore_ascii_case("helo") || word.eq_ignore_ascii_case("ehlo")
}

/// May this be a name from the DNS? Programs write `unknown` when they found none.
fn is_name(word: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !word.eq_ignore_ascii_case("unknown") && word.chars().all(allowed) && address(word).is_none()
}

/// An address, however it is wrapped: `[192.0.2.1]`, `[IPv6:2001:db8::1]`, `root@[192.0.2.1]:25`.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The parts that are there, one a word, in the order of the struct.
    fn shown(received: &Received) -> String {
        let tls = received.tls.as_ref();
        let parts = [
            ("from", received.from.clone()),
            ("name", received.from_name.clone()),
            ("addr", received.from_address.map(|a| a.to_string())),
            ("by", received.by.clone()),
            ("with", received.with.clone()),
            ("id", received.id.clone()),
            ("for", received.for_.clone()),
            ("tls", tls.map(|t| t.version.clone().unwrap_or_default())),
            ("cipher", tls.and_then(|t| t.cipher.clone())),
            (
                "at",
                received
                    .date
                    .as_ref()
                    .map(|d| d.timestamp().as_second().to_string()),
            ),
        ];
        let there = parts
            .iter()
            .filter_map(|(key, value)| Some(format!("{key}={}", value.as_ref()?)));
        let others = received.others.iter().map(|other| format!("+{other}"));
        there.chain(others).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_program_has_its_own_way() {
        let rows = [
            // Pillarbox, and the RFC's own form (RFC 5321 §4.4).
            (
                "from laptop ([IPv6:::1])\tby mail.pillarbox.test (Pillarbox) with ESMTPSA id 63-1\tfor <bob@pillarbox.test>;\tMon, 23 Nov 2026 15:14:16 +0000",
                "from=laptop addr=::1 by=mail.pillarbox.test with=ESMTPSA id=63-1 for=bob@pillarbox.test at=1795446856 +(Pillarbox)",
            ),
            // Postfix.
            (
                "from mail.a.test (mx.a.test [192.0.2.1]) (using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) (No client certificate requested) by mx.b.test (Postfix) with ESMTPS id 4Xs2 for <bob@b.test>; Mon, 23 Nov 2026 16:14:16 +0100 (CET)",
                "from=mail.a.test name=mx.a.test addr=192.0.2.1 by=mx.b.test with=ESMTPS id=4Xs2 for=bob@b.test tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 at=1795446856 +(No client certificate requested) +(Postfix) +(CET)",
            ),
            (
                "from liar (unknown [IPv6:2001:db8::7]) (Authenticated sender: al) by mx.b.test (Postfix) with ESMTPA id 1; Mon, 23 Nov 2026 15:14:16 +0000",
                "from=liar addr=2001:db8::7 by=mx.b.test with=ESMTPA id=1 at=1795446856 +(Authenticated sender: al) +(Postfix)",
            ),
            (
                "by b.test (Postfix, from userid 1000) id 9A; Mon, 23 Nov 2026 15:14:16 GMT",
                "by=b.test id=9A at=1795446856 +(Postfix, from userid 1000)",
            ),
            // Exim, with a name from the DNS, without one, and before 4.94.
            (
                "from mx.a.test ([192.0.2.1]:45678 helo=liar) by b.test with esmtps (TLS1.3) tls TLS_AES_128_GCM_SHA256 (Exim 4.96) (envelope-from <a@a.test>) id 1oqX-0 for bob@b.test; Mon, 23 Nov 2026 15:14:16 +0000",
                "from=liar name=mx.a.test addr=192.0.2.1 by=b.test with=esmtps id=1oqX-0 for=bob@b.test tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 at=1795446856 +(Exim 4.96) +(envelope-from <a@a.test>)",
            ),
            (
                "from [192.0.2.1] (helo=[10.0.0.1]) by b.test with smtp (Exim 4.96) id 1",
                "from=[10.0.0.1] addr=192.0.2.1 by=b.test with=smtp id=1 +(Exim 4.96)",
            ),
            (
                "from mx.a.test ([192.0.2.1]) by b.test with esmtps (TLS1.2:ECDHE_RSA_AES_256_GCM_SHA384:256) (Exim 4.92) id 1",
                "from=mx.a.test addr=192.0.2.1 by=b.test with=esmtps id=1 tls=TLSv1.2 cipher=ECDHE_RSA_AES_256_GCM_SHA384 +(Exim 4.92)",
            ),
            // Sendmail.
            (
                "from a.test (mx.a.test [192.0.2.1] (may be forged)) (authenticated bits=0) by b.test (8.17.1/8.17.1) with ESMTPSA id 2A (version=TLSv1.2 cipher=ECDHE-RSA bits=256 verify=NO) for <bob@b.test>; Mon, 23 Nov 2026 15:14:16 GMT",
                "from=a.test name=mx.a.test addr=192.0.2.1 by=b.test with=ESMTPSA id=2A for=bob@b.test tls=TLSv1.2 cipher=ECDHE-RSA at=1795446856 +(authenticated bits=0) +(8.17.1/8.17.1)",
            ),
            // Gmail, inside and outside.
            (
                "by 2002:a05:6a10:1234:b0:2d:abcd with SMTP id x20csp1; Mon, 23 Nov 2026 07:14:16 -0800 (PST)",
                "by=2002:a05:6a10:1234:b0:2d:abcd with=SMTP id=x20csp1 at=1795446856 +(PST)",
            ),
            (
                "from mail-f41.google.com (mail-f41.google.com. [209.85.220.41]) by mx.google.com with ESMTPS id d1sor for <b@gmail.com> (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128); Mon, 23 Nov 2026 07:14:16 -0800 (PST)",
                "from=mail-f41.google.com name=mail-f41.google.com addr=209.85.220.41 by=mx.google.com with=ESMTPS id=d1sor for=b@gmail.com tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 at=1795446856 +(PST)",
            ),
            // Exchange: the address without brackets, a protocol of three words.
            (
                "from AM0.eurprd01.prod.exchangelabs.com (2603:10a6::1) by DB8.eurprd01.prod.exchangelabs.com (2603:10a6::2) with Microsoft SMTP Server (version=TLS1_2, cipher=TLS_ECDHE_RSA) id 15.20.1.2 via Frontend Transport; Mon, 23 Nov 2026 15:14:16 +0000",
                "from=AM0.eurprd01.prod.exchangelabs.com addr=2603:10a6::1 by=DB8.eurprd01.prod.exchangelabs.com with=Microsoft SMTP Server id=15.20.1.2 tls=TLSv1.2 cipher=TLS_ECDHE_RSA at=1795446856 +(2603:10a6::2) +via Frontend +Transport",
            ),
            // qmail and fetchmail.
            (
                "from unknown (HELO liar) (192.0.2.1) by 0 with SMTP; 23 Nov 2026 15:14:16 -0000",
                "from=liar addr=192.0.2.1 by=0 with=SMTP at=1795446856",
            ),
            (
                "(qmail 1234 invoked by uid 89); 23 Nov 2026 15:14:16 -0000",
                "at=1795446856 +(qmail 1234 invoked by uid 89)",
            ),
            (
                "from pop.a.test [192.0.2.9] by localhost with POP3 (fetchmail-6.4) for <al@localhost> (single-drop); Mon, 23 Nov 2026 15:14:16 +0000",
                "from=pop.a.test addr=192.0.2.9 by=localhost with=POP3 for=al@localhost at=1795446856 +(fetchmail-6.4) +(single-drop)",
            ),
        ];
        for (value, expected) in rows {
            let value = value.replace('\t', "\r\n\t");
            assert_eq!(
                shown(&Received::parse(value.as_bytes())),
                expected,
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_broken_or_a_lie_yields_what_is_left() {
        let rows: [(&[u8], &str); 10] = [
            (b"", ""),
            (b";", ""),
            (b"from", ""),
            (b"from by by by", "from=by by=by"),
            (b"by a by b with x with y", "by=a with=x +b +y"),
            (
                b"from a (b [999.1.1.1]) by c",
                "from=a by=c +(b [999.1.1.1])",
            ),
            (b"from a (helo=TLS1.3) by c", "from=TLS1.3 name=a by=c"),
            (b"from a (b [192.0.2.1]", "from=a name=b addr=192.0.2.1"),
            (b"by a; b; 32 Foo 99", "by=a +b +32 Foo 99"),
            (b"from \x1b[2J\xff by c", "from=\x1b[2J\u{fffd} by=c"),
        ];
        for (value, expected) in rows {
            assert_eq!(shown(&Received::parse(value)), expected, "{}", text(value));
        }
    }

    #[test]
    fn the_protocol_tells_of_tls_and_login() {
        let rows = [
            ("with ESMTPSA", Some(true), Some(true)),
            ("with esmtps", Some(true), Some(false)),
            ("with ESMTPA", Some(false), Some(true)),
            ("with SMTP", Some(false), Some(false)),
            ("with LMTP", Some(false), Some(false)),
            ("with UTF8SMTPS", Some(true), Some(false)),
            ("with ESMTP (TLS1.3)", Some(true), Some(false)),
            ("with Microsoft SMTP Server", None, None),
            ("with HTTPS", None, None),
            ("by b.test", None, None),
        ];
        for (value, encrypted, authenticated) in rows {
            let received = Received::parse(value.as_bytes());
            let told = (received.encrypted(), received.authenticated());
            assert_eq!(told, (encrypted, authenticated), "{value}");
        }
    }

    #[test]
    fn the_newest_stands_on_top() {
        let header = Header::parse(
            b"Received: by new\r\nX: y\r\nRECEIVED : by\r\n old\r\n\r\nReceived: by body\r\n",
        );
        let by: Vec<_> = Received::all(&header).into_iter().map(|r| r.by).collect();
        assert_eq!(by, [Some("new".to_owned()), Some("old".to_owned())]);
    }

    /// What the lines are made of, in no order.
    const PIECES: &[&str] = &[
        "from ",
        "by ",
        "with ",
        "id ",
        "for ",
        "tls ",
        "via ",
        "(",
        ")",
        ";",
        "[",
        "]",
        "helo=",
        "HELO ",
        "IPv6:",
        "::1%",
        "192.0.2.1",
        "TLS",
        "TLS1.3:",
        "cipher",
        "=",
        "<",
        ">",
        "é",
        "\\",
        "\"",
        " ",
        "Mon, 23 Nov 2026 15:14:16 ",
        "+0100",
        "+9999",
        "unknown ",
        "\u{0}",
    ];

    proptest! {
        #[test]
        fn nothing_is_too_broken(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..30)) {
            let _ = Received::parse(pieces.concat().as_bytes());
        }

        #[test]
        fn any_octets_can_be_parsed(value in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Received::parse(&value);
        }

        #[test]
        fn what_the_rfc_writes_comes_back(
            from in "[a-z]{1,9}\\.test", octet in any::<u8>(), by in "[a-z]{1,9}\\.test",
            with in "(UTF8SMTP|ESMTP|LMTP)S?A?", id in "[0-9A-F]{1,9}", to in "[a-z]{1,9}@[a-z]{1,9}",
        ) {
            let line = format!("from {from} ([192.0.2.{octet}]) by {by} with {with} id {id} for <{to}>");
            let parts = format!("from={from} addr=192.0.2.{octet} by={by} with={with} id={id} for={to}");
            prop_assert_eq!(shown(&Received::parse(line.as_bytes())), parts);
        }
    }
}
