//! Messages that are too large to be looked at, and so are made.

use super::value::Value;
use super::{Told, told};

/// The messages with their names.
pub(crate) fn messages() -> Vec<(String, Vec<u8>)> {
    let made = [
        ("made-deep", deep(90)),
        ("made-deeper", deep(200)),
        ("made-many-parts", many_parts(2_000)),
        ("made-long-line", long_line()),
    ];
    made.map(|(name, text)| (name.to_owned(), text.into_bytes())).to_vec()
}

/// Multiparts within multiparts.
fn deep(levels: usize) -> String {
    let begin = |level| {
        format!(
            "Content-Type: multipart/mixed; boundary=\"level {level};\"\r\n\r\n--level {level};\r\n"
        )
    };
    let end = |level| format!("\r\n--level {level};--\r\n");
    let begun: String = (0..levels).map(begin).collect();
    let ended: String = (0..levels).rev().map(end).collect();
    format!("Subject: deep\r\n{begun}\r\nThe bottom.{ended}")
}

fn many_parts(parts: usize) -> String {
    let part = |number| format!("--b\r\nContent-ID: <{number}@a.test>\r\n\r\npart {number}\r\n");
    let parts: String = (0..parts).map(part).collect();
    format!("Subject: many\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{parts}--b--\r\n")
}

/// A field of a megabyte between two others.
fn long_line() -> String {
    let long = "x".repeat(1024 * 1024);
    format!("Subject: before\r\nX-Long: {long}\r\nFrom: after@a.test\r\n\r\nbody\r\n")
}

#[test]
fn depth_width_and_length_have_bounds() {
    let told = told(&messages());
    let depths: Vec<usize> = told.iter().map(|told| depth(&told.structure)).collect();
    // A leaf is a list, with its parameters in another.
    assert_eq!(depths, [92, 101, 3, 2]);
    let parts = told[2].structure.items().iter().filter(|part| !part.items().is_empty());
    // The parts, and the multipart's own parameters.
    assert_eq!(parts.count(), 2_001);
    let Told { envelope, structure } = &told[3];
    let (subject, from) = (&envelope.items()[1], &envelope.items()[2]);
    assert_eq!(subject, &Value::Text(b"before".to_vec()));
    assert_eq!(from.to_string(), r#"((NIL NIL "after" "a.test"))"#);
    assert_eq!(structure.items()[6], Value::Atom("6".to_owned()));
}

fn depth(value: &Value) -> usize {
    let deepest = value.items().iter().map(depth).max();
    deepest.map_or(0, |deepest| deepest + 1)
}
