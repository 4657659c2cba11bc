//! Everything that needs another program: mail programs, other servers, Wireshark, a real screen.
//!
//! Most of it is ignored without those programs. `.ci/run` installs them and runs it:
//! `cargo test --test foreign -- --ignored`, some of it as root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod captures;
#[path = "../common/mod.rs"]
mod common;
mod curl;
mod desk;
mod dovecot_at_once;
mod dovecot_search;
mod dovecot_store;
mod fetchers;
mod mbsync;
mod mutt;
mod next_hops;
mod our_clients;
mod our_demos;
mod python;
mod screen;
mod senders;
mod smtp_programs;
mod thunderbird;
mod typed_by_hand;
mod walkthroughs;
#[cfg(feature = "gui")]
mod window;
