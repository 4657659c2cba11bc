//! What OpenSSL can do and native-tls does not pass on: TLS 1.3 for a server, the secrets of a
//! handshake, and what a handshake agreed on.
//!
//! native-tls builds its acceptor after Mozilla's *intermediate v4* set, which switches TLS 1.3 off,
//! whatever `max_protocol_version` says; it has no hook for a key log, and no way to ask for the
//! version. OpenSSL tells every new `SSL_CTX` to whoever registered an index for extra data. We set
//! two callbacks on it there, and clear the option when native-tls has finished with it. This is the
//! only file with `unsafe`.
#![allow(unsafe_code)] // OpenSSL's C interface; each block says why it is sound.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr;
use std::sync::Once;

use openssl_sys as ffi;

use super::secrets;
use super::tap::Secured;

thread_local! {
    /// The context that OpenSSL made last in this thread.
    static NEWEST: Cell<*mut ffi::SSL_CTX> = const { Cell::new(ptr::null_mut()) };
    /// What the last handshake in this thread agreed on.
    static AGREED: RefCell<Option<Secured>> = const { RefCell::new(None) };
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

/// From now on every new context tells of its handshakes. To be called before it is made.
pub(super) fn listen() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
}

/// What the handshake that ended in this thread agreed on; once.
pub(super) fn agreed() -> Option<Secured> {
    AGREED.take()
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
    // SAFETY: OpenSSL is making this context in this very moment, and nobody else has seen it; both
    // functions have the types that it asks for and live as long as the program.
    unsafe {
        ffi::SSL_CTX_set_keylog_callback(context, Some(key_log));
        SSL_CTX_set_info_callback(context, Some(progress));
    }
}

/// Called by OpenSSL with each secret of a handshake, as a line of a key log.
unsafe extern "C" fn key_log(_connection: *const ffi::SSL, line: *const c_char) {
    // SAFETY: OpenSSL gives a string that ends with a NUL and lives until we return.
    let line = unsafe { CStr::from_ptr(line) };
    secrets::heard(&line.to_string_lossy());
}

/// Called by OpenSSL whenever a handshake goes on.
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
    AGREED.set(Some(Secured {
        version: version.to_string_lossy().into_owned(),
        cipher: cipher.to_string_lossy().into_owned(),
    }));
}

/// `openssl/ssl.h`: a handshake has ended.
const SSL_CB_HANDSHAKE_DONE: c_int = 0x20;

/// The type of what [`SSL_CTX_set_info_callback`] calls.
type Progress = unsafe extern "C" fn(connection: *const ffi::SSL, happened: c_int, result: c_int);

unsafe extern "C" {
    /// In OpenSSL since 0.9.7, and not in openssl-sys.
    fn SSL_CTX_set_info_callback(context: *mut ffi::SSL_CTX, callback: Option<Progress>);
}
