//! The SMTP server (RFC 5321), which speaks LMTP too (RFC 2033): takes messages for local accounts,
//! and from our users those for others.
//!
//! The way of a line: [`interact`](Session::interact) → `Command::parse` → the function that bears
//! the verb's name → a [`Reply`]. MAIL and RCPT stand in `transaction.rs`, DATA and BDAT in
//! `text.rs`, AUTH and STARTTLS in `security.rs`, VRFY and EXPN in `lists.rs`, the others here.
//! `extensions.rs` is what EHLO offers; `docs/protocols/smtp.md` has all of it as a table.
//! What is for another domain goes into the queue, and only for those who have logged in. No message
//! is held in memory.

mod body;
mod extensions;
mod header;
mod help;
mod incoming;
mod lists;
mod mailbox;
mod security;
mod text;
mod trace;
mod transaction;

use std::io::{self, Read};
use std::sync::Arc;

use super::{Deed, Door, Next, Part, Peer, Reply, Session, Site, Trouble};
use crate::limits;
use crate::mail::protocol::sasl::Exchange;
use crate::mail::protocol::smtp::{self, Command, Enhanced, SyntaxError};
use crate::mail::store::Account;
pub(super) use mailbox::home;
use text::Arriving;
use transaction::Envelope;

/// One conversation in SMTP.
pub struct SmtpServer {
    site: Arc<Site>,
    peer: Peer,
    role: Role,
    door: Door,
    client: Client,
    /// Who has logged in.
    account: Option<Account>,
    state: State,
    /// How many commands were refused.
    errors: u32,
}

/// Whose mail is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Other servers': anybody brings mail, for local accounts only (RFC 5321).
    Mx,
    /// Our users': they log in first, and send under their own address (RFC 6409).
    Submission,
    /// What a mail transfer agent beside us has taken already: for local accounts, and each
    /// recipient has an answer of his own (RFC 2033).
    Lmtp,
}

/// What the client said of itself.
#[derive(Default)]
struct Client {
    /// After EHLO or HELO.
    name: String,
    /// Did it say EHLO?
    extended: bool,
}

/// Where the conversation stands: the order of commands of RFC 5321 §4.1.4, with RFC 4954's AUTH.
///
/// ```text
///             EHLO            MAIL          DATA
///  Connected ──────▶ Ready ──────────▶ Mail ──────▶ Data
///                    │   ▲             │  ▲ │         │
///               AUTH │   │ done   RCPT └──┘ │ BDAT    │ the message, up to its lone dot
///                    ▼   │                  ▼         ▼
///                    Auth                 Chunks ───▶ Ready
///                                         │   ▲  the chunk that is the LAST
///                                         └───┘ BDAT
///
///  EHLO, HELO and RSET lead back to Ready from everywhere, and forget the message that had begun.
///  In LMTP all of them are LHLO.
/// ```
enum State {
    /// Greeted, and not greeted back.
    Connected,
    /// Between two messages.
    Ready,
    /// An AUTH challenge waits for its answer.
    Auth(Exchange),
    /// MAIL was accepted, and perhaps some RCPT.
    Mail(Envelope),
    /// DATA was accepted: the message comes next.
    Data(Box<Arriving>),
    /// BDAT was accepted: its octets come next, or its answer was given and another BDAT may come.
    /// Is it the last?
    Chunks(Box<Arriving>, bool),
}

impl SmtpServer {
    /// A conversation with this client.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer, role: Role) -> SmtpServer {
        let door = Door::new(&site, &peer);
        SmtpServer {
            site,
            peer,
            role,
            door,
            client: Client::default(),
            account: None,
            state: State::Connected,
            errors: 0,
        }
    }

    fn obey(&mut self, command: Command) -> Reply {
        // RFC 2033 §4.1: LMTP has LHLO and neither of the others; SMTP has no LHLO.
        let command_fits = matches!(command, Command::Lhlo(_)) == (self.role == Role::Lmtp);
        match command {
            Command::Ehlo(name) | Command::Lhlo(name) if command_fits => self.ehlo(name),
            Command::Helo(name) if command_fits => self.helo(name),
            Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_) => self.other_protocol(),
            Command::Mail { from, params } => self.mail(from, params),
            Command::Rcpt { to, params } => self.rcpt(to, params),
            Command::Data => self.data(),
            Command::Bdat { size, last } => self.bdat(size, last),
            Command::Rset => self.rset(),
            Command::Noop => status(250, "2.0.0", "Ok"),
            Command::Vrfy(who) => self.vrfy(&who),
            Command::Expn(list) => self.expn(&list),
            Command::Help(about) => help::help(about.as_deref(), self.role),
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial.as_deref()),
            Command::StartTls => self.starttls(),
            Command::Quit => status(221, "2.0.0", "Bye").then(Next::Close),
        }
    }

    fn ehlo(&mut self, name: String) -> Reply {
        self.hello(name, true);
        let mut lines = vec![self.welcome()];
        lines.extend(self.extensions());
        several(250, None, lines)
    }

    fn helo(&mut self, name: String) -> Reply {
        self.hello(name, false);
        several(250, None, vec![self.welcome()])
    }

    /// RFC 5321 §4.1.4: a second EHLO does what RSET does.
    fn hello(&mut self, name: String, extended: bool) {
        self.client = Client { name, extended };
        self.state = State::Ready;
    }

    /// RFC 5321 §4.1.1.1: the server's name comes first.
    fn welcome(&self) -> String {
        format!("{} Hello, I am delighted to meet you", self.site.hostname)
    }

    fn rset(&mut self) -> Reply {
        if !matches!(self.state, State::Connected) {
            self.state = State::Ready;
        }
        status(250, "2.0.0", "Ok")
    }

    /// RFC 2033 §4.1: `500`, for in this protocol there is no such command.
    fn other_protocol(&self) -> Reply {
        status(
            500,
            "5.5.1",
            &format!("This port wants {}", self.greeting_verb()),
        )
    }

    fn hello_first(&self) -> Reply {
        status(503, "5.5.1", &format!("{} first", self.greeting_verb()))
    }

    /// Which command is missing, when MAIL should have come before?
    fn mail_first(&self) -> Reply {
        match self.state {
            State::Chunks(..) => status(503, "5.5.1", "BDAT goes on until its LAST"),
            _ => status(503, "5.5.1", "MAIL first"),
        }
    }

    fn greeting_verb(&self) -> &'static str {
        match self.role {
            Role::Lmtp => "LHLO",
            Role::Mx | Role::Submission => "EHLO",
        }
    }

    /// RFC 5321 §4.2.1: the first digit tells whether a command was refused.
    fn count(&mut self, reply: Reply) -> Reply {
        let refused =
            matches!(reply.parts.first(), Some(Part::Text(text)) if text.starts_with(b"5"));
        self.errors += u32::from(refused);
        let too_many = refused && !self.may(Deed::Error);
        if too_many || self.errors > limits::REFUSED_COMMANDS {
            return status(421, "4.7.0", "Too many errors, good-bye").then(Next::Close);
        }
        reply
    }
}

impl Session for SmtpServer {
    fn greeting(&mut self) -> Reply {
        let protocol = match self.role {
            Role::Lmtp => "LMTP",
            Role::Mx | Role::Submission => "ESMTP",
        };
        let text = format!("{} {protocol} Pillarbox", self.site.hostname);
        several(220, None, vec![text])
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        let reply = match &mut self.state {
            State::Auth(exchange) => {
                let step = exchange.answer(line);
                self.auth_step(step)
            }
            _ => match Command::parse(line) {
                Ok(command) => self.obey(command),
                Err(error) => refuse(&error),
            },
        };
        self.count(reply)
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<Reply> {
        let reply = self.text(body)?;
        Ok(self.count(reply))
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        match trouble {
            Trouble::LineTooLong => self.line_too_long(),
            Trouble::LineEndless => status(500, "5.5.2", "Line too long"),
            // RFC 5321 §3.8: 421 announces that the server closes, whatever was said before.
            Trouble::TimedOut => status(421, "4.4.2", "You said nothing for too long"),
            Trouble::ShuttingDown => status(421, "4.3.2", "The server is stopping"),
            Trouble::TooManyConnections => status(421, "4.3.2", "Too many connections, try later"),
            Trouble::PlaintextBehindStartTls => {
                status(421, "4.7.0", "Something was said in clear behind STARTTLS")
            }
        }
    }
}

/// A reply of one line, with its enhanced code (RFC 2034).
fn status(code: u16, enhanced: &str, text: &str) -> Reply {
    several(code, Enhanced::parse(enhanced), vec![text.to_owned()])
}

/// A reply of one or more lines.
fn several(code: u16, enhanced: Option<Enhanced>, lines: Vec<String>) -> Reply {
    let reply = smtp::Reply {
        code,
        enhanced,
        lines,
    };
    Reply::line(reply.to_string())
}

fn refuse(error: &SyntaxError) -> Reply {
    let text = sentence(&error.to_string());
    several(error.code(), Some(error.enhanced()), vec![text])
}

/// With a capital letter, as all our replies begin.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}
