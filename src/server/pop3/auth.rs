//! The AUTHORIZATION state (RFC 1939 §4): USER and PASS, AUTH, STLS.

use super::maildrop::{Maildrop, OpenError};
use super::session::{Pop3Server, State, err, ok};
use crate::mail::protocol::sasl::{Credentials, Exchange, SaslStep};
use crate::mail::store::Account;
use crate::server::{AuthError, Next, Reply, TlsState};

impl Pop3Server {
    /// Takes every name, so that a client cannot find out which names exist (RFC 1939 §7).
    pub(super) fn user(&mut self, name: String) -> Reply {
        if !self.authenticator.may_log_in() {
            return err(NEEDS_TLS);
        }
        self.state = State::Authorization(Some(name));
        ok("Send PASS")
    }

    pub(super) fn pass(&mut self, password: String) -> Reply {
        match std::mem::replace(&mut self.state, State::Authorization(None)) {
            State::Authorization(Some(user)) => self.log_in(&Credentials { user, password }),
            _ => err("USER first"),
        }
    }

    pub(super) fn auth(&mut self, mechanism: &str, initial: Option<&[u8]>) -> Reply {
        if !self.authenticator.may_log_in() {
            return err(NEEDS_TLS);
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return err("Unsupported mechanism");
        };
        let step = exchange.start(initial);
        self.state = State::Auth(exchange);
        self.auth_step(step)
    }

    /// Continues the exchange of [`State::Auth`] (RFC 5034 §4).
    pub(super) fn auth_step(&mut self, step: SaslStep) -> Reply {
        if !matches!(step, SaslStep::Challenge(_)) {
            self.state = State::Authorization(None);
        }
        match step {
            SaslStep::Challenge(challenge) => {
                Reply::text(format!("+ {challenge}\r\n"), Next::Secret)
            }
            SaslStep::Done(credentials) => self.log_in(&credentials),
            SaslStep::Cancelled => err("Cancelled"),
            SaslStep::Malformed => err("Invalid base64 response"),
        }
    }

    pub(super) fn stls(&self) -> Reply {
        match self.peer.tls {
            TlsState::Active(_) => err("TLS is already active"),
            TlsState::Unavailable => err("STLS is not offered here"),
            TlsState::Offered => ok("Begin TLS").then(Next::StartTls),
        }
    }

    /// Refuses a line that is too long. In an AUTH exchange, it cancels the login.
    pub(super) fn line_too_long(&mut self) -> Reply {
        if matches!(self.state, State::Auth(_)) {
            self.state = State::Authorization(None);
        }
        self.bad_command("Line too long")
    }

    fn log_in(&mut self, credentials: &Credentials) -> Reply {
        match self.authenticator.log_in(credentials) {
            Ok(account) => self.open(&account),
            Err(AuthError::WrongPassword) => err(WRONG),
            Err(AuthError::TooManyAttempts) => err(WRONG).then(Next::Close),
            Err(AuthError::NeedsTls) => err(NEEDS_TLS),
            Err(AuthError::Unavailable(_)) => err(UNAVAILABLE),
        }
    }

    fn open(&mut self, account: &Account) -> Reply {
        match Maildrop::open(account) {
            Ok(maildrop) => {
                self.state = State::Transaction(maildrop);
                ok("Welcome")
            }
            // RFC 2449 §8.1.2.
            Err(OpenError::InUse) => err("[IN-USE] Another POP3 session has your mailbox"),
            Err(OpenError::Disk(error)) => {
                log::error!("{}: {error}", account.name());
                err(UNAVAILABLE)
            }
        }
    }
}

// RFC 3206 §4, §5: [AUTH] blames the credentials, [SYS/TEMP] the server.
const WRONG: &str = "[AUTH] Username and password not accepted";
const UNAVAILABLE: &str = "[SYS/TEMP] Your mail cannot be opened now, try later";
const NEEDS_TLS: &str = "Passwords are not accepted unencrypted; STLS first";
