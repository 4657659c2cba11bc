//! A conversation as a script, which `pillarbox demo` plays again.
//!
//! What differs from time to time (texts, numbers, sizes, dates, ids) becomes `...`, and lines that a
//! server may send more or fewer times become one `S*:` line. A secret is not in the script: the player
//! asks for it. Octets that were not recorded are replaced by others of the same length.

mod reply_line;

use self::reply_line::{ReplyLine, is_news, pattern};
use super::{Dialogue, TranscriptLine};
use crate::client::printable;
use crate::mail::net::Side;
use crate::mail::protocol::span::Role;
use crate::teaching::explain::LinePart;
use crate::teaching::script::{
    ClientText, Pattern, Protocol, Script, ScriptAction, ScriptClient, ScriptQuestion, ScriptTls,
};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::journal::{Happened, LeftOut, Said};

/// Writes a recorded conversation as a script.
///
/// # Errors
/// Why it cannot be played again, as the end of a sentence.
pub fn script(dialogue: &Dialogue) -> Result<Script, &'static str> {
    let place = &dialogue.summary.place;
    let protocol = place.protocol.ok_or("its protocol is not one of ours")?;
    let name = &place.connection;
    let title = format!("The recorded conversation {name} in {}", protocol.name());
    let script = script_of(&title, protocol, &dialogue.lines, Secrets::Asked);
    let is_line = |action: &ScriptAction| {
        matches!(
            action,
            ScriptAction::Send(_) | ScriptAction::Expect(_) | ScriptAction::ExpectAny(_)
        )
    };
    if !script.steps.iter().any(|step| is_line(&step.action)) {
        return Err("nothing was said in it");
    }
    Ok(script)
}

/// What a script does with the secrets of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// They are in the script.
    Written,
    /// The player asks for them.
    Asked,
}

/// Writes lines of a transcript as a script with this title.
pub(crate) fn script_of(
    title: &str,
    protocol: Protocol,
    lines: &[TranscriptLine],
    secrets: Secrets,
) -> Script {
    let (turns, tls) = turns(lines);
    let mut writer = ScriptWriter::new(secrets);
    let mut rest = turns.as_slice();
    while let Some((turn, others)) = rest.split_first() {
        rest = others;
        match turn {
            ScriptTurn::Client(octets, parts) => writer.client(octets, parts),
            ScriptTurn::Tls => writer.actions.push(ScriptAction::StartTls),
            ScriptTurn::Closed => writer.actions.push(ScriptAction::Closed),
            ScriptTurn::Reconnected => writer.next_client(),
            ScriptTurn::Remark(text) => writer.actions.push(ScriptAction::Narrate(text.clone())),
            ScriptTurn::Server(line, parts) if writer.idles && is_news(line, parts) => {
                writer.news(line);
            }
            ScriptTurn::Server(line, parts) => rest = writer.server(line, parts, others),
        }
    }
    let script = Script { tls, asks: writer.asks, ..Script::new(title, protocol, writer.actions) };
    script.numbered()
}

/// One turn of a conversation, as a script writes it.
enum ScriptTurn<'a> {
    /// The client sent octets, with these parts.
    Client(Vec<u8>, &'a [LinePart]),
    /// The server sent a line, with these parts.
    Server(Vec<u8>, &'a [LinePart]),
    /// TLS began.
    Tls,
    /// The server closed the connection.
    Closed,
    /// The client connected once more.
    Reconnected,
    /// A remark for the reader.
    Remark(String),
}

/// Returns the turns of a conversation, and how it uses TLS.
fn turns(lines: &[TranscriptLine]) -> (Vec<ScriptTurn<'_>>, ScriptTls) {
    let mut turns = Vec::new();
    let mut tls = ScriptTls::Any;
    let mut over = false;
    for line in lines {
        let parts = line.explained.as_ref();
        let parts = parts.map_or(&[][..], |explained| &explained.parts);
        match &line.what {
            Happened::Opened => {
                if !turns.is_empty() {
                    turns.push(ScriptTurn::Reconnected);
                }
                over = false;
            }
            _ if over => {}
            Happened::Said(said) => said_turns(&mut turns, said, parts),
            // TLS from the first octet. The script need not know on which port.
            Happened::Secured { .. } if turns.is_empty() => tls = ScriptTls::Implicit,
            Happened::Secured { .. } => {
                tls = ScriptTls::Offered;
                turns.push(ScriptTurn::Tls);
            }
            Happened::Ended { by: Side::Server } => {
                turns.push(ScriptTurn::Closed);
                over = true;
            }
            Happened::Ended { by: Side::Client }
            | Happened::Failed { .. }
            | Happened::Reset
            | Happened::Closed => over = true,
            Happened::Lost => {}
        }
    }
    (turns, tls)
}

/// Adds a turn for each line that was said.
fn said_turns<'a>(turns: &mut Vec<ScriptTurn<'a>>, said: &Said, parts: &'a [LinePart]) {
    let octets = said.octets.octets();
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        // A line that is only too long is not torn: something was left out of it.
        let is_torn = !line.ends_with(b"\n") && said.left_out.is_nothing();
        turns.push(match said.by {
            Side::Client => ScriptTurn::Client(line.to_vec(), parts),
            Side::Server if is_torn => ScriptTurn::Remark(TORN.to_owned()),
            Side::Server => ScriptTurn::Server(without_ending(line).to_vec(), parts),
        });
    }
    if said.by == Side::Client && !said.left_out.is_nothing() {
        let octets = said.left_out.octets;
        let remark = format!("{octets} octets were not recorded; as many others stand for them.");
        turns.push(ScriptTurn::Remark(remark));
        turns.push(ScriptTurn::Client(in_place_of(said), &[]));
    }
}

/// The remark for a line of the server that never ended: its rest is not known.
const TORN: &str = "The recorded conversation ended within a line of the server.";

/// The length of a line of a filler; the last line may have one octet more. Lines of messages are
/// no longer (RFC 5322 §2.1.1).
const FILLER: usize = 78;

/// The most octets of a filler: a script is read into memory.
pub(super) const MOST: usize = 64 * 1024 * 1024;

/// Returns octets in place of those that were left out.
fn in_place_of(said: &Said) -> Vec<u8> {
    let before = said.octets.octets();
    let is_cut = !before.is_empty() && !before.ends_with(b"\n");
    match said.left_out {
        // A chunk may be one octet (RFC 3030 §2), and a LF alone would be refused.
        LeftOut { lines: 0, octets: 1 } if !is_cut => b"x".to_vec(),
        LeftOut { octets, .. } => filler(octets),
    }
}

/// Returns lines of so many octets.
pub(super) fn filler(octets: u64) -> Vec<u8> {
    let octets = usize::try_from(octets).unwrap_or(usize::MAX).min(MOST);
    let mut filler = vec![b'x'; octets];
    // The last line must end, too: the others leave it two octets for that.
    let ends = (FILLER..octets.saturating_sub(1)).step_by(FILLER);
    for end in ends.chain([octets]) {
        if let Some(last) = filler.get_mut(end.saturating_sub(2)..end) {
            last.copy_from_slice(&b"\r\n"[2 - last.len()..]);
        }
    }
    filler
}

struct ScriptWriter {
    secrets: Secrets,
    /// How many times the client reconnected.
    reconnected: u32,
    /// True from the client's IDLE to the server's tagged answer.
    idles: bool,
    actions: Vec<ScriptAction>,
    asks: Vec<ScriptQuestion>,
}

impl ScriptWriter {
    fn new(secrets: Secrets) -> ScriptWriter {
        ScriptWriter {
            secrets,
            reconnected: 0,
            idles: false,
            actions: Vec::new(),
            asks: Vec::new(),
        }
    }

    /// Writes a line of the client, with a gap for each secret.
    fn client(&mut self, octets: &[u8], parts: &[LinePart]) {
        let mut pieces = Vec::new();
        let mut names = Vec::new();
        let mut at = 0;
        for part in parts {
            if self.secrets == Secrets::Written || !part.role.is_secret() {
                continue;
            }
            pieces.push(octets.get(at..part.range.start).unwrap_or_default());
            at = part.range.end;
            let name = format!("SECRET_{}", self.asks.len() + 1);
            names.push(name.clone());
            let question = "A secret was sent here, and it is not in the script. What is it?";
            self.asks.push(ScriptQuestion { name, question: question.to_owned() });
        }
        pieces.push(octets.get(at..).unwrap_or_default());
        let text = ClientText::with_gaps(&pieces, &names);
        self.actions.extend(text.map(ScriptAction::Send));
        let verb = parts.iter().find(|part| part.role == Role::Verb);
        let verb = verb.and_then(|verb| octets.get(verb.range.clone()));
        self.idles |= verb.is_some_and(|verb| verb.eq_ignore_ascii_case(b"IDLE"));
    }

    /// Writes news to a client that idles as a remark (RFC 2177 §3).
    ///
    /// The client that changed the mailbox is not in the script, so the news may not come again.
    fn news(&mut self, line: &[u8]) {
        let line = printable(&String::from_utf8_lossy(line));
        self.actions.push(ScriptAction::Narrate(format!(
            "While the client idled, the server sent this news, which the script does not wait for: {line}"
        )));
    }

    fn next_client(&mut self) {
        self.idles = false;
        self.reconnected += 1;
        self.actions.push(ScriptAction::Client(ScriptClient {
            number: self.reconnected + 1,
            protocol: None,
            at: None,
        }));
    }

    /// Writes a line of the server with the lines after it that are of its kind, and returns the rest.
    fn server<'a, 'b>(
        &mut self,
        line: &[u8],
        parts: &[LinePart],
        rest: &'b [ScriptTurn<'a>],
    ) -> &'b [ScriptTurn<'a>] {
        // News may cross the client's DONE: only the tagged answer ends it.
        self.idles &= !parts.iter().any(|part| part.role == Role::Tag);
        let kind = ReplyLine::of(parts);
        let kinds = rest.iter().map_while(|turn| match turn {
            ScriptTurn::Server(_, parts) => Some(ReplyLine::of(parts)),
            _ => None,
        });
        let run: Vec<ReplyLine> = kinds.take_while(|next| kind.goes_on_with(*next)).collect();
        let after = &rest[run.len()..];
        // An S*: needs the line that ends the others.
        let front = match after.first() {
            Some(ScriptTurn::Server(..)) => kind.front(line, &run),
            _ => None,
        };
        let Some(front) = front else {
            let pattern = pattern(line, parts);
            self.actions.push(ScriptAction::Expect(pattern));
            return rest;
        };
        let pattern = Pattern::of_pieces(&[front, b""]);
        self.actions.push(ScriptAction::ExpectAny(pattern));
        after
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A CR or a LF alone would be refused (RFC 5321 §2.3.8).
    #[test]
    fn a_filler_is_lines_that_end() {
        for octets in 2..1_000 {
            let filler = String::from_utf8(filler(octets)).unwrap();
            assert_eq!(filler.len() as u64, octets);
            let mut lines = filler.strip_suffix("\r\n").unwrap().split("\r\n");
            let is_filler =
                |line: &str| line.len() <= 78 && line.bytes().all(|octet| octet == b'x');
            assert!(lines.all(is_filler), "{octets}: {filler:?}");
        }
    }
}
