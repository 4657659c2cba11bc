//! AUTH (RFC 4954) and STARTTLS (RFC 3207).

use super::{Role, SmtpServer, State, status};
use crate::mail::protocol::sasl::{Credentials, Exchange, Step};
use crate::server::{Next, Refusal, Reply};

impl SmtpServer {
    pub(super) fn auth(&mut self, mechanism: &str, initial: Option<&[u8]>) -> Reply {
        if self.role == Role::Lmtp {
            return status(502, "5.5.1", "AUTH is not offered here");
        }
        match self.state {
            State::Ready => {}
            State::Connected => return self.hello_first(),
            // RFC 4954 §4.
            _ => return status(503, "5.5.1", "Not in the middle of a message"),
        }
        if let Some(account) = &self.account {
            let text = format!("You are logged in as {} already", account.name());
            return status(503, "5.5.1", &text);
        }
        if !self.door.is_open() {
            return needs_tls();
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return status(504, "5.5.4", "There is no such mechanism");
        };
        let step = exchange.start(initial);
        self.state = State::Auth(exchange);
        self.auth_step(step)
    }

    /// Goes on with an exchange that [`State::Auth`] holds.
    pub(super) fn auth_step(&mut self, step: Step) -> Reply {
        if let Step::Challenge(challenge) = step {
            return Reply::text(format!("334 {challenge}\r\n"), Next::Secret);
        }
        self.state = State::Ready;
        match step {
            Step::Done(credentials) => self.enter(&credentials),
            Step::Cancelled => status(501, "5.7.0", "Cancelled"),
            _ => status(
                501,
                "5.5.2",
                "That is no answer in base64 to what was asked",
            ),
        }
    }

    fn enter(&mut self, credentials: &Credentials) -> Reply {
        match self.door.enter(credentials) {
            Ok(account) => {
                self.account = Some(account);
                status(235, "2.7.0", "Authentication successful")
            }
            Err(Refusal::WrongPassword) => {
                status(535, "5.7.8", "Username and password not accepted")
            }
            Err(Refusal::TooManyAttempts) => status(
                421,
                "4.7.0",
                "Username and password not accepted, too often",
            )
            .then(Next::Close),
            Err(Refusal::NeedsTls) => needs_tls(),
            // RFC 4954 §6: a temporary failure, which is not the password's.
            Err(Refusal::Unavailable(why)) => status(454, "4.7.0", &format!("Try later: {why}")),
        }
    }

    pub(super) fn starttls(&mut self) -> Reply {
        if self.peer.encrypted {
            return status(503, "5.5.1", "TLS is active already");
        }
        if !self.peer.can_start_tls {
            return status(502, "5.5.1", "STARTTLS is not offered here");
        }
        status(220, "2.0.0", "Ready to start TLS").then(Next::StartTls)
    }

    /// RFC 4954 §4: in an exchange, a line that is too long cancels it.
    pub(super) fn line_too_long(&mut self) -> Reply {
        if matches!(self.state, State::Auth(_)) {
            self.state = State::Ready;
            return status(500, "5.5.6", "The answer is too long; cancelled");
        }
        let reply = status(500, "5.5.2", "Line too long");
        self.count(reply)
    }
}

/// RFC 4954 §6.
fn needs_tls() -> Reply {
    status(
        538,
        "5.7.11",
        "A password may not cross this connection in clear; STARTTLS first",
    )
}
