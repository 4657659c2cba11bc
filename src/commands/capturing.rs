//! Captures for Wireshark, and the key log of TLS, as the command line and `[capture]` say.
//!
//! `[capture] file` is for the servers alone: what a client writes there would take the place of what
//! the servers have written. What was asked for and cannot be written is an error.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CommandError;
use super::explain::texts;
use crate::config::{CapturePorts, Config, yes_or_no};
use crate::mail::net::secrets;
use crate::teaching::pcapng::{self, Capture, Octets, Style};
use crate::teaching::wire_tap::Sink;

/// Where programs look that can log the secrets of TLS: browsers, curl, and this one.
const KEY_LOG_VARIABLE: &str = "SSLKEYLOGFILE";

/// What is captured.
#[derive(Args, Clone, Debug, Default)]
pub struct CaptureArgs {
    /// Write what crosses the wire to this file, for Wireshark; needs no root
    #[arg(long, value_name = "FILE.pcapng")]
    pub capture: Option<PathBuf>,
    /// The TLS secrets stand in the capture, so that Wireshark decrypts it: whoever has it reads
    /// everything
    #[arg(long, value_name = "yes|no", num_args = 0..=1, require_equals = true,
          default_missing_value = "yes", value_parser = yes_or_no)]
    pub keys: Option<bool>,
    /// The servers' ports in the capture: own, or well-known (25, 110, 143, ...), by which Wireshark
    /// knows the protocols
    #[arg(long, value_name = "own|well-known")]
    pub ports: Option<CapturePorts>,
    /// Append the TLS secrets to this file, for a capture by another program; SSLKEYLOGFILE works too
    #[arg(long, value_name = "FILE")]
    pub keylog: Option<PathBuf>,
}

/// A capture that has begun.
#[derive(Default)]
pub(super) struct Capturing {
    /// Where events go, if there is one.
    pub(super) sink: Option<Box<dyn Sink>>,
    /// What is written where, each in a sentence.
    notes: Vec<String>,
    /// Who reads what was not meant for him.
    pub(super) warnings: Vec<String>,
}

impl CaptureArgs {
    /// Begins what is asked for; `configured`: in the file of the configuration, if no other is named.
    ///
    /// # Errors
    /// When a file cannot be written, or the options make no sense.
    pub(super) fn begin(
        &self,
        config: &Config,
        configured: bool,
    ) -> Result<Capturing, CommandError> {
        let configured = config.capture.file.as_ref().filter(|_| configured);
        let file = self.capture.as_ref().or(configured);
        if file.is_none() && (self.keys.is_some() || self.ports.is_some()) {
            let sentence =
                "--keys and --ports say how a capture is written; say --capture FILE, too";
            return Err(CommandError::Setup(sentence.to_owned()));
        }
        let mut capturing = Capturing::default();
        let key_log = key_log(self.keylog.as_ref(), config);
        for file in file.into_iter().chain(&key_log) {
            is_no_file(file)?;
        }
        if file.is_some() && file == key_log.as_ref() {
            return Err(one_file());
        }
        capturing.log_keys(key_log.as_deref())?;
        // Now that the key log is there, it can be seen whether another name means the same file.
        if let (Some(file), Some(key_log)) = (file, &key_log)
            && is_one_file(file, key_log)
        {
            return Err(one_file());
        }
        if let Some(file) = file {
            let style = Style {
                keys: self.keys.unwrap_or(config.capture.keys),
                ports: self.ports.unwrap_or(config.capture.ports),
                octets: Octets::AsCrossed,
            };
            capturing.capture(file, style, config)?;
        }
        Ok(capturing)
    }
}

impl Capturing {
    /// What a person should know of it: what is written where, and who may read it.
    pub(super) fn told(&self) -> Vec<String> {
        let warnings = self.warnings.iter().map(|why| format!("WARNING: {why}."));
        self.notes.iter().cloned().chain(warnings).collect()
    }

    fn capture(&mut self, file: &Path, style: Style, config: &Config) -> Result<(), CommandError> {
        let name = file.display().to_string();
        if style.keys {
            secrets_can_be_had("put into a capture")?;
            self.warnings.push(format!(
                "the TLS secrets stand in {name}: WHOEVER HAS THE FILE READS EVERYTHING IN IT, \
                 passwords and mail"
            ));
        }
        let texts = texts(config)?;
        let wrong = |error| CommandError::Setup(format!("the capture {error}"));
        let out = pcapng::create(file).map_err(wrong)?;
        let capture = Capture::new(&name, out, style, texts).map_err(|error| {
            wrong(io::Error::other(format!(
                "{name} cannot be written: {error}"
            )))
        })?;
        self.notes.push(format!(
            "What crosses the wire is written to {name}, for Wireshark."
        ));
        self.sink = Some(Box::new(capture));
        Ok(())
    }

    fn log_keys(&mut self, file: Option<&Path>) -> Result<(), CommandError> {
        let Some(file) = file else {
            return Ok(());
        };
        secrets_can_be_had("logged")?;
        let name = file.display();
        secrets::log_to(file).map_err(|error| {
            CommandError::Setup(format!("the key log {name} cannot be written: {error}"))
        })?;
        self.warnings.push(format!(
            "the TLS secrets are logged to {name}: WHOEVER HAS THE FILE READS EVERYTHING that is \
             captured of these connections, passwords and mail"
        ));
        Ok(())
    }
}

/// Where the TLS secrets are logged: the command line comes before the environment, and both before
/// the configuration.
fn key_log(said: Option<&PathBuf>, config: &Config) -> Option<PathBuf> {
    let environment = || env::var_os(KEY_LOG_VARIABLE).filter(|file| !file.is_empty());
    let said = said.cloned().or_else(|| environment().map(PathBuf::from));
    said.or_else(|| config.capture.keylog.clone())
}

/// Other programs take `-` for standard output, where ours show what they have to say.
fn is_no_file(file: &Path) -> Result<(), CommandError> {
    match file.as_os_str() == "-" {
        true => Err(CommandError::Setup(
            "neither a capture nor a key log can go to standard output (-); name a file, or a pipe \
             made by mkfifo"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

fn is_one_file(one: &Path, other: &Path) -> bool {
    let identity = |file: &Path| {
        let found = fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
        Some((found.dev(), found.ino()))
    };
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

fn one_file() -> CommandError {
    let sentence =
        "the capture and the key log cannot be one file; name another one for one of them";
    CommandError::Setup(sentence.to_owned())
}

/// Only OpenSSL tells its secrets; native-tls uses other libraries elsewhere.
fn secrets_can_be_had(done: &str) -> Result<(), CommandError> {
    match secrets::ARE_TOLD {
        true => Ok(()),
        false => Err(CommandError::Setup(format!(
            "the TLS secrets cannot be {done} on this system, for its TLS library does not tell them"
        ))),
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        capture: CaptureArgs,
    }

    fn args(line: &str) -> CaptureArgs {
        Line::try_parse_from(line.split(' ')).unwrap().capture
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
            assert!(Line::try_parse_from(wrong.split(' ')).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_file_of_the_configuration_is_the_servers() {
        let folder = tempfile::tempdir().unwrap();
        let text = "[capture]\nfile = lab.pcapng\nkeys = yes\n";
        let config = Config::parse("x.ini", text, folder.path()).unwrap();
        let file = folder.path().join("lab.pcapng");
        let client = args("x").begin(&config, false).unwrap();
        assert!(client.sink.is_none() && client.told().is_empty() && !file.exists());
        let servers = args("x").begin(&config, true).unwrap();
        assert!(servers.sink.is_some() && servers.told()[0].contains("lab.pcapng"));
        assert!(servers.told()[1].contains("READS EVERYTHING"));
        drop(servers);
        let without = args("x --keys=no").begin(&config, true).unwrap();
        assert_eq!(without.told().len(), 1);
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
            (
                "x --capture /no/such".to_owned(),
                "/no/such cannot be written",
            ),
            (
                "x --keylog /no/such --capture /no/such".to_owned(),
                "cannot be one file",
            ),
            ("x --capture -".to_owned(), "standard output"),
            ("x --keylog -".to_owned(), "standard output"),
            (
                format!(
                    "x --capture {0}/sub/../x --keylog {0}/x",
                    folder.path().display()
                ),
                "cannot be one file",
            ),
            (
                "x --keylog /no/such".to_owned(),
                "/no/such cannot be written",
            ),
        ];
        for (line, expected) in rows {
            let error = args(&line).begin(&config, false).err().unwrap();
            assert_eq!(error.status(), 2);
            assert!(error.to_string().contains(expected), "{error}");
            let file = line.rsplit(' ').next().unwrap();
            let names = error.to_string().matches(file).count();
            assert!(names <= 1 || file == "-", "{error}");
        }
        assert_eq!(fs::read(&letter).unwrap(), b"Dear Bob");
    }
}
