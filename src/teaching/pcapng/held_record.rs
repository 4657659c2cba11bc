//! Holds octets of a TLS record until the record is whole. OpenSSL reads a record's head by itself;
//! what crossed the network in one piece should not be in two packets.

/// RFC 8446 §5.1, §5.2: the length of a record's head, and of the longest content.
const HEAD: usize = 5;
const MOST: usize = (1 << 14) + 256;

/// The octets that one side has sent of a record.
#[derive(Default)]
pub(super) struct HeldRecord(Vec<u8>);

impl HeldRecord {
    /// Adds octets that crossed, and takes all of them out; `None` if they end within a record.
    pub(super) fn take(&mut self, octets: &[u8]) -> Option<Vec<u8>> {
        self.keep(octets);
        (!ends_within_record(&self.0)).then(|| self.release())
    }

    /// How many octets are held.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds octets.
    pub(super) fn keep(&mut self, octets: &[u8]) {
        self.0.extend_from_slice(octets);
    }

    /// Takes out what is held.
    pub(super) fn release(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

/// True if these octets are TLS records, of which the last is not whole.
fn ends_within_record(mut octets: &[u8]) -> bool {
    while let [kind, version, rest @ ..] = octets {
        // RFC 8446 §5.1: change_cipher_spec, alert, handshake, application_data; version 3.x.
        if !(20..=23).contains(kind) || *version != 3 {
            return false;
        }
        let [_, high, low, ..] = rest else {
            return true;
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length > MOST {
            return false;
        }
        match octets.get(HEAD + length..) {
            Some(next) => octets = next,
            None => return true,
        }
    }
    // The first octet alone does not show a record.
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_held_until_it_is_whole() {
        type Pieces<'a> = &'a [&'a [u8]];
        type Taken<'a> = &'a [Option<&'a [u8]>];
        let rows: [(Pieces, Taken); 5] = [
            (&[b"\x16\x03\x01\x00\x02", b"ab"], &[None, Some(b"\x16\x03\x01\x00\x02ab")]),
            (
                &[b"\x14\x03\x03\x00\x01x\x17\x03\x03\x00\x01", b"y"],
                &[None, Some(b"\x14\x03\x03\x00\x01x\x17\x03\x03\x00\x01y")],
            ),
            (&[b"220 hello\r\n"], &[Some(b"220 hello\r\n")]),
            // No record is so long.
            (&[b"\x17\x03\x03\xff\xff."], &[Some(b"\x17\x03\x03\xff\xff.")]),
            (&[b"\x17\x03", b"\x03\x00\x00"], &[None, Some(b"\x17\x03\x03\x00\x00")]),
        ];
        for (pieces, expected) in rows {
            let mut held = HeldRecord::default();
            let got: Vec<_> = pieces.iter().map(|piece| held.take(piece)).collect();
            let got: Vec<_> = got.iter().map(Option::as_deref).collect();
            assert_eq!(got, expected);
        }
    }

    #[test]
    fn what_is_held_can_be_had() {
        let mut held = HeldRecord::default();
        assert_eq!(held.take(b"\x16\x03\x01"), None);
        assert_eq!(held.release(), b"\x16\x03\x01");
        assert_eq!(held.release(), b"");
    }
}
