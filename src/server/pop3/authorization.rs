//! The AUTHORIZATION state (RFC 1939 §4): USER and PASS, AUTH, STLS.

use super::maildrop::{Maildrop, NotOpened};
use super::{Pop3Server, State, err, ok};
use crate::mail::protocol::sasl::{Credentials, Exchange, SaslStep};
use crate::mail::store::Account;
use crate::server::{AuthError, Next, Reply};

impl Pop3Server {
    /// RFC 1939 §7 lets a server take every name here, so that nobody learns which ones exist.
    pub(super) fn user(&mut self, name: String) -> Reply {
        if !self.authenticator.may_log_in() {
            return err(NEEDS_TLS);
        }
        self.state = State::Authorization(Some(name));
        ok("Send PASS")
    }

    pub(super) fn pass(&mut self, password: String) -> Reply {
        match std::mem::replace(&mut self.state, State::Authorization(None)) {
            State::Authorization(Some(user)) => self.enter(&Credentials { user, password }),
            _ => err("USER first"),
        }
    }

    pub(super) fn auth(&mut self, mechanism: &str, initial: Option<&[u8]>) -> Reply {
        if !self.authenticator.may_log_in() {
            return err(NEEDS_TLS);
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return err("There is no such mechanism");
        };
        let step = exchange.start(initial);
        self.state = State::Auth(exchange);
        self.auth_step(step)
    }

    /// Goes on with an exchange that [`State::Auth`] holds (RFC 5034 §4).
    pub(super) fn auth_step(&mut self, step: SaslStep) -> Reply {
        if let SaslStep::Challenge(challenge) = step {
            return Reply::text(format!("+ {challenge}\r\n"), Next::Secret);
        }
        self.state = State::Authorization(None);
        match step {
            SaslStep::Done(credentials) => self.enter(&credentials),
            SaslStep::Cancelled => err("Cancelled"),
            _ => err("That is no answer in base64 to what was asked"),
        }
    }

    pub(super) fn stls(&self) -> Reply {
        if self.peer.is_encrypted() {
            return err("TLS is active already");
        }
        if !self.peer.can_start_tls() {
            return err("STLS is not offered here");
        }
        ok("Begin TLS").then(Next::StartTls)
    }

    /// A line that is too long is no answer to a challenge.
    pub(super) fn line_too_long(&mut self) -> Reply {
        if matches!(self.state, State::Auth(_)) {
            self.state = State::Authorization(None);
        }
        self.bad_command("Line too long")
    }

    fn enter(&mut self, credentials: &Credentials) -> Reply {
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
            Err(NotOpened::InUse) => err("[IN-USE] Another POP3 session has your mailbox"),
            Err(NotOpened::Disk(error)) => {
                log::error!("{}: {error}", account.name());
                err(UNAVAILABLE)
            }
        }
    }
}

// RFC 3206 §4, §5: [AUTH] says that it was the credentials, [SYS/TEMP] that it was not.
const WRONG: &str = "[AUTH] Username and password not accepted";
const UNAVAILABLE: &str = "[SYS/TEMP] Your mail cannot be opened now, try later";
const NEEDS_TLS: &str = "A password may not cross this connection in clear; STLS first";
