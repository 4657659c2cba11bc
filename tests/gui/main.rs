//! The desktop program, driven by the names of its controls, with real servers in this process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod classroom;
#[path = "../common/mod.rs"]
mod common;
mod elsewhere;
mod keyboard;
mod lab;
mod mail;
mod see_through;
mod signing_in;
mod window;
mod writing;
