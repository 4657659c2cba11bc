//! Captures without root: the program writes down its own connections, for Wireshark.
//!
//! A real capture needs the right to read the network card, which students rarely have. What crossed
//! our own sockets we know without it; what TCP and IP make of that is composed here. `stream.rs` makes
//! segments of octets, `frame.rs` frames of segments, `blocks.rs` a file of frames; `comments.rs` says
//! what each packet means, and [`Capture`] is the sink that puts them together. The file says of itself
//! that its frames were composed.

mod about;
mod block_buffer;
mod blocks;
mod capture;
mod comments;
mod connection;
mod file;
mod frame;
mod held_record;
mod pairs;
#[cfg(test)]
mod reader;
mod stream;

pub use capture::{Capture, CaptureStyle, CapturedOctets};
pub use file::{WholeBlocks, create};
