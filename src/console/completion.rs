//! Completion and hints: what could be typed now.
//!
//! Both come from the state of the conversation and from the capabilities of the server.

use std::ops::Range;
use std::sync::Arc;

use super::SharedConversation;
use super::slash::SLASHES;
use super::terminal::TypingAid;

/// Completes lines from the state of the conversation.
pub(super) struct Hints(pub(super) Arc<SharedConversation>);

impl TypingAid for Hints {
    fn complete(&self, line: &str) -> (usize, Vec<String>) {
        (0, fitting(line, self.candidates(line)))
    }

    fn hint(&self, line: &str) -> Option<String> {
        if let Some(hint) = self.0.conversation().message_hint() {
            return line.is_empty().then(|| hint.to_owned());
        }
        // No word for the console is likelier than the others.
        if line.starts_with('/') && !line.contains(' ') {
            return None;
        }
        let found = fitting(line, self.candidates(line));
        let rest = found.first()?.get(line.len()..)?;
        (!rest.trim().is_empty()).then(|| rest.trim_end().to_owned())
    }

    fn secrets(&self, line: &str) -> Vec<Range<usize>> {
        // A word for the console is not sent to the server.
        if line.starts_with('/') {
            return Vec::new();
        }
        self.0.conversation().secrets_so_far(line)
    }
}

impl Hints {
    fn candidates(&self, line: &str) -> Vec<String> {
        if line.starts_with('/') {
            let words = SLASHES.iter().map(|(word, ..)| (*word).to_owned());
            return words.collect();
        }
        let conversation = self.0.conversation();
        let mut candidates = conversation.candidates();
        let tag = conversation.next_tag();
        // A person may type another tag.
        if !tag.is_empty()
            && let Some((own, _)) = line.split_once(' ')
        {
            for candidate in &mut candidates {
                if let Some(command) = candidate.strip_prefix(&tag) {
                    *candidate = format!("{own} {command}");
                }
            }
        }
        candidates
    }
}

/// Returns the candidates that begin as the line does, in any case; typed letters stay as they are.
fn fitting(line: &str, candidates: Vec<String>) -> Vec<String> {
    let mut fitting = Vec::new();
    for candidate in candidates {
        if let Some((front, rest)) = candidate.split_at_checked(line.len())
            && front.eq_ignore_ascii_case(line)
        {
            fitting.push(format!("{line}{rest}"));
        }
    }
    fitting
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_completion_continues_what_is_typed() {
        let candidates = ["MAIL FROM:<a@b>", "NOOP", "/state"].map(str::to_owned).to_vec();
        assert_eq!(fitting("ma", candidates.clone()), ["maIL FROM:<a@b>"]);
        assert_eq!(fitting("x", candidates.clone()), [""; 0]);
        assert_eq!(fitting("", candidates).len(), 3);
    }
}
