//! The desktop mail program: the original's window, and a mail program for everyday use.
//!
//! - [`App`] (`app.rs`) is the frame: the rail at the left chooses the view.
//! - `classroom.rs` is the original's window: `imap_panel.rs` or `pop3_panel.rs` in the `protocol_panel.rs` at the left,
//!   `smtp_panel.rs` at the right. `mail/` is the mail program. `servers_view.rs` shows the built-in servers, which
//!   `servers_worker.rs` runs.
//! - `conversation_pane.rs`, below every view, shows what each click sends to a server. Its parts are
//!   `conversation_row.rs`, `explanation_panel.rs`, `diagram_window.rs`, `security_window.rs`, `step_bar.rs` and
//!   `saving.rs`. `recording.rs` records what it shows.
//! - `worker.rs`: every call of the network and the disk is made in a worker's thread, never in the window's. A worker
//!   that has a result asks for a repaint; an idle window draws nothing.
//! - `model/` is what can be tested without a window: it draws nothing, and waits for nothing.
//! - `widgets.rs` has the controls and their distances, `widgets/theme.rs` the colours and the sizes of text.
//! - `shortcuts.rs` is the table of keys; `keyboard.rs` decides which control gets them. `closing.rs` asks before the
//!   window closes and loses a message.
//!
//! Every control has a name, by which a screen reader and a test find it.

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
mod widgets;
mod worker;

pub use app::{App, Start};
