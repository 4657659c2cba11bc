//! Takes the place of `openssl.rs` where native-tls uses another library (macOS).
//!
//! That library reports no secrets, not what a handshake agreed on, and no untrusted certificate.
//! Everything else works: a capture holds the ciphertext, and `--keys` and `--keylog` say that they
//! cannot work ([`secrets::ARE_TOLD`](super::secrets::ARE_TOLD)).

use super::tls::{PeerCertificate, TlsSession};

/// Calls `build`; the library itself decides about the TLS versions.
pub(super) fn build<T, E>(_allow: bool, build: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    build()
}

/// Does nothing: this library reports no handshakes.
pub(super) fn listen() {}

/// What the handshake agreed on: unknown.
pub(super) fn agreed() -> Option<TlsSession> {
    None
}

/// The certificate of the server: unknown.
pub(super) fn presented() -> Option<PeerCertificate> {
    None
}
