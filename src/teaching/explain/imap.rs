//! Follows a conversation in IMAP: commands by their tags, responses, and the literals in both.

mod responses;

use super::annotation_builder::AnnotationBuilder;
use super::command_buffer::{BufferedPiece, CommandBuffer, LiteralContent};
use super::dialogue_state::DialogueState;
use super::follow::Follow;
use super::line::ObservedLine;
use super::login::Login;
use super::masking;
use super::message::MessageLines;
use super::state::ProtocolState;
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::imap::mailbox::Alphabet;
use crate::mail::protocol::imap::{Command, command_spans, is_append, response_spans};
use crate::mail::protocol::span::{Role, Span};

/// What IMAP's follower remembers beside the dialogue state.
#[derive(Clone, Default)]
pub(super) struct Imap {
    expects: ImapExpects,
    login: Login,
    /// The client's command.
    command: CommandBuffer,
    /// Its verb.
    verb: &'static str,
    /// Its tag.
    tag: String,
    /// Its number.
    number: u64,
    /// True if a literal to which the server has not agreed contains a likely login.
    in_doubt: bool,
    /// The server's response.
    response: CommandBuffer,
    /// The name of the response.
    named: String,
    /// The alphabet of mailbox names.
    alphabet: Alphabet,
}

/// What the client's next line is, unless a command is in progress.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum ImapExpects {
    /// A command.
    #[default]
    Command,
    /// An answer to a challenge.
    Answer,
    /// `DONE`, which ends IDLE.
    Done,
}

impl Follow for Imap {
    fn twin(&self) -> Box<dyn Follow + Send> {
        Box::new(self.clone())
    }

    fn client(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        match self.expects {
            ImapExpects::Answer => self.answer(dialogue, line, builder),
            // RFC 2177 §3: before a login there is no IDLE, so the next line is a command.
            ImapExpects::Done if is_before_login(dialogue) && !is_done(line) => {
                self.expects = ImapExpects::Command;
                self.command(dialogue, line, builder);
            }
            ImapExpects::Done => self.done(dialogue, line, builder),
            ImapExpects::Command => self.command(dialogue, line, builder),
        }
    }

    fn server(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let begins = self.response.is_empty();
        builder.belongs_to(dialogue.oldest());
        let Some(piece) = self.response.take(line, builder) else {
            return builder.about_octets();
        };
        let (response, spans) = response_spans(self.alphabet, self.response.octets());
        let item = spans.iter().rfind(|span| span.role == Role::FetchItem).cloned();
        let placed = spans.into_iter().filter_map(|span| piece.in_line(span));
        builder.parts_at(0, placed);
        if begins {
            self.named = responses::name_of(builder);
        }
        builder.about(Topic::ImapResponse, self.named.clone());
        mark_literal(&piece, builder);
        if let Some(literal) = piece.literal {
            let holds = item.map_or(LiteralContent::Text, |item| self.held(&item));
            return self.response.announce(literal, holds);
        }
        let cut = std::mem::take(&mut self.response).is_cut();
        self.conclude(dialogue, line.readable(), response, builder);
        // The grammar cannot judge a response that was not kept whole.
        if cut {
            builder.fault = None;
        }
    }

    fn tls(&mut self) {
        *self = Imap::default();
    }

    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        match by {
            Side::Server => self.response.pass_over(octets),
            Side::Client if self.command.is_message() && !self.command.waits() => {
                self.command.pass_over(octets)
            }
            Side::Client => 0,
        }
    }
}

impl Imap {
    /// Explains a line of a command.
    fn command(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let begins = self.command.is_empty();
        let in_doubt = !begins && self.is_in_doubt(dialogue);
        let piece = self.command.take(line, builder);
        if let Some(piece) = &piece {
            self.parse(piece, builder);
        }
        if begins {
            self.begin(dialogue, builder);
        }
        builder.command = Some(self.verb);
        builder.number = Some(self.number);
        match self.verb {
            "LOGIN" => masking::mask_imap_login(begins, builder),
            "AUTHENTICATE" if !begins => builder.mask_all(),
            _ if in_doubt => builder.mask_in_doubt(&mut self.in_doubt),
            verb if builder.fault.is_some() || verb.is_empty() => builder.mask_likely_login(),
            _ => {}
        }
        let Some(piece) = piece else {
            return builder.about_octets();
        };
        builder.about(Topic::ImapCommand, self.verb);
        match piece.literal {
            Some(literal) => {
                let message = is_append(self.command.octets());
                let holds = if message {
                    LiteralContent::Message(MessageLines::default())
                } else {
                    LiteralContent::Text
                };
                if literal.synchronising {
                    self.command.owe();
                }
                self.command.announce(literal, holds);
            }
            None => self.said(builder),
        }
    }

    /// True if the client's literal may be a command in fact: if the server has not agreed to it, or
    /// before a login, where no other command needs a literal.
    fn is_in_doubt(&self, dialogue: &DialogueState) -> bool {
        self.command.waits() || (is_before_login(dialogue) && !self.command.is_message())
    }

    /// Adds the parts that the grammar of commands finds in a piece of a line.
    fn parse(&self, piece: &BufferedPiece, builder: &mut AnnotationBuilder<'_>) {
        if self.command.is_full() {
            return mark_literal(piece, builder);
        }
        let (command, spans) = command_spans(self.alphabet, self.command.octets());
        // The grammar cannot judge a command without its message.
        let whole = piece.literal.is_none() && !self.command.is_cut();
        if whole && let Err(error) = command {
            builder.fault = Some(error.to_string());
        }
        let placed = spans.into_iter().filter_map(|span| piece.in_line(span));
        builder.parts_at(0, placed);
        mark_literal(piece, builder);
    }

    /// Takes tag and verb from the first line of a command.
    fn begin(&mut self, dialogue: &mut DialogueState, builder: &mut AnnotationBuilder<'_>) {
        let tag = builder.text_of(Role::Tag).unwrap_or_default();
        self.tag = String::from_utf8_lossy(tag).into_owned();
        builder.recast_uid();
        self.verb = builder.verb_of(Command::names());
        if self.verb == "AUTHENTICATE" {
            builder.words_behind(Role::Verb, Role::Mechanism, Role::Answer);
        }
        self.in_doubt = false;
        self.number = dialogue.ask(self.verb, &self.tag);
    }

    /// Notes that a command is whole, and what the client says next.
    fn said(&mut self, builder: &mut AnnotationBuilder<'_>) {
        self.command = CommandBuffer::default();
        match self.verb {
            "AUTHENTICATE" => {
                self.login = Login::begun_by(builder);
                if !self.login.is_complete() {
                    self.expects = ImapExpects::Answer;
                }
            }
            "IDLE" => self.expects = ImapExpects::Done,
            _ => {}
        }
    }

    fn answer(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        self.login.tell_answer(line.readable(), builder);
        if self.login.is_complete() || line.text == b"*" {
            self.expects = ImapExpects::Command;
        }
        builder.belongs_to(dialogue.last_of("AUTHENTICATE"));
    }

    /// Ends IDLE. RFC 2177 §3: any line but DONE is a mistake, but ends it, too.
    fn done(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        self.expects = ImapExpects::Command;
        let text = line.readable();
        builder.part(Span::of(Role::Verb, text, text));
        builder.about(Topic::ImapCommand, "DONE");
        if !is_done(line) {
            builder.fault = Some("expected DONE, which ends IDLE".to_owned());
            // If the server refuses to idle, the line is a command, and perhaps a login.
            builder.mask_likely_login();
        }
        builder.belongs_to(dialogue.last_of("IDLE"));
    }
}

fn is_done(line: &ObservedLine<'_>) -> bool {
    line.text.eq_ignore_ascii_case(b"DONE")
}

fn is_before_login(dialogue: &DialogueState) -> bool {
    matches!(dialogue.state, ProtocolState::Greeting | ProtocolState::NotAuthenticated)
}

/// Names `{5}` at the end of the line, unless the grammar has done so.
fn mark_literal(piece: &BufferedPiece, builder: &mut AnnotationBuilder<'_>) {
    let known = builder.spans().any(|span| span.role == Role::Literal);
    if piece.literal.is_some() && !known {
        builder.part_from_last(b'{', Role::Literal);
    }
}
