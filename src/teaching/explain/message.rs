//! The lines of a message in any protocol: header fields, the empty line, the body (RFC 5322 §2.1,
//! §2.2).

use super::annotation_builder::AnnotationBuilder;
use super::topic::Topic;
use crate::mail::protocol::span::{Role, Span, Spans};

/// The part of a message to which the next line belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum MessageLines {
    /// The header.
    #[default]
    Header,
    /// The body.
    Body,
}

impl MessageLines {
    /// Names the parts of a line of the message. The text is without line ending and added dot, and
    /// begins at this place of the line as it was sent.
    pub(super) fn tell(&mut self, line: &[u8], at: usize, builder: &mut AnnotationBuilder<'_>) {
        let mut spans = Spans::new(line);
        match self.pass(line, &mut spans) {
            Role::FieldName => {
                let name =
                    field(line).map(|(name, _)| String::from_utf8_lossy(name.trim_ascii_end()));
                builder.about(Topic::Field, name.unwrap_or_default());
            }
            role => builder.about_part(role),
        }
        builder.parts_at(at, spans.found());
    }

    /// Names the parts of a line that may begin with an added dot (RFC 5321 §4.5.2, RFC 1939 §3).
    pub(super) fn tell_stuffed(&mut self, line: &[u8], builder: &mut AnnotationBuilder<'_>) {
        let Some(rest) = line.strip_prefix(b".") else {
            return self.tell(line, 0, builder);
        };
        let role = Role::StuffedDot;
        builder.part(Span { role, range: 0..1 });
        self.tell(rest, 1, builder);
        builder.about_part(role);
    }

    /// Names the parts of a line without its ending and added dot; returns what the line is as a
    /// whole. A line that is no header field ends the header.
    fn pass(&mut self, line: &[u8], spans: &mut Spans<'_>) -> Role {
        let role = match self {
            MessageLines::Body => Role::Body,
            MessageLines::Header if line.is_empty() => Role::HeaderEnd,
            MessageLines::Header if line.starts_with(b" ") || line.starts_with(b"\t") => {
                Role::Folded
            }
            MessageLines::Header => match field(line) {
                Some((name, value)) => {
                    spans.add(Role::FieldName, name);
                    spans.add(Role::FieldValue, value);
                    return Role::FieldName;
                }
                None => Role::Body,
            },
        };
        if matches!(role, Role::HeaderEnd | Role::Body) {
            *self = MessageLines::Body;
        }
        spans.add(role, line);
        role
    }
}

/// The length of the whole lines of a body, without its last line; the body has so many octets left.
pub(super) fn lines_within(octets: &[u8], left: u64) -> usize {
    let left = usize::try_from(left).unwrap_or(usize::MAX);
    let within = octets.get(..left.saturating_sub(1)).unwrap_or(octets);
    memchr::memrchr(b'\n', within).map_or(0, |end| end + 1)
}

/// The length of the whole lines at the front of a body before the first line that begins with a dot.
pub(super) fn lines_before_dot(octets: &[u8]) -> usize {
    if octets.starts_with(b".") {
        return 0;
    }
    let dot = memchr::memmem::find(octets, b"\n.").map(|at| at + 1);
    let before = octets.get(..dot.unwrap_or(octets.len())).unwrap_or_default();
    memchr::memrchr(b'\n', before).map_or(0, |end| end + 1)
}

/// The name and the value of a field (RFC 5322 §2.2; white space after the name: §4.5).
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = line.split_at(line.iter().position(|octet| *octet == b':')?);
    let word = name.trim_ascii_end();
    let is_name = !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
    is_name.then(|| (name, value.get(1..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn each_line_of_a_message_is_what_it_is() {
        let rows = [
            ("Subject: Hi: there", "field-name Subject, field-value  Hi: there"),
            ("\tfolded", "folded \tfolded"),
            ("X-Empty:", "field-name X-Empty"),
            ("", ""),
            ("From: no field any more", "body From: no field any more"),
            ("", ""),
        ];
        let mut lines = MessageLines::default();
        for (line, expected) in rows {
            let mut spans = Spans::new(line.as_bytes());
            lines.pass(line.as_bytes(), &mut spans);
            assert_eq!(shown(line.as_bytes(), &spans.found()), expected);
        }
    }

    #[test]
    fn whole_lines_of_a_body_are_passed_over() {
        let rows: [(&[u8], u64, usize, usize); 7] = [
            (b"ab\r\ncd\r\n.\r\nx\r\n", 100, 14, 8),
            (b"ab\r\ncd\r\n.\r\nx\r\n", 8, 4, 8),
            (b"ab\r\ncd\r\n", 9, 8, 8),
            (b"ab\r\ncd", 100, 4, 4),
            (b".\r\n", 3, 0, 0),
            (b"ab", 100, 0, 0),
            (b"", 0, 0, 0),
        ];
        for (octets, left, within, before_dot) in rows {
            let text = String::from_utf8_lossy(octets);
            assert_eq!(lines_within(octets, left), within, "{text} {left}");
            assert_eq!(lines_before_dot(octets), before_dot, "{text}");
        }
    }

    #[test]
    fn what_is_no_field_ends_the_header() {
        let mut lines = MessageLines::default();
        lines.pass(b"no field", &mut Spans::new(b"no field"));
        assert_eq!(lines, MessageLines::Body);
    }
}
