//! The desktop program, driven by the names of its controls, with real servers in this process.
// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod classroom;
#[path = "../common/mod.rs"]
mod common;
mod elsewhere;
mod keyboard;
mod lesson;
mod mail;
mod see_through;
mod signing_in;
mod trouble;
mod window;
mod writing;
