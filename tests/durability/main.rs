//! What is acknowledged is never lost: full disks, `kill -9`, Ctrl-C, crowds, and clients that only wait.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../common/mod.rs"]
mod common;
mod crowd;
mod full_disk;
#[allow(dead_code, reason = "the tests of the relay use the rest")]
#[path = "../servers/relay/hop.rs"]
mod hop;
mod idle_clients;
mod relay_killed;
mod stopping;
mod store_killed;
