//! AUTH (RFC 4954) and STARTTLS (RFC 3207).

use super::replies::SmtpReplies;
use super::session::{SmtpRole, SmtpServer, SmtpState};
use crate::mail::protocol::sasl::{Credentials, Exchange, SaslStep};
use crate::mail::protocol::smtp::Reply;
use crate::server::{AuthError, Next};

impl SmtpServer {
    pub(super) fn auth(
        &mut self,
        mechanism: &str,
        initial: Option<&[u8]>,
    ) -> Result<SmtpReplies, Reply> {
        if self.role == SmtpRole::Lmtp {
            return Err(Reply::NOT_OFFERED.because("AUTH is not offered here"));
        }
        match self.state {
            SmtpState::Ready => {}
            SmtpState::Connected => return Err(self.hello_first()),
            // RFC 4954 §4.
            _ => return Err(Reply::BAD_SEQUENCE.because("AUTH is not allowed during a message")),
        }
        if let Some(account) = &self.account {
            let text = format!("You are already logged in as {}", account.name());
            return Err(Reply::BAD_SEQUENCE.because(text));
        }
        if !self.authenticator.may_log_in() {
            return Err(Reply::ENCRYPTION_REQUIRED);
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return Err(Reply::UNKNOWN_ARGUMENT.because("Unsupported mechanism"));
        };
        let step = exchange.start(initial);
        self.state = SmtpState::Auth(exchange);
        self.auth_step(step)
    }

    /// Continues the exchange of [`SmtpState::Auth`].
    pub(super) fn auth_step(&mut self, step: SaslStep) -> Result<SmtpReplies, Reply> {
        if let SaslStep::Challenge(challenge) = step {
            let reply = Reply::CHALLENGE.because(challenge);
            return Ok(SmtpReplies::then(reply, Next::Secret));
        }
        self.state = SmtpState::Ready;
        match step {
            SaslStep::Done(credentials) => self.log_in(&credentials),
            SaslStep::Cancelled => Err(Reply::CANCELLED),
            SaslStep::Malformed | SaslStep::Challenge(_) => Err(Reply::BAD_RESPONSE),
        }
    }

    fn log_in(&mut self, credentials: &Credentials) -> Result<SmtpReplies, Reply> {
        match self.authenticator.log_in(credentials) {
            Ok(account) => {
                self.account = Some(account);
                Ok(Reply::AUTHENTICATED.into())
            }
            Err(AuthError::WrongPassword) => Err(Reply::WRONG_PASSWORD),
            Err(AuthError::TooManyAttempts) => {
                Ok(SmtpReplies::then(Reply::TOO_MANY_LOGINS, Next::Close))
            }
            Err(AuthError::NeedsTls) => Err(Reply::ENCRYPTION_REQUIRED),
            Err(AuthError::Unavailable(why)) => {
                Err(Reply::LOGIN_UNAVAILABLE.because(format!("Try again later: {why}")))
            }
        }
    }

    /// RFC 4954 §4: a response that is too long cancels the exchange. True if there was one.
    pub(super) fn cancel_auth(&mut self) -> bool {
        let in_exchange = matches!(self.state, SmtpState::Auth(_));
        if in_exchange {
            self.state = SmtpState::Ready;
        }
        in_exchange
    }

    pub(super) fn starttls(&mut self) -> Result<SmtpReplies, Reply> {
        if self.peer.is_encrypted() {
            return Err(Reply::BAD_SEQUENCE.because("TLS is already active"));
        }
        if !self.peer.can_start_tls() {
            return Err(Reply::NOT_OFFERED.because("STARTTLS is not offered here"));
        }
        Ok(SmtpReplies::then(Reply::READY_FOR_TLS, Next::StartTls))
    }
}
