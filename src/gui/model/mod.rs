//! What the window shows and does, without the window: accounts, folders, lists, messages and compose forms; and for
//! the conversation pane the conversations, the protection of connections, state diagrams and the built-in servers.

pub mod account;
pub mod compose_form;
pub mod conversations;
pub mod diagram_layout;
pub mod folders;
pub mod message_list;
pub mod rendered_message;
pub mod saved_events;
pub mod security;
pub mod servers;
pub mod window_sink;
