//! ENVELOPE, BODY and BODYSTRUCTURE of a message (RFC 9051 §7.5.2, RFC 3501 §7.4.2).
//!
//! They are made from a [`BodyPart`] alone; nothing here reads the message. For a broken message the
//! result is the same as Dovecot's.

use std::ops::Range;

use super::response::{Envelope, EnvelopeAddress};
use super::string::{nstring, string};
use crate::mail::message::address::{self, HeaderAddress};
use crate::mail::message::content::{self, Disposition, MediaType, MimeParams};
use crate::mail::message::decode;
use crate::mail::message::{BodyPart, Content, Header};

/// The BODYSTRUCTURE of a message as on the wire, and its BODY, which lacks the extension data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyStructure {
    text: Vec<u8>,
    /// The ranges of the text that are extension data, with the space before.
    extensions: Vec<Range<usize>>,
}

/// Returns the ENVELOPE of a message with this header, with its parentheses.
#[must_use]
pub fn envelope(header: &Header) -> Vec<u8> {
    let mut out = Vec::new();
    envelope_of(header).write(&mut out);
    out.shrink_to_fit();
    out
}

impl BodyStructure {
    /// Describes a message.
    #[must_use]
    pub fn of(message: &BodyPart) -> BodyStructure {
        let mut structure = BodyStructure { text: Vec::new(), extensions: Vec::new() };
        structure.part(message);
        structure.text.shrink_to_fit();
        structure.extensions.shrink_to_fit();
        structure
    }

    /// BODYSTRUCTURE, with its parentheses.
    #[must_use]
    pub fn extended(&self) -> &[u8] {
        &self.text
    }

    /// BODY, with its parentheses.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        let mut plain = Vec::with_capacity(self.text.len());
        let mut from = 0;
        for extension in &self.extensions {
            plain.extend_from_slice(self.text.get(from..extension.start).unwrap_or_default());
            from = extension.end;
        }
        plain.extend_from_slice(self.text.get(from..).unwrap_or_default());
        plain
    }

    /// Its size in memory, in octets, without the struct itself.
    #[must_use]
    pub fn cost(&self) -> usize {
        self.text.capacity() + self.extensions.capacity() * size_of::<Range<usize>>()
    }

    fn part(&mut self, part: &BodyPart) {
        self.text.push(b'(');
        match &part.content {
            Content::Multipart(parts) => self.multipart(part, parts),
            Content::Message(message) => self.message(part, message),
            Content::Leaf => {
                write_leaf(part, &mut self.text);
                self.extension(|out| write_extension(part, out));
            }
        }
        self.text.push(b')');
    }

    /// `body-type-mpart`.
    fn multipart(&mut self, part: &BodyPart, parts: &[BodyPart]) {
        for inner in parts {
            self.part(inner);
        }
        if parts.is_empty() {
            // The grammar demands a part (`1*body`); like Dovecot, we show an empty one.
            let empty = b"(\"text\" \"plain\" (\"charset\" \"us-ascii\") NIL NIL \"7bit\" 0 0";
            self.text.extend_from_slice(empty);
            self.extension(|out| out.extend_from_slice(b" NIL NIL NIL NIL"));
            self.text.push(b')');
        }
        let media = MediaType::of(&part.fields);
        self.text.push(b' ');
        string(media.as_ref().map_or(b"mixed", |media| &media.sub), &mut self.text);
        self.extension(|out| {
            out.push(b' ');
            write_params(&media.map(|media| media.params).unwrap_or_default(), out);
            write_extension(part, out);
        });
    }

    /// `body-type-msg`: with the message inside.
    fn message(&mut self, part: &BodyPart, message: &BodyPart) {
        let out = &mut self.text;
        out.extend_from_slice(b"\"message\" \"rfc822\" ");
        let media = MediaType::of(&part.fields);
        write_params(&media.map(|media| media.params).unwrap_or_default(), out);
        write_fields(part, out);
        out.push(b' ');
        envelope_of(&message.fields).write(out);
        out.push(b' ');
        self.part(message);
        write_lines(part, &mut self.text);
        self.extension(|out| write_extension(part, out));
    }

    /// Appends extension data, which only BODYSTRUCTURE has.
    fn extension(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let begin = self.text.len();
        write(&mut self.text);
        self.extensions.push(begin..self.text.len());
    }
}

/// Returns the envelope of a header.
fn envelope_of(header: &Header) -> Envelope<Vec<u8>> {
    let from = addresses(header, "From");
    // RFC 9051 §7.5.2: if the Sender or Reply-To fields are absent or empty, From replaces them.
    let or_from = |name| {
        let list = addresses(header, name);
        if list.is_empty() { from.clone() } else { list }
    };
    Envelope {
        date: header.value("Date"),
        subject: header.value("Subject"),
        sender: or_from("Sender"),
        reply_to: or_from("Reply-To"),
        to: addresses(header, "To"),
        cc: addresses(header, "Cc"),
        bcc: addresses(header, "Bcc"),
        in_reply_to: header.value("In-Reply-To"),
        message_id: header.value("Message-ID"),
        from,
    }
}

/// Returns the addresses of every field with this name. There should be one field (RFC 5322 §3.6);
/// if there are more, no address is left out.
fn addresses(header: &Header, name: &str) -> Vec<EnvelopeAddress<Vec<u8>>> {
    let fields = header.named(name);
    let parsed = fields.flat_map(|field| address::parse(&field.unfolded()));
    parsed.map(envelope_address).collect()
}

fn envelope_address(address: HeaderAddress) -> EnvelopeAddress<Vec<u8>> {
    EnvelopeAddress {
        name: address.name,
        route: address.route,
        mailbox: address.mailbox,
        host: address.host,
    }
}

/// Appends a field's value, or NIL, and a space.
fn write_field(header: &Header, name: &str, out: &mut Vec<u8>) {
    nstring(header.value(name).as_deref(), out);
    out.push(b' ');
}

/// `body-type-text` and `body-type-basic`.
fn write_leaf(part: &BodyPart, out: &mut Vec<u8>) {
    let media = leaf_type(part);
    string(&media.main, out);
    out.push(b' ');
    string(&media.sub, out);
    out.push(b' ');
    write_params(&media.params, out);
    write_fields(part, out);
    if media.is_main("text") {
        write_lines(part, out);
    }
}

/// Appends a space and `body-fld-lines`.
fn write_lines(part: &BodyPart, out: &mut Vec<u8>) {
    out.extend_from_slice(format!(" {}", part.lines).as_bytes());
}

/// Returns the type of a part without parts.
fn leaf_type(part: &BodyPart) -> MediaType {
    let named = |main: &[u8], sub: &[u8], params| MediaType {
        main: main.to_vec(),
        sub: sub.to_vec(),
        params,
    };
    let media = MediaType::of(&part.fields)
        // RFC 2045 §5.2: what does not say what it is is text.
        .unwrap_or_else(|| named(b"text", b"plain", MimeParams::default()));
    if media.is_main("multipart") || media.is("message", "rfc822") {
        // Too deep to be looked into; the grammar has no such leaf, so it is just octets.
        return named(b"application", b"octet-stream", media.params);
    }
    if !media.is_main("text") || media.params.value("charset").is_some() {
        return media;
    }
    let mut text = media;
    text.params
        .0
        .push(content::MimeParam { name: b"charset".to_vec(), value: b"us-ascii".to_vec() });
    text
}

/// `body-fields` after the parameters: id, description, encoding, octets.
fn write_fields(part: &BodyPart, out: &mut Vec<u8>) {
    out.push(b' ');
    write_field(&part.fields, "Content-ID", out);
    write_field(&part.fields, "Content-Description", out);
    string(&decode::transfer_encoding(&part.fields), out);
    let octets = part.body.end - part.body.start;
    out.extend_from_slice(format!(" {octets}").as_bytes());
}

/// `body-ext-1part` and `body-ext-mpart`: MD5 (not for a multipart), disposition, language, location.
fn write_extension(part: &BodyPart, out: &mut Vec<u8>) {
    out.push(b' ');
    if !matches!(part.content, Content::Multipart(_)) {
        write_field(&part.fields, "Content-MD5", out);
    }
    match Disposition::of(&part.fields) {
        Some(disposition) => {
            out.push(b'(');
            string(&disposition.kind, out);
            out.push(b' ');
            write_params(&disposition.params, out);
            out.extend_from_slice(b") ");
        }
        None => out.extend_from_slice(b"NIL "),
    }
    write_list(&content::languages(&part.fields), out);
    out.push(b' ');
    nstring(part.fields.value("Content-Location").as_deref(), out);
}

/// `body-fld-param`: `("charset" "utf-8")`, or NIL.
fn write_params(params: &MimeParams, out: &mut Vec<u8>) {
    let joined = params.joined();
    let pairs = (joined.0.iter()).flat_map(|param| [&param.name, &param.value]);
    write_list(pairs, out);
}

/// Appends strings in parentheses, or NIL for none.
fn write_list<'a>(strings: impl IntoIterator<Item = &'a Vec<u8>>, out: &mut Vec<u8>) {
    let mut before = b'(';
    for text in strings {
        out.push(before);
        string(text, out);
        before = b' ';
    }
    let none = before == b'(';
    out.extend_from_slice(if none { b"NIL" } else { b")" });
}

#[cfg(test)]
mod tests;
