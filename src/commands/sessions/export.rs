//! Writes a recorded conversation as a page, a script or a capture.
//!
//! An existing file is never overwritten. If one of them goes to standard output, nothing else is printed
//! there, not even what was saved.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SessionsArgs;
use crate::commands::CommandError;
use crate::teaching::explain::Texts;
use crate::teaching::pcapng::{self, Capture, CaptureStyle, CapturedOctets};
use crate::teaching::transcript::{Dialogue, html, script};

/// The name that means standard output.
const STANDARD_OUTPUT: &str = "-";

/// The end of the error for a file that would be overwritten.
const EXISTS: &str = "exists already; remove it, or choose another name";

/// Writes the requested files; `out` is standard output.
pub(super) fn save(
    out: &mut (dyn Write + Send),
    args: &SessionsArgs,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> Result<(), CommandError> {
    let asked: Vec<&PathBuf> =
        [&args.html, &args.demo, &args.pcapng].into_iter().flatten().collect();
    let printed = asked.iter().filter(|file| is_standard_output(file)).count();
    if printed > 1 {
        let sentence = "only one of --html, --demo and --pcapng can go to standard output";
        return Err(CommandError::Setup(sentence.to_owned()));
    }
    // Printed at once, because the next file may fail.
    let say = |out: &mut dyn Write, what: String| match printed {
        0 => writeln!(out, "Saved. {what}"),
        _ => Ok(()),
    };
    if let Some(file) = &args.html {
        write(out, file, &html::page(dialogue, texts))?;
        say(out, format!("Any browser shows {}.", file.display()))?;
    }
    if let Some(file) = &args.demo {
        let script = script(dialogue).map_err(|why| {
            CommandError::Job(format!("the conversation cannot be played again: {why}"))
        })?;
        write(out, file, &script.to_string())?;
        let name = file.display();
        say(out, format!("`pillarbox demo {name}` plays it again."))?;
    }
    if let Some(file) = &args.pcapng {
        capture(out, file, dialogue, texts).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => CommandError::OutputClosed,
            _ => CommandError::Job(format!("the capture {error}")),
        })?;
        let name = file.display();
        let what = format!("`wireshark {name}` shows it; masked text stays masked.");
        say(out, what)?;
    }
    Ok(())
}

fn is_standard_output(file: &Path) -> bool {
    file.as_os_str() == STANDARD_OUTPUT
}

/// Writes the conversation as a capture; an error names the file.
fn capture(
    out: &mut (dyn Write + Send),
    file: &Path,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> io::Result<()> {
    let name = file.display().to_string();
    let wrong = |why: &str| io::Error::other(format!("{name} {why}"));
    if is_standard_output(file) {
        // A terminal would obey control characters in the conversation.
        if io::stdout().is_terminal() {
            return Err(wrong("is not for a terminal; redirect it to a program or a file"));
        }
        return replay(&name, out, dialogue, texts);
    }
    if file.exists() {
        return Err(wrong(EXISTS));
    }
    replay(&name, pcapng::create(file)?, dialogue, texts)
}

fn replay(
    name: &str,
    to: impl Write + Send,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> io::Result<()> {
    let style = CaptureStyle { octets: CapturedOctets::AsSaid, ..CaptureStyle::default() };
    Capture::new(name, to, style, Arc::clone(texts))
        .and_then(|mut capture| dialogue.replay(&mut capture))
        .map_err(|error| {
            let sentence = format!("{name} cannot be written: {error}");
            io::Error::new(error.kind(), sentence)
        })
}

/// Writes a new file, or to standard output. An existing file is not changed.
fn write(out: &mut dyn Write, file: &Path, text: &str) -> Result<(), CommandError> {
    if is_standard_output(file) {
        return Ok(out.write_all(text.as_bytes())?);
    }
    let name = file.display();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(file)
        .and_then(|mut new| new.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CommandError::Job(format!("{name} {EXISTS}")),
        _ => CommandError::Job(format!("{name} cannot be written: {error}")),
    })
}
