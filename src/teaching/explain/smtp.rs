//! Follows a conversation in SMTP, submission or LMTP: commands, replies in their order, the message,
//! and the answers of a login.

mod replies;

use self::replies::{offer, tell_reply};
use super::annotation_builder::AnnotationBuilder;
use super::dialogue_state::DialogueState;
use super::follow::Follow;
use super::line::{ObservedEnd, ObservedLine};
use super::login::{self, Login};
use super::message::{self, MessageLines};
use super::state::{CommandOutcome, ProtocolState};
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::{self, Chunk, Command};
use crate::mail::protocol::span::{Role, Span};

/// What SMTP's follower remembers beside the dialogue state.
#[derive(Clone, Default)]
pub(super) struct Smtp {
    expects: SmtpExpects,
    login: Login,
    message: MessageLines,
    /// The number of accepted RCPTs: LMTP answers a message once for each.
    recipients: usize,
    /// True if the server's next line continues a reply.
    in_reply: bool,
    /// True if the server has agreed to the client's body. If it has not, and refuses, the octets were
    /// no body.
    agreed: bool,
    /// True if a body to which the server has not agreed contains a likely login.
    in_doubt: bool,
}

/// What the client's next line is.
#[derive(Clone, Default)]
enum SmtpExpects {
    /// A command.
    #[default]
    Command,
    /// A line of the message, up to a lone dot.
    Message,
    /// So many octets of a chunk.
    Chunk(u64),
    /// An answer to `334`.
    Answer,
}

impl Follow for Smtp {
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
            SmtpExpects::Command => self.command(dialogue, line, 0, builder),
            SmtpExpects::Message => self.text(dialogue, line, builder),
            SmtpExpects::Chunk(left) => self.chunk(dialogue, left, line, builder),
            SmtpExpects::Answer => self.answer(dialogue, line, builder),
        }
    }

    fn server(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let text = line.readable();
        let (code, rest) = match smtp::Reply::split(text) {
            Ok(split) => split,
            Err(error) => {
                builder.fault = Some(error.to_string());
                return builder.about(Topic::Note, "no-reply");
            }
        };
        let continues = smtp::Reply::continues(text);
        let begins = !std::mem::replace(&mut self.in_reply, continues);
        let verb = dialogue.answered();
        builder.belongs_to(dialogue.oldest());
        builder.about(Topic::SmtpReply, format!("{code} to {verb}"));
        let behind = tell_reply(text, code, rest, builder);
        let words = rest.get(behind..).unwrap_or_default();
        match (verb, code) {
            (_, 334) => login::tell_challenge(words, text, builder),
            ("EHLO" | "LHLO", 250) if !begins => offer(dialogue, words, builder),
            ("EHLO" | "LHLO" | "HELO" | "greeting", 200..=299) => {
                if verb != "greeting" {
                    dialogue.forget_offers();
                }
                builder.words(words, Role::ServerName, Role::Text);
            }
            _ if words.is_empty() => {}
            _ => builder.part(Span::of(Role::Text, text, words)),
        }
        if !continues {
            self.answered(dialogue, verb, code);
        }
    }

    /// RFC 3030 §2: the next command follows a chunk directly. If the server has not agreed to the
    /// chunk, a line of it may be a login, which must not be torn.
    fn announced(&self) -> Option<u64> {
        match self.expects {
            SmtpExpects::Chunk(left) => self.agreed.then_some(left),
            SmtpExpects::Command | SmtpExpects::Message | SmtpExpects::Answer => None,
        }
    }

    fn tls(&mut self) {
        *self = Smtp::default();
    }

    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        if by == Side::Server || self.message != MessageLines::Body || !self.agreed {
            return 0;
        }
        match &mut self.expects {
            SmtpExpects::Message => message::lines_before_dot(octets),
            SmtpExpects::Chunk(left) => {
                let passed = message::lines_within(octets, *left);
                *left -= passed as u64;
                passed
            }
            SmtpExpects::Command | SmtpExpects::Answer => 0,
        }
    }
}

impl Smtp {
    /// Explains a command that begins at this place of the line.
    fn command(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        at: usize,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let text = line.readable().get(at..).unwrap_or_default();
        let (command, spans) = Command::parse_with_spans(text);
        builder.parts_at(at, spans);
        let verb = match &command {
            Ok(Command::Bdat { chunk: Chunk::Last, .. }) => "BDAT LAST",
            _ => builder.verb_of(Command::verbs()),
        };
        builder.about(Topic::SmtpCommand, verb);
        builder.command = Some(verb);
        builder.number = Some(dialogue.ask(verb, ""));
        match command {
            Ok(command) => self.begin(dialogue, &command),
            Err(error) => {
                builder.fault = Some(error.to_string());
                builder.mask_likely_login_at(at);
            }
        }
        if verb == "AUTH" {
            self.login = Login::begun_by(builder);
            if !self.login.is_complete() {
                self.expects = SmtpExpects::Answer;
            }
        }
    }

    /// Notes what the client says after the command.
    fn begin(&mut self, dialogue: &mut DialogueState, command: &Command) {
        match command {
            Command::Mail { .. } => self.message = MessageLines::default(),
            // A client that does not wait for the 354 sends the message all the same.
            Command::Data => {
                self.message = MessageLines::default();
                self.await_body(SmtpExpects::Message, false);
            }
            Command::Bdat { size, chunk } => {
                if *size > 0 {
                    let agreed = agrees_to_chunks(dialogue);
                    self.await_body(SmtpExpects::Chunk(*size), agreed);
                }
                if *chunk == Chunk::Last {
                    self.await_verdicts(dialogue, "BDAT LAST");
                }
            }
            _ => {}
        }
    }

    /// Expects a body, to which the server has agreed or not.
    fn await_body(&mut self, expects: SmtpExpects, agreed: bool) {
        self.expects = expects;
        self.agreed = agreed;
        self.in_doubt = false;
    }

    /// Expects the answers to a message. RFC 2033 §4.2: LMTP answers once for each recipient; the
    /// first answer is expected already.
    fn await_verdicts(&mut self, dialogue: &mut DialogueState, verb: &'static str) {
        let recipients = std::mem::take(&mut self.recipients);
        if dialogue.protocol == Protocol::Lmtp {
            (1..recipients).for_each(|_| dialogue.await_one_more(verb));
        }
    }

    /// Explains a line of the message after DATA.
    fn text(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let text = line.readable();
        if !self.agreed {
            builder.note("before-354");
        }
        if text == b"." {
            self.expects = SmtpExpects::Command;
            builder.about_part(Role::FinalDot);
            builder.part(Span::of(Role::FinalDot, text, text));
            builder.command = Some("message");
            builder.number = Some(dialogue.ask("message", ""));
            return self.await_verdicts(dialogue, "message");
        }
        self.message.tell_stuffed(text, builder);
        if !self.agreed {
            builder.mask_in_doubt(&mut self.in_doubt);
        }
    }

    /// Explains a line of which so many octets belong to a chunk; a command may follow them.
    fn chunk(
        &mut self,
        dialogue: &mut DialogueState,
        left: u64,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        let octets = usize::try_from(left).unwrap_or(usize::MAX);
        let taken = octets.min(line.text.len());
        let piece = line.readable();
        self.message.tell(piece.get(..taken).unwrap_or(piece), 0, builder);
        if !self.agreed {
            builder.mask_in_doubt(&mut self.in_doubt);
        }
        let left = octets - taken;
        let seen = matches!(line.ending, ObservedEnd::Seen(_));
        let cut = taken < line.text.len() || (left == 0 && seen);
        if cut {
            self.expects = SmtpExpects::Command;
            return self.command(dialogue, line, taken, builder);
        }
        let left = left.saturating_sub(line.ending_octets());
        self.expects = match left {
            0 => SmtpExpects::Command,
            left => SmtpExpects::Chunk(left as u64),
        };
        builder.belongs_to(dialogue.newest());
    }

    /// Explains an answer to a challenge.
    fn answer(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    ) {
        self.login.tell_answer(line.readable(), builder);
        if self.login.is_complete() || line.text == b"*" {
            self.expects = SmtpExpects::Command;
        }
        builder.belongs_to(dialogue.last_of("AUTH"));
    }

    /// Notes the last line of a reply to this command.
    fn answered(&mut self, dialogue: &mut DialogueState, verb: &str, code: u16) {
        let outcome = outcome(code);
        match (verb, outcome) {
            ("AUTH", CommandOutcome::Continue) => {
                self.expects = SmtpExpects::Answer;
                return dialogue.pass("AUTH", outcome);
            }
            ("AUTH", _) => self.expects = SmtpExpects::Command,
            // The answer to the DATA whose body the client sends, unless it has sent one more DATA.
            ("DATA", CommandOutcome::Continue) => {
                let waiting = dialogue.last_of("DATA").map(|data| data.number);
                self.agreed = dialogue.oldest().map(|data| data.number) == waiting;
            }
            ("DATA", CommandOutcome::Refused | CommandOutcome::Done) => {
                self.expects = SmtpExpects::Command
            }
            ("RCPT", CommandOutcome::Done) => self.recipients += 1,
            ("MAIL" | "RSET" | "EHLO" | "HELO" | "LHLO", CommandOutcome::Done) => {
                self.recipients = 0
            }
            _ => {}
        }
        dialogue.answer_oldest(outcome);
        // RFC 5321 §3.8: after 421 the server closes, whatever the client has said.
        if code == 421 {
            dialogue.state = ProtocolState::Closed;
        }
    }
}

/// True if the server takes the octets of a chunk even if it refuses it: RFC 3030 §2, if it offers
/// CHUNKING. They are a message only after MAIL.
fn agrees_to_chunks(dialogue: &DialogueState) -> bool {
    let offers = dialogue.offered().is_some_and(|offered| offered.contains("CHUNKING"));
    let mail =
        matches!(dialogue.state, ProtocolState::Mail | ProtocolState::Rcpt | ProtocolState::Chunks);
    offers && (mail || dialogue.last_of("MAIL").is_some())
}

/// The outcome of a command: RFC 5321 §4.2.1, the first digit of the reply.
fn outcome(code: u16) -> CommandOutcome {
    match code {
        200..=299 => CommandOutcome::Done,
        300..=399 => CommandOutcome::Continue,
        _ => CommandOutcome::Refused,
    }
}
