//! Our servers as a client meets them: what they answer, what they refuse, what they cost, and how
//! they pass mail on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod hostile_input;
mod mailbox_model;
mod messages_opened;
mod queue_command;
mod recording_memory;
mod relay;
mod relay_by_three_sites;
mod secrets;
mod serve;
mod wire;
mod zoo;
