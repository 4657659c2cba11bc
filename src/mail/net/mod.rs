//! The wire: sockets, lines, octets, dot text, TLS. Nothing here knows a protocol.
//!
//! Read [`wire`](Wire) first; [`dot`] is the one state machine, and it does no I/O.

mod body;
pub mod certificates;
pub(crate) mod crlf;
pub mod dot;
pub mod host_port;
#[cfg(not(target_vendor = "apple"))]
mod openssl;
#[cfg(target_vendor = "apple")]
#[path = "not_openssl.rs"]
mod openssl;
mod pace;
pub(crate) mod pieces;
pub mod secrets;
mod socket;
mod stream;
mod tap;
pub mod tls;
mod waiting;
mod waker;
mod wire;

pub(crate) use body::skip_rest;
pub use body::{CountedOctets, DotText};
pub use socket::WaitEnd;
pub use tap::{ConnectionInfo, Direction, Side, Tap, TapSource, Taps};
pub use tls::{CertError, PeerCertificate, TlsSession};
pub use waiting::{LineInput, WireLimits};
pub use waker::Waker;
pub(crate) use waker::readable;
pub use wire::Wire;
