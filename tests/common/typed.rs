//! Conversations as a person types them, for tests.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Lab;

/// A conversation typed by hand.
pub struct Typed(pub BufReader<TcpStream>);

impl Typed {
    /// Connects, and hears the greeting.
    pub fn connect(lab: &Lab, protocol: &str) -> Typed {
        let tcp = TcpStream::connect(lab.address(protocol)).unwrap();
        tcp.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut typed = Typed(BufReader::new(tcp));
        typed.line();
        typed
    }

    /// Sends these octets.
    pub fn send(&mut self, octets: &[u8]) {
        self.0.get_mut().write_all(octets).unwrap();
    }

    /// Hears a line.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Sends a command, and receives one line.
    pub fn ask(&mut self, command: &str) -> String {
        self.send(format!("{command}\r\n").as_bytes());
        self.line()
    }

    /// From the greeting to the point where the message goes.
    pub fn until_data(&mut self) {
        assert!(self.ask("HELO client.test").starts_with("250"));
        assert!(self.ask("MAIL FROM:<mallory@elsewhere.test>").starts_with("250"));
        assert!(self.ask("RCPT TO:<carol@pillarbox.test>").starts_with("250"));
        assert!(self.ask("DATA").starts_with("354"));
    }

    /// All that comes until the server closes.
    pub fn rest(&mut self) -> String {
        String::from_utf8_lossy(&self.rest_octets()).into_owned()
    }

    /// The same, octet for octet.
    pub fn rest_octets(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.0.read_to_end(&mut rest) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
            _ => rest,
        }
    }
}

/// How many messages carol has.
pub fn messages(lab: &Lab) -> usize {
    let mut pop3 = Typed::connect(lab, "pop3");
    assert!(pop3.ask("USER carol").starts_with("+OK"));
    assert!(pop3.ask("PASS chimney").starts_with("+OK"));
    let stat = pop3.ask("STAT");
    assert!(pop3.ask("QUIT").starts_with("+OK"));
    stat.split_whitespace().nth(1).unwrap().parse().unwrap()
}
