//! In the place of `openssl.rs` where native-tls stands on another library (macOS): that library tells
//! neither its secrets nor what a handshake agreed on, nor a certificate that is not trusted.
//!
//! Everything else works: a capture holds the ciphertext, and `--keys` and `--keylog` say that they
//! cannot ([`secrets::ARE_TOLD`](super::secrets::ARE_TOLD)).

use super::presented::Presented;
use super::tap::TlsSession;

/// Calls `build`; which versions the library speaks is its own affair.
pub(super) fn build<T, E>(_allow: bool, build: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    build()
}

/// There is nothing to hear.
pub(super) fn listen() {}

/// What the handshake agreed on: unknown.
pub(super) fn agreed() -> Option<TlsSession> {
    None
}

/// What the server presented: unknown.
pub(super) fn presented() -> Option<PeerCertificate> {
    None
}
