//! Completion and hints: what could be typed here, from the state of the conversation and what the
//! server offers.

use std::ops::Range;
use std::sync::Arc;

use super::Meeting;
use super::slash::SLASHES;
use super::terminal::Guide;

/// Looks into the conversation.
pub(super) struct Hints(pub(super) Arc<Meeting>);

impl Guide for Hints {
    fn complete(&self, line: &str) -> (usize, Vec<String>) {
        (0, fitting(line, self.candidates(line)))
    }

    fn hint(&self, line: &str) -> Option<String> {
        if let Some(hint) = self.0.conversation().in_message() {
            return line.is_empty().then(|| hint.to_owned());
        }
        // Of words for the console none is likelier than another.
        if line.starts_with('/') && !line.contains(' ') {
            return None;
        }
        let found = fitting(line, self.candidates(line));
        let rest = found.first()?.get(line.len()..)?;
        (!rest.trim().is_empty()).then(|| rest.trim_end().to_owned())
    }

    fn secrets(&self, line: &str) -> Vec<Range<usize>> {
        // What is said to the console is not said to the server.
        match line.starts_with('/') {
            true => Vec::new(),
            false => self.0.conversation().secrets_so_far(line),
        }
    }
}

impl Hints {
    fn candidates(&self, line: &str) -> Vec<String> {
        if line.starts_with('/') {
            return SLASHES
                .iter()
                .map(|(word, ..)| (*word).to_owned())
                .collect();
        }
        let conversation = self.0.conversation();
        let mut candidates = conversation.candidates();
        // Whoever has another tag in mind keeps it.
        let tag = conversation.tag_to_come();
        if let (false, Some((own, _))) = (tag.is_empty(), line.split_once(' ')) {
            for candidate in &mut candidates {
                if let Some(command) = candidate.strip_prefix(&tag) {
                    *candidate = format!("{own} {command}");
                }
            }
        }
        candidates
    }
}

/// Those that begin as the line does, in any case; what is typed stays as it is.
fn fitting(line: &str, candidates: Vec<String>) -> Vec<String> {
    let fits = |candidate: &String| {
        let front = candidate.get(..line.len());
        front.is_some_and(|front| front.eq_ignore_ascii_case(line))
    };
    let found = candidates.into_iter().filter(fits);
    found
        .map(|candidate| format!("{line}{}", candidate.get(line.len()..).unwrap_or_default()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_goes_on_from_what_is_typed() {
        let candidates = ["MAIL FROM:<a@b>", "NOOP", "/state"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(fitting("ma", candidates.clone()), ["maIL FROM:<a@b>"]);
        assert_eq!(fitting("x", candidates.clone()), [""; 0]);
        assert_eq!(fitting("", candidates).len(), 3);
    }
}
