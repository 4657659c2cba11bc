//! Coming in and going out: CAPABILITY, ID, STARTTLS, LOGIN, AUTHENTICATE, NOOP, LOGOUT
//! (RFC 3501 §6.1, §6.2; SASL-IR: RFC 4959; ID: RFC 2971).
//!
//! What CAPABILITY lists is decided here and nowhere else: what works in this state, and no more.

use crate::mail::protocol::sasl::{Credentials, Exchange, SaslStep};
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::session::{Expecting, ImapServer, ImapState};
use crate::server::{AuthError, Authenticator, Next, Part};

/// What works in every state.
///
/// RFC 7888 §5 forbids LITERAL- beside LITERAL+; who expects LITERAL-, as IMAP4rev2 promises it, gets
/// all of that from LITERAL+, which only has no bound of 4,096 octets.
const ALWAYS: &str = "IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ID";

/// What works for whoever is logged in, beside that, and APPENDLIMIT.
const LOGGED_IN: [&str; 22] = [
    "ENABLE",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "MULTIAPPEND",
    "BINARY",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "SORT",
    "SORT=DISPLAY",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "STATUS=SIZE",
    "UTF8=ACCEPT",
];

impl ImapServer {
    /// RFC 3501 §6.1.1.
    pub(crate) fn capability(&mut self) -> CommandResult {
        let line = format!("* CAPABILITY {}\r\n", self.capabilities());
        Ok(CommandReply::ok("CAPABILITY completed").with(line))
    }

    /// What the client may use in this state.
    pub(crate) fn capabilities(&self) -> String {
        let ImapState::NotAuthenticated(authenticator) = &self.state else {
            // RFC 7889 §2: with a number, it holds for all mailboxes.
            let most = self.site.limits.message_size;
            return format!("{ALWAYS} {} APPENDLIMIT={most}", LOGGED_IN.join(" "));
        };
        let mut capabilities = ALWAYS.to_owned();
        if self.peer.can_start_tls() {
            capabilities += " STARTTLS";
        }
        if authenticator.may_log_in() {
            for mechanism in Exchange::MECHANISMS {
                capabilities += &format!(" AUTH={mechanism}");
            }
        } else {
            capabilities += " LOGINDISABLED";
        }
        capabilities
    }

    /// RFC 3501 §6.2.1. The session behind TLS is a fresh one.
    pub(crate) fn starttls(&mut self) -> CommandResult {
        self.authenticator()?;
        if self.peer.is_encrypted() {
            return Err(CommandReply::bad("the connection is under TLS already"));
        }
        if !self.peer.can_start_tls() {
            return Err(CommandReply::bad("STARTTLS is not offered here"));
        }
        Ok(CommandReply::ok("Begin TLS negotiation now").then(Next::StartTls))
    }

    /// RFC 3501 §6.2.3.
    pub(crate) fn login(&mut self, credentials: &Credentials) -> CommandResult {
        self.enter(credentials, "LOGIN")
    }

    /// RFC 3501 §6.2.2.
    pub(crate) fn authenticate(
        &mut self,
        tag: &str,
        mechanism: &str,
        initial: Option<&[u8]>,
    ) -> CommandResult {
        if !self.authenticator()?.may_log_in() {
            return Err(needs_tls());
        }
        let Some(mut exchange) = Exchange::begin(mechanism) else {
            return Err(CommandReply::no(
                "there is no such mechanism; CAPABILITY lists them",
            ));
        };
        let step = exchange.start(initial);
        self.step(tag, exchange, step)
    }

    /// Takes the line that answers a challenge.
    pub(crate) fn challenge_answered(
        &mut self,
        tag: &str,
        mut exchange: Exchange,
        line: &[u8],
    ) -> CommandResult {
        let step = exchange.answer(line);
        self.step(tag, exchange, step)
    }

    fn step(&mut self, tag: &str, exchange: Exchange, step: SaslStep) -> CommandResult {
        match step {
            SaslStep::Challenge(challenge) => {
                self.expecting = Expecting::Authenticate(tag.to_owned(), exchange);
                let challenge = format!("+ {challenge}\r\n").into_bytes();
                Ok(CommandReply::untagged(Part::Text(challenge)).then(Next::Secret))
            }
            SaslStep::Done(credentials) => self.enter(&credentials, "AUTHENTICATE"),
            // RFC 3501 §6.2.2: the client gives up with `*`, and hears a tagged BAD.
            SaslStep::Cancelled => Err(CommandReply::bad("AUTHENTICATE cancelled")),
            SaslStep::Malformed => Err(CommandReply::bad(
                "expected base64 of what the mechanism asks for",
            )),
        }
    }

    fn enter(&mut self, credentials: &Credentials, verb: &str) -> CommandResult {
        match self.authenticator()?.log_in(credentials) {
            Ok(account) => {
                self.state = ImapState::Authenticated(account);
                let capabilities = self.capabilities();
                Ok(CommandReply::ok(format!(
                    "[CAPABILITY {capabilities}] {verb} completed"
                )))
            }
            Err(AuthError::NeedsTls) => Err(needs_tls()),
            Err(AuthError::WrongPassword) => Err(wrong_password()),
            Err(AuthError::TooManyAttempts) => Err(wrong_password()
                .with("* BYE too many login failures\r\n")
                .then(Next::Close)),
            Err(AuthError::Unavailable(_)) => Err(CommandReply::no(
                "[UNAVAILABLE] the account's mail cannot be opened now",
            )),
        }
    }

    /// RFC 2971 §3.2: who we are. Who the client is changes nothing.
    pub(crate) fn id(&mut self) -> CommandResult {
        let version = env!("CARGO_PKG_VERSION");
        let line = format!("* ID (\"name\" \"Pillarbox\" \"version\" \"{version}\")\r\n");
        Ok(CommandReply::ok("ID completed").with(line))
    }

    /// RFC 3501 §6.1.2: news are told at the end of every command, and so of this one.
    pub(crate) fn noop(&mut self) -> CommandResult {
        Ok(CommandReply::ok("NOOP completed"))
    }

    /// RFC 3501 §6.1.3.
    pub(crate) fn logout(&mut self) -> CommandResult {
        let bye = format!("* BYE {} logging out\r\n", self.site.hostname);
        Ok(CommandReply::ok("LOGOUT completed")
            .with(bye)
            .then(Next::Close))
    }

    fn authenticator(&mut self) -> Result<&mut Authenticator, CommandReply> {
        match &mut self.state {
            ImapState::NotAuthenticated(authenticator) => Ok(authenticator),
            _ => Err(CommandReply::bad("you are logged in already")),
        }
    }
}

/// RFC 5530 §3, PRIVACYREQUIRED; RFC 3501 §6.2.3 asks for this refusal under LOGINDISABLED.
fn needs_tls() -> CommandReply {
    CommandReply::no(
        "[PRIVACYREQUIRED] a password may not cross this connection in clear; use STARTTLS",
    )
}

fn wrong_password() -> CommandReply {
    CommandReply::no("[AUTHENTICATIONFAILED] login failure: username or password rejected")
}
