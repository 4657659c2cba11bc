//! `[capture]`: what is written of the wire, for Wireshark.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::error::ConfigError;
use super::reader::IniSection;
use super::values::yes_or_no;

/// `[capture]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaptureSection {
    /// The file to which `pillarbox serve` writes a capture; `None`: no capture.
    pub file: Option<PathBuf>,
    /// True to write the TLS secrets into captures.
    pub keys: bool,
    /// Which ports the servers have in captures.
    pub ports: CapturePorts,
    /// The file to which the TLS secrets are logged; `None`: no log.
    pub keylog: Option<PathBuf>,
}

/// Which ports the servers have in a capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapturePorts {
    /// The real ports.
    #[default]
    Own,
    /// The well-known ports of the services, by which Wireshark recognises the protocols.
    WellKnown,
}

impl FromStr for CapturePorts {
    type Err = String;

    fn from_str(text: &str) -> Result<CapturePorts, String> {
        match text {
            "own" => Ok(CapturePorts::Own),
            "well-known" => Ok(CapturePorts::WellKnown),
            _ => Err("expected own or well-known".to_owned()),
        }
    }
}

impl CaptureSection {
    pub(super) fn read(
        mut section: IniSection,
        folder: &Path,
    ) -> Result<CaptureSection, ConfigError> {
        let mut file = |key| {
            let path = section.text(key).filter(|path| !path.is_empty());
            path.map(|path| folder.join(path))
        };
        let capture = CaptureSection {
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
    use super::*;
    use crate::config::Config;

    fn of(text: &str) -> Result<CaptureSection, String> {
        let text = format!("[capture]\n{text}\n");
        let config = Config::parse("x.ini", &text, Path::new("/lab"));
        config.map(|config| config.capture).map_err(|error| error.0)
    }

    #[test]
    fn off_unless_written() {
        assert_eq!(of("file =\nkeylog ="), Ok(CaptureSection::default()));
        let all = of("file = lab.pcapng\nkeys = yes\nports = well-known\nkeylog = /keys.txt");
        let expected = CaptureSection {
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
            assert!(error.contains("[capture]") && error.contains(key), "{error}");
        }
    }
}
