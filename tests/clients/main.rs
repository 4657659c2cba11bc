//! Mail programs that people use, against the real program over TLS. Each test is the shortest
//! script that a person would type; `.ci/run` installs the programs.
// A test fails by panicking.
#![allow(clippy::unwrap_used)]

mod by_hand;
#[path = "../common/mod.rs"]
mod common;
mod curl;
mod desk;
mod fetchers;
mod mbsync;
mod mutt;
mod screen;
mod senders;
mod thunderbird;
