//! Octets in hexadecimal, for whoever wants to see what a line is made of.

/// Rows of octets that are shown of a line.
const ROWS: usize = 64;

/// The octets of a line in hexadecimal, so many in a row (at least one), with their characters beside them.
pub(crate) fn hexadecimal(line: &[u8], across: usize) -> Vec<String> {
    let across = across.max(1);
    let width = across * 3 - 1;
    let row = |(at, octets): (usize, &[u8])| {
        let hex: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        let text = octets.iter().map(|octet| match octet {
            b' '..=b'~' => char::from(*octet),
            _ => '.',
        });
        format!(
            "   {:04x}  {:<width$}  {}",
            at * across,
            hex.join(" "),
            text.collect::<String>(),
        )
    };
    line.chunks(across)
        .enumerate()
        .take(ROWS)
        .map(row)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_in_rows_of_sixteen() {
        let rows = hexadecimal(b"EHLO \xff\x00 me, and more", 16);
        assert_eq!(
            rows[0],
            "   0000  45 48 4c 4f 20 ff 00 20 6d 65 2c 20 61 6e 64 20  EHLO .. me, and "
        );
        assert_eq!(
            rows[1],
            "   0010  6d 6f 72 65                                      more"
        );
        assert_eq!(hexadecimal(b"QUIT\r\n", 4)[1], "   0004  0d 0a        ..");
        assert_eq!(hexadecimal(&[0; 100_000], 16).len(), ROWS);
    }
}
