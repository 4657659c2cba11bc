//! What a command records of its connections: the journal of the configuration, and a capture.
//!
//! A journal that cannot be written is only a warning. A capture was requested by the user, so without
//! it the command does not begin.

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
    /// Record passwords, instead of ********
    #[arg(long)]
    pub show_secrets: bool,
    /// Captures and the key log.
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// The kind of program whose connections are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// `pillarbox serve`: it also writes the capture of the configuration.
    Servers,
    /// A client.
    Client,
    /// A demo with its own servers: it writes a capture only, because its servers are removed.
    Demo,
}

/// The recording of a running command.
pub(super) struct CommandRecording {
    /// The recorder for the connections.
    pub(super) recorder: Recorder,
    /// Sentences for the user: what is written to which file, and warnings.
    pub(super) notes: Vec<String>,
    /// The warnings alone.
    warnings: Vec<String>,
}

impl CommandRecording {
    /// Begins the recording that the configuration and the command line want.
    ///
    /// # Errors
    /// When the capture or the key log cannot be written.
    pub(super) fn begin(
        config: &Config,
        args: &RecordingArgs,
        whose: Whose,
    ) -> Result<CommandRecording, CommandError> {
        let capturing = args.capture.begin(config, whose)?;
        let notes = capturing.notes();
        let journal = match whose {
            Whose::Demo => None,
            Whose::Servers | Whose::Client => journal(config, args),
        };
        let sinks = journal.into_iter().chain(capturing.sink).collect();
        let recorder = Recorder::new(sinks).unwrap_or_else(|error| {
            log::warn!("nothing is recorded, because no thread can be started for it: {error}");
            Recorder::default()
        });
        Ok(CommandRecording { recorder, notes, warnings: capturing.warnings })
    }
}

fn journal(config: &Config, args: &RecordingArgs) -> Option<Box<dyn Sink>> {
    let journal = config.journal.as_ref()?;
    match Writer::open(journal, args.show_secrets) {
        Ok(writer) => Some(Box::new(writer)),
        Err(error) => {
            log::warn!(
                "conversations are not recorded, because {} cannot be written ([store] journal): {error}",
                journal.folder.display()
            );
            None
        }
    }
}

/// Does something with a recorder, and then waits until all is written; Ctrl-C also waits for this.
///
/// # Errors
/// Those of `act`, and when the capture cannot be written.
pub(super) fn during<T>(
    config: &Config,
    args: &RecordingArgs,
    act: impl FnOnce(&Recorder) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let CommandRecording { recorder, warnings, .. } =
        CommandRecording::begin(config, args, Whose::Client)?;
    for warning in &warnings {
        log::warn!("{warning}");
    }
    let interrupted = recorder.clone();
    let handled = before_interruption(move || interrupted.finish());
    if let Err(error) = handled {
        log::warn!("Ctrl-C will end the program before the recording is written: {error}");
    }
    let done = act(&recorder);
    recorder.finish();
    done
}
