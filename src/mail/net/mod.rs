//! The wire: sockets, lines, octets, dot text, TLS. Nothing here knows a protocol.
//!
//! Read [`wire`](Wire) first; [`dot`] is the one state machine, and it does no I/O.

mod bell;
mod body;
pub mod certificates;
pub mod dot;
pub mod host_port;
#[cfg(not(target_vendor = "apple"))]
mod openssl;
#[cfg(target_vendor = "apple")]
#[path = "not_openssl.rs"]
mod openssl;
mod pace;
pub(crate) mod pieces;
mod poll;
mod presented;
pub mod secrets;
mod socket;
mod stream;
mod tap;
pub mod tls;
mod waiting;
mod wire;

pub use bell::Bell;
pub(crate) use body::skip_rest;
pub use body::{DotText, Octets};
pub(crate) use poll::readable;
pub use presented::{Fault, Presented};
pub use socket::Wake;
pub use tap::{ConnectionInfo, Direction, Secured, Side, Tap, TapSource, Taps};
pub use waiting::{Heard, Patience};
pub use wire::Wire;
