//! The clients' settings from the configuration: servers and passwords.

use std::collections::HashMap;

use super::CommandError;
use crate::client::{ClientSettings, Endpoint, Security};
use crate::config::Config;
use crate::config::accounts::Password;
use crate::mail::net::host_port::HostPort;
use crate::mail::protocol::Protocol;

/// Returns the clients' settings: the servers of `[client]`, or our own.
///
/// # Errors
/// When a server is neither in `[client]` nor on in `[ports]`.
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

/// Returns the settings for a command with one protocol, where the command line may name the server.
///
/// The servers of the other protocols need not be known; this one replaces them then.
///
/// # Errors
/// When neither the command line nor the configuration names the server.
pub(super) fn settings_for(
    config: &Config,
    protocol: Protocol,
    named: Option<&HostPort>,
) -> Result<ClientSettings, CommandError> {
    let needed = server(config, protocol, named)?;
    let to = |protocol| server(config, protocol, named).unwrap_or_else(|_| needed.clone());
    Ok(ClientSettings {
        smtp: to(Protocol::Smtp),
        pop3: to(Protocol::Pop3),
        imap: to(Protocol::Imap),
        domain: config.server.domain.clone(),
        passwords: passwords(config),
    })
}

/// Returns the unhashed passwords of the configuration, by account.
pub(super) fn passwords(config: &Config) -> HashMap<String, String> {
    let clear = |(name, password): (&String, &Password)| match password {
        Password::Clear(password) => Some((name.clone(), password.clone())),
        Password::Hash(_) => None,
    };
    config.accounts.iter().filter_map(clear).collect()
}

/// Returns the server of a protocol: named on the command line, or in `[client]`, or our own under TLS.
fn server(
    config: &Config,
    protocol: Protocol,
    named: Option<&HostPort>,
) -> Result<Endpoint, CommandError> {
    let configured = match protocol {
        Protocol::Pop3 => &config.client.pop3,
        Protocol::Imap => &config.client.imap,
        Protocol::Smtp | Protocol::Submission | Protocol::Lmtp => &config.client.smtp,
    };
    let service = Security::Tls.service(protocol);
    let own = config.ports.fixed(service).map(|port| HostPort { host: own_host(config), port });
    let Some(server) = named.or(configured.as_ref()).cloned().or(own) else {
        let key = protocol.family();
        return Err(CommandError::Setup(format!(
            "the server is not known: [ports] {service} has no fixed port; \
             write [client] {key} = HOST:PORT in the configuration"
        )));
    };
    let ca = config.tls.certs.join("ca.pem");
    let mut endpoint = Endpoint::new(server.host, server.port, Security::Tls, ca);
    endpoint.versions = config.tls.versions;
    Ok(endpoint)
}

/// Returns the host of our own servers. A server on every address is on this machine too.
pub(super) fn own_host(config: &Config) -> String {
    let host = config.server.host;
    if host.is_unspecified() {
        return "localhost".to_owned();
    }
    host.to_string()
}

#[cfg(test)]
mod tests {
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
        let named = "there.test:993".parse().unwrap();
        let settings = settings_for(&config, Protocol::Smtp, Some(&named)).unwrap();
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
            for needed in all {
                let settings = settings_for(&config, needed, None);
                assert_eq!(settings.is_ok(), needed == known, "{text}{needed:?}");
            }
        }
    }
}
