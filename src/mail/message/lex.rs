//! The lexer of structured fields: white space, comments, quoted strings, runs of text (RFC 5322 §3.2).
//!
//! It works on an unfolded value, and has no errors: what has no end ends with the value.

/// Reads one field's value. A copy of it, to look ahead with, costs nothing.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    rest: &'a [u8],
    /// The last comment that was skipped, from its first bracket on.
    comment: &'a [u8],
}

impl<'a> Lexer<'a> {
    pub(super) fn new(value: &'a [u8]) -> Lexer<'a> {
        Lexer { rest: value, comment: &[] }
    }

    /// Returns the next octet, and leaves it.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// Takes the next octet.
    pub(super) fn next(&mut self) -> Option<u8> {
        let (&octet, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(octet)
    }

    /// Takes this octet if it is the next; true if it was.
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        let found = self.peek() == Some(octet);
        if found {
            self.next();
        }
        found
    }

    /// Takes the longest run of octets that `wanted` accepts; it may be empty.
    pub(super) fn run(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.rest.iter().position(|&octet| !wanted(octet));
        let (run, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        run
    }

    /// Skips white space and comments: CFWS (RFC 5322 §3.2.2). True if there was any.
    pub(super) fn skip_space(&mut self) -> bool {
        let before = self.rest.len();
        loop {
            self.run(is_space);
            if self.peek() != Some(b'(') {
                return self.rest.len() < before;
            }
            self.skip_comment();
        }
    }

    /// Skips a comment, which may hold others. Brackets are counted, so nesting needs no stack.
    pub(super) fn skip_comment(&mut self) {
        self.comment = self.rest.strip_prefix(b"(").unwrap_or_default();
        self.rest = uncomment(self.comment, |_| ());
    }

    /// Returns the last comment that was skipped, without its brackets and backslashes.
    pub(super) fn comment(&self) -> Vec<u8> {
        let mut comment = Vec::new();
        uncomment(self.comment, |octet| comment.push(octet));
        comment
    }

    /// Forgets the last comment.
    pub(super) fn forget_comment(&mut self) {
        self.comment = &[];
    }

    /// Takes a quoted string, if one comes next, and returns its content (RFC 5322 §3.2.4).
    pub(super) fn quoted(&mut self) -> Option<Vec<u8>> {
        if !self.eat(b'"') {
            return None;
        }
        let mut content = Vec::new();
        while let Some(octet) = self.next() {
            match octet {
                b'"' => break,
                b'\\' => content.extend(self.next()),
                _ => content.push(octet),
            }
        }
        Some(content)
    }

    /// Skips to one of these octets, over quoted strings and comments.
    pub(super) fn skip_to(&mut self, wanted: impl Fn(u8) -> bool) {
        loop {
            self.skip_space();
            match self.peek() {
                Some(octet) if !wanted(octet) => {}
                _ => return,
            }
            if self.quoted().is_none() {
                self.next();
            }
        }
    }
}

/// Hands out the content of a comment, octet by octet; returns what follows its end.
fn uncomment(mut rest: &[u8], mut tell: impl FnMut(u8)) -> &[u8] {
    let mut depth = 1;
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match octet {
            b'\\' => {
                let Some((&escaped, after)) = rest.split_first() else {
                    break;
                };
                rest = after;
                tell(escaped);
            }
            b')' if depth == 1 => break,
            _ => {
                depth += i32::from(octet == b'(') - i32::from(octet == b')');
                tell(octet);
            }
        }
    }
    rest
}

/// Takes a token (RFC 2045 §5.1), with the white space and comments around it.
pub(super) fn token(lexer: &mut Lexer) -> Option<Vec<u8>> {
    lexer.skip_space();
    let token = lexer.run(|octet| octet > b' ' && octet != 0x7f && !TSPECIALS.contains(&octet));
    lexer.skip_space();
    (!token.is_empty()).then(|| token.to_vec())
}

/// The octets that end a token (RFC 2045 §5.1).
pub(super) const TSPECIALS: &[u8] = b"()<>@,;:\\\"/[]?=";

/// True for white space, and for the octets of a line ending that a broken fold left.
pub(super) fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_nest_and_may_lack_their_end() {
        let rows: [(&[u8], &[u8], Option<u8>); 5] = [
            (b"(a) b", b"a", Some(b'b')),
            (b" (a (b) c) d", b"a (b) c", Some(b'd')),
            (br"(a \) b) d", b"a ) b", Some(b'd')),
            (b"(never closed (x)", b"never closed (x)", None),
            (b"no", b"", Some(b'n')),
        ];
        for (value, comment, next) in rows {
            let mut lexer = Lexer::new(value);
            lexer.skip_space();
            assert_eq!((&lexer.comment()[..], lexer.peek()), (comment, next));
        }
    }

    #[test]
    fn quoted_strings_lose_their_quotes_and_backslashes() {
        let rows: [(&[u8], Option<&[u8]>); 4] = [
            (br#""a \"b\" \\" c"#, Some(br#"a "b" \"#)),
            (b"\"never closed", Some(b"never closed")),
            (b"\"\\", Some(b"")),
            (b"bare", None),
        ];
        for (value, content) in rows {
            assert_eq!(Lexer::new(value).quoted().as_deref(), content);
        }
    }
}
