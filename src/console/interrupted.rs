//! The last actions of a program that Ctrl-C ends: to restore the terminal, to finish a recording.
//!
//! A program has one handler for Ctrl-C. Several parts of it have something to finish, and they do not
//! know each other.

use std::io;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The exit status of a program that Ctrl-C has ended: 128 plus the number of SIGINT.
pub const INTERRUPTED: i32 = 130;

/// An action at the end of the program.
type LastAction = Box<dyn FnOnce() + Send>;

/// `None` until there is a handler.
static LAST_ACTIONS: Mutex<Option<Vec<LastAction>>> = Mutex::new(None);

/// Registers an action for Ctrl-C, before those that were registered earlier.
///
/// After the last action the program ends with the status [`INTERRUPTED`].
///
/// # Errors
/// When the program has another handler for Ctrl-C, or cannot have one.
pub fn before_interruption(last_action: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut registered = LAST_ACTIONS.lock().unwrap_or_else(PoisonError::into_inner);
    if registered.is_none() {
        ctrlc::set_handler(end).map_err(io::Error::other)?;
    }
    registered.get_or_insert_default().push(Box::new(last_action));
    Ok(())
}

/// Waits for the last actions if Ctrl-C was pressed. Called before an error ends the program.
///
/// The last actions may be the reason of the error: they remove a folder that is in use.
pub fn leave_it_to_an_interruption() {
    while ENDING.load(Ordering::SeqCst) {
        thread::park();
    }
}

/// True while the last actions run.
static ENDING: AtomicBool = AtomicBool::new(false);

fn end() {
    ENDING.store(true, Ordering::SeqCst);
    let registered = LAST_ACTIONS.lock().unwrap_or_else(PoisonError::into_inner).take();
    for last_action in registered.into_iter().flatten().rev() {
        last_action();
    }
    process::exit(INTERRUPTED);
}
