//! The file of a saved conversation: a script, a page or a capture.

use std::io;
use std::sync::Arc;

use super::saving::{CaptureKeys, ExportFormat};
use crate::config::{CapturePorts, Journal};
use crate::mail::message::Attachment;
use crate::teaching::explain::Texts;
use crate::teaching::pcapng::{Capture, CaptureStyle, CapturedOctets};
use crate::teaching::transcript::{Dialogue, Sessions, html, script};
use crate::teaching::wire_tap::journal::Writer;
use crate::teaching::wire_tap::{Annotator, Event};

/// Makes the file in memory. The error is a sentence that says why it cannot be made.
pub(super) fn make(
    format: ExportFormat,
    events: &[Event],
    texts: &Arc<Texts>,
) -> Result<Attachment, String> {
    let (end, bytes) = match format {
        ExportFormat::Script => {
            let dialogue = dialogue(events, texts)?;
            let script = script(&dialogue);
            let script = script.map_err(|why| format!("It cannot be played again: {why}."))?;
            ("demo", script.to_string().into_bytes())
        }
        ExportFormat::Page => ("html", html::page(&dialogue(events, texts)?, texts).into_bytes()),
        ExportFormat::Capture(keys) => ("pcapng", capture(keys, events, texts)?),
    };
    Ok(Attachment::new(&format!("{}.{end}", name(events)), bytes))
}

/// `imaps-3`, or `conversations` for several connections.
fn name(events: &[Event]) -> String {
    let Some(first) = events.first().map(|event| &event.connection) else {
        return "nothing".to_owned();
    };
    let number = first.number;
    if events.iter().all(|event| event.connection.number == number) {
        format!("{}-{number}", first.service)
    } else {
        "conversations".to_owned()
    }
}

fn dialogue(events: &[Event], texts: &Texts) -> Result<Dialogue, String> {
    match read_back(events, texts) {
        Ok(Some(dialogue)) => Ok(dialogue),
        Ok(None) => Err("Nothing was said on this connection.".to_owned()),
        Err(error) => Err(format!("The temporary folder cannot be used: {error}")),
    }
}

/// Reads the conversation back from a temporary journal, the only way from octets to what they mean.
fn read_back(events: &[Event], texts: &Texts) -> io::Result<Option<Dialogue>> {
    let folder = tempfile::tempdir()?;
    let journal = Journal { folder: folder.path().to_owned(), size: u64::MAX, keep: 0 };
    let mut writer = Writer::open(&journal, false)?;
    Annotator::default().tell(events, &mut writer)?;
    let sessions = Sessions::read(folder.path())?;
    let summary = sessions.summaries.first();
    let name = summary.map(|summary| summary.place.connection.clone());
    Dialogue::read(folder.path(), &name.unwrap_or_default(), texts)
}

fn capture(keys: CaptureKeys, events: &[Event], texts: &Arc<Texts>) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let style = CaptureStyle {
        keys: keys == CaptureKeys::Included,
        ports: CapturePorts::WellKnown,
        octets: CapturedOctets::AsCrossed,
    };
    let mut capture = Capture::new("a conversation", &mut bytes, style, Arc::clone(texts))
        .map_err(|error| error.to_string())?;
    let told = Annotator::default().tell(events, &mut capture);
    told.map_err(|error| error.to_string())?;
    drop(capture);
    Ok(bytes)
}
