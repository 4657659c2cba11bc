//! tshark, run with settings of its own, so that nobody's personal ones change what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::page;

/// A folder for Wireshark's settings: empty, or with the profile in it.
pub(crate) struct Wireshark {
    folder: TempDir,
    profile: bool,
}

impl Wireshark {
    /// As it comes, with nothing set.
    pub(crate) fn plain() -> Wireshark {
        Wireshark { folder: tempfile::tempdir().unwrap(), profile: false }
    }

    /// With the profile, installed as a reader would.
    pub(crate) fn with_profile() -> Wireshark {
        let mut wireshark = Wireshark::plain();
        let installed = wireshark.install(&[]);
        assert!(installed.status.success(), "{installed:?}");
        wireshark.profile = true;
        wireshark
    }

    /// `install-profile` with these words, for these settings.
    pub(crate) fn install(&self, words: &[&str]) -> Output {
        self.command(&page("install-profile"), words)
    }

    /// Where the profile is.
    pub(crate) fn profile(&self) -> PathBuf {
        self.folder.path().join("profiles/Pillarbox")
    }

    /// What tshark says of a trace.
    pub(crate) fn read(&self, trace: &Path, words: &[&str]) -> String {
        self.try_read(trace, words)
            .unwrap_or_else(|error| panic!("tshark -r {} {words:?}: {error}", trace.display()))
    }

    /// The same, or why it would not.
    pub(crate) fn try_read(&self, trace: &Path, words: &[&str]) -> Result<String, String> {
        // Read twice, as in the window: only then does a command know where its answer is.
        let mut all = vec!["-2", "-r", trace.to_str().unwrap()];
        if self.profile {
            all.extend(["-C", "Pillarbox"]);
        }
        all.extend(words);
        let output = self.command(Path::new("tshark"), &all);
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A capture of one segment that a server said on this port, made by Wireshark's text2pcap.
    pub(crate) fn one_segment(&self, port: u16, said: &[u8]) -> PathBuf {
        let hex: String = said.iter().map(|octet| format!(" {octet:02x}")).collect();
        let (text, capture) = ("octets.txt", "one-segment.pcapng");
        let [text, capture] = [text, capture].map(|name| self.folder.path().join(name));
        fs::write(&text, format!("000000{hex}\n")).unwrap();
        let ports = format!("{port},50000");
        let files = [&text, &capture].map(|path| path.to_str().unwrap());
        let words = ["-q", "-T", &ports, files[0], files[1]];
        let output = self.command(Path::new("text2pcap"), &words);
        assert!(output.status.success(), "{output:?}");
        capture
    }

    /// What a command line prints in this folder.
    pub(crate) fn shell(&self, line: &str, folder: &Path) -> String {
        let line = format!("cd {} && {line}", folder.display());
        let output = self.command(Path::new("sh"), &["-c", &line]);
        assert!(output.status.success(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn command(&self, program: &Path, words: &[&str]) -> Output {
        Command::new(program)
            .args(words)
            .env("WIRESHARK_CONFIG_DIR", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            .env("TZ", "UTC")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()))
    }
}
