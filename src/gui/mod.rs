//! The desktop mail program: the original's window, and around it a mail program that is used.
//!
//! - [`App`] (`app.rs`): the frame. A rail at the left chooses the view; below every view stands the
//!   conversation (`conversation_pane.rs`): what each click says on the wire.
//! - `classroom.rs` is the original's window: `imap_panel.rs` or `pop3_panel.rs` at the left,
//!   `smtp_panel.rs` at the right. `mail/` is the mail program.
//! - `model/` is what can be tested without a window: nothing in it draws, waits or reads a file.
//! - `recording.rs` records what the window's clients say; the conversation pane shows it, with
//!   `conversation_row.rs`, `explanation_panel.rs`, `diagram_window.rs`, `security_window.rs`, `step_bar.rs` and
//!   `saving.rs`. `laboratory.rs` runs the servers inside, which `servers_view.rs` shows.
//! - `worker.rs`: every network and every disk call is made in a worker's thread, never in the window's.
//!   A worker tells its news through a channel and asks for a repaint; an idle window draws nothing.
//! - `widgets.rs`: distances, controls and icons, in one place; colours and sizes of text are `widgets/theme.rs`'s.
//! - `closing.rs`: what is written is not lost with the window without a question.
//! - `keyboard.rs`: behind a modal window the keyboard is where it was. `type_ahead.rs`: keys that come faster than
//!   the window is drawn are obeyed where they were meant.
//!
//! Every control has a name that a screen reader, and a test, finds it by.

mod app;
mod classroom;
mod closing;
mod conversation_pane;
mod conversation_row;
mod diagram_window;
mod explanation_panel;
mod imap_panel;
mod keyboard;
mod mail;
pub mod model;
mod pop3_panel;
mod popup;
mod protocol_panel;
mod recording;
mod saved_file;
mod saving;
mod security_window;
mod servers_view;
mod servers_worker;
mod shortcuts;
mod smtp_panel;
mod step_bar;
mod type_ahead;
mod widgets;
mod worker;

pub use app::{App, Start};
