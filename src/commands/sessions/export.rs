//! A recorded conversation as a page, a script or a capture: into new files, or to standard output.
//!
//! A file that is there is never overwritten. Where something goes to standard output, nothing else
//! does: that it was saved is only said of files alone.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SessionsArgs;
use crate::commands::CommandError;
use crate::teaching::explain::Texts;
use crate::teaching::pcapng::{self, Capture, Octets, Style};
use crate::teaching::transcript::{Dialogue, html, script};

/// The name that stands for standard output.
const STANDARD_OUTPUT: &str = "-";

/// What is said of a file that would be overwritten.
const THERE: &str = "is there already; remove it, or choose another name";

/// Writes what was asked for; `out` is standard output.
pub(super) fn save(
    out: &mut (dyn Write + Send),
    args: &SessionsArgs,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> Result<(), CommandError> {
    let asked: Vec<&PathBuf> = [&args.html, &args.demo, &args.pcapng]
        .into_iter()
        .flatten()
        .collect();
    let printed = asked.iter().filter(|file| is_standard_output(file)).count();
    if printed > 1 {
        let sentence = "only one of --html, --demo and --pcapng can go to standard output";
        return Err(CommandError::Setup(sentence.to_owned()));
    }
    // Said at once: what is asked for behind it may fail.
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
        let what = format!("`wireshark {name}` shows it; what was masked is masked there, too.");
        say(out, what)?;
    }
    Ok(())
}

fn is_standard_output(file: &Path) -> bool {
    file.as_os_str() == STANDARD_OUTPUT
}

/// The conversation as a capture; an error names the file.
fn capture(
    out: &mut (dyn Write + Send),
    file: &Path,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> io::Result<()> {
    let name = file.display().to_string();
    let wrong = |why: &str| io::Error::other(format!("{name} {why}"));
    if is_standard_output(file) {
        // The terminal would be told to do things by what somebody has said.
        return match io::stdout().is_terminal() {
            true => Err(wrong(
                "is no text for a terminal; send it into a program or a file",
            )),
            false => replay(&name, out, dialogue, texts),
        };
    }
    if file.exists() {
        return Err(wrong(THERE));
    }
    replay(&name, pcapng::create(file)?, dialogue, texts)
}

fn replay(
    name: &str,
    to: impl Write + Send,
    dialogue: &Dialogue,
    texts: &Arc<Texts>,
) -> io::Result<()> {
    let style = Style {
        octets: Octets::AsSaid,
        ..Style::default()
    };
    Capture::new(name, to, style, Arc::clone(texts))
        .and_then(|mut capture| dialogue.replay(&mut capture))
        .map_err(|error| {
            let sentence = format!("{name} cannot be written: {error}");
            io::Error::new(error.kind(), sentence)
        })
}

/// Writes a new file, or to standard output; a file that is there stays as it is.
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
        ErrorKind::AlreadyExists => CommandError::Job(format!("{name} {THERE}")),
        _ => CommandError::Job(format!("{name} cannot be written: {error}")),
    })
}
