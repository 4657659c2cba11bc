//! The parts of a line of a reply in SMTP.

use crate::mail::protocol::smtp::{self, EnhancedCode};
use crate::mail::protocol::span::{Role, Spans, first_word};
use crate::teaching::explain::annotation_builder::AnnotationBuilder;
use crate::teaching::explain::dialogue_state::DialogueState;
use crate::teaching::explain::topic::Topic;

/// Names the parts of a line of a reply; `rest` is what follows the code and its separator.
pub(super) fn tell_reply(
    text: &[u8],
    code: u16,
    rest: &[u8],
    builder: &mut AnnotationBuilder<'_>,
) -> usize {
    let mut spans = Spans::new(text);
    spans.add(Role::ReplyCode, text.get(..3).unwrap_or_default());
    if smtp::Reply::continues(text) {
        spans.add(Role::More, text.get(3..4).unwrap_or_default());
    }
    // RFC 2034 §4: the class is the code's first digit.
    let (word, _) = first_word(rest);
    let enhanced = str::from_utf8(word).ok().and_then(EnhancedCode::parse);
    let enhanced = enhanced.filter(|enhanced| u16::from(enhanced.0) == code / 100);
    if enhanced.is_some() {
        spans.add(Role::EnhancedCode, word);
    }
    builder.parts_at(0, spans.found());
    match enhanced {
        Some(_) => word.len() + 1,
        None => 0,
    }
}

/// Explains a line of EHLO's reply that offers something: `SIZE 52428800`.
pub(super) fn offer(
    dialogue: &mut DialogueState,
    words: &[u8],
    builder: &mut AnnotationBuilder<'_>,
) {
    builder.words(words, Role::Capability, Role::CapabilityValues);
    if let Ok(keyword) = str::from_utf8(first_word(words).0) {
        dialogue.offer(keyword);
        builder.about(Topic::SmtpKeyword, keyword);
    }
}
