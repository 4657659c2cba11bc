//! A private Exim in a temporary folder, which stops when it is dropped. It wants root, from where
//! it changes to the user that it was compiled for, `Debian-exim`.
//!
//! Debian does not install Exim beside Postfix, so `.ci/run` unpacks its package into `target/exim`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::programs::run;

/// A private Exim.
pub struct Exim {
    folder: TempDir,
    child: Child,
}

impl Exim {
    /// Takes mail on this port for `bob` and `grün` at any domain, from who logs in as `office` with `secret`
    /// under TLS.
    pub fn start(port: u16, certs: &Path) -> Exim {
        let folder = tempfile::tempdir().unwrap();
        let (root, config) = (folder.path(), folder.path().join("exim.conf"));
        let program = program();
        run("cp", &["-r", certs.to_str().unwrap(), root.to_str().unwrap()], "");
        fs::create_dir(root.join("spool")).unwrap();
        run("chown", &["-R", "Debian-exim", root.to_str().unwrap()], "");
        // A configuration that others may write is not read.
        fs::write(&config, exim_conf(&program, root, port)).unwrap();
        let child = Command::new(program)
            .args(["-bdf", "-C", config.to_str().unwrap()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Exim { folder, child }
    }

    /// What it says of itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("spool/mainlog")).unwrap_or_default()
    }

    /// Bob's mail.
    pub fn maildir(&self) -> PathBuf {
        self.folder.path().join("spool/mail/new")
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where it is.
fn program() -> PathBuf {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/exim/usr/sbin/exim4");
    if unpacked.exists() { unpacked } else { "/usr/sbin/exim4".into() }
}

fn exim_conf(program: &Path, root: &Path, port: u16) -> String {
    let (program, root) = (program.display(), root.display());
    format!(
        "exim_path = {program}
spool_directory = {root}/spool
log_file_path = {root}/spool/%slog
pid_file_path = {root}/spool/pid
keep_environment =
primary_hostname = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {root}/certs/server.pem
tls_privatekey = {root}/certs/server-key.pem
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}{{}}}}
acl_smtp_rcpt = rcpt
begin acl
rcpt:
  accept authenticated = *
         encrypted = *
         local_parts = bob : gr\u{fc}n
  deny message = Nobody here logs in so
begin routers
local:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  create_directory
  directory = {root}/spool/mail
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{office}}}}{{eq{{$auth3}}{{secret}}}}}}}}
  server_set_id = $auth2
"
    )
}
