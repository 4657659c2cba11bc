//! What LIST asks for (RFC 3501 §6.3.8).

pub(super) mod pattern;

pub use pattern::ListPattern;
