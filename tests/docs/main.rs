//! What the pages, the explanations and the plan of the source claim, checked against the source and
//! the running program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod architecture;
mod chapters;
#[path = "../common/mod.rs"]
mod common;
mod demo_walk;
mod explanations;
mod names;
mod pages;
mod protocol_tables;
mod rfc_sections;
