//! Follows a conversation in POP3: commands, and replies in their order, of which some go on in
//! lines up to a lone dot.

use super::course::Course;
use super::follow::Follow;
use super::line::Line;
use super::login::{self, Login};
use super::message::{self, Lines};
use super::sketch::Sketch;
use super::state::Outcome;
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::span::{Role, Span, Spans, first_word};

/// What is known of the conversation beyond its course.
#[derive(Clone, Default)]
pub(super) struct Pop3 {
    /// Does the client's next line answer a challenge?
    in_login: bool,
    login: Login,
    /// What the server's next line belongs to.
    listing: Listing,
}

/// The lines behind a `+OK`.
#[derive(Clone, Default)]
enum Listing {
    /// None: the next line is a reply.
    #[default]
    None,
    /// A message.
    Message(Lines),
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

    fn client(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let text = line.readable();
        if self.in_login {
            self.login.tell_answer(text, sketch);
            self.in_login = !(self.login.is_complete() || text == b"*");
            return sketch.belongs_to(course.last_of("AUTH"));
        }
        let (command, spans) = Command::parse_with_spans(text);
        let verb = known_verb(text, &spans);
        sketch.parts_at(0, spans);
        sketch.about(Topic::Pop3Command, verb);
        if let Err(error) = command
            && verb != "APOP"
        {
            sketch.fault = Some(error.to_string());
            sketch.mask_what_looks_secret();
        }
        if verb == "USER" {
            // A name has no spaces: the password stands behind it, one command too early.
            sketch.mask_behind(2);
        }
        if verb == "APOP" && sketch.text_of(Role::Answer).is_none() {
            // One word alone may be either.
            sketch.recast(Role::UserName, Role::Password, None);
        }
        if verb == "AUTH" {
            self.login = Login::begun_by(sketch);
            // Older than CAPA: without a mechanism, AUTH asks some servers which ones there are.
            let asks = sketch.text_of(Role::Mechanism).is_none();
            self.in_login = !(asks || self.login.is_complete());
        }
        // Without an argument these are answered by a list.
        let alone = sketch.spans().count() < 2;
        let verb = match verb {
            "LIST" if alone => "LIST all",
            "UIDL" if alone => "UIDL all",
            "AUTH" if alone => "AUTH all",
            verb => verb,
        };
        sketch.command = Some(name(verb));
        sketch.number = Some(course.ask(verb, ""));
    }

    fn server(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let text = line.readable();
        if !matches!(self.listing, Listing::None) {
            return self.listed(course, text, sketch);
        }
        let verb = course.answered();
        self.belongs_to_oldest(course, sketch);
        let (status, rest) = first_word(text);
        let rest = rest.get(1..).unwrap_or_default();
        match status {
            b"+OK" => {
                let asked = if verb == "AUTH all" { "" } else { name(verb) };
                sketch.about(Topic::Pop3Reply, format!("+OK to {asked}"));
                tell_text(verb, text, status, rest, sketch);
                self.done(course, verb);
            }
            b"-ERR" => {
                sketch.about(Topic::Pop3Reply, format!("-ERR to {}", name(verb)));
                tell_text(verb, text, status, rest, sketch);
                self.in_login = false;
                course.answer_oldest(Outcome::Refused);
            }
            b"+" => {
                sketch.about(Topic::Pop3Reply, "+");
                sketch.part(Span::of(Role::Continuation, text, status));
                login::tell_challenge(rest, text, sketch);
                self.in_login = verb == "AUTH";
                course.pass(verb, Outcome::Continue);
            }
            _ => {
                sketch.fault = Some("a reply begins with +OK or -ERR".to_owned());
                sketch.about(Topic::Note, "no-reply");
            }
        }
    }

    fn tls(&mut self) {
        *self = Pop3::default();
    }

    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize {
        match (by, &self.listing) {
            (Side::Server, Listing::Message(Lines::Body)) => message::lines_before_dot(octets),
            _ => 0,
        }
    }
}

impl Pop3 {
    /// A `+OK` to this verb: what comes behind it?
    fn done(&mut self, course: &mut Course, verb: &'static str) {
        self.listing = match verb {
            "RETR" | "TOP" => Listing::Message(Lines::default()),
            "CAPA" => Listing::Capabilities,
            "LIST all" => Listing::Sizes,
            "UIDL all" => Listing::UniqueIds,
            "AUTH all" => Listing::Mechanisms,
            _ => Listing::None,
        };
        match self.listing {
            Listing::None => {
                self.in_login = false;
                course.answer_oldest(Outcome::Done);
            }
            Listing::Capabilities => course.forget_offers(),
            _ => {}
        }
    }

    fn belongs_to_oldest(&self, course: &Course, sketch: &mut Sketch<'_>) {
        sketch.belongs_to(course.oldest());
        sketch.command = sketch.command.map(name);
    }

    /// A line behind a `+OK`.
    fn listed(&mut self, course: &mut Course, text: &[u8], sketch: &mut Sketch<'_>) {
        self.belongs_to_oldest(course, sketch);
        if text == b"." {
            self.listing = Listing::None;
            sketch.about_part(Role::FinalDot);
            sketch.part(Span::of(Role::FinalDot, text, text));
            return course.answer_oldest(Outcome::Done);
        }
        match &mut self.listing {
            Listing::Message(lines) => lines.tell_stuffed(text, sketch),
            Listing::Capabilities => {
                sketch.words(text, Role::Capability, Role::CapabilityValues);
                if let Ok(keyword) = str::from_utf8(first_word(text).0) {
                    course.offer(keyword);
                    sketch.about(Topic::Pop3Capability, keyword);
                }
            }
            Listing::Sizes => {
                sketch.words(text, Role::MessageNumber, Role::Size);
                sketch.about(Topic::Pop3Reply, "a line of LIST");
            }
            Listing::Mechanisms => {
                sketch.words(text, Role::Mechanism, Role::Unknown);
                sketch.about(Topic::Sasl, String::from_utf8_lossy(text));
            }
            Listing::UniqueIds | Listing::None => {
                sketch.words(text, Role::MessageNumber, Role::UniqueId);
                sketch.about(Topic::Pop3Reply, "a line of UIDL");
            }
        }
    }
}

/// `LIST all` is LIST, as people say it.
fn name(verb: &'static str) -> &'static str {
    verb.trim_end_matches(" all")
}

/// The verb of a line with these parts, if there is such a verb.
fn known_verb(line: &[u8], spans: &[Span]) -> &'static str {
    let verb = match spans.first() {
        Some(Span {
            role: Role::Verb,
            range,
        }) => line.get(range.clone()).unwrap_or_default(),
        _ => b"",
    };
    let known = |known: &&str| verb.eq_ignore_ascii_case(known.as_bytes());
    Command::verbs().chain(["APOP"]).find(known).unwrap_or("")
}

/// Names what follows `+OK` or `-ERR`: a code in brackets (RFC 2449 §8), numbers, a text.
fn tell_text(verb: &'static str, text: &[u8], status: &[u8], rest: &[u8], sketch: &mut Sketch<'_>) {
    sketch.part(Span::of(Role::Status, text, status));
    let roles = match verb {
        _ if status != b"+OK" => None,
        "STAT" => Some((Role::Number, Role::Size)),
        "LIST" => Some((Role::MessageNumber, Role::Size)),
        "UIDL" => Some((Role::MessageNumber, Role::UniqueId)),
        _ => None,
    };
    if let Some((first, others)) = roles {
        return sketch.words(rest, first, others);
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
    sketch.parts_at(0, spans.found());
}
