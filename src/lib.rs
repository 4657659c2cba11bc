//! Pillarbox: a whole email system that you can read, run and see through.

pub mod accounts;
pub mod aliases;
pub mod client;
pub mod commands;
pub mod config;
pub mod console;
pub mod limits;
pub mod message;
pub mod net;
pub mod protocol;
pub mod queue;
pub mod server;
pub mod store;
