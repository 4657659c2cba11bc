//! The window with other servers: Dovecot keeps the mail, Postfix delivers it.
//!
//! Run as root with `cargo test --test gui elsewhere -- --ignored`. Debian: dovecot-imapd dovecot-pop3d
//! postfix.

use std::io::Cursor;

use pillarbox::client::{Endpoint, ImapClient, Security};
use pillarbox::mail::message::Flags;

use crate::common::dovecot::Dovecot;
use crate::common::postfix::Postfix;
use crate::common::programs::free_ports;
use crate::lab::Lab;
use crate::window::Window;

/// Both servers. Dovecot tells Postfix who may send.
struct Elsewhere {
    lab: Lab,
    dovecot: Dovecot,
    _postfix: Postfix,
    smtp: u16,
}

impl Elsewhere {
    fn open() -> Elsewhere {
        let [smtp, auth] = free_ports();
        let dovecot = Dovecot::vouching(auth);
        Elsewhere {
            lab: Lab::open(),
            _postfix: Postfix::beside_dovecot(smtp, auth, &dovecot.mail()),
            dovecot,
            smtp,
        }
    }

    fn endpoint(&self, port: u16) -> Endpoint {
        let ca = self.lab.path().join("certs/ca.pem");
        Endpoint::new("127.0.0.1", port, Security::Plain, ca)
    }

    /// A client of its own for Alice's mail.
    fn alice(&self) -> ImapClient {
        let mut client = ImapClient::connect(&self.endpoint(self.dovecot.imap)).unwrap();
        client.login("alice", "wonderland").unwrap();
        client
    }

    fn append(&self, subject: &str) {
        let text = format!(
            "From: Bob <bob@pillarbox.test>\nSubject: {subject}\n\nThe text of {subject}.\n"
        );
        let mut message = Cursor::new(text);
        let mut client = self.alice();
        let none = Flags::new();
        client.append("INBOX", &none, None, &mut message).unwrap();
    }

    /// The number of messages in this folder of Alice's.
    fn count(&self, folder: &str) -> u32 {
        self.alice().examine(folder).unwrap().exists
    }

    /// A window in which Alice has typed her servers, and signed in.
    fn window(&self) -> Window {
        let mut window = self.lab.window(&[]);
        window.click("Another server than the configuration's");
        let ports = [("SMTP", self.smtp), ("IMAP", self.dovecot.imap), ("POP3", self.dovecot.pop3)];
        for (protocol, port) in ports {
            let field = format!("{protocol} server (host:port)");
            window.fill(&field, &format!("127.0.0.1:{port}"));
        }
        window.choose("Protection", "none (unencrypted)");
        window.sign_in("alice", "wonderland");
        window
    }

    /// A window whose configuration names these servers.
    fn classroom(&self) -> Window {
        let mut start = self.lab.start_of_window(&self.lab.path().join("certs/ca.pem"), &[]);
        start.settings.smtp = self.endpoint(self.smtp);
        start.settings.imap = self.endpoint(self.dovecot.imap);
        start.settings.pop3 = self.endpoint(self.dovecot.pop3);
        Window::open(start).classroom("wonderland")
    }
}

#[test]
#[ignore = "needs dovecot, postfix, and root"]
fn dovecot_keeps_the_mail_that_is_read_flagged_moved_and_deleted() {
    let elsewhere = Elsewhere::open();
    for folder in ["Archive", "Trash"] {
        elsewhere.alice().create(folder).unwrap();
    }
    for subject in ["Apples", "Pears", "Plums"] {
        elsewhere.append(subject);
    }
    let mut window = elsewhere.window();
    window.sees("Folder Inbox, 3 unread");
    window.click_row("Pears");
    window.sees("The text of Pears.");
    window.sees("Folder Inbox, 2 unread");
    window.click("Flag");
    window.until("the flag", |window| {
        let mut rows = window.rows().into_iter();
        rows.any(|row| row.contains("Pears") && row.contains("flagged"))
    });
    window.click("Move to a folder");
    window.click("Move to Archive");
    window.sees("The message was moved to Archive.");
    assert_eq!(elsewhere.count("Archive"), 1);
    window.click_row("Plums");
    window.sees("The text of Plums.");
    window.click("Delete");
    window.sees("The message was moved to Trash.");
    window.click("Folder Trash");
    window.click_row("Plums");
    window.click("Delete for good");
    window.sees("The message was deleted for good.");
    assert_eq!(elsewhere.count("Trash"), 0);
    assert_eq!(elsewhere.count("INBOX"), 1);
}

#[test]
#[ignore = "needs dovecot, postfix, and root"]
fn what_is_sent_through_postfix_comes_by_idle_from_dovecot() {
    let elsewhere = Elsewhere::open();
    let mut window = elsewhere.window();
    window.sees("Folder Inbox");
    window.click("New message");
    window.fill("To", "alice");
    window.fill("Subject", "To myself");
    window.fill("Message text", "By way of Postfix.");
    window.send();
    window.sees("The message is kept in Sent.");
    assert_eq!(elsewhere.count("Sent"), 1);
    window.click_row("To myself");
    window.sees("By way of Postfix.");
}

#[test]
#[ignore = "needs dovecot, postfix, and root"]
fn the_classroom_receives_from_dovecot_by_pop3_what_postfix_took() {
    let elsewhere = Elsewhere::open();
    let mut window = elsewhere.classroom();
    window.send_dummy();
    window.until("its delivery", |_| elsewhere.count("INBOX") == 1);
    window.tick("POP3");
    window.say("RETR", "1");
    window.sees("MAIL FROM:<x@y>");
}
