//! Dovecot's IMAP server on one Maildir, as a second opinion. It never serves mail as root, so it needs
//! either another user or root, from where it changes to `nobody`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

/// Debian's `nobody`.
const NOBODY: u32 = 65534;

/// One IMAP conversation with Dovecot over `mail/alice` in this folder, without a socket; returns what it
/// says, but for what is recent, of which it has its own idea.
pub fn imap(root: &Path, commands: &str) -> String {
    let answer = String::from_utf8(imap_octets(root, commands)).unwrap();
    answer.replace("(\\Recent)", "()").replace(" \\Recent", "")
}

/// The same, octet for octet.
pub fn imap_octets(root: &Path, commands: &str) -> Vec<u8> {
    let me = fs::metadata(root).unwrap().uid();
    let user = if me == 0 { NOBODY } else { me };
    let config = root.join("dovecot.conf");
    let settings = format!(
        "base_dir = {run}\nlog_path = /dev/stderr\nssl = no\n\
         mail_location = maildir:{mail}\nmail_uid = {user}\nmail_gid = {user}\n\
         first_valid_uid = 1\nfirst_valid_gid = 0\n\
         namespace inbox {{\n inbox = yes\n separator = .\n}}\n",
        run = root.join("run").display(),
        mail = root.join("mail/alice").display(),
    );
    fs::write(&config, settings).unwrap();
    if me == 0 {
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        give(&root.join("mail"), user);
    }
    let mut dovecot = Command::new("doveadm")
        .arg("-c")
        .arg(&config)
        .args(["exec", "imap"])
        .env("HOME", root)
        .env("USER", "nobody")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = format!("{}z LOGOUT\r\n", commands.replace('\n', "\r\n"));
    let mut stdin = dovecot.stdin.take().unwrap();
    stdin.write_all(said.as_bytes()).unwrap();
    drop(stdin);
    let answer = dovecot.wait_with_output().unwrap().stdout;
    give(&root.join("mail"), me);
    answer
}

/// Gives the folder to whom Dovecot runs as.
fn give(path: &Path, owner: u32) {
    chown(path, Some(owner), Some(owner)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), owner);
        }
    }
}
