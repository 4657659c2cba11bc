//! Ctrl-C: what is being delivered is finished, everybody hears goodbye, and nobody can hold it up.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use crate::common::Lab;

/// A conversation typed by hand.
struct Typed(BufReader<TcpStream>);

impl Typed {
    fn connect(lab: &Lab, protocol: &str) -> Typed {
        let mut typed = Typed(BufReader::new(TcpStream::connect(lab.address(protocol)).unwrap()));
        assert!(!typed.line().is_empty());
        typed
    }

    fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    /// In the middle of a message to bob.
    fn in_data(lab: &Lab) -> Typed {
        let mut smtp = Typed::connect(lab, "smtp");
        smtp.send(
            "HELO client.test\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<bob@pillarbox.test>\r\nDATA\r\n",
        );
        for code in ["250", "250", "250", "354"] {
            assert!(smtp.line().starts_with(code));
        }
        smtp.send("Subject: half\r\n\r\nhalf a message\r\n");
        smtp
    }
}

#[test]
fn a_message_on_its_way_arrives_and_everybody_hears_goodbye() {
    let mut lab = Lab::start();
    let mut smtp = Typed::in_data(&lab);
    let mut guests: Vec<(Typed, &str)> = [("smtp", "421 "), ("pop3", "-ERR "), ("imap", "* BYE ")]
        .into_iter()
        .map(|(protocol, goodbye)| (Typed::connect(&lab, protocol), goodbye))
        .collect();
    lab.press_ctrl_c();
    for (guest, goodbye) in &mut guests {
        assert!(guest.line().starts_with(*goodbye), "{goodbye}");
    }
    smtp.send("and the other half\r\n.\r\n");
    assert!(smtp.line().starts_with("250 "));
    assert!(smtp.line().starts_with("421 "));
    drop((smtp, guests));
    assert_eq!(lab.exit_status(), 0);
}

#[test]
fn who_does_not_end_a_message_is_told_that_it_did_not_arrive() {
    let mut lab = Lab::start();
    let mut smtp = Typed::in_data(&lab);
    let mut imap = Typed::connect(&lab, "imap");
    imap.send("a LOGIN bob builder\r\nb APPEND INBOX {100}\r\n");
    assert!(imap.line().starts_with("a OK"));
    assert!(imap.line().starts_with('+'));
    imap.send("Subject: half");
    lab.press_ctrl_c();
    let (said_by_smtp, said_by_imap) = (smtp.line(), imap.line());
    assert!(said_by_smtp.starts_with("421 "), "{said_by_smtp:?}");
    assert!(said_by_imap.starts_with("* BYE "), "{said_by_imap:?}");
    drop((smtp, imap));
    assert_eq!(lab.exit_status(), 0);
    let left = fs::read_dir(lab.path().join("mail/bob/tmp")).unwrap();
    assert_eq!(left.count(), 0, "half a message is left");
}

#[test]
fn the_second_ctrl_c_ends_at_once() {
    let mut lab = Lab::start();
    let _half = Typed::in_data(&lab);
    let mut guest = Typed::connect(&lab, "smtp");
    lab.press_ctrl_c();
    // The first has been understood.
    assert!(guest.line().starts_with("421 "));
    lab.press_ctrl_c();
    assert_eq!(lab.exit_status(), 130);
}
