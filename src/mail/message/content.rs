//! The fields that describe a part: Content-Type, Content-Disposition and others (RFC 2045, RFC 2183).
//!
//! Values keep their octets: parameters in the extended form of RFC 2231 stay extended (`filename*`),
//! because IMAP hands them to its client as they are, with their pieces joined ([`MimeParams::joined`]).

use std::collections::BTreeMap;

use super::Header;
use super::charset::Charset;
use super::lex::{Lexer, TSPECIALS, is_space, token};
use super::words;

/// A Content-Type (RFC 2045 §5.1): `text/plain; charset=utf-8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// `text`, in the case in which it came.
    pub main: Vec<u8>,
    /// `plain`.
    pub sub: Vec<u8>,
    /// `charset=utf-8`.
    pub params: MimeParams,
}

/// A Content-Disposition (RFC 2183): `attachment; filename=tea.csv`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disposition {
    /// `attachment` or `inline`.
    pub kind: Vec<u8>,
    /// `filename=tea.csv`.
    pub params: MimeParams,
}

/// Parameters, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MimeParams(pub Vec<MimeParam>);

/// A parameter: its name, and its value without quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MimeParam {
    /// `charset`, `filename*`, `boundary*0`.
    pub name: Vec<u8>,
    /// The value, still percent-encoded if the name ends with `*`.
    pub value: Vec<u8>,
}

impl MediaType {
    /// Reads the header's Content-Type. `None` if it is missing or cannot be parsed: then the part is
    /// plain text (RFC 2045 §5.2).
    #[must_use]
    pub fn of(header: &Header) -> Option<MediaType> {
        MediaType::parse(&header.value("Content-Type")?)
    }

    fn parse(value: &[u8]) -> Option<MediaType> {
        let mut lexer = Lexer::new(value);
        let main = token(&mut lexer)?;
        if !lexer.eat(b'/') {
            return None;
        }
        let sub = token(&mut lexer)?;
        let params = MimeParams::parse(&mut lexer);
        Some(MediaType { main, sub, params })
    }

    /// True if it is this type, in any case.
    #[must_use]
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.is_main(main) && self.sub.eq_ignore_ascii_case(sub.as_bytes())
    }

    /// Returns the charset of a text.
    #[must_use]
    pub fn charset(&self) -> Charset {
        Charset::named(&self.params.value("charset").unwrap_or_default())
    }

    /// True if it is of this main type, in any case.
    #[must_use]
    pub fn is_main(&self, main: &str) -> bool {
        self.main.eq_ignore_ascii_case(main.as_bytes())
    }
}

impl Disposition {
    /// Reads the header's Content-Disposition; `None` if it is missing or cannot be parsed.
    #[must_use]
    pub fn of(header: &Header) -> Option<Disposition> {
        let value = header.value("Content-Disposition")?;
        let mut lexer = Lexer::new(&value);
        let kind = token(&mut lexer)?;
        let params = MimeParams::parse(&mut lexer);
        Some(Disposition { kind, params })
    }
}

/// Returns the tags of the Content-Language (RFC 3282 §2): `en`, `fr-CA`.
#[must_use]
pub fn languages(header: &Header) -> Vec<Vec<u8>> {
    let value = header.value("Content-Language").unwrap_or_default();
    let mut lexer = Lexer::new(&value);
    let mut tags = Vec::new();
    while let Some(tag) = token(&mut lexer) {
        tags.push(tag);
        if !lexer.eat(b',') {
            break;
        }
    }
    tags
}

impl MimeParams {
    /// Returns the value of the parameter with this name. Pieces (`name*0`, `name*1`) are joined
    /// (RFC 2231 §3); a charset and percent signs stay.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<Vec<u8>> {
        if let Some(value) = self.named(name) {
            return Some(value.to_vec());
        }
        let pieces = self.pieces().remove(&name.to_ascii_lowercase().into_bytes())?;
        let values: Vec<&[u8]> = in_a_row(&pieces).map(|piece| &piece.value[..]).collect();
        (!values.is_empty()).then(|| values.concat())
    }

    /// Returns the parameters with their pieces (`name*0`, `name*1*`) joined, after the others.
    ///
    /// The joined ones are called `name`, or `name*` if a piece was in the extended form (RFC 2231
    /// §4.1). RFC 2231 §6 asks IMAP servers for this.
    #[must_use]
    pub fn joined(&self) -> MimeParams {
        let whole = self.0.iter().filter(|param| !param.is_piece());
        let mut params: Vec<MimeParam> = whole.cloned().collect();
        for pieces in self.pieces().values() {
            let row: Vec<&MimeParam> = in_a_row(pieces).filter(|param| param.is_piece()).collect();
            if row.is_empty() {
                let pieces = pieces.values().filter(|piece| piece.is_piece());
                params.extend(pieces.copied().cloned());
            } else {
                params.push(joined(&row));
            }
        }
        MimeParams(params)
    }

    /// Returns the value as people read it: pieces joined, then decoded.
    ///
    /// The extended form counts if there are both (RFC 6266 §4.3), and encoded words are decoded,
    /// which do not belong there but are common (RFC 2047 §5).
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        let pieces = self.pieces().remove(name.as_bytes());
        let pieces = pieces.filter(|pieces| pieces.contains_key(&0));
        match pieces {
            Some(pieces) if pieces.values().any(|piece| piece.is_extended()) => {
                Some(readable(&pieces))
            }
            _ => self.value(name).map(|value| words::decode(&value)),
        }
    }

    /// Returns the parameters in pieces or in the extended form, by their names in small letters; each
    /// has its pieces by number.
    fn pieces(&self) -> BTreeMap<Vec<u8>, BTreeMap<usize, &MimeParam>> {
        let mut pieces: BTreeMap<Vec<u8>, BTreeMap<usize, &MimeParam>> = BTreeMap::new();
        for param in &self.0 {
            let name = param.name.to_ascii_lowercase();
            let Some(star) = memchr::memchr(b'*', &name) else {
                continue;
            };
            let (name, rest) = name.split_at(star);
            let number = str::from_utf8(rest).unwrap_or("?").trim_matches('*');
            if let Ok(number) = format!("0{number}").parse() {
                let pieces = pieces.entry(name.to_vec()).or_default();
                pieces.entry(number).or_insert(param);
            }
        }
        pieces
    }

    fn named(&self, name: &str) -> Option<&[u8]> {
        let wanted = |param: &&MimeParam| param.name.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().find(wanted).map(|param| &param.value[..])
    }

    /// Parses `*(";" attribute "=" value)`; a broken parameter is skipped, up to the next semicolon.
    fn parse(lexer: &mut Lexer) -> MimeParams {
        let mut params = Vec::new();
        loop {
            lexer.skip_to(|octet| octet == b';');
            if !lexer.eat(b';') {
                return MimeParams(params);
            }
            let Some(name) = token(lexer) else { continue };
            if !lexer.eat(b'=') {
                continue;
            }
            lexer.skip_space();
            // Mailers forget the quotes around `=` and `/`, so fewer octets end a value than in the RFC.
            let value = lexer.quoted().unwrap_or_else(|| {
                let bare = |octet| !is_space(octet) && !matches!(octet, b';' | b'(' | b'"');
                lexer.run(bare).to_vec()
            });
            params.push(MimeParam { name, value });
        }
    }
}

impl MimeParam {
    /// True for a piece with a number: `name*1`.
    fn is_piece(&self) -> bool {
        let star = memchr::memchr(b'*', &self.name).filter(|star| *star > 0);
        let next = star.and_then(|star| self.name.get(star + 1));
        next.is_some_and(u8::is_ascii_digit)
    }

    /// True if its value is percent-encoded (RFC 2231 §4.1).
    fn is_extended(&self) -> bool {
        self.name.ends_with(b"*")
    }
}

/// Joins pieces to one parameter.
fn joined(row: &[&MimeParam]) -> MimeParam {
    let extended = row.iter().any(|piece| piece.is_extended());
    let names_charset = row.first().is_some_and(|piece| piece.is_extended());
    let name = row.first().and_then(|piece| piece.name.split(|octet| *octet == b'*').next());
    let mut name = name.unwrap_or_default().to_vec();
    let mut value = Vec::new();
    if extended {
        name.push(b'*');
        // Charset and language are in the first piece, if anywhere.
        value.extend_from_slice(if names_charset { b"" } else { b"''" });
    }
    for piece in row {
        if !extended || piece.is_extended() {
            value.extend_from_slice(&piece.value);
            continue;
        }
        for octet in &piece.value {
            percent(*octet, &mut value);
        }
    }
    MimeParam { name, value }
}

/// Writes an octet as the extended form has it (RFC 2231 §7, `attribute-char`).
fn percent(octet: u8, out: &mut Vec<u8>) {
    if octet.is_ascii_graphic() && !TSPECIALS.contains(&octet) && !b"*'%".contains(&octet) {
        out.push(octet);
    } else {
        out.extend_from_slice(format!("%{octet:02X}").as_bytes());
    }
}

/// Returns the values of a field's parameters in pieces or in the extended form (RFC 2231 §3, §4),
/// decoded: in `attachment; filename*=utf-8''caf%C3%A9.txt` it is `café.txt`.
#[must_use]
pub fn extended(value: &[u8]) -> Vec<String> {
    let params = MimeParams::parse(&mut Lexer::new(value));
    params.pieces().values().map(readable).collect()
}

/// Joins the pieces of one value, and decodes them.
fn readable(pieces: &BTreeMap<usize, &MimeParam>) -> String {
    let mut charset = Charset::named(b"");
    let mut octets = Vec::new();
    for (number, piece) in in_a_row(pieces).enumerate() {
        let mut value = &piece.value[..];
        if !piece.name.ends_with(b"*") {
            octets.extend_from_slice(value);
            continue;
        }
        // RFC 2231 §4: charset, language, text.
        let mut parts = value.splitn(3, |octet| *octet == b'\'');
        if number == 0
            && let (Some(name), _, Some(text)) = (parts.next(), parts.next(), parts.next())
        {
            (charset, value) = (Charset::named(name), text);
        }
        octets.extend(words::unescape(value, b'%'));
    }
    charset.decode(&octets)
}

/// Returns the pieces from 0 on, up to the first that is missing.
fn in_a_row<'a>(pieces: &BTreeMap<usize, &'a MimeParam>) -> impl Iterator<Item = &'a MimeParam> {
    (0..).map_while(|number| pieces.get(&number).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: &str) -> Option<String> {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let media = MediaType::parse(value.as_bytes())?;
        let params = media.params.0.iter();
        let params = params.map(|p| format!(" {}=[{}]", text(&p.name), text(&p.value)));
        Some(format!("{}/{}{}", text(&media.main), text(&media.sub), params.collect::<String>()))
    }

    #[test]
    fn content_types_of_every_sort() {
        let rows = [
            ("text/plain", "text/plain"),
            ("Text/HTML; Charset=UTF-8", "Text/HTML Charset=[UTF-8]"),
            (
                "text / plain (a comment) ; charset (why not) = us-ascii (plain)",
                "text/plain charset=[us-ascii]",
            ),
            (
                r#"multipart/mixed; boundary="a;b \"c\" (d)""#,
                r#"multipart/mixed boundary=[a;b "c" (d)]"#,
            ),
            ("multipart/mixed;boundary=----=_Part/1", "multipart/mixed boundary=[----=_Part/1]"),
            ("image/png; name*=utf-8''na%C3%AFve.png", "image/png name*=[utf-8''na%C3%AFve.png]"),
            ("text/plain; broken; =x; a=1 rubbish; b=", "text/plain a=[1] b=[]"),
            ("text/plain;;; ;a=1;", "text/plain a=[1]"),
        ];
        for (value, expected) in rows {
            assert_eq!(shown(value).as_deref(), Some(expected), "{value}");
        }
        for broken in ["", "text", "text/", "/plain", "(text/plain)", "\"text\"/plain"] {
            assert_eq!(shown(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_parameter_in_pieces_is_put_together() {
        let value = b"multipart/mixed; boundary*1=bar; boundary*0=\"foo \"; boundary*3=no";
        let media = MediaType::parse(value).unwrap();
        assert_eq!(media.params.value("Boundary").unwrap(), b"foo bar");
        assert_eq!(media.params.value("charset"), None);
    }

    #[test]
    fn extended_parameters_are_read() {
        let rows: [(&str, &[&str]); 6] = [
            ("attachment; filename=plain.txt", &[]),
            ("attachment; filename*=utf-8''caf%C3%A9.txt", &["café.txt"]),
            ("a; x*0*=iso-8859-1'fr'caf%E9; x*1=%20; x*2*=%20au", &["café%20 au"]),
            ("a; x*1=b; x*0=a; x*3=d; Y*=utf-8''y", &["ab", "y"]),
            ("a; x*=100%; y*0*=%41", &["100%", "A"]),
            ("a; x*y=c; x*=d", &["d"]),
        ];
        for (value, expected) in rows {
            assert_eq!(extended(value.as_bytes()), expected, "{value}");
        }
    }

    /// Ten thousand pieces, of which each was looked for among all.
    #[test]
    fn many_pieces_cost_no_more_than_their_number() {
        let pieces: String = (0..20_000).map(|n| format!("; b*{n}=x")).collect();
        let begun = std::time::Instant::now();
        let media = MediaType::parse(format!("multipart/mixed{pieces}").as_bytes()).unwrap();
        assert_eq!(media.params.value("b").unwrap().len(), 20_000);
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    }

    #[test]
    fn pieces_become_one_parameter() {
        let rows = [
            ("a=1; b*=u''2", "a=[1] b*=[u''2]"),
            ("N*0=x; a=1; n*1=y", "a=[1] N=[xy]"),
            ("n*1*=%41; n*0*=u'en'%40; n*2=\"it's\"", "n*=[u'en'%40%41it%27s]"),
            ("n*0=\"a b\"; n*1*=%20", "n*=[''a%20b%20]"),
            ("n*0=x; n*2=z; m*1=lost; *0=odd; n*x=y", "*0=[odd] n*x=[y] m*1=[lost] n=[x]"),
        ];
        for (params, expected) in rows {
            let media = MediaType::parse(format!("a/b; {params}").as_bytes()).unwrap();
            let joined = media.params.joined().0;
            let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
            let shown = joined.iter().map(|p| format!("{}=[{}]", text(&p.name), text(&p.value)));
            assert_eq!(shown.collect::<Vec<_>>().join(" "), expected, "{params}");
        }
    }

    #[test]
    fn the_lesser_fields() {
        let header = Header::parse(
            b"Content-Language: en, fr-CA ,,de\r\nContent-Disposition: attachment; filename=tea.csv\r\n\r\n",
        );
        assert_eq!(languages(&header), [b"en".to_vec(), b"fr-CA".to_vec()]);
        let disposition = Disposition::of(&header).unwrap();
        assert_eq!(disposition.kind, b"attachment");
        assert_eq!(disposition.params.value("filename").unwrap(), b"tea.csv");
    }
}
