//! IMAP4 as types: commands, sequence sets, fetch items, search keys (RFC 3501 §9, RFC 9051 §9).
pub mod describe;
pub mod string;
