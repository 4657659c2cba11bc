//! What a command records of its connections: the journal, as the configuration says.
//!
//! A recording that cannot be made is a warning, never a reason not to serve or to send.

use std::process;

use clap::Args;

use super::CommandError;
use crate::config::Config;
use crate::wire_tap::journal::Writer;
use crate::wire_tap::{Recorder, Sink};

/// How connections are recorded.
#[derive(Args, Clone, Debug, Default)]
pub struct RecordingArgs {
    /// Write passwords into the journal, too; otherwise ******** stands for them
    #[arg(long)]
    pub show_secrets: bool,
}

/// Records as the configuration and the command line say.
pub(super) fn recorder(config: &Config, args: &RecordingArgs) -> Recorder {
    let sinks = journal(config, args).into_iter().collect();
    Recorder::new(sinks).unwrap_or_else(|error| {
        log::warn!("nothing is recorded: there is no thread for it: {error}");
        Recorder::default()
    })
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
/// Those of what is done.
pub fn during<T>(
    config: &Config,
    args: &RecordingArgs,
    act: impl FnOnce(&Recorder) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    let recorder = recorder(config, args);
    let interrupted = recorder.clone();
    let handled = ctrlc::set_handler(move || {
        interrupted.finish();
        process::exit(INTERRUPTED);
    });
    if let Err(error) = handled {
        log::warn!("Ctrl-C ends the recording before it is written: {error}");
    }
    let done = act(&recorder);
    recorder.finish();
    done
}

/// The exit status of a program that Ctrl-C has ended: 128 and the number of SIGINT.
pub(super) const INTERRUPTED: i32 = 130;
