//! The certificate that a server showed in the handshake, and what came of its verification.

/// A certificate that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerCertificate {
    /// In DER: the server's certificate, then those of who signed it, as far as they are known. If
    /// it is trusted, the last one is why.
    pub chain: Vec<Vec<u8>>,
    /// Why it is not trusted; `None`: it is.
    pub fault: Option<CertError>,
}

/// Why a certificate is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertError {
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// It is for other names than the one that was connected to.
    OtherName,
    /// Nobody whom we trust has signed it.
    UnknownIssuer,
    /// Something else, in OpenSSL's words.
    Other(String),
}
