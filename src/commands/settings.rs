//! What the configuration says to the clients: which servers, which passwords.

use std::collections::HashMap;

use super::CommandError;
use crate::client::{ClientSettings, Endpoint, Security};
use crate::config::Config;
use crate::config::accounts::Password;
use crate::mail::protocol::Protocol;

/// The clients' settings: the servers of `[client]`, and for those that it does not name, our own.
///
/// # Errors
/// When a server is neither named there nor on in `[ports]`.
pub fn settings(config: &Config) -> Result<ClientSettings, CommandError> {
    let to = |protocol| server(config, protocol, None);
    Ok(ClientSettings {
        smtp: to(Protocol::Smtp)?,
        pop3: to(Protocol::Pop3)?,
        imap: to(Protocol::Imap)?,
        domain: config.server.domain.clone(),
        passwords: passwords(config),
    })
}

/// The same for a command that speaks one protocol, with the server that the command line names, if it
/// names one. No other server need be known; where one is not, this one stands in its place.
///
/// # Errors
/// When the server is named nowhere.
pub fn settings_for(
    config: &Config,
    protocol: Protocol,
    said: Option<&(String, u16)>,
) -> Result<ClientSettings, CommandError> {
    let spoken = server(config, protocol, said)?;
    let to = |protocol| server(config, protocol, said).unwrap_or_else(|_| spoken.clone());
    Ok(ClientSettings {
        smtp: to(Protocol::Smtp),
        pop3: to(Protocol::Pop3),
        imap: to(Protocol::Imap),
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

/// The server of a protocol: what the command line says, or `[client]`, or our own under TLS.
fn server(
    config: &Config,
    protocol: Protocol,
    said: Option<&(String, u16)>,
) -> Result<Endpoint, CommandError> {
    let (client, ports) = (&config.client, &config.ports);
    let (named, own) = match protocol {
        Protocol::Pop3 => (&client.pop3, ports.pop3s),
        Protocol::Imap => (&client.imap, ports.imaps),
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => (&client.smtp, ports.smtps),
    };
    let (key, named) = (protocol.family(), said.or(named.as_ref()));
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
        let settings = settings_for(&config, Protocol::Smtp, Some(&said)).unwrap();
        assert_eq!(settings.smtp.to_string(), "there.test:993");
    }

    #[test]
    fn only_the_server_that_is_spoken_to_need_be_known() {
        let all = [Protocol::Smtp, Protocol::Pop3, Protocol::Imap];
        for known in all {
            let off = all.iter().filter(|protocol| **protocol != known);
            let off: String = off.map(|off| format!("{}s =\n", off.name())).collect();
            let text = format!("[ports]\n{off}");
            let config = Config::parse("x.ini", &text, Path::new("/lab")).unwrap();
            for spoken in all {
                let settings = settings_for(&config, spoken, None);
                assert_eq!(settings.is_ok(), spoken == known, "{text}{spoken:?}");
            }
        }
    }
}
