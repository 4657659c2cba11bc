//! The SMTP client with servers that follow the protocol, and with one that does not.

use std::io::{self, Cursor, Read, Write};
use std::thread;
use std::time::Duration;

use super::{play, say, serve};
use pillarbox::client::{ClientError, Hello, SendOptions, SmtpClient};
use pillarbox::limits;
use pillarbox::mail::protocol::smtp::{Notify, Params, Ret};

#[test]
fn a_message_goes_to_the_accepted_recipients() {
    let (endpoint, _server) = play("smtp/one-refused");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    client.login("alice", "wonderland").unwrap();
    let mut message = Cursor::new("Subject: é\n\n.\r\n.x");
    let to = ["bob@here.test", "nobody@here.test"];
    let sent = client.send("alice@here.test", &to, &mut message).unwrap();
    assert_eq!(sent.accepted, ["bob@here.test"]);
    let [(who, why)] = &sent.refused[..] else { panic!("{:?}", sent.refused) };
    assert_eq!(who, "nobody@here.test");
    let said = "refuses RCPT TO:<nobody@here.test>: 550 5.1.1 No such mailbox";
    assert!(why.to_string().ends_with(said), "{why}");
    client.quit().unwrap();
}

#[test]
fn without_an_accepted_recipient_nothing_is_sent() {
    let (endpoint, _server) = play("smtp/all-refused");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let error = client.send("", &["bob@here.test"], &mut Cursor::new("\n")).unwrap_err();
    assert!(error.is_transient(), "{error}");
    client.noop().unwrap();
}

#[test]
fn options_go_to_a_server_that_offers_them() {
    let (endpoint, _server) = play("smtp/options-offered");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let options = SendOptions {
        chunking: true,
        ret: Some(Ret::Headers),
        envid: Some("a+b".to_owned()),
        notify: Some(Notify { success: true, failure: false, delay: true }),
    };
    let mut message = Cursor::new(".\nx\n");
    let to = ["bob@here.test"];
    client.send_with("josé@here.test", &to, &mut message, &options).unwrap();
}

#[test]
fn options_are_left_out_for_a_server_that_does_not_offer_them() {
    let (endpoint, _server) = play("smtp/options-not-offered");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let options = SendOptions {
        chunking: true,
        ret: Some(Ret::Full),
        envid: Some("x".to_owned()),
        notify: Some(Notify::NEVER),
    };
    let to = ["bob@here.test"];
    client.send_with("a@here.test", &to, &mut Cursor::new("x\n"), &options).unwrap();
}

#[test]
fn in_lmtp_each_recipient_has_a_reply_after_the_message() {
    let (endpoint, _server) = play("smtp/lmtp");
    let hello = Hello::Lmtp("relay.test".to_owned());
    let mut client = SmtpClient::connect_as(&endpoint, hello).unwrap();
    let to = ["bob@here.test", "carol@here.test"];
    let sent = client.send("a@here.test", &to, &mut Cursor::new("x\n")).unwrap();
    assert_eq!(sent.accepted, ["bob@here.test"]);
    let [(who, why)] = &sent.refused[..] else { panic!("{:?}", sent.refused) };
    assert!(who == "carol@here.test" && why.is_transient(), "{why}");
}

#[test]
fn a_large_message_takes_several_chunks() {
    let full = limits::CHUNK;
    let rest = 3;
    let (endpoint, _server) = serve(move |stream| {
        let mut say = |text: &[u8]| stream.write_all(text).unwrap();
        say(b"220 x\r\n250-x\r\n250 CHUNKING\r\n250 1\r\n");
        let mut heard = Vec::new();
        let all = format!("EHLO [127.0.0.1]\r\nBDAT {full}\r\nBDAT 3 LAST\r\n");
        let octets = (all.len() + full + rest) as u64;
        (&mut *stream).take(octets).read_to_end(&mut heard).unwrap();
        let text = String::from_utf8(heard).unwrap();
        assert!(text.contains(&format!("BDAT {full}\r\nxxx")));
        assert!(text.ends_with("xxBDAT 3 LAST\r\nxxx"));
        stream.write_all(b"250 2\r\n").unwrap();
    });
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let mut message = io::repeat(b'x').take((full + rest) as u64);
    assert_eq!(client.bdat(&mut message).unwrap().text(), "2");
}

#[test]
fn login_is_used_where_plain_is_not_offered() {
    let (endpoint, _server) = play("smtp/login-refused");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let error = client.login("alice", "wrong").unwrap_err().to_string();
    assert!(error.ends_with("refuses AUTH LOGIN: 535 5.7.8 Username and password not accepted"));
}

#[test]
fn an_old_server_gets_helo() {
    let (endpoint, _server) = play("smtp/helo");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let login = client.login("alice", "wonderland");
    assert!(matches!(login, Err(ClientError::NotOffered { .. })));
    client.mail("a@b.test", Params::new()).unwrap();
}

#[test]
fn no_argument_becomes_a_second_command() {
    let (endpoint, _server) = play("smtp/hello");
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let smuggled = [
        client.mail("a@b.test>\r\nRCPT TO:<c@d.test", Params::new()),
        client.rcpt("c@d.test\nDATA"),
        client.vrfy("bob\r\nQUIT"),
        client.help(Some("me\rQUIT")),
    ];
    for result in smuggled {
        assert!(matches!(result, Err(ClientError::Unsendable { .. })));
    }
}

#[test]
fn a_message_that_cannot_be_read_to_its_end_is_not_ended() {
    struct Broken(bool);
    impl Read for Broken {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("the disk is gone"));
            }
            out[..8].copy_from_slice(b"half of\n");
            Ok(8)
        }
    }
    let (endpoint, _server) = serve(|stream| {
        stream.write_all(b"220 x\r\n250 x\r\n354 go on\r\n").unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).unwrap();
        assert!(!heard.contains("\r\n.\r\n"), "{heard}");
    });
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let error = client.data(&mut Broken(false)).unwrap_err();
    assert!(matches!(error, ClientError::Local(_)), "{error}");
    let error = client.noop().unwrap_err();
    assert!(matches!(error, ClientError::Closed { .. }), "{error}");
}

#[test]
fn a_server_of_another_protocol_is_an_error() {
    let rows: [(&[u8], &str); 7] = [
        (b"+OK POP3 ready\r\n", "“+OK POP3 ready”, which is not a valid reply in SMTP"),
        (b"* OK IMAP4rev1\r\n", "which is not a valid reply in SMTP"),
        (b"220-a\r\n221 b\r\n", "which is not a valid reply in SMTP"),
        (b"\r\n", "which is not a valid reply in SMTP"),
        (b"354 go on\r\n", "which is not a valid reply to the connection"),
        (b"554 No SMTP service here\r\n", "refuses the connection: 554 No SMTP service here"),
        (b"220 cut of", "closed the connection"),
    ];
    for (greeting, expected) in rows {
        let (endpoint, _server) = say(greeting);
        let error = SmtpClient::connect(&endpoint).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

/// RFC 5321 §4.5.3.2.6: ten minutes, whatever the time-out of other replies.
#[test]
fn the_verdict_on_a_message_may_take_longer_than_other_answers() {
    let (mut endpoint, _server) = serve(|stream| {
        let begin = b"220 x\r\n250 x\r\n354 Go ahead\r\n";
        stream.write_all(begin).unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"\r\n.\r\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).unwrap();
            said.push(octet[0]);
        }
        thread::sleep(Duration::from_secs(3));
        stream.write_all(b"250 Ok\r\n").unwrap();
    });
    endpoint.timeout = Duration::from_secs(2);
    let mut client = SmtpClient::connect(&endpoint).unwrap();
    let reply = client.data(&mut Cursor::new("Subject: x\n\nx\n")).unwrap();
    assert_eq!(reply.code, 250);
}
