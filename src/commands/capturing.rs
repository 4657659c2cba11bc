//! Captures for Wireshark, and the TLS key log, from the command line and `[capture]`.
//!
//! `[capture] file` is for the servers only, because a client would overwrite what the servers have
//! written. If a requested file cannot be written, that is an error.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::explain::texts;
use super::recording::Whose;
use crate::config::{CapturePorts, Config, yes_or_no};
use crate::mail::net::secrets;
use crate::teaching::pcapng::{self, Capture, CaptureStyle, CapturedOctets};
use crate::teaching::wire_tap::Sink;

/// The variable that names the key log, for browsers, curl, and this program.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

/// The options for captures and the key log.
#[derive(Args, Clone, Debug, Default)]
pub struct CaptureArgs {
    /// Write a capture for Wireshark to this file
    #[arg(long, value_name = "FILE.pcapng")]
    pub capture: Option<PathBuf>,
    /// Include the TLS secrets, which reveal everything
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = yes_or_no)]
    pub keys: Option<bool>,
    /// Show the servers' own ports, or well-known ones
    #[arg(long, value_name = "own|well-known")]
    pub ports: Option<CapturePorts>,
    /// Log TLS secrets here [default: SSLKEYLOGFILE]
    #[arg(long, value_name = "FILE")]
    pub keylog: Option<PathBuf>,
}

/// The capture and the key log of a running command.
#[derive(Default)]
pub(super) struct Capturing {
    /// The capture, which takes the events.
    pub(super) sink: Option<Box<dyn Sink>>,
    /// Sentences that say what is written to which file.
    files: Vec<String>,
    /// Warnings about secrets in files.
    pub(super) warnings: Vec<String>,
}

impl CaptureArgs {
    /// Begins the capture and the key log.
    ///
    /// `whose` decides whether the file of the configuration is used.
    ///
    /// # Errors
    /// When a file cannot be written, or the options do not belong together.
    pub(super) fn begin(&self, config: &Config, whose: Whose) -> Result<Capturing, CommandError> {
        let mut file = self.capture.as_ref();
        if file.is_none() && whose == Whose::Servers {
            file = config.capture.file.as_ref();
        }
        if file.is_none() && (self.keys.is_some() || self.ports.is_some()) {
            let sentence = "--keys and --ports are for a capture; add --capture FILE";
            return Err(CommandError::Setup(sentence.to_owned()));
        }
        let mut capturing = Capturing::default();
        let key_log = key_log(self.keylog.as_ref(), config);
        for file in file.into_iter().chain(&key_log) {
            refuse_standard_output(file)?;
        }
        if file.is_some() && file == key_log.as_ref() {
            return Err(same_file());
        }
        capturing.log_keys(key_log.as_deref())?;
        // Now that the key log exists, two names for the same file can be recognised.
        if let (Some(file), Some(key_log)) = (file, &key_log)
            && is_same_file(file, key_log)
        {
            return Err(same_file());
        }
        if let Some(file) = file {
            let style = CaptureStyle {
                keys: self.keys.unwrap_or(config.capture.keys),
                ports: self.ports.unwrap_or(config.capture.ports),
                octets: CapturedOctets::AsCrossed,
            };
            capturing.capture(file, style, config)?;
        }
        Ok(capturing)
    }
}

impl Capturing {
    /// Returns sentences for the user: what is written to which file, and the warnings.
    pub(super) fn notes(&self) -> Vec<String> {
        let warnings = self.warnings.iter().map(|why| format!("WARNING: {why}."));
        self.files.iter().cloned().chain(warnings).collect()
    }

    fn capture(
        &mut self,
        file: &Path,
        style: CaptureStyle,
        config: &Config,
    ) -> Result<(), CommandError> {
        let name = file.display().to_string();
        if style.keys {
            require_secrets("put into a capture")?;
            self.warnings.push(format!(
                "the TLS secrets are in {name}: ANYBODY WHO HAS THE FILE CAN READ EVERYTHING IN IT, \
                 passwords and mail"
            ));
        }
        let texts = texts(config)?;
        let wrong = |error| CommandError::Setup(format!("the capture {error}"));
        let out = pcapng::create(file).map_err(wrong)?;
        let capture = Capture::new(&name, out, style, texts).map_err(|error| {
            wrong(io::Error::other(format!("{name} cannot be written: {error}")))
        })?;
        self.files.push(format!("A capture for Wireshark is written to {name}."));
        self.sink = Some(Box::new(capture));
        Ok(())
    }

    fn log_keys(&mut self, file: Option<&Path>) -> Result<(), CommandError> {
        let Some(file) = file else {
            return Ok(());
        };
        require_secrets("logged")?;
        let name = file.display();
        secrets::log_to(file).map_err(|error| {
            CommandError::Setup(format!("the key log {name} cannot be written: {error}"))
        })?;
        self.warnings.push(format!(
            "the TLS secrets are logged to {name}: ANYBODY WHO HAS THE FILE CAN READ EVERYTHING that is \
             captured of these connections, passwords and mail"
        ));
        Ok(())
    }
}

/// Returns the key log's file: from the command line, the environment or the configuration, in this
/// order.
fn key_log(named: Option<&PathBuf>, config: &Config) -> Option<PathBuf> {
    let environment = || env::var_os(KEY_LOG_VARIABLE).filter(|file| !file.is_empty());
    let named = named.cloned().or_else(|| environment().map(PathBuf::from));
    named.or_else(|| config.capture.keylog.clone())
}

/// Fails for `-`: other programs write to standard output then, where our commands print their text.
fn refuse_standard_output(file: &Path) -> Result<(), CommandError> {
    if file.as_os_str() == "-" {
        return Err(CommandError::Setup(
            "a capture or a key log cannot go to standard output (-); name a file, or a pipe made by \
             mkfifo"
                .to_owned(),
        ));
    }
    Ok(())
}

/// True if both names mean the same file.
fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |file: &Path| {
        let found = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
        Some((found.dev(), found.ino()))
    };
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

fn same_file() -> CommandError {
    let sentence = "the capture and the key log cannot be the same file; change one of the names";
    CommandError::Setup(sentence.to_owned())
}

/// Fails if the TLS library does not reveal the secrets. Only OpenSSL does; other systems have other
/// libraries.
fn require_secrets(done: &str) -> Result<(), CommandError> {
    if secrets::ARE_TOLD {
        return Ok(());
    }
    Err(CommandError::Setup(format!(
        "the TLS secrets cannot be {done} on this system: its TLS library does not reveal them"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::connection_args::tests::parse;
    use super::*;

    fn args(line: &str) -> CaptureArgs {
        parse(line.split(' ')).unwrap()
    }

    #[test]
    fn the_command_line_says_how_a_capture_is_written() {
        let rows = [
            ("x", None, None),
            ("x --keys", Some(true), None),
            ("x --keys=no", Some(false), None),
            ("x --ports well-known", None, Some(CapturePorts::WellKnown)),
            ("x --ports own", None, Some(CapturePorts::Own)),
        ];
        for (line, keys, ports) in rows {
            let args = args(line);
            assert_eq!((args.keys, args.ports), (keys, ports), "{line}");
        }
        for wrong in ["x --keys=perhaps", "x --ports 25", "x --capture"] {
            assert!(parse::<CaptureArgs>(wrong.split(' ')).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_file_of_the_configuration_is_the_servers() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[capture]\nfile = lab.pcapng\nkeys = yes\n";
        let config = Config::parse("x.ini", text, folder.path()).unwrap();
        let file = folder.path().join("lab.pcapng");
        let client = args("x").begin(&config, Whose::Client).unwrap();
        assert!(client.sink.is_none() && client.notes().is_empty() && !file.exists());
        let servers = args("x").begin(&config, Whose::Servers).unwrap();
        assert!(servers.sink.is_some() && servers.notes()[0].contains("lab.pcapng"));
        assert!(servers.notes()[1].contains("CAN READ EVERYTHING"));
        drop(servers);
        let without = args("x --keys=no").begin(&config, Whose::Servers).unwrap();
        assert_eq!(without.notes().len(), 1);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::parse("x.ini", "", folder.path()).unwrap();
        let letter = folder.path().join("letter");
        fs::write(&letter, "Dear Bob").unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let rows = [
            ("x --keys".to_owned(), "--capture FILE"),
            (format!("x --capture {}", letter.display()), "exists"),
            ("x --capture /no/such".to_owned(), "/no/such cannot be written"),
            ("x --keylog /no/such --capture /no/such".to_owned(), "cannot be the same file"),
            ("x --capture -".to_owned(), "standard output"),
            ("x --keylog -".to_owned(), "standard output"),
            (
                format!("x --capture {0}/sub/../x --keylog {0}/x", folder.path().display()),
                "cannot be the same file",
            ),
            ("x --keylog /no/such".to_owned(), "/no/such cannot be written"),
        ];
        for (line, expected) in rows {
            let error = args(&line).begin(&config, Whose::Client).err().unwrap();
            assert_eq!(error.status(), 2);
            assert!(error.to_string().contains(expected), "{error}");
            let file = line.rsplit(' ').next().unwrap();
            let names = error.to_string().matches(file).count();
            assert!(names <= 1 || file == "-", "{error}");
        }
        assert_eq!(fs::read(&letter).unwrap(), b"Dear Bob");
    }
}
