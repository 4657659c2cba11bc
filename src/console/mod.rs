//! The protocol typed by hand: a person at one end, a server at the other, and below each line what
//! it means.
//!
//! What is typed is sent as it was typed, with CRLF at its end (`console`); words that begin with a
//! slash are for the console (`order`, `obeying`). The server speaks in a thread of its own
//! (`partner`), the person types at a terminal or through a pipe (`terminal`), and both meet in one
//! `Conversation`. From a pipe each line waits for the answer to the one before.

mod completion;
mod connection_thread;
mod conversation;
mod examples;
mod file;
mod interrupted;
mod notes;
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
use self::connection_thread::{Order, Partner};
use self::conversation::Conversation;
pub use self::examples::ExampleNames;
pub use self::interrupted::{INTERRUPTED, before_interruption, leave_it_to_an_interruption};
use self::prompt::Console;
use self::terminal::Terminal;
use crate::client::{ClientError, Endpoint};
use crate::mail::protocol::Protocol;
use crate::teaching::explain::Texts;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// How a conversation by hand is led.
#[derive(Clone)]
pub struct Options {
    /// What is spoken.
    pub protocol: Protocol,
    /// What is explained.
    pub explain: Explain,
    /// May passwords be seen, in the screen's lines and in what is saved?
    pub show_secrets: bool,
    /// Does a person sit there, who sees what he types?
    pub person: bool,
    /// The explanations.
    pub texts: Arc<Texts>,
    /// Colours or none.
    pub style: TextStyle,
    /// The columns there are at this moment; `None`: lines are not wrapped.
    pub width: fn() -> Option<usize>,
    /// Where what was typed is kept for the next time.
    pub history: PathBuf,
}

/// Why a conversation did not go as it was to go.
#[derive(Debug)]
pub enum Failure {
    /// There was no connection, or it failed.
    Client(ClientError),
    /// The server closed before this line could be sent.
    Unsaid(String),
    /// The server did not answer.
    NoAnswer,
    /// The terminal failed.
    Terminal(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Terminal(error)
    }
}

/// Connects, says these lines first, and then what is typed, up to the end.
///
/// # Errors
/// When there is no connection; from a pipe, also when the server does not take or answer a line.
pub fn converse(
    endpoint: &Endpoint,
    options: &Options,
    cast: &ExampleNames,
    opening: &[String],
) -> Result<(), Failure> {
    let conversation = Conversation::new(options.clone(), cast.clone());
    let meeting = Arc::new(Meeting {
        conversation: Mutex::new(conversation),
        changed: Condvar::new(),
    });
    let partner: Arc<Mutex<Option<Partner>>> = Arc::default();
    let asked = Arc::clone(&partner);
    let help = Box::new(move || {
        if let Some(partner) = &*lock(&asked) {
            partner.order(Order::Ask);
        }
    });
    let hints = Hints(Arc::clone(&meeting));
    let mut terminal = Terminal::open(hints, options.style, help, &options.history)?;
    let mut console = Console {
        endpoint,
        options,
        meeting,
        printer: Arc::new(Mutex::new(terminal.printer()?)),
        partner,
    };
    console.connect()?;
    let led = console.lead(&mut terminal, opening);
    if let Err(error) = terminal.save_history(&options.history) {
        log::warn!("{} cannot be written: {error}", options.history.display());
    }
    // The terminal goes first: the partner may wait for it to take a line.
    drop(terminal);
    console.hang_up();
    led
}

/// Where the two threads meet.
pub(super) struct Meeting {
    conversation: Mutex<Conversation>,
    /// Something has happened.
    changed: Condvar,
}

impl Meeting {
    fn conversation(&self) -> MutexGuard<'_, Conversation> {
        lock(&self.conversation)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
