//! What the window shows and does, without the window: accounts, folders, lists, messages, drafts.

pub mod account;
pub mod conversation;
pub mod folders;
pub mod list;
pub mod shown;
pub mod writing;
