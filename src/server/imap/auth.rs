//! Logging in and out: LOGIN, AUTHENTICATE, STARTTLS, NOOP, LOGOUT (RFC 3501 §6.1, §6.2;
//! an initial response: RFC 4959).

use super::reply::{CommandReply, ImapResult, bye};
use super::{Expecting, ImapServer, ImapState};
use crate::mail::protocol::imap::Response;
use crate::mail::protocol::imap::response::{Code, RefusalCode};
use crate::mail::protocol::sasl::{Credentials, Exchange, SaslStep};
use crate::server::{AuthError, Authenticator, Next};

impl ImapServer {
    /// RFC 3501 §6.2.3.
    pub(crate) fn login(&mut self, credentials: &Credentials) -> ImapResult {
        self.log_in(credentials, "LOGIN")
    }

    /// RFC 3501 §6.2.2.
    pub(crate) fn authenticate(&mut self, mechanism: &str, initial: Option<&[u8]>) -> ImapResult {
        if !self.authenticator()?.may_log_in() {
            return Err(needs_tls());
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return Err(CommandReply::no(
                "Unsupported mechanism; CAPABILITY lists the supported ones",
            ));
        };
        let step = exchange.start(initial);
        self.step(exchange, step)
    }

    /// Takes the line that answers a challenge.
    pub(crate) fn challenge_answered(&mut self, mut exchange: Exchange, line: &[u8]) -> ImapResult {
        let step = exchange.answer(line);
        self.step(exchange, step)
    }

    fn step(&mut self, exchange: Exchange, step: SaslStep) -> ImapResult {
        match step {
            SaslStep::Challenge(challenge) => {
                self.expecting = Expecting::Authenticate(exchange);
                let challenge = Response::Continue(challenge.into());
                Ok(CommandReply::untagged([challenge]).then(Next::Secret))
            }
            SaslStep::Done(credentials) => self.log_in(&credentials, "AUTHENTICATE"),
            // RFC 3501 §6.2.2: a client that gives up sends `*`, and gets a tagged BAD.
            SaslStep::Cancelled => Err(CommandReply::bad("AUTHENTICATE cancelled")),
            SaslStep::Malformed => {
                Err(CommandReply::bad("expected base64 of what the mechanism asks for"))
            }
        }
    }

    fn log_in(&mut self, credentials: &Credentials, verb: &str) -> ImapResult {
        match self.authenticator()?.log_in(credentials) {
            Ok(account) => {
                self.state = ImapState::Authenticated(account);
                let capabilities = Code::Capability(self.capabilities());
                Ok(CommandReply::ok(format!("{verb} completed")).with_code(capabilities))
            }
            Err(AuthError::NeedsTls) => Err(needs_tls()),
            Err(AuthError::WrongPassword) => Err(wrong_password()),
            Err(AuthError::TooManyAttempts) => {
                Err(wrong_password().with(bye("too many login failures")).then(Next::Close))
            }
            Err(AuthError::Unavailable(_)) => Err(CommandReply::refused(
                RefusalCode::Unavailable,
                "the account's mail cannot be opened now",
            )),
        }
    }

    /// RFC 3501 §6.2.1. The session under TLS is a new one.
    pub(crate) fn starttls(&mut self) -> ImapResult {
        self.authenticator()?;
        if self.peer.is_encrypted() {
            return Err(CommandReply::bad("TLS is already active"));
        }
        if !self.peer.can_start_tls() {
            return Err(CommandReply::bad("STARTTLS is not offered here"));
        }
        Ok(CommandReply::ok("Begin TLS negotiation now").then(Next::StartTls))
    }

    /// RFC 3501 §6.1.2: updates are sent at the end of any command, and so of this one.
    pub(crate) fn noop(&mut self) -> ImapResult {
        Ok(CommandReply::ok("NOOP completed"))
    }

    /// RFC 3501 §6.1.3.
    pub(crate) fn logout(&mut self) -> ImapResult {
        let bye = bye(&format!("{} logging out", self.site.hostname));
        Ok(CommandReply::ok("LOGOUT completed").with(bye).then(Next::Close))
    }

    fn authenticator(&mut self) -> Result<&mut Authenticator, CommandReply> {
        match &mut self.state {
            ImapState::NotAuthenticated(authenticator) => Ok(authenticator),
            _ => Err(CommandReply::bad("you are already logged in")),
        }
    }
}

/// RFC 5530 §3, PRIVACYREQUIRED; RFC 3501 §6.2.3 demands this refusal under LOGINDISABLED.
fn needs_tls() -> CommandReply {
    CommandReply::refused(
        RefusalCode::PrivacyRequired,
        "Password not accepted on an unencrypted connection; use STARTTLS",
    )
}

fn wrong_password() -> CommandReply {
    CommandReply::refused(
        RefusalCode::AuthenticationFailed,
        "login failure: username or password rejected",
    )
}
