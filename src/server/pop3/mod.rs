//! The POP3 server (RFC 1939, without APOP): hands out the messages of an INBOX.
//!
//! With CAPA (RFC 2449), STLS (RFC 2595), AUTH (RFC 5034) and the response codes of RFC 2449 and
//! RFC 3206. What comes before the login stands in `authorization.rs`, what is done with the
//! messages in `maildrop.rs`; here are the commands. Nothing in the mailbox changes before QUIT.

mod authorization;
mod maildrop;
mod top;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use super::{Authenticator, Next, Part, Peer, Reply, Session, Site, Trouble};
use crate::limits;
use crate::mail::net::dot::Stuffed;
use crate::mail::protocol::pop3::Command;
use crate::mail::protocol::sasl::Exchange;
use maildrop::{Maildrop, NotThere};

/// One conversation in POP3.
pub struct Pop3Server {
    site: Arc<Site>,
    peer: Peer,
    authenticator: Authenticator,
    state: State,
    /// Lines in a row that were no commands.
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
enum State {
    /// Nobody has logged in; USER may have said who wants to.
    Authorization(Option<String>),
    /// An AUTH challenge waits for its answer.
    Auth(Exchange),
    /// Somebody has, and the mailbox is locked.
    Transaction(Maildrop),
    /// The last words are said.
    Over,
}

impl Pop3Server {
    /// A conversation with this client.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer) -> Pop3Server {
        let authenticator = Authenticator::new(&site, &peer);
        Pop3Server {
            site,
            peer,
            authenticator,
            state: State::Authorization(None),
            bad_commands: 0,
        }
    }

    /// Says what is wrong with the line. Who speaks something else altogether is let go.
    fn bad_command(&mut self, why: &str) -> Reply {
        self.bad_commands += 1;
        if self.bad_commands >= limits::BAD_COMMANDS {
            return err("Too many bad commands").then(Next::Close);
        }
        err(why)
    }

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

    /// RFC 2449 §5: what the server can do, before and after the login.
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
        listing(
            "This is what I can do",
            lines.into_iter().map(str::to_owned),
        )
    }

    /// RFC 1939 §6: the UPDATE state. The mailbox is unlocked before the client hears of the end.
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

/// What the TRANSACTION state allows (RFC 1939 §5, §7).
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
        _ => Ok(err("You are logged in already")),
    };
    done.unwrap_or_else(|not_there| not_there.reply())
}

fn stat(maildrop: &Maildrop) -> Reply {
    let (count, octets) = maildrop.stat();
    ok(&format!("{count} {octets}"))
}

fn list(maildrop: &Maildrop, number: u32) -> Result<Reply, NotThere> {
    let size = maildrop.find(number)?.size;
    Ok(ok(&format!("{number} {size}")))
}

fn list_all(maildrop: &Maildrop) -> Reply {
    let (count, octets) = maildrop.stat();
    let lines = maildrop
        .iter()
        .map(|(number, entry)| format!("{number} {}", entry.size));
    listing(&format!("{count} messages ({octets} octets)"), lines)
}

fn uidl(maildrop: &Maildrop, number: u32) -> Result<Reply, NotThere> {
    let id = maildrop.unique_id(maildrop.find(number)?);
    Ok(ok(&format!("{number} {id}")))
}

fn uidl_all(maildrop: &Maildrop) -> Reply {
    let line = |(number, entry)| format!("{number} {}", maildrop.unique_id(entry));
    listing("These are the unique ids", maildrop.iter().map(line))
}

fn retr(maildrop: &mut Maildrop, number: u32) -> Result<Reply, NotThere> {
    let (text, octets) = maildrop.retr(number)?;
    Ok(message(octets, text))
}

fn top(maildrop: &Maildrop, number: u32, lines: u64) -> Result<Reply, NotThere> {
    let (text, octets) = maildrop.top(number, lines)?;
    Ok(message(octets, text))
}

fn dele(maildrop: &mut Maildrop, number: u32) -> Result<Reply, NotThere> {
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
        let known = matches!(self.state, State::Transaction(_));
        (!known).then_some(limits::LOGIN_TIMEOUT)
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::LineTooLong => self.line_too_long(),
            Trouble::LineEndless => err("Line too long"),
            // RFC 1939 §3: a silent client's connection is closed without a response.
            Trouble::TimedOut => Reply::close(),
            Trouble::ShuttingDown => err("[SYS/TEMP] The server is stopping"),
            Trouble::TooManyConnections => err("[SYS/TEMP] Too many connections, try later"),
            Trouble::PlaintextAfterStartTls => err("Something was said in clear behind STLS"),
        }
    }
}

fn ok(text: &str) -> Reply {
    Reply::line(format!("+OK {text}\r\n"))
}

fn err(text: &str) -> Reply {
    Reply::line(format!("-ERR {text}\r\n"))
}

/// A multi-line response (RFC 1939 §3). None of our lines begins with a dot.
fn listing(text: &str, lines: impl Iterator<Item = String>) -> Reply {
    let mut reply = format!("+OK {text}\r\n");
    lines.for_each(|line| {
        reply.push_str(&line);
        reply.push_str("\r\n");
    });
    reply.push_str(".\r\n");
    Reply::line(reply)
}

/// A message, or its beginning. Wireshark reads the number of octets.
fn message(octets: u64, text: impl Read + 'static) -> Reply {
    let first = format!("+OK {octets} octets\r\n").into_bytes();
    Reply {
        parts: vec![
            Part::Text(first),
            Part::Stream(Box::new(Stuffed::new(text))),
        ],
        next: Next::Line,
    }
}
