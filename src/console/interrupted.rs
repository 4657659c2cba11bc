//! What is still done when Ctrl-C ends the program: the terminal is put back as it was, a recording is
//! written to its end.
//!
//! A program has one handler for Ctrl-C, and several parts of it have something to put in order, none
//! of which knows the others.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The exit status of a program that Ctrl-C has ended: 128 and the number of SIGINT.
pub const INTERRUPTED: i32 = 130;

/// Something that is done at the end.
type LastThing = Box<dyn FnOnce() + Send>;

/// `None`: there is no handler yet.
static LAST_THINGS: Mutex<Option<Vec<LastThing>>> = Mutex::new(None);

/// From now on Ctrl-C does this, then what was registered before it, and ends the program with the
/// status [`INTERRUPTED`].
///
/// # Errors
/// When the program has another handler for Ctrl-C, or can have none.
pub fn before_interruption(last_thing: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut registered = LAST_THINGS.lock().unwrap_or_else(PoisonError::into_inner);
    if registered.is_none() {
        ctrlc::set_handler(end).map_err(io::Error::other)?;
    }
    registered
        .get_or_insert_default()
        .push(Box::new(last_thing));
    Ok(())
}

/// Whoever finds at the program's end that something went wrong calls this first: under Ctrl-C it is
/// the last things that made it go wrong, a folder that is gone, and the end is theirs.
pub fn leave_it_to_an_interruption() {
    while ENDING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// The last things are being done.
static ENDING: AtomicBool = AtomicBool::new(false);

fn end() {
    ENDING.store(true, Ordering::SeqCst);
    let registered = LAST_THINGS
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    for last_thing in registered.into_iter().flatten().rev() {
        last_thing();
    }
    process::exit(INTERRUPTED);
}
