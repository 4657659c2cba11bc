//! A bar where a person waits for a large message. A script sees none: it is drawn on a terminal's
//! standard error only.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// A smaller message is there before a bar is read.
const WORTH_A_BAR: u64 = 1024 * 1024;

/// A bar for so many octets; one that is not seen where nobody looks.
pub(super) fn bar(octets: u64) -> ProgressBar {
    if octets < WORTH_A_BAR || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(octets);
    let style = ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta}");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
