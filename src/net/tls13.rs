//! TLS 1.3 for the acceptor, which native-tls builds after Mozilla's *intermediate v4* set: that
//! set switches TLS 1.3 off, whatever `max_protocol_version` says, and offers no way back.
//!
//! OpenSSL itself has one. It tells every new `SSL_CTX` to whoever registered an index for extra
//! data; we remember the context that was made in this thread, and clear the option when native-tls
//! has finished with it. This is the only file with `unsafe`.
#![allow(unsafe_code)] // OpenSSL's C interface; each block says why it is sound.

use std::cell::Cell;
use std::ffi::{c_int, c_long, c_void};
use std::ptr;
use std::sync::Once;

use openssl_sys as ffi;

thread_local! {
    /// The context that OpenSSL made last in this thread.
    static NEWEST: Cell<*mut ffi::SSL_CTX> = const { Cell::new(ptr::null_mut()) };
}

/// Calls `build`, which makes one acceptor, and switches TLS 1.3 on in it if `allow`.
pub(super) fn build<T, E>(allow: bool, build: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(register);
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
    NEWEST.set(context.cast());
}
