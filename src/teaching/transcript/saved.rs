//! A conversation that has passed, as a script that can be played again.
//!
//! What differs from time to time (texts, numbers, sizes, dates, ids) is `...` in it, and what the
//! server may say more or fewer times becomes one `S*:` line. A secret stays out of it: it is asked
//! for when the script is played.

use crate::client::printable;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::LinePart;
use crate::teaching::script::{
    ClientText, Pattern, Protocol, Script, ScriptAction, ScriptClient, ScriptQuestion,
};

/// Something that passed.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// The client sent a line or other octets, with these parts.
    Client(Vec<u8>, Vec<LinePart>),
    /// The server said this line, with these parts.
    Server(Vec<u8>, Vec<LinePart>),
    /// TLS began.
    Tls,
    /// The server closed the connection.
    Closed,
    /// The client connected once more.
    Again,
    /// Something that the reader of the script should know.
    Remark(String),
}

/// The conversation as a script with this title; with its secrets only if they may be shown.
pub(crate) fn script(
    title: &str,
    protocol: Protocol,
    turns: &[Turn],
    show_secrets: bool,
) -> Script {
    let mut writer = Writer {
        show_secrets,
        ..Writer::default()
    };
    let mut rest = turns;
    while let Some((turn, others)) = rest.split_first() {
        rest = others;
        match turn {
            Turn::Client(octets, parts) => writer.client(octets, parts),
            Turn::Tls => writer.actions.push(ScriptAction::StartTls),
            Turn::Closed => writer.actions.push(ScriptAction::Closed),
            Turn::Again => writer.another_client(),
            Turn::Remark(text) => writer.actions.push(ScriptAction::Narrate(text.clone())),
            Turn::Server(line, parts) if writer.idles && is_news(line, parts) => writer.news(line),
            Turn::Server(..) => rest = writer.server(turn, others),
        }
    }
    let mut script = Script::new(title, protocol, writer.actions);
    script.asks = writer.asks;
    script.numbered()
}

#[derive(Default)]
struct Writer {
    show_secrets: bool,
    clients: u32,
    /// The client has said IDLE, and the server has not answered to its end.
    idles: bool,
    actions: Vec<ScriptAction>,
    asks: Vec<ScriptQuestion>,
}

impl Writer {
    /// A line of the client, with a gap for each secret.
    fn client(&mut self, octets: &[u8], parts: &[LinePart]) {
        let secret = |part: &&LinePart| part.role.is_secret() && !self.show_secrets;
        let secrets = parts.iter().filter(secret).map(|part| part.range.clone());
        let (mut pieces, mut names, mut at) = (Vec::new(), Vec::new(), 0);
        for secret in secrets.collect::<Vec<_>>() {
            pieces.push(octets.get(at..secret.start).unwrap_or_default());
            at = secret.end;
            let name = format!("SECRET_{}", self.asks.len() + 1);
            names.push(name.clone());
            let question = "What was typed here stays out of the script. What was it?".to_owned();
            self.asks.push(ScriptQuestion { name, question });
        }
        pieces.push(octets.get(at..).unwrap_or_default());
        let text = ClientText::with_gaps(&pieces, &names);
        self.actions.extend(text.map(ScriptAction::Send));
        let verb = parts.iter().find(|part| part.role == Role::Verb);
        let verb = verb.and_then(|verb| octets.get(verb.range.clone()));
        self.idles |= verb.is_some_and(|verb| verb.eq_ignore_ascii_case(b"IDLE"));
    }

    /// RFC 2177 §3: what the server tells a client that idles. Whoever changed the mailbox is not in the
    /// script, so nobody may wait for it.
    fn news(&mut self, line: &[u8]) {
        let line = printable(&String::from_utf8_lossy(line));
        self.actions.push(ScriptAction::Narrate(format!(
            "While the client idled, the server told what happened meanwhile, which is not waited for \
             here: {line}"
        )));
    }

    fn another_client(&mut self) {
        self.idles = false;
        self.clients += 1;
        self.actions.push(ScriptAction::Client(ScriptClient {
            number: self.clients + 1,
            protocol: None,
            at: None,
        }));
    }

    /// A line of the server with those behind it that are of its kind; returns what is behind them.
    fn server<'a>(&mut self, first: &Turn, rest: &'a [Turn]) -> &'a [Turn] {
        let Turn::Server(line, parts) = first else {
            return rest;
        };
        let kind = Kind::of(parts);
        // News crosses the client's DONE: only the answer with the tag is behind all of it.
        self.idles &= !parts.iter().any(|part| part.role == Role::Tag);
        let same = |turn: &&Turn| matches!(turn, Turn::Server(_, parts) if kind.goes_on_with(Kind::of(parts)));
        let (run, behind) = rest.split_at(rest.iter().take_while(same).count());
        let has_data =
            |turn: &Turn| matches!(turn, Turn::Server(_, parts) if Kind::of(parts) == Kind::Data);
        let any = match kind {
            // An S*: needs the line at which the others end.
            _ if !matches!(behind.first(), Some(Turn::Server(..))) => None,
            Kind::Data => Some(String::new()),
            Kind::Untagged if run.iter().any(has_data) => Some(String::new()),
            Kind::Untagged if !run.is_empty() => Some("* ".to_owned()),
            Kind::More if !run.is_empty() => line
                .get(..4)
                .map(|code| String::from_utf8_lossy(code).into_owned()),
            _ => None,
        };
        match any {
            Some(front) => {
                let pattern = Pattern::of_pieces(&[front.as_bytes(), b""]);
                self.actions.push(ScriptAction::ExpectAny(pattern));
                behind
            }
            None => {
                self.actions
                    .push(ScriptAction::Expect(pattern(line, parts)));
                rest
            }
        }
    }
}

/// Does a line tell what has become of the mailbox? A goodbye does not.
fn is_news(line: &[u8], parts: &[LinePart]) -> bool {
    let name = line.get(2..5).unwrap_or_default();
    Kind::of(parts) == Kind::Untagged && !name.eq_ignore_ascii_case(b"BYE")
}

/// How often a line may come when the conversation is repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Once.
    Once,
    /// SMTP: another line of the reply follows.
    More,
    /// IMAP: as often as there is something to tell.
    Untagged,
    /// A line of a message or of a list.
    Data,
}

impl Kind {
    fn of(parts: &[LinePart]) -> Kind {
        let has = |role| parts.iter().any(|part| part.role == role);
        let known = [
            Role::Status,
            Role::ReplyCode,
            Role::Tag,
            Role::Continuation,
            Role::FinalDot,
        ];
        if has(Role::More) {
            Kind::More
        } else if has(Role::Untagged) {
            Kind::Untagged
        } else if known.into_iter().any(has) {
            Kind::Once
        } else {
            Kind::Data
        }
    }

    /// Do both belong to one run of lines?
    fn goes_on_with(self, other: Kind) -> bool {
        match self {
            Kind::Once => false,
            Kind::Untagged => matches!(other, Kind::Untagged | Kind::Data),
            same => same == other,
        }
    }
}

/// What a line looks like each time: the parts that differ are anything, and so are numbers, but for
/// those that are names.
fn pattern(line: &[u8], parts: &[LinePart]) -> Pattern {
    let named = |at: usize| parts.iter().filter(move |part| part.range.contains(&at));
    let differs = |(at, octet): (usize, &u8)| {
        let number = octet.is_ascii_digit() && !named(at).any(|part| has_fixed_digits(part.role));
        number || named(at).any(|part| varies(part.role))
    };
    let differs: Vec<bool> = line.iter().enumerate().map(differs).collect();
    let (mut pieces, mut begin): (Vec<&[u8]>, usize) = (Vec::new(), 0);
    let mut at = 0;
    while let Some(from) = differs.iter().skip(at).position(|differs| *differs) {
        let from = at + from;
        let run = differs
            .iter()
            .skip(from)
            .take_while(|differs| **differs)
            .count();
        let between = line.get(begin..from).unwrap_or_default();
        // What is between two that differ, if it is only a space, differs with them.
        if pieces.is_empty() || !between.iter().all(|octet| *octet == b' ') {
            pieces.push(between);
        }
        (at, begin) = (from + run, from + run);
    }
    pieces.push(line.get(begin..).unwrap_or_default());
    Pattern::of_pieces(&pieces)
}

/// Do digits in there belong to a name, such as that of a command or a capability?
fn has_fixed_digits(role: Role) -> bool {
    matches!(
        role,
        Role::Tag | Role::ReplyCode | Role::EnhancedCode | Role::Capability | Role::FetchItem
    )
}

/// Is what stands there another one each time?
fn varies(role: Role) -> bool {
    matches!(
        role,
        Role::Text
            | Role::Number
            | Role::Size
            | Role::UniqueId
            | Role::Date
            | Role::Value
            | Role::ServerName
            | Role::Challenge
            | Role::CapabilityValues
            | Role::Literal
    )
}
