//! What a command records of its connections: the journal, as the configuration says, and a capture.
//!
//! A journal that cannot be written is a warning, never a reason not to serve or to send. A capture
//! was asked for: without it, nothing is begun.

use clap::Args;

use super::CommandError;
use super::capturing::CaptureArgs;
use crate::config::Config;
use crate::console::before_interruption;
use crate::teaching::wire_tap::journal::Writer;
use crate::teaching::wire_tap::{Recorder, Sink};

/// How connections are recorded.
#[derive(Args, Clone, Debug, Default)]
pub struct RecordingArgs {
    /// Write passwords into the journal, too; otherwise ******** stands for them
    #[arg(long)]
    pub show_secrets: bool,
    /// Captures and the key log
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// Whose connections are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of `pillarbox serve`: into the capture of the configuration, too.
    Servers,
    /// Those of a client.
    Client,
    /// Those of a demo and of its own servers: into a capture only, for they go with it.
    Demo,
}

/// A recording that has begun.
pub(super) struct Recording {
    /// What records.
    pub(super) recorder: Recorder,
    /// What a person should know of it, in sentences.
    pub(super) told: Vec<String>,
    /// What of it is a warning, for whoever shows nothing else.
    warnings: Vec<String>,
}

impl Recording {
    /// Records as the configuration and the command line say.
    ///
    /// # Errors
    /// When there cannot be the capture or the key log that was asked for.
    pub(super) fn begin(
        config: &Config,
        args: &RecordingArgs,
        whose: Whose,
    ) -> Result<Recording, CommandError> {
        let capturing = args.capture.begin(config, whose == Whose::Servers)?;
        let told = capturing.told();
        let journal = match whose {
            Whose::Demo => None,
            Whose::Servers | Whose::Client => journal(config, args),
        };
        let sinks = journal.into_iter().chain(capturing.sink).collect();
        let recorder = Recorder::new(sinks).unwrap_or_else(|error| {
            log::warn!("nothing is recorded: there is no thread for it: {error}");
            Recorder::default()
        });
        Ok(Recording {
            recorder,
            told,
            warnings: capturing.warnings,
        })
    }
}

fn journal(config: &Config, args: &RecordingArgs) -> Option<Box<dyn Sink>> {
    let journal = config.journal.as_ref()?;
    match Writer::open(journal, args.show_secrets) {
        Ok(writer) => Some(Box::new(writer)),
        Err(error) => {
            log::warn!(
                "no conversations are recorded: {} cannot be written ([store] journal): {error}",
                journal.folder.display()
            );
            None
        }
    }
}

/// Does something with a recorder, and lets it write to its end; Ctrl-C ends the program, but not
/// before that.
///
/// # Errors
/// Those of what is done, and when there cannot be the capture that was asked for.
pub fn during<T>(
    config: &Config,
    args: &RecordingArgs,
    act: impl FnOnce(&Recorder) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let Recording {
        recorder, warnings, ..
    } = Recording::begin(config, args, Whose::Client)?;
    for warning in &warnings {
        log::warn!("{warning}");
    }
    let interrupted = recorder.clone();
    let handled = before_interruption(move || interrupted.finish());
    if let Err(error) = handled {
        log::warn!("Ctrl-C ends the recording before it is written: {error}");
    }
    let done = act(&recorder);
    recorder.finish();
    done
}
