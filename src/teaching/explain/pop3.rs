//! Follows a conversation in POP3: commands, and replies in their order. Some replies continue in
//! lines up to a lone dot.

use super::annotation_builder::AnnotationBuilder;
use super::dialogue_state::DialogueState;
use super::follow::Follow;
use super::line::ObservedLine;
use super::login::{self, Login};
use super::masking;
use super::message::{self, MessageLines};
use super::state::CommandOutcome;
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::span::{Role, Span, Spans, first_word};

/// What POP3's follower remembers beside the dialogue state.
#[derive(Clone, Default)]
pub(super) struct Pop3 {
    /// True if the client's next line answers a challenge.
    in_login: bool,
    login: Login,
    /// The list to which the server's next line belongs.
    listing: Listing,
}

/// The lines after a `+OK`.
#[derive(Clone, Default)]
enum Listing {
    /// None: the next line is a reply.
    #[default]
    None,
    /// A message.
    Message(MessageLines),
    /// Capabilities.
    Capabilities,
    /// Numbers and sizes.
    Sizes,
    /// Numbers and unique ids.
    UniqueIds,
    /// Mechanisms.
    Mechanisms,
}

impl Follow for Pop3 {
    fn twin(&self) -> Box<dyn Follow + Send> {
        Box::new(self.clone())
    }

    fn client(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let text = line.readable();
        if self.in_login {
            self.login.tell_answer(text, builder);
            self.in_login = !(self.login.is_complete() || text == b"*");
            return builder.belongs_to(dialogue.last_of("AUTH"));
        }
        let (command, spans) = Command::parse_with_spans(text);
        builder.parts_at(0, spans);
        let verb = builder.verb_of(Command::verbs().chain(["APOP"]));
        builder.about(Topic::Pop3Command, verb);
        if let Err(error) = command
            && verb != "APOP"
        {
            builder.fault = Some(error.to_string());
            builder.mask_likely_login();
        }
        masking::mask_pop3_login(verb, builder);
        if verb == "AUTH" {
            self.login = Login::begun_by(builder);
            // A use that is older than CAPA: AUTH alone asks some servers for their mechanisms.
            let asks = builder.text_of(Role::Mechanism).is_none();
            self.in_login = !(asks || self.login.is_complete());
        }
        // A list answers these commands if they have no argument.
        let alone = builder.spans().count() < 2;
        let verb = match verb {
            "LIST" if alone => "LIST all",
            "UIDL" if alone => "UIDL all",
            "AUTH" if alone => "AUTH all",
            verb => verb,
        };
        builder.command = Some(name(verb));
        builder.number = Some(dialogue.ask(verb, ""));
    }

    fn server(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let text = line.readable();
        if !matches!(self.listing, Listing::None) {
            return self.listed(dialogue, text, builder);
        }
        let verb = dialogue.answered();
        self.belongs_to_oldest(dialogue, builder);
        let (status, rest) = first_word(text);
        let rest = rest.get(1..).unwrap_or_default();
        match status {
            b"+OK" => {
                let asked = if verb == "AUTH all" { "" } else { name(verb) };
                builder.about(Topic::Pop3Reply, format!("+OK to {asked}"));
                tell_text(verb, text, status, rest, builder);
                self.done(dialogue, verb);
            }
            b"-ERR" => {
                builder.about(Topic::Pop3Reply, format!("-ERR to {}", name(verb)));
                tell_text(verb, text, status, rest, builder);
                self.in_login = false;
                dialogue.answer_oldest(CommandOutcome::Refused);
            }
            b"+" => {
                builder.about(Topic::Pop3Reply, "+");
                builder.part(Span::of(Role::Continuation, text, status));
                login::tell_challenge(rest, text, builder);
                self.in_login = verb == "AUTH";
                dialogue.pass(verb, CommandOutcome::Continue);
            }
            _ => {
                builder.fault = Some("a reply begins with +OK or -ERR".to_owned());
                builder.about(Topic::Note, "no-reply");
            }
        }
    }

    fn tls(&mut self) {
        *self = Pop3::default();
    }

    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        match (by, &self.listing) {
            (Side::Server, Listing::Message(MessageLines::Body)) => {
                message::lines_before_dot(octets)
            }
            _ => 0,
        }
    }
}

impl Pop3 {
    /// Notes a `+OK` to this verb, and what follows it.
    fn done(&mut self, dialogue: &mut DialogueState, verb: &'static str) {
        self.listing = match verb {
            "RETR" | "TOP" => Listing::Message(MessageLines::default()),
            "CAPA" => Listing::Capabilities,
            "LIST all" => Listing::Sizes,
            "UIDL all" => Listing::UniqueIds,
            "AUTH all" => Listing::Mechanisms,
            _ => Listing::None,
        };
        match self.listing {
            Listing::None => {
                self.in_login = false;
                dialogue.answer_oldest(CommandOutcome::Done);
            }
            Listing::Capabilities => dialogue.forget_offers(),
            _ => {}
        }
    }

    fn belongs_to_oldest(&self, dialogue: &DialogueState, builder: &mut AnnotationBuilder<'_>) {
        builder.belongs_to(dialogue.oldest());
        builder.command = builder.command.map(name);
    }

    /// Explains a line after a `+OK`.
    fn listed(
        &mut self,
        dialogue: &mut DialogueState,
        text: &[u8],
        builder: &mut AnnotationBuilder<'_>,
    ) {
        self.belongs_to_oldest(dialogue, builder);
        if text == b"." {
            self.listing = Listing::None;
            builder.about_part(Role::FinalDot);
            builder.part(Span::of(Role::FinalDot, text, text));
            return dialogue.answer_oldest(CommandOutcome::Done);
        }
        match &mut self.listing {
            Listing::Message(lines) => lines.tell_stuffed(text, builder),
            Listing::Capabilities => {
                builder.words(text, Role::Capability, Role::CapabilityValues);
                if let Ok(keyword) = str::from_utf8(first_word(text).0) {
                    dialogue.offer(keyword);
                    builder.about(Topic::Pop3Capability, keyword);
                }
            }
            Listing::Sizes => {
                builder.words(text, Role::MessageNumber, Role::Size);
                builder.about(Topic::Pop3Reply, "a line of LIST");
            }
            Listing::Mechanisms => {
                builder.words(text, Role::Mechanism, Role::Unknown);
                builder.about(Topic::Sasl, String::from_utf8_lossy(text));
            }
            Listing::UniqueIds | Listing::None => {
                builder.words(text, Role::MessageNumber, Role::UniqueId);
                builder.about(Topic::Pop3Reply, "a line of UIDL");
            }
        }
    }
}

/// The name of a verb without our suffix: `LIST` for `LIST all`.
fn name(verb: &'static str) -> &'static str {
    verb.trim_end_matches(" all")
}

/// Names the parts after `+OK` or `-ERR`: a code in brackets (RFC 2449 §8), numbers, a text.
fn tell_text(
    verb: &'static str,
    text: &[u8],
    status: &[u8],
    rest: &[u8],
    builder: &mut AnnotationBuilder<'_>,
) {
    builder.part(Span::of(Role::Status, text, status));
    let roles = match verb {
        _ if status != b"+OK" => None,
        "STAT" => Some((Role::Number, Role::Size)),
        "LIST" => Some((Role::MessageNumber, Role::Size)),
        "UIDL" => Some((Role::MessageNumber, Role::UniqueId)),
        _ => None,
    };
    if let Some((first, others)) = roles {
        return builder.words(rest, first, others);
    }
    let mut spans = Spans::new(text);
    let code = rest.strip_prefix(b"[").and_then(|inside| {
        let end = inside.iter().position(|octet| *octet == b']')?;
        Some((inside.get(..end)?, inside.get(end + 1..)?))
    });
    match code {
        Some((code, words)) => {
            spans.add(Role::ResponseCode, code);
            spans.add(Role::Text, words.strip_prefix(b" ").unwrap_or(words));
        }
        None => spans.add(Role::Text, rest),
    }
    builder.parts_at(0, spans.found());
}
