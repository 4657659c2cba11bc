//! The options of a screen, and the people in front of it.

use std::io;

use crate::teaching::script::Caller;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// The options of a [`Screen`].
pub struct ScreenOptions<'a> {
    /// Colours or none.
    pub style: TextStyle,
    /// Returns the columns of the screen; `None` if lines are not wrapped.
    pub width: &'a dyn Fn() -> Option<usize>,
    /// How fast the play goes.
    pub pace: PlayPace,
    /// True if the audience guesses replies.
    pub guesses: bool,
    /// Which lines are explained.
    pub explain: Explain,
    /// True if passwords are shown.
    pub show_secrets: bool,
    /// Returns the address to which a client connects.
    pub address: &'a dyn Fn(&Caller) -> String,
}

/// How fast a play goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlayPace {
    /// As fast as the servers answer, without pauses.
    Fast,
    /// As fast as a person reads; it waits at a pause.
    Reading,
    /// It waits before each line.
    Step,
}

/// The people who watch a play.
pub trait Audience {
    /// Waits until they want to go on; false if they cannot answer any more.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn wait(&mut self) -> io::Result<bool>;

    /// Asks for a line; `None` if they cannot answer any more.
    ///
    /// # Errors
    /// When they cannot be asked.
    fn ask(&mut self, question: &str) -> io::Result<Option<String>>;
}
