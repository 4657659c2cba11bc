//! POP3's session: its states, and what each command does in them (RFC 1939 §3).
//!
//! Nothing changes in the mailbox until QUIT.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use super::maildrop::{Maildrop, MaildropEntry, MessageError};
use crate::limits;
use crate::mail::net::dot::Stuffed;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::sasl::Exchange;
use crate::mail::store::StoreError;
use crate::server::{Authenticator, Next, Part, Peer, Reply, Session, Site, Trouble};

/// One conversation in POP3.
pub struct Pop3Server {
    site: Arc<Site>,
    pub(super) peer: Peer,
    pub(super) authenticator: Authenticator,
    pub(super) state: State,
    /// The number of invalid lines in a row.
    bad_commands: u32,
}

/// The states of RFC 1939 §3.
///
/// ```text
///                    USER, PASS or AUTH                 QUIT
///  AUTHORIZATION ─────────────────────▶ TRANSACTION ─────────▶ UPDATE ──▶ the end
///        │                                   │
///        └───────── QUIT: the end            └─── the connection is lost: the end, without UPDATE
/// ```
pub(super) enum State {
    /// The client is not logged in. It has given a name with USER, or not yet.
    Authorization(Option<String>),
    /// The client has to answer an AUTH challenge.
    Auth(Exchange),
    /// The client is logged in, and the mailbox is locked.
    Transaction(Maildrop),
    /// The conversation is over.
    Over,
}

impl Pop3Server {
    /// A conversation with this client.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer) -> Pop3Server {
        let authenticator = Authenticator::new(&site, &peer);
        Pop3Server { site, peer, authenticator, state: State::Authorization(None), bad_commands: 0 }
    }

    /// Reports an invalid line. A client that keeps sending invalid lines is disconnected.
    pub(super) fn bad_command(&mut self, why: &str) -> Reply {
        self.bad_commands += 1;
        if self.bad_commands >= limits::BAD_COMMANDS {
            return err("Too many bad commands").then(Next::Close);
        }
        err(why)
    }

    /// Obeys a command, if the state allows it.
    fn obey(&mut self, command: Command) -> Reply {
        match (&mut self.state, command) {
            (_, Command::Capa) => self.capa(),
            (_, Command::Quit) => self.quit(),
            (State::Transaction(maildrop), command) => transact(maildrop, command),
            (_, Command::User(name)) => self.user(name),
            (_, Command::Pass(password)) => self.pass(password),
            (_, Command::Auth { mechanism, initial }) => self.auth(&mechanism, initial.as_deref()),
            (_, Command::Stls) => self.stls(),
            _ => err("Log in first"),
        }
    }

    /// Lists what the server can do, before and after the login (RFC 2449 §5).
    fn capa(&self) -> Reply {
        let mut lines = vec!["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"];
        let sasl = format!("SASL {}", Exchange::MECHANISMS.join(" "));
        if self.authenticator.may_log_in() {
            lines.extend(["USER", &sasl]);
        }
        if self.peer.can_start_tls() {
            lines.push("STLS");
        }
        lines.push("IMPLEMENTATION Pillarbox");
        listing("Capability list follows", &lines)
    }

    /// Enters the UPDATE state (RFC 1939 §6). The mailbox is unlocked before the reply is sent.
    fn quit(&mut self) -> Reply {
        let reply = match std::mem::replace(&mut self.state, State::Over) {
            State::Transaction(maildrop) => match maildrop.update() {
                Ok(()) => ok("Farewell"),
                Err(error) => {
                    log::error!("POP3's UPDATE: {error}");
                    err("[SYS/TEMP] Some messages could not be deleted")
                }
            },
            _ => ok("Farewell"),
        };
        reply.then(Next::Close)
    }
}

/// Obeys a command of the TRANSACTION state (RFC 1939 §5, §7).
fn transact(maildrop: &mut Maildrop, command: Command) -> Reply {
    let done = match command {
        Command::Stat => Ok(stat(maildrop)),
        Command::List(Some(number)) => list(maildrop, number),
        Command::List(None) => Ok(list_all(maildrop)),
        Command::Uidl(Some(number)) => uidl(maildrop, number),
        Command::Uidl(None) => Ok(uidl_all(maildrop)),
        Command::Retr(number) => retr(maildrop, number),
        Command::Top { message, lines } => top(maildrop, message, lines),
        Command::Dele(number) => dele(maildrop, number),
        Command::Noop => Ok(ok("Ok")),
        Command::Rset => Ok(rset(maildrop)),
        _ => Ok(err("You are already logged in")),
    };
    done.unwrap_or_else(|error| refusal(&error))
}

fn stat(maildrop: &Maildrop) -> Reply {
    let (count, octets) = maildrop.stat();
    ok(&format!("{count} {octets}"))
}

fn list(maildrop: &Maildrop, number: u32) -> Result<Reply, MessageError> {
    let size = maildrop.find(number)?.size;
    Ok(ok(&format!("{number} {size}")))
}

fn list_all(maildrop: &Maildrop) -> Reply {
    let (count, octets) = maildrop.stat();
    let line = |(number, entry): (u32, &MaildropEntry)| format!("{number} {}", entry.size);
    let lines: Vec<String> = maildrop.iter().map(line).collect();
    listing(&format!("{count} messages ({octets} octets)"), &lines)
}

fn uidl(maildrop: &Maildrop, number: u32) -> Result<Reply, MessageError> {
    let id = maildrop.unique_id(maildrop.find(number)?);
    Ok(ok(&format!("{number} {id}")))
}

fn uidl_all(maildrop: &Maildrop) -> Reply {
    let line = |(number, entry)| format!("{number} {}", maildrop.unique_id(entry));
    let lines: Vec<String> = maildrop.iter().map(line).collect();
    listing("Unique ID listing follows", &lines)
}

fn retr(maildrop: &mut Maildrop, number: u32) -> Result<Reply, MessageError> {
    let (text, octets) = maildrop.retr(number)?;
    Ok(message(octets, text))
}

fn top(maildrop: &Maildrop, number: u32, lines: u64) -> Result<Reply, MessageError> {
    let (text, octets) = maildrop.top(number, lines)?;
    Ok(message(octets, text))
}

fn dele(maildrop: &mut Maildrop, number: u32) -> Result<Reply, MessageError> {
    maildrop.dele(number)?;
    Ok(ok("Message marked for deletion"))
}

fn rset(maildrop: &mut Maildrop) -> Reply {
    maildrop.rset();
    let (count, octets) = maildrop.stat();
    ok(&format!("{count} messages ({octets} octets)"))
}

impl Session for Pop3Server {
    fn greeting(&mut self) -> Reply {
        ok(&format!("{} Pillarbox POP3 is ready", self.site.hostname))
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        if let State::Auth(exchange) = &mut self.state {
            let step = exchange.answer(line);
            return self.auth_step(step);
        }
        match Command::parse(line) {
            Ok(command) => {
                self.bad_commands = 0;
                self.obey(command)
            }
            Err(error) => self.bad_command(&error.to_string()),
        }
    }

    fn timeout(&self) -> Option<Duration> {
        match self.state {
            State::Transaction(_) => None,
            _ => Some(limits::LOGIN_TIMEOUT),
        }
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::LineTooLong => self.line_too_long(),
            Trouble::LineEndless => err("Line too long"),
            // RFC 1939 §3: a silent client's connection is closed without a response.
            Trouble::TimedOut => Reply::close(),
            Trouble::ShuttingDown => err("[SYS/TEMP] The server is stopping"),
            Trouble::TooManyConnections => err("[SYS/TEMP] Too many connections, try later"),
            Trouble::PlaintextAfterStartTls => err("Unencrypted data after STLS"),
        }
    }
}

pub(super) fn ok(text: &str) -> Reply {
    Reply::line(format!("+OK {text}\r\n"))
}

pub(super) fn err(text: &str) -> Reply {
    Reply::line(format!("-ERR {text}\r\n"))
}

/// Why a message cannot be used.
fn refusal(error: &MessageError) -> Reply {
    match error {
        MessageError::OutOfRange => err("Message number out of range"),
        MessageError::Deleted => err("The message is marked for deletion"),
        MessageError::Unreadable(StoreError::MessageGone) => {
            err("The message is gone: another client removed it")
        }
        MessageError::Unreadable(error) => {
            log::error!("POP3: {error}");
            err("[SYS/TEMP] The message cannot be read now, try later")
        }
    }
}

/// A multi-line response (RFC 1939 §3). None of our lines begins with a dot.
fn listing(text: &str, lines: &[impl AsRef<str>]) -> Reply {
    let mut reply = format!("+OK {text}\r\n");
    for line in lines {
        reply.push_str(line.as_ref());
        reply.push_str("\r\n");
    }
    reply.push_str(".\r\n");
    Reply::line(reply)
}

/// A whole message, or its beginning, after its number of octets, which Wireshark shows.
fn message(octets: u64, text: impl Read + 'static) -> Reply {
    let first = format!("+OK {octets} octets\r\n").into_bytes();
    Reply {
        parts: vec![Part::Text(first), Part::Stream(Box::new(Stuffed::new(text)))],
        next: Next::Line,
    }
}
