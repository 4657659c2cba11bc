//! `docs/wireshark/` against Wireshark itself: the profile, the traces, the filters, the answers.
//!
//! What needs tshark is ignored without it (`cargo test --test foreign walkthroughs -- --ignored`).

mod answers;
mod demos;
mod page;
mod pages;
mod profile;
mod traces;
mod tshark;

use std::path::PathBuf;

/// A file of `docs/wireshark/`.
fn page(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/wireshark").join(name)
}
