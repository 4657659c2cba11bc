//! A private Dovecot that serves IMAP to the lab's accounts, and stops when it is dropped. Its
//! master wants root.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::programs::{free_port, run, until};

/// A private Dovecot.
pub struct Dovecot {
    _folder: TempDir,
    child: Child,
    /// The port of IMAP, in clear.
    pub imap: u16,
}

impl Dovecot {
    /// Starts one with empty mailboxes for alice, bob and carol.
    pub fn start() -> Dovecot {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run("chmod", &["755", root.to_str().unwrap()], "");
        fs::create_dir(root.join("mail")).unwrap();
        run(
            "chown",
            &["nobody", root.join("mail").to_str().unwrap()],
            "",
        );
        fs::write(
            root.join("passwd"),
            "alice:{PLAIN}wonderland\nbob:{PLAIN}builder\ncarol:{PLAIN}chimney\n",
        )
        .unwrap();
        let imap = free_port();
        let root = root.display();
        let text = format!(
            "base_dir = {root}/run\nstate_dir = {root}/run\nlog_path = {root}/log\nprotocols = imap\n\
             listen = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\nauth_failure_delay = 0\n\
             mail_location = maildir:{root}/mail/%n\nmail_uid = nobody\nmail_gid = nogroup\nfirst_valid_uid = 1\n\
             namespace inbox {{\n inbox = yes\n separator = .\n}}\n\
             passdb {{\n driver = passwd-file\n args = {root}/passwd\n}}\n\
             userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={root}/mail/%n\n}}\n\
             service imap-login {{\n inet_listener imap {{\n  port = {imap}\n }}\n}}\n"
        );
        let config = folder.path().join("dovecot.conf");
        fs::write(&config, text).unwrap();
        let child = Command::new("dovecot")
            .arg("-F")
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        until("Dovecot", || TcpStream::connect(("127.0.0.1", imap)).ok());
        Dovecot {
            _folder: folder,
            child,
            imap,
        }
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
