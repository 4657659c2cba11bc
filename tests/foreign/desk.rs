//! Where the programs run: a lab, and a shell in its folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::common::{Lab, PROTOCOLS};

/// A lab, and scripts that find it in the environment: `$CA`, `$imaps`, `$smtps` and the other
/// ports. Each runs in the folder of the lab, which is its home too.
pub(crate) struct Desk(pub(crate) Lab);

impl Desk {
    pub(crate) fn new() -> Desk {
        Desk(Lab::start())
    }

    /// Runs a script, which must succeed; what it said.
    pub(crate) fn run(&self, script: &str) -> String {
        let mut shell = Command::new("timeout");
        shell.args(["60", "bash", "-euo", "pipefail", "-c", script]);
        shell.current_dir(self.0.path()).env("HOME", self.0.path());
        shell.env("CA", self.0.ca()).env("TERM", "xterm");
        for protocol in PROTOCOLS {
            shell.env(protocol, self.0.port(protocol).to_string());
        }
        let output = shell.output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{script}\n{said}");
        said
    }

    /// Writes a file that only its owner may read, as programs demand of files with passwords.
    pub(crate) fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The messages in a folder of the lab's mail that have this text.
    pub(crate) fn with_text(&self, folder: &str, text: &str) -> Vec<PathBuf> {
        let folder = self.0.path().join(folder);
        let files = ["new", "cur"].into_iter().flat_map(|place| {
            let entries = fs::read_dir(folder.join(place));
            entries.into_iter().flatten().map(|entry| entry.unwrap().path())
        });
        let has = |path: &PathBuf| String::from_utf8_lossy(&fs::read(path).unwrap()).contains(text);
        files.filter(has).collect()
    }
}

/// A message that a person wrote by hand, with lines that a careless sender spoils.
pub(crate) const MESSAGE: &str = "From: bob@pillarbox.test\nTo: alice@pillarbox.test\nSubject: by hand\n\
    Message-ID: <by-hand@client.test>\n\n.a dot\n..\nFrom the start\nthe end\n";
