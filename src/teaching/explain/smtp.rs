//! Follows a conversation in SMTP, submission or LMTP: commands, replies in their order, and what is
//! no command at all, the message and the answers of a login.

use super::course::Course;
use super::follow::Follow;
use super::line::{Ending, Line};
use super::login::{self, Login};
use super::message::{self, Lines};
use super::sketch::Sketch;
use super::state::{Outcome, State};
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::Protocol;
use crate::mail::protocol::smtp::{self, Chunk, Command, EnhancedCode};
use crate::mail::protocol::span::{Role, Span, Spans, first_word};

/// What is known of the conversation beyond its course.
#[derive(Clone, Default)]
pub(super) struct Smtp {
    hearing: Hearing,
    login: Login,
    message: Lines,
    /// Accepted RCPTs: LMTP answers a message once for each.
    recipients: usize,
    /// Is the next line of the server inside a reply of several lines?
    in_reply: bool,
    /// Has the server agreed to the body that the client says? If not, and it refuses, that was none.
    agreed: bool,
    /// Did what looks like a login stand in a body to which it has not agreed?
    in_doubt: bool,
}

/// What the client's next line is.
#[derive(Clone, Default)]
enum Hearing {
    /// A command.
    #[default]
    Command,
    /// A line of the message, up to a lone dot.
    Message,
    /// Octets of a chunk, so many.
    Chunk(u64),
    /// An answer to `334`.
    Answer,
}

impl Follow for Smtp {
    fn twin(&self) -> Box<dyn Follow + Send> {
        Box::new(self.clone())
    }

    fn client(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        match self.hearing {
            Hearing::Command => self.command(course, line, 0, sketch),
            Hearing::Message => self.text(course, line, sketch),
            Hearing::Chunk(left) => self.chunk(course, left, line, sketch),
            Hearing::Answer => self.answer(course, line, sketch),
        }
    }

    fn server(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let text = line.readable();
        let (code, rest) = match smtp::Reply::split(text) {
            Ok(split) => split,
            Err(error) => {
                sketch.fault = Some(error.to_string());
                return sketch.about(Topic::Note, "no-reply");
            }
        };
        let continues = smtp::Reply::continues(text);
        let begins = !std::mem::replace(&mut self.in_reply, continues);
        let verb = course.answered();
        sketch.belongs_to(course.oldest());
        sketch.about(Topic::SmtpReply, format!("{code} to {verb}"));
        let behind = tell_reply(text, code, rest, sketch);
        let words = rest.get(behind..).unwrap_or_default();
        match (verb, code) {
            (_, 334) => login::tell_challenge(words, text, sketch),
            ("EHLO" | "LHLO", 250) if !begins => offer(course, words, sketch),
            ("EHLO" | "LHLO" | "HELO" | "greeting", 200..=299) => {
                if verb != "greeting" {
                    course.forget_offers();
                }
                sketch.words(words, Role::ServerName, Role::Text);
            }
            _ if words.is_empty() => {}
            _ => sketch.part(Span::of(Role::Text, text, words)),
        }
        if !continues {
            self.answered(course, verb, code);
        }
    }

    /// RFC 3030 §2: the next command begins directly behind a chunk. Of one to which the server has not
    /// agreed, a line is a login perhaps, which must not be torn.
    fn announced(&self) -> Option<u64> {
        match self.hearing {
            Hearing::Chunk(left) => self.agreed.then_some(left),
            Hearing::Command | Hearing::Message | Hearing::Answer => None,
        }
    }

    fn tls(&mut self) {
        *self = Smtp::default();
    }

    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        if by == Side::Server || self.message != Lines::Body || !self.agreed {
            return 0;
        }
        match &mut self.hearing {
            Hearing::Message => message::lines_before_dot(octets),
            Hearing::Chunk(left) => {
                let passed = message::lines_within(octets, *left);
                *left -= passed as u64;
                passed
            }
            Hearing::Command | Hearing::Answer => 0,
        }
    }
}

impl Smtp {
    /// A command, which begins at this place of the line.
    fn command(
        &mut self,
        course: &mut Course,
        line: &Line<'_>,
        at: usize,
        sketch: &mut Sketch<'_>,
    ) {
        let text = line.readable().get(at..).unwrap_or_default();
        let (command, spans) = Command::parse_with_spans(text);
        sketch.parts_at(at, spans);
        let verb = match &command {
            Ok(Command::Bdat {
                chunk: Chunk::Last, ..
            }) => "BDAT LAST",
            _ => known_verb(text),
        };
        sketch.about(Topic::SmtpCommand, verb);
        sketch.command = Some(verb);
        sketch.number = Some(course.ask(verb, ""));
        match command {
            Ok(command) => self.begin(course, &command),
            Err(error) => {
                sketch.fault = Some(error.to_string());
                sketch.mask_what_looks_secret_at(at);
            }
        }
        if verb == "AUTH" {
            self.login = Login::begun_by(sketch);
            if !self.login.is_complete() {
                self.hearing = Hearing::Answer;
            }
        }
    }

    /// What follows the command on the client's side.
    fn begin(&mut self, course: &mut Course, command: &Command) {
        match command {
            Command::Mail { .. } => self.message = Lines::default(),
            // Whoever does not wait for the 354 says the message all the same.
            Command::Data => {
                self.message = Lines::default();
                self.await_body(Hearing::Message, false);
            }
            Command::Bdat { size, chunk } => {
                if *size > 0 {
                    let agreed = agrees_to_chunks(course);
                    self.await_body(Hearing::Chunk(*size), agreed);
                }
                if *chunk == Chunk::Last {
                    self.await_verdicts(course, "BDAT LAST");
                }
            }
            _ => {}
        }
    }

    /// A body follows, to which the server has agreed or not.
    fn await_body(&mut self, hearing: Hearing, agreed: bool) {
        self.hearing = hearing;
        self.agreed = agreed;
        self.in_doubt = false;
    }

    /// RFC 2033 §4.2: in LMTP there is an answer for each recipient; the first is awaited already.
    fn await_verdicts(&mut self, course: &mut Course, verb: &'static str) {
        let recipients = std::mem::take(&mut self.recipients);
        if course.protocol == Protocol::Lmtp {
            (1..recipients).for_each(|_| course.await_one_more(verb));
        }
    }

    /// A line of the message behind DATA.
    fn text(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let text = line.readable();
        if !self.agreed {
            sketch.note("before-354");
        }
        if text == b"." {
            self.hearing = Hearing::Command;
            sketch.about_part(Role::FinalDot);
            sketch.part(Span::of(Role::FinalDot, text, text));
            sketch.command = Some("message");
            sketch.number = Some(course.ask("message", ""));
            return self.await_verdicts(course, "message");
        }
        self.message.tell_stuffed(text, sketch);
        if !self.agreed {
            sketch.mask_in_doubt(&mut self.in_doubt);
        }
    }

    /// A line of which so many octets belong to a chunk; behind them a command may stand.
    fn chunk(&mut self, course: &mut Course, left: u64, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let octets = usize::try_from(left).unwrap_or(usize::MAX);
        let taken = octets.min(line.text.len());
        let piece = line.readable();
        self.message
            .tell(piece.get(..taken).unwrap_or(piece), 0, sketch);
        if !self.agreed {
            sketch.mask_in_doubt(&mut self.in_doubt);
        }
        let left = octets - taken;
        let seen = matches!(line.ending, Ending::Seen(_));
        let cut = taken < line.text.len() || (left == 0 && seen);
        if cut {
            self.hearing = Hearing::Command;
            return self.command(course, line, taken, sketch);
        }
        let left = left.saturating_sub(line.ending_octets());
        self.hearing = match left {
            0 => Hearing::Command,
            left => Hearing::Chunk(left as u64),
        };
        sketch.belongs_to(course.newest());
    }

    /// An answer to a challenge.
    fn answer(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        self.login.tell_answer(line.readable(), sketch);
        if self.login.is_complete() || line.text == b"*" {
            self.hearing = Hearing::Command;
        }
        sketch.belongs_to(course.last_of("AUTH"));
    }

    /// The last line of a reply to this command has passed.
    fn answered(&mut self, course: &mut Course, verb: &str, code: u16) {
        let outcome = outcome(code);
        match (verb, outcome) {
            ("AUTH", Outcome::Continue) => {
                self.hearing = Hearing::Answer;
                return course.pass("AUTH", outcome);
            }
            ("AUTH", _) => self.hearing = Hearing::Command,
            // That of the body that is heard, unless the client has announced one more.
            ("DATA", Outcome::Continue) => {
                let waiting = course.last_of("DATA").map(|data| data.number);
                self.agreed = course.oldest().map(|data| data.number) == waiting;
            }
            ("DATA", Outcome::Refused | Outcome::Done) => self.hearing = Hearing::Command,
            ("RCPT", Outcome::Done) => self.recipients += 1,
            ("MAIL" | "RSET" | "EHLO" | "HELO" | "LHLO", Outcome::Done) => self.recipients = 0,
            _ => {}
        }
        course.answer_oldest(outcome);
        // RFC 5321 §3.8: 421 announces that the server closes, whatever was said before.
        if code == 421 {
            course.state = State::Closed;
        }
    }
}

/// RFC 3030 §2: who offers chunks takes the octets even of one that is refused. They are a message only
/// behind MAIL.
fn agrees_to_chunks(course: &Course) -> bool {
    let offers = course
        .offered()
        .is_some_and(|offered| offered.contains("CHUNKING"));
    let mail = matches!(course.state, State::Mail | State::Rcpt | State::Chunks);
    offers && (mail || course.last_of("MAIL").is_some())
}

/// RFC 5321 §4.2.1: the first digit says what came of it.
fn outcome(code: u16) -> Outcome {
    match code {
        200..=299 => Outcome::Done,
        300..=399 => Outcome::Continue,
        _ => Outcome::Refused,
    }
}

/// The verb of a line, if it is one.
fn known_verb(line: &[u8]) -> &'static str {
    let (verb, _) = first_word(line);
    let known = |known: &&str| verb.eq_ignore_ascii_case(known.as_bytes());
    Command::verbs().find(known).unwrap_or("")
}

/// Names the parts of a line of a reply; `rest` is what follows the code and its separator.
fn tell_reply(text: &[u8], code: u16, rest: &[u8], sketch: &mut Sketch<'_>) -> usize {
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
    sketch.parts_at(0, spans.found());
    match enhanced {
        Some(_) => word.len() + 1,
        None => 0,
    }
}

/// A line of EHLO's reply that offers something: `SIZE 52428800`.
fn offer(course: &mut Course, words: &[u8], sketch: &mut Sketch<'_>) {
    sketch.words(words, Role::Capability, Role::CapabilityValues);
    if let Ok(keyword) = str::from_utf8(first_word(words).0) {
        course.offer(keyword);
        sketch.about(Topic::SmtpKeyword, keyword);
    }
}
