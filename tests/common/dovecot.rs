//! A private Dovecot that serves IMAP and POP3 to the lab's accounts, and stops when it is dropped. Its
//! master wants root.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use pillarbox::mail::net::certificates::Certificates;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::programs::{free_ports, run, until};

/// A private Dovecot.
pub struct Dovecot {
    folder: TempDir,
    child: Child,
    /// The port of IMAP, unencrypted.
    pub imap: u16,
    /// The port of POP3, unencrypted.
    pub pop3: u16,
}

impl Dovecot {
    /// Starts one with empty mailboxes for alice, bob and carol, and without TLS.
    pub fn start() -> Dovecot {
        Dovecot::with("ssl = no\n")
    }

    /// The same with STARTTLS, under a certificate for localhost, and all that it knows to log in by.
    pub fn with_tls(certificates: &Certificates) -> Dovecot {
        // Dovecot reads the key as root.
        Dovecot::with(&format!(
            "ssl = yes\nssl_cert = <{}\nssl_key = <{}\n\
             auth_mechanisms = plain login scram-sha-1 scram-sha-256\n",
            certificates.server().display(),
            certificates.server_key().display()
        ))
    }

    /// The same unencrypted, which also tells a Postfix on this port who may send.
    pub fn vouching(auth: u16) -> Dovecot {
        Dovecot::with(&format!(
            "ssl = no\nservice auth {{\n inet_listener {{\n  port = {auth}\n }}\n}}\n"
        ))
    }

    fn with(more: &str) -> Dovecot {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        run("chmod", &["755", root.to_str().unwrap()], "");
        fs::create_dir(root.join("mail")).unwrap();
        run("chown", &["nobody", root.join("mail").to_str().unwrap()], "");
        fs::write(
            root.join("passwd"),
            "alice:{PLAIN}wonderland\nbob:{PLAIN}builder\ncarol:{PLAIN}chimney\n",
        )
        .unwrap();
        let [imap, pop3] = free_ports();
        let root = root.display();
        let text = format!(
            "base_dir = {root}/run\nstate_dir = {root}/run\nlog_path = {root}/log\nprotocols = imap pop3\n\
             listen = 127.0.0.1\n{more}disable_plaintext_auth = no\nauth_failure_delay = 0\n\
             mail_location = maildir:{root}/mail/%n\nmail_uid = nobody\nmail_gid = nogroup\nfirst_valid_uid = 1\n\
             namespace inbox {{\n inbox = yes\n separator = .\n}}\n\
             passdb {{\n driver = passwd-file\n args = {root}/passwd\n}}\n\
             userdb {{\n driver = static\n args = uid=nobody gid=nogroup home={root}/mail/%n\n}}\n\
             service imap-login {{\n inet_listener imap {{\n  port = {imap}\n }}\n inet_listener imaps {{\n  port = 0\n }}\n}}\n\
             service pop3-login {{\n inet_listener pop3 {{\n  port = {pop3}\n }}\n inet_listener pop3s {{\n  port = 0\n }}\n}}\n"
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
        for port in [imap, pop3] {
            until("Dovecot", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
        Dovecot { folder, child, imap, pop3 }
    }
}

impl Dovecot {
    /// The folder of the mailboxes, which belong to `nobody`.
    pub fn mail(&self) -> PathBuf {
        self.folder.path().join("mail")
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let _ = self.child.wait();
    }
}
