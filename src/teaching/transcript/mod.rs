//! One way to show a conversation: as text, as a web page, as a script, as a capture.
//!
//! A conversation is a list of [`TranscriptLine`]s: what was said or happened, and what it means. The
//! lines of a recorded one are read back from the journal: [`Sessions`] lists the conversations, a
//! [`Dialogue`] is one of them. [`TextRenderer`] writes them as text, [`html::page`] as a web page,
//! [`script()`] as a script that plays the conversation again, and [`Dialogue::replay`] as a capture.
//! A [`Screen`] shows a script while it is played. The console lays out a typed conversation in the same
//! way as these do: the same marks, and each explanation once.
//!
//! A secret that was masked in the journal stays masked: nothing here knows a password.

mod capture;
pub mod html;
mod journal;
mod line;
mod notes;
mod screen;
mod summary;
mod text;
mod to_script;

pub use self::journal::{Dialogue, Sessions};
pub use self::line::TranscriptLine;
pub use self::notes::Explain;
pub(crate) use self::notes::{Detail, NoteChooser};
pub use self::screen::{Audience, PlayPace, Screen, ScreenOptions};
pub use self::summary::{ConversationEnd, SessionTable, Summary};
pub(crate) use self::text::{LINES_SHOWN, TextLayout};
pub use self::text::{TextOptions, TextRenderer};
pub use self::to_script::script;
pub(crate) use self::to_script::{Secrets, script_of};
