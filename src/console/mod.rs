//! A protocol typed by hand: a person at one end, a server at the other, and explanations below.
//!
//! A typed line is sent as it is, with CRLF at its end (`prompt`). A word that begins with a slash is for
//! the console (`slash`, `slash_run`). The connection has its own thread (`connection_thread`); the person
//! types at a terminal or through a pipe (`terminal`). Both threads share one `TypedConversation`. From a
//! pipe, each line waits for the answer to the line before it.

mod completion;
mod connection_thread;
mod conversation;
mod examples;
mod file;
mod interrupted;
mod prompt;
mod slash;
mod slash_run;
mod terminal;
mod view;
mod wrong_protocol;

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use self::completion::Hints;
use self::connection_thread::{ConnectionRequest, ConnectionThread};
use self::conversation::TypedConversation;
pub use self::examples::ExampleNames;
pub use self::interrupted::{INTERRUPTED, before_interruption, leave_it_to_an_interruption};
use self::prompt::Console;
use self::terminal::Terminal;
use crate::client::{ClientError, Endpoint};
use crate::mail::protocol::Protocol;
use crate::teaching::explain::Texts;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// The options of a console.
#[derive(Clone)]
pub struct ConsoleOptions {
    /// The protocol.
    pub protocol: Protocol,
    /// Which lines are explained.
    pub explain: Explain,
    /// True if passwords are shown, on the screen and in a saved script.
    pub show_secrets: bool,
    /// True if a person types, who sees what they type; false for a pipe.
    pub person: bool,
    /// The explanations.
    pub texts: Arc<Texts>,
    /// Colours or none.
    pub style: TextStyle,
    /// Returns the columns of the screen; `None` if lines are not wrapped.
    pub width: fn() -> Option<usize>,
    /// The file that keeps typed lines for the next time.
    pub history: PathBuf,
}

/// Why a conversation failed.
#[derive(Debug)]
pub enum ConsoleError {
    /// There was no connection, or it failed.
    Client(ClientError),
    /// The server closed the connection before this line could be sent.
    NotSent(String),
    /// The server did not answer.
    NoAnswer,
    /// The terminal failed.
    Terminal(io::Error),
}

impl From<io::Error> for ConsoleError {
    fn from(error: io::Error) -> ConsoleError {
        ConsoleError::Terminal(error)
    }
}

/// Connects, sends the lines of `opening`, and then what is typed, up to its end.
///
/// # Errors
/// When the connection fails; from a pipe, also when the server does not take or answer a line.
pub fn converse(
    endpoint: &Endpoint,
    options: &ConsoleOptions,
    names: &ExampleNames,
    opening: &[String],
) -> Result<(), ConsoleError> {
    let shared = Arc::new(SharedConversation {
        conversation: Mutex::new(TypedConversation::new(options.clone(), names.clone())),
        changed: Condvar::new(),
    });
    let connection: Arc<Mutex<Option<ConnectionThread>>> = Arc::default();
    let explained = Arc::clone(&connection);
    let on_f1 = Box::new(move || {
        if let Some(connection) = &*lock(&explained) {
            connection.request(ConnectionRequest::ExplainAgain);
        }
    });
    let hints = Hints(Arc::clone(&shared));
    let mut terminal = Terminal::open(hints, options.style, on_f1, &options.history)?;
    let mut console = Console {
        endpoint,
        options,
        shared,
        printer: Arc::new(Mutex::new(terminal.printer()?)),
        connection,
    };
    console.connect()?;
    let ended = console.run(&mut terminal, opening);
    if let Err(error) = terminal.save_history(&options.history) {
        log::warn!("{} cannot be written: {error}", options.history.display());
    }
    // The terminal goes first: the connection's thread may wait for it to print a line.
    drop(terminal);
    console.hang_up();
    ended
}

/// The conversation, which both threads share.
pub(super) struct SharedConversation {
    conversation: Mutex<TypedConversation>,
    /// Signals each event.
    changed: Condvar,
}

impl SharedConversation {
    fn conversation(&self) -> MutexGuard<'_, TypedConversation> {
        lock(&self.conversation)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
