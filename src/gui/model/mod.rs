//! What the window shows and does, without the window: accounts, folders, lists, messages, drafts; and
//! what makes it see-through: conversations, locks, states, the laboratory.

pub mod account;
pub mod conversations;
pub mod folders;
pub mod follower;
pub mod kept;
pub mod lab;
pub mod list;
pub mod lock;
pub mod shown;
pub mod states;
pub mod writing;
