//! A private Postfix in a temporary folder, which stops when it is dropped. Its master wants root.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::programs::run;

/// A private Postfix.
pub struct Postfix {
    folder: TempDir,
}

impl Postfix {
    /// Passes on what `sendmail` is given: all of it to `lmtp:[127.0.0.1]:2024`. It has no port.
    pub fn client(transport: &str) -> Postfix {
        let to = format!("default_transport = {transport}\nrelay_transport = {transport}\n");
        Postfix::start(&to, "")
    }

    /// Takes mail on this port for `bob` and `grün` at `b.test` alone, with this certificate's folder.
    pub fn server(port: u16, certs: &Path) -> Postfix {
        let certs = certs.display();
        let takes = format!(
            "virtual_mailbox_domains = b.test\nvirtual_mailbox_maps = inline:{{ bob@b.test=bob/, gr\u{fc}n@b.test=bob/ }}\n\
             {OF_NOBODY}\
             smtpd_relay_restrictions = reject_unauth_destination\n\
             smtpd_tls_security_level = may\nsmtpd_tls_loglevel = 1\n\
             smtpd_tls_cert_file = {certs}/server.pem\nsmtpd_tls_key_file = {certs}/server-key.pem\n\
             smtpd_tls_received_header = yes\nmessage_size_limit = 40000000\n"
        );
        Postfix::start(&takes, &receiving(port))
    }

    /// Takes mail on this port for the lab's accounts at `pillarbox.test`, and is strict about it.
    pub fn of_the_lab(port: u16) -> Postfix {
        let takes = format!(
            "{LAB_MAILBOXES}{OF_NOBODY}\
             mynetworks = 192.0.2.0/24\nsmtpd_relay_restrictions = reject_unauth_destination\n\
             smtpd_helo_required = yes\nstrict_rfc821_envelopes = yes\n"
        );
        Postfix::start(&takes, &receiving(port))
    }

    /// Takes mail on this port from whom the Dovecot on the port `auth` lets in, and puts it into that one's
    /// mailboxes, which are in the folder `mail`.
    pub fn beside_dovecot(port: u16, auth: u16, mail: &Path) -> Postfix {
        let mail = mail.display();
        let takes = format!(
            "{LAB_MAILBOXES}{OF_NOBODY}virtual_mailbox_base = {mail}\n\
             mynetworks = 192.0.2.0/24\nsmtpd_relay_restrictions = permit_sasl_authenticated, reject\n\
             smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:127.0.0.1:{auth}\n"
        );
        Postfix::start(&takes, &receiving(port))
    }

    fn start(main: &str, master: &str) -> Postfix {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["etc", "queue", "data", "mail"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        run("chmod", &["755", root.to_str().unwrap()], "");
        for (user, name) in [("postfix", "data"), ("nobody", "mail")] {
            run("chown", &[user, root.join(name).to_str().unwrap()], "");
        }
        fs::write(root.join("etc/main.cf"), format!("{}{main}", main_cf(root))).unwrap();
        fs::write(root.join("etc/master.cf"), format!("{MASTER_CF}{master}")).unwrap();
        let postfix = Postfix { folder };
        postfix.command("postfix", &["-c"], &["start"], "");
        postfix
    }

    /// Hands a message in.
    pub fn sendmail(&self, words: &[&str], message: &str) {
        self.command("sendmail", &["-C"], words, message);
    }

    /// What it says of itself.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("data/log")).unwrap_or_default()
    }

    /// Bob's mail.
    pub fn maildir(&self) -> std::path::PathBuf {
        self.folder.path().join("mail/bob/new")
    }

    fn command(&self, program: &str, option: &[&str], words: &[&str], input: &str) {
        let etc = self.folder.path().join("etc");
        let words = [option, &[etc.to_str().unwrap()], words].concat();
        run(&format!("/usr/sbin/{program}"), &words, input);
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let etc = self.folder.path().join("etc");
        let _ = Command::new("/usr/sbin/postfix").arg("-c").arg(etc).arg("stop").output();
    }
}

/// The lab's accounts.
const LAB_MAILBOXES: &str = "\
virtual_mailbox_domains = pillarbox.test
virtual_mailbox_maps = inline:{ alice@pillarbox.test=alice/, bob@pillarbox.test=bob/, carol@pillarbox.test=carol/ }
";

/// Mailboxes belong to Debian's `nobody`.
const OF_NOBODY: &str = "virtual_uid_maps = static:65534\nvirtual_gid_maps = static:65534\n";

/// What receives on this port, and what delivers.
fn receiving(port: u16) -> String {
    format!("127.0.0.1:{port} inet n - n - - smtpd\nvirtual unix - n n - - virtual\n")
}

const MASTER_CF: &str = "\
pickup unix n - n 1 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

fn main_cf(root: &Path) -> String {
    let root = root.display();
    format!(
        "compatibility_level = 3.6\nqueue_directory = {root}/queue\ndata_directory = {root}/data\n\
         maillog_file = {root}/data/log\nmaillog_file_prefixes = {root}\n\
         virtual_mailbox_base = {root}/mail\n\
         myhostname = relay.test\nmydestination =\nmynetworks = 127.0.0.0/8\n\
         inet_interfaces = loopback-only\ninet_protocols = ipv4\n\
         alias_maps =\nalias_database =\nsmtp_tls_security_level = may\nlmtp_tls_security_level = may\n"
    )
}
