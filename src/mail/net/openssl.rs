//! What OpenSSL can do, and native-tls does not pass on: TLS 1.3 for a server, the secrets of a
//! handshake, what a handshake agreed on, and the certificate that was verified in it.
//!
//! native-tls builds its acceptor from Mozilla's *intermediate v4* settings, which switch TLS 1.3 off,
//! whatever `max_protocol_version` says. It has no hook for a key log, and does not report the
//! version. But OpenSSL reports each new `SSL_CTX` to code that registered an index for extra data.
//! There we set three callbacks on it, and later we clear the option. This is the only file with
//! `unsafe`.
#![allow(unsafe_code)] // OpenSSL's C interface; each block says why it is sound.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr;
use std::sync::Once;

use openssl_sys as ffi;

use super::secrets;
use super::tls::{CertError, PeerCertificate, TlsSession};

thread_local! {
    /// The context that OpenSSL made last in this thread.
    static NEWEST: Cell<*mut ffi::SSL_CTX> = const { Cell::new(ptr::null_mut()) };
    /// What the last handshake in this thread agreed on.
    static AGREED: RefCell<Option<TlsSession>> = const { RefCell::new(None) };
    /// The certificate that was verified last in this thread.
    static PRESENTED: RefCell<Option<PeerCertificate>> = const { RefCell::new(None) };
}

/// Calls `build`, which makes one acceptor, and switches TLS 1.3 on in it if `allow`.
pub(super) fn build<T, E>(allow: bool, build: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    listen();
    NEWEST.set(ptr::null_mut());
    let acceptor = build()?;
    // Forgotten here, so that the pointer cannot outlive its context.
    let context = NEWEST.replace(ptr::null_mut());
    if allow && !context.is_null() {
        // SAFETY: OpenSSL gave us this context during `build` in this thread; `acceptor` owns it and
        // is alive here; no other thread has seen it yet.
        unsafe { ffi::SSL_CTX_clear_options(context, ffi::SSL_OP_NO_TLSv1_3) };
    }
    Ok(acceptor)
}

/// Makes every later context report its handshakes.
pub(super) fn listen() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
}

/// Takes what the last handshake in this thread agreed on.
pub(super) fn agreed() -> Option<TlsSession> {
    AGREED.take()
}

/// Takes the certificate that was verified in this thread since the last call.
pub(super) fn presented() -> Option<PeerCertificate> {
    PRESENTED.take()
}

fn register() {
    // SAFETY: the function that is registered has the type that OpenSSL asks for, keeps no
    // reference and lives as long as the program.
    unsafe {
        ffi::init();
        ffi::CRYPTO_get_ex_new_index(
            ffi::CRYPTO_EX_INDEX_SSL_CTX,
            0,
            ptr::null_mut(),
            Some(remember),
            None,
            None,
        );
    }
}

/// Called by OpenSSL with each new context.
unsafe extern "C" fn remember(
    context: *mut c_void,
    _data: *mut c_void,
    _all: *mut ffi::CRYPTO_EX_DATA,
    _index: c_int,
    _argl: c_long,
    _argp: *mut c_void,
) {
    let context = context.cast();
    NEWEST.set(context);
    // SAFETY: OpenSSL is making this context in this very moment, and no other code has seen it; all
    // functions have the types that it asks for and live as long as the program.
    unsafe {
        ffi::SSL_CTX_set_keylog_callback(context, Some(key_log));
        SSL_CTX_set_info_callback(context, Some(progress));
        SSL_CTX_set_cert_verify_callback(context, Some(verify), ptr::null_mut());
    }
}

/// Called by OpenSSL to verify a certificate. The verdict is OpenSSL's own; we only record it.
unsafe extern "C" fn verify(
    verification: *mut ffi::X509_STORE_CTX,
    _argument: *mut c_void,
) -> c_int {
    // SAFETY: OpenSSL gives a verification that is prepared and lives until we return; this is what
    // it calls without a callback.
    let verdict = unsafe { ffi::X509_verify_cert(verification) };
    // SAFETY: the verification is still alive, and what it yields lives as long.
    let (code, chain) = unsafe {
        let code = ffi::X509_STORE_CTX_get_error(verification);
        (code, certificates(ffi::X509_STORE_CTX_get0_chain(verification)))
    };
    let fault = (verdict <= 0).then(|| fault(code));
    PRESENTED.set(Some(PeerCertificate { chain, fault }));
    verdict
}

/// The certificates of a chain, in DER.
///
/// # Safety
/// The chain must be null, or alive and of certificates.
unsafe fn certificates(chain: *mut ffi::stack_st_X509) -> Vec<Vec<u8>> {
    if chain.is_null() {
        return Vec::new();
    }
    let stack: *const ffi::OPENSSL_STACK = chain.cast();
    // SAFETY: the chain is alive, and a stack of certificates is a stack.
    let places = 0..unsafe { ffi::OPENSSL_sk_num(stack) };
    let der = |place| {
        // SAFETY: there is a certificate at each of these places. OpenSSL tells the size first, and
        // then writes so many octets, for which there is room; it moves the pointer that it is given.
        unsafe {
            let certificate: *mut ffi::X509 = ffi::OPENSSL_sk_value(stack, place).cast();
            let size = usize::try_from(ffi::i2d_X509(certificate, ptr::null_mut())).ok()?;
            let mut der = vec![0; size];
            let mut begin = der.as_mut_ptr();
            (ffi::i2d_X509(certificate, &raw mut begin) > 0).then_some(der)
        }
    };
    places.filter_map(der).collect()
}

/// The meaning of one of OpenSSL's error codes.
fn fault(code: c_int) -> CertError {
    match code {
        ffi::X509_V_ERR_CERT_HAS_EXPIRED => CertError::Expired,
        ffi::X509_V_ERR_CERT_NOT_YET_VALID => CertError::NotYetValid,
        ffi::X509_V_ERR_HOSTNAME_MISMATCH | ffi::X509_V_ERR_IP_ADDRESS_MISMATCH => {
            CertError::OtherName
        }
        ffi::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
        | ffi::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | ffi::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | ffi::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE => CertError::UnknownIssuer,
        code => {
            // SAFETY: OpenSSL has a constant string, or its own buffer, for every number.
            let words = unsafe { CStr::from_ptr(ffi::X509_verify_cert_error_string(code.into())) };
            CertError::Other(words.to_string_lossy().into_owned())
        }
    }
}

/// Called by OpenSSL with each secret of a handshake, as a line of a key log.
unsafe extern "C" fn key_log(_connection: *const ffi::SSL, line: *const c_char) {
    // SAFETY: OpenSSL gives a string that ends with a NUL and lives until we return.
    let line = unsafe { CStr::from_ptr(line) };
    secrets::heard(&line.to_string_lossy());
}

/// Called by OpenSSL at each step of a handshake.
unsafe extern "C" fn progress(connection: *const ffi::SSL, happened: c_int, _result: c_int) {
    if happened & SSL_CB_HANDSHAKE_DONE == 0 {
        return;
    }
    // SAFETY: the connection is alive while OpenSSL calls us for it, and both names are constants of
    // OpenSSL's that live as long as the program.
    let (version, cipher) = unsafe {
        let cipher = ffi::SSL_get_current_cipher(connection);
        if cipher.is_null() {
            return;
        }
        let version = CStr::from_ptr(ffi::SSL_get_version(connection));
        (version, CStr::from_ptr(ffi::SSL_CIPHER_get_name(cipher)))
    };
    AGREED.set(Some(TlsSession {
        version: version.to_string_lossy().into_owned(),
        cipher: cipher.to_string_lossy().into_owned(),
    }));
}

/// `openssl/ssl.h`: a handshake has ended.
const SSL_CB_HANDSHAKE_DONE: c_int = 0x20;

/// The type of what [`SSL_CTX_set_info_callback`] calls.
type Progress = unsafe extern "C" fn(connection: *const ffi::SSL, happened: c_int, result: c_int);

/// The type of what [`SSL_CTX_set_cert_verify_callback`] calls.
type Verify = unsafe extern "C" fn(*mut ffi::X509_STORE_CTX, *mut c_void) -> c_int;

unsafe extern "C" {
    /// In OpenSSL since 0.9.7, and not in openssl-sys.
    fn SSL_CTX_set_cert_verify_callback(
        context: *mut ffi::SSL_CTX,
        callback: Option<Verify>,
        argument: *mut c_void,
    );
    /// In OpenSSL since 0.9.7, and not in openssl-sys.
    fn SSL_CTX_set_info_callback(context: *mut ffi::SSL_CTX, callback: Option<Progress>);
}
