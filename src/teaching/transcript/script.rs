//! A recorded conversation as a script, which `pillarbox demo` plays again.

use super::Dialogue;
use super::saved::{self, Turn};
use crate::mail::protocol::Protocol;
use crate::teaching::script::{Script, ScriptTls};
use crate::teaching::text::without_ending;
use crate::teaching::wire_tap::Side;
use crate::teaching::wire_tap::journal::{Happened, LeftOut, Said};

/// Octets of a line that stands for what was not recorded; the last may have one more. Lines of messages
/// are no longer (RFC 5322 §2.1.1).
const FILLER: usize = 78;

/// Octets that stand in a script for what was not recorded: it is read into memory.
pub(super) const MOST: usize = 64 * 1024 * 1024;

/// The conversation as a script. A secret is asked for when it is played, and where lines of a message
/// were not recorded, others of the same size stand.
///
/// # Errors
/// Why it cannot be played again, as the end of a sentence: no line was said in it, or its protocol is
/// somebody's own.
pub fn script(dialogue: &Dialogue) -> Result<Script, &'static str> {
    let protocol = dialogue.summary.place.protocol;
    let protocol = protocol.ok_or("its protocol is none of ours")?;
    let (mut turns, mut tls) = (Vec::new(), ScriptTls::Any);
    for turn in &dialogue.turns {
        match &turn.what {
            Happened::Said(said) => {
                let parts = turn.explained.as_ref().map(|told| told.parts.as_slice());
                turns.extend(lines(said, parts.unwrap_or_default()));
            }
            // From the first octet: which port that is, the script need not know.
            Happened::Secured { .. } if turns.is_empty() => tls = ScriptTls::Implicit,
            Happened::Secured { .. } => {
                tls = ScriptTls::Offered;
                turns.push(Turn::Tls);
            }
            Happened::Ended { by: Side::Server } => turns.push(Turn::Closed),
            Happened::Ended { by: Side::Client }
            | Happened::Failed { .. }
            | Happened::Reset
            | Happened::Closed => break,
            Happened::Opened | Happened::Lost => {}
        }
        if matches!(turns.last(), Some(Turn::Closed)) {
            break;
        }
    }
    let is_line = |turn: &Turn| matches!(turn, Turn::Client(..) | Turn::Server(..));
    if !turns.iter().any(is_line) {
        return Err("nothing was said in it");
    }
    let title = title(dialogue, protocol);
    let script = saved::script(&title, protocol, &turns, false);
    Ok(Script { tls, ..script }.numbered())
}

fn title(dialogue: &Dialogue, protocol: Protocol) -> String {
    let name = &dialogue.summary.place.connection;
    format!("The recorded conversation {name} in {}", protocol.name())
}

/// A record as turns, a line each.
fn lines(said: &Said, parts: &[crate::teaching::explain::LinePart]) -> Vec<Turn> {
    let octets = said.octets.octets();
    let mut turns: Vec<Turn> = octets
        .split_inclusive(|octet| *octet == b'\n')
        .map(|line| match said.by {
            Side::Client => Turn::Client(line.to_vec(), parts.to_vec()),
            // Nobody knows what the line would have been.
            Side::Server if is_torn(line, said) => Turn::Remark(TORN.to_owned()),
            Side::Server => Turn::Server(without_ending(line).to_vec(), parts.to_vec()),
        })
        .collect();
    if said.by == Side::Client && !said.left_out.is_nothing() {
        let octets = said.left_out.octets;
        let remark = format!("{octets} octets were not recorded; as many others stand for them.");
        turns.push(Turn::Remark(remark));
        turns.push(Turn::Client(in_place_of(said), Vec::new()));
    }
    turns
}

/// What stands for the server's last line, if the conversation ended within it.
const TORN: &str = "The recorded conversation ended within a line of the server.";

/// Did no more of this line come? Of one that is only too long, something was left out.
fn is_torn(line: &[u8], said: &Said) -> bool {
    !line.ends_with(b"\n") && said.left_out.is_nothing()
}

/// Octets that stand for those that were left out.
fn in_place_of(said: &Said) -> Vec<u8> {
    let before = said.octets.octets();
    let is_cut = !before.is_empty() && !before.ends_with(b"\n");
    match said.left_out {
        // A chunk may be one octet (RFC 3030 §2), and a LF alone would be refused.
        LeftOut {
            lines: 0,
            octets: 1,
        } if !is_cut => b"x".to_vec(),
        LeftOut { octets, .. } => filler(octets),
    }
}

/// So many octets, as lines.
pub(super) fn filler(octets: u64) -> Vec<u8> {
    let octets = usize::try_from(octets).unwrap_or(usize::MAX).min(MOST);
    let mut filler = vec![b'x'; octets];
    // The last line must end, too, and the others leave it room for that.
    let ends = (FILLER..octets.saturating_sub(1)).step_by(FILLER);
    for end in ends.chain([octets]) {
        if let Some(last) = filler.get_mut(end.saturating_sub(2)..end) {
            last.copy_from_slice(&b"\r\n"[2 - last.len()..]);
        }
    }
    filler
}
