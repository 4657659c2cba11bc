//! `[capture]`: what is written down of the wire, for Wireshark.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::ConfigError;
use super::reader::Section;
use super::values::yes_or_no;

/// `[capture]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture {
    /// Where `pillarbox serve` writes what crosses its connections; `None`: nowhere.
    pub file: Option<PathBuf>,
    /// Do the TLS secrets stand in captures?
    pub keys: bool,
    /// Which ports the servers have in captures.
    pub ports: CapturePorts,
    /// Where the TLS secrets are logged; `None`: nowhere.
    pub keylog: Option<PathBuf>,
}

/// Which ports the servers have in a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapturePorts {
    /// Those that they had.
    #[default]
    Own,
    /// Those that their services have on the Internet, by which Wireshark knows the protocols.
    WellKnown,
}

impl FromStr for CapturePorts {
    type Err = String;

    fn from_str(text: &str) -> Result<CapturePorts, String> {
        match text {
            "own" => Ok(CapturePorts::Own),
            "well-known" => Ok(CapturePorts::WellKnown),
            _ => Err("own or well-known".to_owned()),
        }
    }
}

impl Capture {
    pub(super) fn read(mut section: Section, folder: &Path) -> Result<Capture, ConfigError> {
        let mut file = |key| {
            let path = section.text(key).filter(|path| !path.is_empty());
            path.map(|path| folder.join(path))
        };
        let capture = Capture {
            file: file("file"),
            keylog: file("keylog"),
            keys: section.value_by("keys", false, yes_or_no)?,
            ports: section.value("ports", CapturePorts::default())?,
        };
        section.finish()?;
        Ok(capture)
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Config;

    fn of(text: &str) -> Result<Capture, String> {
        let text = format!("[capture]\n{text}\n");
        let config = Config::parse("x.ini", &text, Path::new("/lab"));
        config.map(|config| config.capture).map_err(|error| error.0)
    }

    #[test]
    fn off_unless_written() {
        assert_eq!(of("file =\nkeylog ="), Ok(Capture::default()));
        let all = of("file = lab.pcapng\nkeys = yes\nports = well-known\nkeylog = /keys.txt");
        let expected = Capture {
            file: Some("/lab/lab.pcapng".into()),
            keys: true,
            ports: CapturePorts::WellKnown,
            keylog: Some("/keys.txt".into()),
        };
        assert_eq!(all, Ok(expected));
    }

    #[test]
    fn what_is_unknown_names_itself() {
        for wrong in ["keys = perhaps", "ports = all", "files = x"] {
            let error = of(wrong).unwrap_err();
            let key = wrong.split(' ').next().unwrap();
            assert!(
                error.contains("[capture]") && error.contains(key),
                "{error}"
            );
        }
    }
}
