//! Follows a conversation in IMAP: commands by their tags, responses, and the literals in both.

use super::course::Course;
use super::follow::Follow;
use super::gathering::{Gathering, Holds, Piece};
use super::line::Line;
use super::login::{self, Login};
use super::message::Lines;
use super::sketch::Sketch;
use super::state::{Outcome, State};
use super::topic::Topic;
use crate::mail::net::Side;
use crate::mail::protocol::imap::cursor::Parsed;
use crate::mail::protocol::imap::mailbox::Alphabet;
use crate::mail::protocol::imap::response::{Code, Condition, Response, Status};
use crate::mail::protocol::imap::{Command, command_spans, is_append, response_spans};
use crate::mail::protocol::span::{Role, Span};

/// What is known of the conversation beyond its course.
#[derive(Clone, Default)]
pub(super) struct Imap {
    hearing: Hearing,
    login: Login,
    /// The client's command.
    command: Gathering,
    /// Its verb.
    verb: &'static str,
    /// Its tag.
    tag: String,
    /// Its number.
    number: u64,
    /// Did what looks like a login stand in a literal to which the server has not agreed?
    in_doubt: bool,
    /// The server's response.
    response: Gathering,
    /// What it is called.
    named: String,
    /// That of mailbox names.
    alphabet: Alphabet,
}

/// What the client's next line is, unless a command is under way.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Hearing {
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

    fn client(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        match self.hearing {
            Hearing::Answer => self.answer(course, line, sketch),
            // RFC 2177 §3: before a login there is no IDLE, so what follows is a command.
            Hearing::Done if is_before_login(course) && !is_done(line) => {
                self.hearing = Hearing::Command;
                self.command(course, line, sketch);
            }
            Hearing::Done => self.done(course, line, sketch),
            Hearing::Command => self.command(course, line, sketch),
        }
    }

    fn server(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let begins = self.response.is_empty();
        sketch.belongs_to(course.oldest());
        let Some(piece) = self.response.take(line, sketch) else {
            return sketch.about_octets();
        };
        let (response, spans) = response_spans(self.alphabet, self.response.octets());
        let item = spans
            .iter()
            .rfind(|span| span.role == Role::FetchItem)
            .cloned();
        let placed = spans.into_iter().filter_map(|span| piece.in_line(span));
        sketch.parts_at(0, placed);
        if begins {
            self.named = name_of(sketch);
        }
        sketch.about(Topic::ImapResponse, self.named.clone());
        mark_literal(&piece, sketch);
        if let Some(literal) = piece.literal {
            let holds = item.map_or(Holds::Text, |item| self.held(&item));
            return self.response.announce(literal, holds);
        }
        let cut = std::mem::take(&mut self.response).is_cut();
        self.conclude(course, line.readable(), response, sketch);
        // Of what was not kept the grammar has nothing to say.
        sketch.fault = sketch.fault.take().filter(|_| !cut);
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
    /// A line of a command.
    fn command(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        let begins = self.command.is_empty();
        let in_doubt = !begins && self.is_in_doubt(course);
        let piece = self.command.take(line, sketch);
        if let Some(piece) = &piece {
            self.parse(piece, sketch);
        }
        if begins {
            self.begin(course, sketch);
        }
        sketch.command = Some(self.verb);
        sketch.number = Some(self.number);
        match self.verb {
            "LOGIN" => mask_login(begins, sketch),
            "AUTHENTICATE" if !begins => sketch.mask_all(),
            _ if in_doubt => sketch.mask_in_doubt(&mut self.in_doubt),
            verb if sketch.fault.is_some() || verb.is_empty() => sketch.mask_what_looks_secret(),
            _ => {}
        }
        let Some(piece) = piece else {
            return sketch.about_octets();
        };
        sketch.about(Topic::ImapCommand, self.verb);
        match piece.literal {
            Some(literal) => {
                let message = is_append(self.command.octets());
                let holds = match message {
                    true => Holds::Message(Lines::default()),
                    false => Holds::Text,
                };
                if literal.synchronising {
                    self.command.owe();
                }
                self.command.announce(literal, holds);
            }
            None => self.said(sketch),
        }
    }

    /// May what the client says in a literal be a command? If the server has not agreed to it; and whoever
    /// has not logged in names no mailbox, so that a login there is meant as one.
    fn is_in_doubt(&self, course: &Course) -> bool {
        self.command.waits() || (is_before_login(course) && !self.command.is_message())
    }

    /// What the grammar of commands says of a piece of a line.
    fn parse(&self, piece: &Piece, sketch: &mut Sketch<'_>) {
        if self.command.is_full() {
            return mark_literal(piece, sketch);
        }
        let (command, spans) = command_spans(self.alphabet, self.command.octets());
        // A message was taken out of what the grammar is shown; it has nothing to say of the rest.
        let whole = piece.literal.is_none() && !self.command.is_cut();
        sketch.fault = command.err().filter(|_| whole).map(|bad| bad.to_string());
        let placed = spans.into_iter().filter_map(|span| piece.in_line(span));
        sketch.parts_at(0, placed);
        mark_literal(piece, sketch);
    }

    /// The first line of a command: its tag and verb.
    fn begin(&mut self, course: &mut Course, sketch: &mut Sketch<'_>) {
        let tag = sketch.text_of(Role::Tag).unwrap_or_default();
        self.tag = String::from_utf8_lossy(tag).into_owned();
        sketch.recast_uid();
        let verb = sketch.text_of(Role::Verb).unwrap_or_default();
        let known = |known: &&str| verb.eq_ignore_ascii_case(known.as_bytes());
        self.verb = Command::names().find(known).unwrap_or("");
        if self.verb == "AUTHENTICATE" {
            sketch.words_behind(Role::Verb, Role::Mechanism, Role::Answer);
        }
        self.in_doubt = false;
        self.number = course.ask(self.verb, &self.tag);
    }

    /// A command is whole: what does the client say next?
    fn said(&mut self, sketch: &mut Sketch<'_>) {
        self.command = Gathering::default();
        match self.verb {
            "AUTHENTICATE" => {
                self.login = Login::begun_by(sketch);
                if !self.login.is_complete() {
                    self.hearing = Hearing::Answer;
                }
            }
            "IDLE" => self.hearing = Hearing::Done,
            _ => {}
        }
    }

    fn answer(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        self.login.tell_answer(line.readable(), sketch);
        if self.login.is_complete() || line.text == b"*" {
            self.hearing = Hearing::Command;
        }
        sketch.belongs_to(course.last_of("AUTHENTICATE"));
    }

    /// RFC 2177 §3: any line but DONE is a mistake, and ends IDLE all the same.
    fn done(&mut self, course: &mut Course, line: &Line<'_>, sketch: &mut Sketch<'_>) {
        self.hearing = Hearing::Command;
        let text = line.readable();
        sketch.part(Span::of(Role::Verb, text, text));
        sketch.about(Topic::ImapCommand, "DONE");
        if !is_done(line) {
            sketch.fault = Some("expected DONE, which ends IDLE".to_owned());
            // If the server refuses to idle it is a command, and perhaps a login.
            sketch.mask_what_looks_secret();
        }
        sketch.belongs_to(course.last_of("IDLE"));
    }

    /// What a literal behind this item of FETCH holds.
    fn held(&self, item: &Span) -> Holds {
        let name = self.response.octets().get(item.range.clone());
        let name = name.unwrap_or_default().to_ascii_uppercase();
        let has = |word: &[u8]| name.windows(word.len()).any(|window| window == word);
        match name.as_slice() {
            b"RFC822" | b"RFC822.HEADER" | b"BODY[]" => Holds::Message(Lines::Header),
            _ if has(b"HEADER") || has(b"MIME") || name.starts_with(b"BODY[]") => {
                Holds::Message(Lines::Header)
            }
            _ if name.starts_with(b"BODY[") || name.starts_with(b"RFC822") => {
                Holds::Message(Lines::Body)
            }
            _ => Holds::Text,
        }
    }

    /// A response is whole.
    fn conclude(
        &mut self,
        course: &mut Course,
        text: &[u8],
        response: Parsed<Response>,
        sketch: &mut Sketch<'_>,
    ) {
        match response {
            Ok(Response::Continue(words)) => self.go_on(course, text, &words, sketch),
            Ok(Response::Done(tag, status)) => {
                sketch.belongs_to(course.tagged(tag.as_str()));
                let verb = sketch.command.unwrap_or_default();
                sketch.about(Topic::ImapResponse, format!("{} to {verb}", self.named));
                self.learn(course, &status);
                self.answered(course, tag.as_str(), &status);
            }
            Ok(Response::Untagged(status)) => self.untagged(course, &status, sketch),
            Ok(Response::Capability(words)) => offer(course, &words),
            Ok(Response::Enabled(words)) => {
                let utf8 = |word: &String| matches!(word.as_str(), "IMAP4REV2" | "UTF8=ACCEPT");
                if words.iter().any(utf8) {
                    self.alphabet = Alphabet::Utf8;
                }
            }
            Ok(_) => {}
            Err(error) => {
                sketch.fault = Some(error.to_string());
                if self.named.is_empty() {
                    sketch.about(Topic::Note, "no-reply");
                }
            }
        }
    }

    /// `+`: to a literal that is awaited, to AUTHENTICATE or to IDLE.
    fn go_on(&mut self, course: &mut Course, text: &[u8], words: &[u8], sketch: &mut Sketch<'_>) {
        let verb = match self.hearing {
            _ if self.command.waits() => "literal",
            Hearing::Done => "IDLE",
            _ if course.last_of("AUTHENTICATE").is_some() => "AUTHENTICATE",
            _ => "",
        };
        sketch.about(Topic::ImapResponse, format!("+ to {verb}"));
        let words = text.get(text.len() - words.len()..).unwrap_or_default();
        match verb {
            "AUTHENTICATE" => login::tell_challenge(words, text, sketch),
            _ if words.is_empty() => {}
            _ => sketch.part(Span::of(Role::Text, text, words)),
        }
        match verb {
            "literal" => {
                self.command.agree();
                sketch.belongs_to(course.newest());
            }
            verb => {
                sketch.belongs_to(course.last_of(verb));
                course.pass(verb, Outcome::Continue);
            }
        }
    }

    fn answered(&mut self, course: &mut Course, tag: &str, status: &Status) {
        // RFC 3501 §7.5: instead of `+` a tagged answer may come; then there is no literal.
        if self.command.waits() && self.tag == tag {
            self.command = Gathering::default();
        }
        let verb = course.tagged(tag).map_or("", |asked| asked.verb);
        if matches!(verb, "AUTHENTICATE" | "IDLE") {
            self.hearing = Hearing::Command;
        }
        let outcome = match status.condition {
            Condition::Ok => Outcome::Done,
            _ => Outcome::Refused,
        };
        course.answer_tagged(tag, outcome);
    }

    fn untagged(&mut self, course: &mut Course, status: &Status, sketch: &mut Sketch<'_>) {
        self.learn(course, status);
        if course.state == State::Greeting {
            sketch.about(Topic::ImapResponse, format!("{} to greeting", self.named));
        } else if let Some(code) = sketch.text_of(Role::ResponseCode) {
            sketch.about(Topic::ImapCode, String::from_utf8_lossy(code));
        }
        match status.condition {
            Condition::Bye => course.pass("BYE", Outcome::Done),
            Condition::PreAuth => course.pass("PREAUTH", Outcome::Done),
            _ if course.state == State::Greeting => course.answer_oldest(Outcome::Done),
            _ => {}
        }
    }

    fn learn(&self, course: &mut Course, status: &Status) {
        if let Some(Code::Capability(words)) = &status.code {
            offer(course, words);
        }
    }
}

fn is_done(line: &Line<'_>) -> bool {
    line.text.eq_ignore_ascii_case(b"DONE")
}

fn is_before_login(course: &Course) -> bool {
    matches!(course.state, State::Greeting | State::NotAuthenticated)
}

fn offer(course: &mut Course, words: &[String]) {
    course.forget_offers();
    words.iter().for_each(|word| course.offer(word));
}

/// `FETCH` of `* 3 FETCH …`, `OK` of `* OK …` and of `a1 OK …`, `+`.
fn name_of(sketch: &Sketch<'_>) -> String {
    let roles = [Role::ResponseName, Role::Status, Role::Continuation];
    let word = roles.into_iter().find_map(|role| sketch.text_of(role));
    String::from_utf8_lossy(word.unwrap_or_default()).to_ascii_uppercase()
}

/// In LOGIN whatever has no name is a password, and so is the name if it is all that there is, or if the
/// literal that it should be was counted wrongly.
fn mask_login(begins: bool, sketch: &mut Sketch<'_>) {
    sketch.mask_what_is_unnamed();
    if sketch.fault.is_some() && !(begins && sketch.has_secret()) {
        sketch.recast(Role::UserName, Role::Password, None);
    }
}

/// Names `{5}` at the end of the line, unless the grammar has.
fn mark_literal(piece: &Piece, sketch: &mut Sketch<'_>) {
    let known = sketch.spans().any(|span| span.role == Role::Literal);
    if piece.literal.is_some() && !known {
        sketch.part_from_last(b'{', Role::Literal);
    }
}
