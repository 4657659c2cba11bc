//! The blocks of a pcapng file, as octets.
//!
//! A capture of ours has four kinds: the section's header, one interface, packets, and secrets. The
//! format is draft-ietf-opsawg-pcapng; comments name its sections by their titles, because their
//! numbers change from draft to draft. All numbers are little-endian, as the magic number in the
//! header says (Section Header Block), and blocks are padded to 32 bits (General Block Structure).

use std::time::{SystemTime, UNIX_EPOCH};

/// Section Header Block: its type is the same in both byte orders.
pub(super) const SECTION_HEADER: u32 = 0x0A0D_0D0A;
/// Interface Description Block: the interface of the packets.
pub(super) const INTERFACE: u32 = 1;
/// Enhanced Packet Block: a packet.
pub(super) const PACKET: u32 = 6;
/// Decryption Secrets Block: the secrets for the packets after it.
pub(super) const SECRETS: u32 = 10;

/// Section Header Block: a reader sees from it which byte order the file has.
const MAGIC: u32 = 0x1A2B_3C4D;
/// Section Header Block: the length of the section is not known before its end.
const NO_LENGTH: i64 = -1;
/// Link type 1 in the list of the same working group: Ethernet.
const ETHERNET: u16 = 1;
/// Decryption Secrets Block: an NSS key log.
const TLS_KEY_LOG: u32 = 0x544C_534B;
/// Interface Description Block, if_tsresol: times are in nanoseconds.
const NANOSECONDS: u8 = 9;

/// The codes of options: those of all blocks, and then the header's and the interface's own.
pub(super) mod option {
    pub(in super::super) const END: u16 = 0;
    pub(in super::super) const COMMENT: u16 = 1;
    pub(in super::super) const APPLICATION: u16 = 4;
    pub(super) const NAME: u16 = 2;
    pub(super) const DESCRIPTION: u16 = 3;
    pub(super) const RESOLUTION: u16 = 9;
}

/// The head of a file: the program that wrote it, a comment, and the one interface of all packets.
pub(super) fn head(application: &str, comment: &str, interface: (&str, &str)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut header = Block::new(SECTION_HEADER);
    header.u32(MAGIC).u16(1).u16(0).octets(&NO_LENGTH.to_le_bytes());
    header.option(option::COMMENT, comment.as_bytes());
    header.option(option::APPLICATION, application.as_bytes());
    header.write(&mut file);
    let mut described = Block::new(INTERFACE);
    // A reserved field, and no limit for the length of a packet.
    described.u16(ETHERNET).u16(0).u32(0);
    described.option(option::NAME, interface.0.as_bytes());
    described.option(option::DESCRIPTION, interface.1.as_bytes());
    described.option(option::RESOLUTION, &[NANOSECONDS]);
    described.write(&mut file);
    file
}

/// Writes a packet with its time and comments.
pub(super) fn packet(file: &mut Vec<u8>, time: SystemTime, frame: &[u8], comments: &[String]) {
    // A clock before 1970 gives the time 0. The 64 bits last until the year 2554.
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let time = since.as_nanos() as u64;
    let length = frame.len() as u32;
    let mut block = Block::new(PACKET);
    block.u32(0).u32((time >> 32) as u32).u32(time as u32);
    block.u32(length).u32(length).padded(frame);
    for comment in comments {
        block.option(option::COMMENT, comment.as_bytes());
    }
    block.write(file);
}

/// Writes lines of a key log, for the packets after it.
pub(super) fn secrets(file: &mut Vec<u8>, lines: &str) {
    let mut block = Block::new(SECRETS);
    block.u32(TLS_KEY_LOG).u32(lines.len() as u32);
    block.padded(lines.as_bytes());
    block.write(file);
}

/// The program that a file's header names, if the file begins with a header in our byte order.
pub(super) fn application(file: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| Some(u32::from_le_bytes(*file.get(at..)?.first_chunk()?));
    if number(0)? != SECTION_HEADER || number(8)? != MAGIC {
        return None;
    }
    // After type, length, magic number, version and the section's length: options, until the last.
    let mut options = file.get(24..)?;
    loop {
        let (head, rest) = options.split_first_chunk::<4>()?;
        let [code, length] = [[head[0], head[1]], [head[2], head[3]]].map(u16::from_le_bytes);
        let length = usize::from(length);
        match code {
            option::END => return None,
            option::APPLICATION => return rest.get(..length),
            _ => options = rest.get(length.next_multiple_of(4)..)?,
        }
    }
}

/// A block while it is written.
struct Block {
    kind: u32,
    body: Vec<u8>,
    has_options: bool,
}

impl Block {
    fn new(kind: u32) -> Block {
        Block { kind, body: Vec::new(), has_options: false }
    }

    fn octets(&mut self, octets: &[u8]) -> &mut Block {
        self.body.extend_from_slice(octets);
        self
    }

    fn u16(&mut self, value: u16) -> &mut Block {
        self.octets(&value.to_le_bytes())
    }

    fn u32(&mut self, value: u32) -> &mut Block {
        self.octets(&value.to_le_bytes())
    }

    fn padded(&mut self, octets: &[u8]) -> &mut Block {
        self.octets(octets);
        let whole = self.body.len().next_multiple_of(4);
        self.body.resize(whole, 0);
        self
    }

    /// Options: code, length, value. A value that is too long for its length is cut.
    fn option(&mut self, code: u16, value: &[u8]) {
        let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
        self.u16(code).u16(value.len() as u16).padded(value);
        self.has_options = true;
    }

    /// General Block Structure: type, length, body, length.
    fn write(mut self, file: &mut Vec<u8>) {
        if self.has_options {
            self.u16(option::END).u16(0);
        }
        let length = self.body.len() as u32 + 12;
        for part in [
            &self.kind.to_le_bytes(),
            &length.to_le_bytes(),
            self.body.as_slice(),
            &length.to_le_bytes(),
        ] {
            file.extend_from_slice(part);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn blocks_are_as_the_specification_draws_them() {
        let mut file = Vec::new();
        let time = UNIX_EPOCH + Duration::new(5, 1);
        packet(&mut file, time, b"abcde", &["hi".to_owned()]);
        #[rustfmt::skip]
        let expected = [
            6, 0, 0, 0, 52, 0, 0, 0, // type and length
            0, 0, 0, 0, // the interface
            1, 0, 0, 0, 1, 0xF2, 0x05, 0x2A, // 5,000,000,001 nanoseconds, the upper half first
            5, 0, 0, 0, 5, 0, 0, 0, b'a', b'b', b'c', b'd', b'e', 0, 0, 0,
            1, 0, 2, 0, b'h', b'i', 0, 0, // the comment
            0, 0, 0, 0, // no more options
            52, 0, 0, 0,
        ];
        assert_eq!(file, expected);

        let mut file = Vec::new();
        secrets(&mut file, "x\n");
        let expected = *b"\x0a\0\0\0\x18\0\0\0KSLT\x02\0\0\0x\n\0\0\x18\0\0\0";
        assert_eq!(file, expected);
    }

    #[test]
    fn a_file_begins_with_its_header_and_its_interface() {
        let file = head("us", "why", ("if0", "what"));
        assert_eq!(file[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
        assert_eq!(file[8..12], [0x4D, 0x3C, 0x2B, 0x1A]);
        assert_eq!(file[16..24], [0xFF; 8]);
        let at = u32::from_le_bytes([file[4], file[5], file[6], file[7]]) as usize;
        assert_eq!(file[at..at + 4], [1, 0, 0, 0]);
        assert!(file[at..].windows(5).any(|option| option == [9, 0, 1, 0, 9]));
    }

    #[test]
    fn a_comment_that_is_too_long_is_cut() {
        let mut file = Vec::new();
        packet(&mut file, UNIX_EPOCH, b"", &["x".repeat(70_000)]);
        let length = u32::from_le_bytes([file[4], file[5], file[6], file[7]]) as usize;
        assert_eq!(length, file.len());
        assert_eq!(file.iter().filter(|octet| **octet == b'x').count(), 65_535);
    }
}
