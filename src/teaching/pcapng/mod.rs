//! Captures without root: the program writes its own connections to a file for Wireshark.
//!
//! A real capture needs the right to read the network card, which students rarely have. The program
//! knows what crossed its own sockets; it composes TCP and IP around that. `stream.rs` makes segments
//! of octets, `frame.rs` frames of segments, `blocks.rs` a file of frames. `comments.rs` explains the
//! packets, and [`Capture`] is the sink that combines all of it. The file says that its frames were
//! composed.

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
mod stream;

pub use capture::{Capture, CaptureStyle, CapturedOctets};
pub use file::{WholeBlocks, create};
