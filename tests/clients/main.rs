//! Our clients, the console, the demos and the small programs, against our own servers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod commands;
#[path = "../common/mod.rs"]
mod common;
mod console;
mod demos;
mod examples;
mod recording;
mod round_trip;
mod scripted;
mod sessions;
mod trace_command;
