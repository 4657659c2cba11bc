//! Capabilities, and logging in to an IMAP server (RFC 3501 §6.1.1 and §6.2; initial responses: RFC 4959).

use super::{ImapClient, ImapReply, ReplyEnd};
use crate::client::auth::{self, SaslClient};
use crate::client::{Capabilities, ClientError, ClientSocket};
use crate::mail::protocol::imap::Command;
use crate::mail::protocol::imap::response::{Code, Response, Status};
use crate::mail::protocol::sasl::Mechanism;

impl SaslClient for ImapClient {
    type Reply = ImapReply;

    const COMMAND: &'static str = "AUTHENTICATE";

    fn socket(&mut self) -> &mut ClientSocket {
        &mut self.socket
    }

    /// RFC 4959 §3: an initial response is only for a server with SASL-IR; IMAP limits no line.
    fn longest_command(&mut self) -> Result<usize, ClientError> {
        if self.capabilities()?.has("SASL-IR") { Ok(usize::MAX) } else { Ok(0) }
    }

    fn send_auth(
        &mut self,
        mechanism: String,
        initial: Option<Vec<u8>>,
    ) -> Result<ImapReply, ClientError> {
        self.capabilities = Capabilities::default();
        self.begin(&Command::Authenticate { mechanism, initial })
    }

    fn challenge(reply: &ImapReply) -> Option<&[u8]> {
        match &reply.end {
            ReplyEnd::Continue(challenge) => Some(challenge),
            ReplyEnd::Done(..) => None,
        }
    }

    fn check_auth(&mut self, command: &str, reply: ImapReply) -> Result<(), ClientError> {
        self.finish(command, reply)?;
        Ok(())
    }
}

impl ImapClient {
    /// Asks for the server's capabilities.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn capability(&mut self) -> Result<&Capabilities, ClientError> {
        self.execute(&Command::Capability)?;
        Ok(&self.capabilities)
    }

    /// Returns the capabilities, and asks only if they are unknown.
    ///
    /// Servers send them in their greeting, and again after a login.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn capabilities(&mut self) -> Result<&Capabilities, ClientError> {
        if self.capabilities.is_empty() {
            self.capability()?;
        }
        Ok(&self.capabilities)
    }

    /// Sends our identification as pairs, and returns the server's (RFC 2971).
    ///
    /// # Errors
    /// When the server does not know ID.
    pub fn id(
        &mut self,
        us: &[(&str, &str)],
    ) -> Result<Vec<(String, Option<String>)>, ClientError> {
        let pair = |(field, value): &(&str, &str)| ((*field).to_owned(), Some((*value).to_owned()));
        let (responses, _) = self.execute(&Command::Id(us.iter().map(pair).collect()))?;
        let pairs = responses.into_iter().find_map(|response| match response {
            Response::Id(pairs) => Some(pairs),
            _ => None,
        });
        Ok(pairs.unwrap_or_default())
    }

    /// Enables extensions; returns those that are enabled now (RFC 5161).
    ///
    /// # Errors
    /// When the server does not know ENABLE, and for `IMAP4rev2` and `UTF8=ACCEPT`: they change the
    /// encoding of mailbox names, and this client writes modified UTF-7 (RFC 3501 §5.1.3).
    pub fn enable(&mut self, extensions: &[&str]) -> Result<Vec<String>, ClientError> {
        let names: Vec<String> = extensions.iter().map(|it| it.to_ascii_uppercase()).collect();
        let unfit = ["IMAP4REV2", "UTF8=ACCEPT"];
        if let Some(name) = names.iter().find(|name| unfit.contains(&name.as_str())) {
            return Err(ClientError::Unsendable {
                what: format!("ENABLE {name}"),
                why: "this client writes mailbox names in modified UTF-7".to_owned(),
            });
        }
        let (responses, _) = self.execute(&Command::Enable(names))?;
        let enabled = responses.into_iter().filter_map(|response| match response {
            Response::Enabled(names) => Some(names),
            _ => None,
        });
        Ok(enabled.flatten().collect())
    }

    /// Begins TLS, and forgets what was offered without it (RFC 3501 §6.2.1).
    ///
    /// # Errors
    /// When STARTTLS is refused, or the server is not trusted.
    pub fn starttls(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::StartTls)?;
        self.capabilities = Capabilities::default();
        self.socket.start_tls()
    }

    /// Logs in by the best mechanism of SASL that the server offers; if it offers none, with LOGIN.
    ///
    /// # Errors
    /// When the password may not be sent unencrypted, is not accepted, or the server allows no login on
    /// this connection.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offered = self.capabilities()?.clone();
        let offers = |name: &str| offered.has(&format!("AUTH={name}"));
        if let Some(mechanism) = auth::choose(&self.socket, offers)? {
            return self.authenticate(mechanism, user, password);
        }
        if offered.has("LOGINDISABLED") {
            return Err(self.socket.not_offered("a login on this connection"));
        }
        self.socket.must_be_private()?;
        self.capabilities = Capabilities::default();
        self.execute(&Command::Login { user: user.to_owned(), password: password.to_owned() })?;
        Ok(())
    }

    /// Logs in by this mechanism (RFC 3501 §6.2.2).
    ///
    /// # Errors
    /// As [`ImapClient::login`], and when the server does not prove itself.
    pub fn authenticate(
        &mut self,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<(), ClientError> {
        auth::authenticate(self, mechanism, user, password)
    }

    /// Takes the capabilities from a response code, where servers send them unasked (RFC 3501 §7.1).
    pub(super) fn learn_capabilities(&mut self, status: &Status) {
        if let Some(Code::Capability(words)) = &status.code {
            self.capabilities = words.clone().into();
        }
    }
}
