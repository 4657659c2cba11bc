//! One conversation in SMTP or LMTP: its state, and which function answers which command.
//!
//! The functions with the verbs' names are in the files beside this one.

use std::io::{self, Read};
use std::sync::Arc;

use super::replies::SmtpReplies;
use super::transaction::{MailTransaction, Transfer};
use crate::limits;
use crate::mail::protocol::sasl::Exchange;
use crate::mail::protocol::smtp::{Chunk, Command, Reply};
use crate::mail::store::Account;
use crate::server::{self, Authenticator, CountedAction, Next, Peer, Session, Site, Trouble};

/// One conversation in SMTP or LMTP.
pub struct SmtpServer {
    pub(super) site: Arc<Site>,
    pub(super) peer: Peer,
    pub(super) role: SmtpRole,
    pub(super) authenticator: Authenticator,
    /// The client's name, from EHLO or HELO.
    pub(super) client_name: String,
    /// True after EHLO, false after HELO.
    pub(super) extended: bool,
    /// The account that has logged in.
    pub(super) account: Option<Account>,
    pub(super) state: SmtpState,
    /// The number of refused commands.
    errors: u32,
}

/// The kind of client that a port serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpRole {
    /// Other servers bring mail for local accounts, without a login (RFC 5321).
    Mx,
    /// Users send mail to any address. They log in first, and use their own address (RFC 6409).
    Submission,
    /// A mail transfer agent on this network brings mail for local accounts; each recipient has a
    /// reply of its own (RFC 2033).
    Lmtp,
}

/// The state of the conversation: the order of commands of RFC 5321 §4.1.4, with RFC 4954's AUTH.
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
///  EHLO, HELO and RSET lead back to Ready from every state, and cancel a message that has begun.
///  In LMTP all of them are LHLO.
/// ```
pub(super) enum SmtpState {
    /// The server has sent its greeting, the client has not.
    Connected,
    /// Between two messages.
    Ready,
    /// An AUTH challenge waits for its response.
    Auth(Exchange),
    /// MAIL was accepted, and perhaps some RCPT.
    Mail(MailTransaction),
    /// DATA was accepted: the message comes next.
    Data(Box<Transfer>),
    /// BDAT was accepted: its octets come next, or another BDAT.
    Chunks { transfer: Box<Transfer>, chunk: Chunk },
}

impl SmtpServer {
    /// A conversation with this client.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer, role: SmtpRole) -> SmtpServer {
        let authenticator = Authenticator::new(&site, &peer);
        SmtpServer {
            site,
            peer,
            role,
            authenticator,
            client_name: String::new(),
            extended: false,
            account: None,
            state: SmtpState::Connected,
            errors: 0,
        }
    }

    /// Calls the verb's function. `Err` is a refusal.
    fn obey(&mut self, command: Command) -> Result<SmtpReplies, Reply> {
        // RFC 2033 §4.1: LMTP has LHLO in place of EHLO and HELO; SMTP has no LHLO.
        let command_fits = matches!(command, Command::Lhlo(_)) == (self.role == SmtpRole::Lmtp);
        Ok(match command {
            Command::Ehlo(name) | Command::Lhlo(name) if command_fits => self.ehlo(name).into(),
            Command::Helo(name) if command_fits => self.helo(name).into(),
            Command::Ehlo(_) | Command::Helo(_) | Command::Lhlo(_) => {
                let text = format!("Use {} on this port", self.greeting_verb());
                return Err(Reply::WRONG_PROTOCOL.because(text));
            }
            Command::Mail { from, params } => self.mail(from, params)?.into(),
            Command::Rcpt { to, params } => self.rcpt(to, params)?.into(),
            Command::Data => self.data()?,
            Command::Bdat { size, chunk } => self.bdat(size, chunk),
            Command::Rset => self.rset().into(),
            Command::Noop => Reply::OK.into(),
            Command::Vrfy(name) => self.vrfy(&name)?.into(),
            Command::Expn(list) => self.expn(&list)?.into(),
            Command::Help(about) => self.help(about.as_deref())?.into(),
            Command::Auth { mechanism, initial } => self.auth(&mechanism, initial.as_deref())?,
            Command::StartTls => self.starttls()?,
            Command::Quit => SmtpReplies::then(Reply::BYE, Next::Close),
        })
    }

    fn ehlo(&mut self, name: String) -> Reply {
        self.hello(name);
        self.extended = true;
        let mut lines = vec![self.welcome()];
        lines.extend(self.extensions());
        Reply::HELLO.because(lines.join("\n"))
    }

    fn helo(&mut self, name: String) -> Reply {
        self.hello(name);
        self.extended = false;
        Reply::HELLO.because(self.welcome())
    }

    /// RFC 5321 §4.1.4: a second EHLO does what RSET does.
    fn hello(&mut self, name: String) {
        self.client_name = name;
        self.state = SmtpState::Ready;
    }

    /// RFC 5321 §4.1.1.1: the server's name comes first.
    fn welcome(&self) -> String {
        format!("{} Hello, I am delighted to meet you", self.site.hostname)
    }

    fn rset(&mut self) -> Reply {
        if !matches!(self.state, SmtpState::Connected) {
            self.state = SmtpState::Ready;
        }
        Reply::OK
    }

    pub(super) fn hello_first(&self) -> Reply {
        Reply::BAD_SEQUENCE.because(format!("{} first", self.greeting_verb()))
    }

    fn greeting_verb(&self) -> &'static str {
        match self.role {
            SmtpRole::Lmtp => "LHLO",
            SmtpRole::Mx | SmtpRole::Submission => "EHLO",
        }
    }

    /// Counts an action of the client's address; true if it is within the limits.
    pub(super) fn is_within_limits(&self, action: CountedAction) -> bool {
        let address = self.peer.address.ip();
        self.site.rate_limiter.allows(address, action, &self.site.limits)
    }

    /// Counts a refusal (RFC 5321 §4.2.1: `5yz`), and ends the conversation after too many.
    fn answer(&mut self, result: Result<SmtpReplies, Reply>) -> server::Reply {
        let replies = result.unwrap_or_else(SmtpReplies::from);
        if replies.replies.first().is_some_and(Reply::is_permanent) {
            self.errors += 1;
            if !self.is_within_limits(CountedAction::Error)
                || self.errors > limits::REFUSED_COMMANDS
            {
                return SmtpReplies::then(Reply::TOO_MANY_ERRORS, Next::Close).into();
            }
        }
        replies.into()
    }
}

impl Session for SmtpServer {
    fn greeting(&mut self) -> server::Reply {
        let protocol = match self.role {
            SmtpRole::Lmtp => "LMTP",
            SmtpRole::Mx | SmtpRole::Submission => "ESMTP",
        };
        let text = format!("{} {protocol} Pillarbox", self.site.hostname);
        SmtpReplies::from(Reply::GREETING.because(text)).into()
    }

    fn interact(&mut self, line: &[u8]) -> server::Reply {
        let result = match &mut self.state {
            SmtpState::Auth(exchange) => {
                let step = exchange.answer(line);
                self.auth_step(step)
            }
            _ => match Command::parse(line) {
                Ok(command) => self.obey(command),
                Err(error) => Err(error.reply()),
            },
        };
        self.answer(result)
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<server::Reply> {
        let replies = self.message(body)?;
        Ok(self.answer(Ok(replies)))
    }

    fn trouble(&mut self, trouble: Trouble) -> server::Reply {
        let reply = match trouble {
            Trouble::LineTooLong if self.cancel_auth() => Reply::RESPONSE_TOO_LONG,
            Trouble::LineTooLong => return self.answer(Err(Reply::LINE_TOO_LONG)),
            Trouble::LineEndless => Reply::LINE_TOO_LONG,
            Trouble::TimedOut => Reply::IDLE_TIMEOUT,
            Trouble::ShuttingDown => Reply::SHUTTING_DOWN,
            Trouble::TooManyConnections => Reply::TOO_MANY_CONNECTIONS,
            Trouble::PlaintextAfterStartTls => Reply::PLAINTEXT_AFTER_STARTTLS,
        };
        SmtpReplies::from(reply).into()
    }
}
