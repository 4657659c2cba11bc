//! The server's responses in IMAP: what they answer, and what the client may say after them.

use super::{Imap, ImapExpects};
use crate::mail::protocol::imap::cursor::Parsed;
use crate::mail::protocol::imap::mailbox::Alphabet;
use crate::mail::protocol::imap::response::{Code, Condition, Response, Status};
use crate::mail::protocol::span::{Role, Span};
use crate::teaching::explain::annotation_builder::AnnotationBuilder;
use crate::teaching::explain::command_buffer::{CommandBuffer, LiteralContent};
use crate::teaching::explain::dialogue_state::DialogueState;
use crate::teaching::explain::login;
use crate::teaching::explain::message::MessageLines;
use crate::teaching::explain::state::{CommandOutcome, ProtocolState};
use crate::teaching::explain::topic::Topic;

impl Imap {
    /// The contents of a literal after this item of FETCH.
    pub(super) fn held(&self, item: &Span) -> LiteralContent {
        let name = self.response.octets().get(item.range.clone());
        let name = name.unwrap_or_default().to_ascii_uppercase();
        let has = |word: &[u8]| name.windows(word.len()).any(|window| window == word);
        match name.as_slice() {
            b"RFC822" | b"RFC822.HEADER" | b"BODY[]" => {
                LiteralContent::Message(MessageLines::Header)
            }
            _ if has(b"HEADER") || has(b"MIME") || name.starts_with(b"BODY[]") => {
                LiteralContent::Message(MessageLines::Header)
            }
            _ if name.starts_with(b"BODY[") || name.starts_with(b"RFC822") => {
                LiteralContent::Message(MessageLines::Body)
            }
            _ => LiteralContent::Text,
        }
    }

    /// Explains a response that is whole.
    pub(super) fn conclude(
        &mut self,
        dialogue: &mut DialogueState,
        text: &[u8],
        response: Parsed<Response>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        match response {
            Ok(Response::Continue(words)) => self.go_on(dialogue, text, &words, builder),
            Ok(Response::Done(tag, status)) => {
                builder.belongs_to(dialogue.tagged(tag.as_str()));
                let verb = builder.command.unwrap_or_default();
                builder.about(Topic::ImapResponse, format!("{} to {verb}", self.named));
                self.learn(dialogue, &status);
                self.answered(dialogue, tag.as_str(), &status);
            }
            Ok(Response::Untagged(status)) => self.untagged(dialogue, &status, builder),
            Ok(Response::Capability(words)) => offer(dialogue, &words),
            Ok(Response::Enabled(words)) => {
                let utf8 = |word: &String| matches!(word.as_str(), "IMAP4REV2" | "UTF8=ACCEPT");
                if words.iter().any(utf8) {
                    self.alphabet = Alphabet::Utf8;
                }
            }
            Ok(_) => {}
            Err(error) => {
                builder.fault = Some(error.to_string());
                if self.named.is_empty() {
                    builder.about(Topic::Note, "no-reply");
                }
            }
        }
    }

    /// Explains `+`: the server agrees to a literal, to AUTHENTICATE or to IDLE.
    fn go_on(
        &mut self,
        dialogue: &mut DialogueState,
        text: &[u8],
        words: &[u8],
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let verb = match self.expects {
            _ if self.command.waits() => "literal",
            ImapExpects::Done => "IDLE",
            _ if dialogue.last_of("AUTHENTICATE").is_some() => "AUTHENTICATE",
            _ => "",
        };
        builder.about(Topic::ImapResponse, format!("+ to {verb}"));
        let words = text.get(text.len() - words.len()..).unwrap_or_default();
        match verb {
            "AUTHENTICATE" => login::tell_challenge(words, text, builder),
            _ if words.is_empty() => {}
            _ => builder.part(Span::of(Role::Text, text, words)),
        }
        match verb {
            "literal" => {
                self.command.agree();
                builder.belongs_to(dialogue.newest());
            }
            verb => {
                builder.belongs_to(dialogue.last_of(verb));
                dialogue.pass(verb, CommandOutcome::Continue);
            }
        }
    }

    fn answered(&mut self, dialogue: &mut DialogueState, tag: &str, status: &Status) {
        // RFC 3501 §7.5: a tagged answer may come in place of `+`; then there is no literal.
        if self.command.waits() && self.tag == tag {
            self.command = CommandBuffer::default();
        }
        let verb = dialogue.tagged(tag).map_or("", |asked| asked.verb);
        if matches!(verb, "AUTHENTICATE" | "IDLE") {
            self.expects = ImapExpects::Command;
        }
        let outcome = match status.condition {
            Condition::Ok => CommandOutcome::Done,
            _ => CommandOutcome::Refused,
        };
        dialogue.answer_tagged(tag, outcome);
    }

    fn untagged(
        &mut self,
        dialogue: &mut DialogueState,
        status: &Status,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        self.learn(dialogue, status);
        if dialogue.state == ProtocolState::Greeting {
            builder.about(Topic::ImapResponse, format!("{} to greeting", self.named));
        } else if let Some(code) = builder.text_of(Role::ResponseCode) {
            builder.about(Topic::ImapCode, String::from_utf8_lossy(code));
        }
        match status.condition {
            Condition::Bye => dialogue.pass("BYE", CommandOutcome::Done),
            Condition::PreAuth => dialogue.pass("PREAUTH", CommandOutcome::Done),
            _ if dialogue.state == ProtocolState::Greeting => {
                dialogue.answer_oldest(CommandOutcome::Done)
            }
            _ => {}
        }
    }

    fn learn(&self, dialogue: &mut DialogueState, status: &Status) {
        if let Some(Code::Capability(words)) = &status.code {
            offer(dialogue, words);
        }
    }
}

fn offer(dialogue: &mut DialogueState, words: &[String]) {
    dialogue.forget_offers();
    words.iter().for_each(|word| dialogue.offer(word));
}

/// The name of a response: `FETCH` of `* 3 FETCH …`, `OK` of `* OK …` and of `a1 OK …`, `+`.
pub(super) fn name_of(builder: &AnnotationBuilder<'_>) -> String {
    let roles = [Role::ResponseName, Role::Status, Role::Continuation];
    let word = roles.into_iter().find_map(|role| builder.text_of(role));
    String::from_utf8_lossy(word.unwrap_or_default()).to_ascii_uppercase()
}
