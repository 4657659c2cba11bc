//! What the configuration says to the clients: which servers, which passwords.

use std::collections::HashMap;

use super::CommandError;
use crate::accounts::Password;
use crate::client::{ClientSettings, Endpoint, Security};
use crate::config::{Config, Port};

/// The clients' settings: the servers of `[client]`, and for those that it does not name, our own.
///
/// # Errors
/// When a server is neither named there nor on in `[ports]`.
pub fn settings(config: &Config) -> Result<ClientSettings, CommandError> {
    settings_with(config, None)
}

/// The same where the command line names the server that is meant: no other need be known.
///
/// # Errors
/// As for [`settings`], if it names none.
pub fn settings_with(
    config: &Config,
    said: Option<&(String, u16)>,
) -> Result<ClientSettings, CommandError> {
    let (client, ports) = (&config.client, &config.ports);
    Ok(ClientSettings {
        smtp: endpoint(config, "smtp", said.or(client.smtp.as_ref()), ports.smtps)?,
        pop3: endpoint(config, "pop3", said.or(client.pop3.as_ref()), ports.pop3s)?,
        imap: endpoint(config, "imap", said.or(client.imap.as_ref()), ports.imaps)?,
        domain: config.server.domain.clone(),
        passwords: passwords(config),
    })
}

/// The passwords that the configuration has in clear, by account.
pub(super) fn passwords(config: &Config) -> HashMap<String, String> {
    let clear = |(name, password): (&String, &Password)| match password {
        Password::Clear(password) => Some((name.clone(), password.clone())),
        Password::Hash(_) => None,
    };
    config.accounts.iter().filter_map(clear).collect()
}

fn endpoint(
    config: &Config,
    key: &str,
    named: Option<&(String, u16)>,
    own: Option<Port>,
) -> Result<Endpoint, CommandError> {
    let own = own
        .filter(|port| port.number != 0)
        .map(|port| (own_host(config), port.number));
    let Some((host, port)) = named.cloned().or(own) else {
        return Err(CommandError::Setup(format!(
            "where is the server? [ports] {key}s has no port of its own; write [client] {key} = host:port"
        )));
    };
    let mut endpoint = Endpoint::new(host, port, Security::Tls, config.tls.certs.join("ca.pem"));
    endpoint.versions = config.tls.versions;
    Ok(endpoint)
}

/// Who listens on every address is on this machine.
pub(super) fn own_host(config: &Config) -> String {
    let host = config.server.host;
    if host.is_unspecified() {
        return "localhost".to_owned();
    }
    host.to_string()
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    fn of(text: &str) -> Result<ClientSettings, CommandError> {
        settings(&Config::parse("x.ini", text, Path::new("/lab")).unwrap())
    }

    #[test]
    fn our_own_servers_unless_others_are_named() {
        let settings = of("[client]\nimap = mail.there.test:993\n").unwrap();
        assert_eq!(settings.smtp.to_string(), "127.0.0.1:2465");
        assert_eq!(settings.imap.to_string(), "mail.there.test:993");
        assert_eq!(settings.pop3.ca, Path::new("/lab/certs/ca.pem"));
        assert_eq!(settings.passwords["bob"], "builder");
    }

    #[test]
    fn a_server_that_is_off_must_be_named() {
        let error = of("[ports]\nsmtps =\n").unwrap_err();
        assert_eq!(error.status(), 2);
        assert!(error.to_string().contains("[client] smtp"), "{error}");
        let nothing_is_fixed = "[ports]\nsmtps = 0\npop3s = 0\nimaps = 0\n";
        let config = Config::parse("x.ini", nothing_is_fixed, Path::new("/lab")).unwrap();
        let said = ("there.test".to_owned(), 993);
        let settings = settings_with(&config, Some(&said)).unwrap();
        assert_eq!(settings.smtp.to_string(), "there.test:993");
    }
}
