//! What the server can do, and logging in (RFC 3501 §6.1.1 and §6.2; first responses: RFC 4959).

use super::{End, ImapClient, ImapReply};
use crate::client::login::{self, Challenging, Login};
use crate::client::{Capabilities, ClientError};
use crate::mail::protocol::imap::Command;
use crate::mail::protocol::imap::response::{Code, Response, Status};
use crate::mail::protocol::sasl::Mechanism;

impl Challenging for ImapReply {
    fn challenge(&self) -> Option<&[u8]> {
        match &self.end {
            End::Continue(challenge) => Some(challenge),
            End::Done(..) => None,
        }
    }
}

impl ImapClient {
    /// Asks what the server can do.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn capability(&mut self) -> Result<&Capabilities, ClientError> {
        self.execute(&Command::Capability)?;
        Ok(&self.capabilities)
    }

    /// The same without asking twice: servers tell it in their greeting, and again after a login.
    ///
    /// # Errors
    /// When the connection fails.
    pub fn capabilities(&mut self) -> Result<&Capabilities, ClientError> {
        if self.capabilities.is_empty() {
            self.capability()?;
        }
        Ok(&self.capabilities)
    }

    /// Tells the server who we are, as pairs, and returns who it says it is (RFC 2971).
    ///
    /// # Errors
    /// When the server does not know ID.
    pub fn id(
        &mut self,
        us: &[(&str, &str)],
    ) -> Result<Vec<(String, Option<String>)>, ClientError> {
        let pair = |(field, value): &(&str, &str)| ((*field).to_owned(), Some((*value).to_owned()));
        let (responses, _) = self.execute(&Command::Id(us.iter().map(pair).collect()))?;
        let told = responses.into_iter().find_map(|response| match response {
            Response::Id(pairs) => Some(pairs),
            _ => None,
        });
        Ok(told.unwrap_or_default())
    }

    /// Switches extensions on; returns those that are on now (RFC 5161).
    ///
    /// # Errors
    /// When the server does not know ENABLE, or for those that give mailbox names another alphabet,
    /// `IMAP4rev2` and `UTF8=ACCEPT`: this client writes modified UTF-7 (RFC 3501 §5.1.3).
    pub fn enable(&mut self, extensions: &[&str]) -> Result<Vec<String>, ClientError> {
        let names: Vec<String> = extensions
            .iter()
            .map(|it| it.to_ascii_uppercase())
            .collect();
        let unfit = ["IMAP4REV2", "UTF8=ACCEPT"];
        if let Some(name) = names.iter().find(|name| unfit.contains(&name.as_str())) {
            return Err(ClientError::Unsendable {
                what: format!("ENABLE {name}"),
                why: "mailbox names are written in modified UTF-7 here".to_owned(),
            });
        }
        let (responses, _) = self.execute(&Command::Enable(names))?;
        let told = responses.into_iter().filter_map(|response| match response {
            Response::Enabled(names) => Some(names),
            _ => None,
        });
        Ok(told.flatten().collect())
    }

    /// Begins TLS, and forgets what was offered in clear (RFC 3501 §6.2.1).
    ///
    /// # Errors
    /// When it is refused, or the server is not trusted.
    pub fn starttls(&mut self) -> Result<(), ClientError> {
        self.execute(&Command::StartTls)?;
        self.capabilities = Capabilities::default();
        self.socket.start_tls()
    }

    /// Logs in: by the best mechanism of SASL that the server offers, and where it offers none, with
    /// LOGIN.
    ///
    /// # Errors
    /// When the password would cross in clear, is not accepted, or the server takes none here.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), ClientError> {
        let offered = self.capabilities()?.clone();
        let offers = |name: &str| offered.has(&format!("AUTH={name}"));
        if let Some(mechanism) = login::choose(&self.socket, offers)? {
            return self.authenticate(mechanism, user, password);
        }
        if offered.has("LOGINDISABLED") {
            return Err(self.socket.not_offered("a login on this connection"));
        }
        self.socket.must_be_private()?;
        let (user, password) = (user.to_owned(), password.to_owned());
        self.capabilities = Capabilities::default();
        self.execute(&Command::Login { user, password }).map(drop)
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
        // A first response stands in the line of the command only where the server says so.
        let line = match self.capabilities()?.has("SASL-IR") {
            true => usize::MAX,
            false => 0,
        };
        let mut login = Login::begin(&self.socket, mechanism, user, password)?;
        let (mechanism, initial) = login.argument(line);
        let label = format!("AUTHENTICATE {mechanism}");
        self.capabilities = Capabilities::default();
        let (tag, reply) = self.begin(&Command::Authenticate { mechanism, initial })?;
        let reply = login.answer(&mut self.socket, reply)?;
        self.finish(&label, &tag, reply)?;
        login.end(&mut self.socket)
    }

    /// Servers tell what they can do without being asked, too (RFC 3501 §7.1).
    pub(super) fn learn_capabilities(&mut self, status: &Status) {
        if let Some(Code::Capability(words)) = &status.code {
            self.capabilities = words.clone().into();
        }
    }
}
