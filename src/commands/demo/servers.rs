//! The servers of a demo: those of the configuration, those of `--against`, or new ones.
//!
//! The scripts use the accounts alice, bob and carol at pillarbox.test, as the shipped configuration has
//! them. If the configuration has other accounts, if its servers do not run, or if a script needs
//! settings or a second site, new servers are started for the demo, and the screen says why.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::str::FromStr;

use super::DemoArgs;
use crate::client::{Endpoint, Security};
use crate::commands::CommandError;
use crate::commands::recording::{CommandRecording, RecordingArgs, Whose};
use crate::commands::settings::own_host;
use crate::config::accounts::{Accounts, LAB_ACCOUNTS};
use crate::config::{Config, LAB_DOMAIN, Port};
use crate::mail::net::host_port::HostPort;
use crate::teaching::script::{Caller, Protocol, Script, ScriptTls, Sites};

/// The server of each protocol that a script uses.
type Endpoints = BTreeMap<Protocol, Endpoint>;

/// The servers of a demo.
pub(super) enum DemoServers {
    /// New servers, started for this reason.
    Started(Sites, String),
    /// Running servers, and what they are.
    Running(Endpoints, &'static str),
}

/// A server of `--against`: `imaps=mail.example.org:993`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Against {
    /// Its protocol and its TLS; `None`: as in the script.
    service: Option<(Protocol, Security)>,
    server: HostPort,
}

impl DemoServers {
    /// Chooses the servers, starts new ones if none are suitable, and begins the recording.
    pub(super) fn choose(
        args: &DemoArgs,
        config: &Config,
        script: &Script,
    ) -> Result<(DemoServers, CommandRecording), CommandError> {
        let ca = args.ca.clone();
        let ca = ca.unwrap_or_else(|| config.tls.certs.join("ca.pem"));
        if !args.against.is_empty() {
            let endpoints = against(&args.against, script, &ca)?;
            return DemoServers::running(endpoints, "the servers of --against", args, config);
        }
        match configured(config, script, &ca) {
            Ok(endpoints) => {
                DemoServers::running(endpoints, "the servers of the configuration", args, config)
            }
            Err(reason) => {
                let recording = CommandRecording::begin(config, &recording(args), Whose::Demo)?;
                let sites = Sites::watched(script, recording.recorder.taps())?;
                Ok((DemoServers::Started(sites, reason), recording))
            }
        }
    }

    /// Returns the server that a client of the script connects to.
    pub(super) fn endpoint(&self, caller: &Caller) -> io::Result<Endpoint> {
        match self {
            DemoServers::Started(sites, _) => sites.endpoint(caller),
            DemoServers::Running(endpoints, _) => {
                endpoints.get(&caller.protocol).cloned().ok_or_else(|| {
                    let name = caller.protocol.name();
                    let why = format!("no server for {name}; add --against {name}=HOST:PORT");
                    io::Error::new(io::ErrorKind::NotFound, why)
                })
            }
        }
    }

    /// Uses running servers, and records the conversations.
    fn running(
        mut endpoints: Endpoints,
        which: &'static str,
        args: &DemoArgs,
        config: &Config,
    ) -> Result<(DemoServers, CommandRecording), CommandError> {
        let recording = CommandRecording::begin(config, &recording(args), Whose::Client)?;
        for endpoint in endpoints.values_mut() {
            endpoint.taps = recording.recorder.taps();
        }
        Ok((DemoServers::Running(endpoints, which), recording))
    }

    /// Returns a sentence that says which servers these are.
    pub(super) fn describe(&self) -> String {
        match self {
            DemoServers::Started(_, reason) => {
                format!(
                    "Servers: started for this demo, {reason}; they and their mail are removed after it."
                )
            }
            DemoServers::Running(_, which) => format!("Servers: {which}."),
        }
    }
}

/// Returns how a demo is recorded.
fn recording(args: &DemoArgs) -> RecordingArgs {
    RecordingArgs { show_secrets: args.show_secrets, capture: args.capture.clone() }
}

/// Returns the running servers of the configuration, or why they are not suitable.
fn configured(config: &Config, script: &Script, ca: &PathBuf) -> Result<Endpoints, String> {
    if !script.sites.is_empty() {
        return Err("which needs more than one site".to_owned());
    }
    if let Some(setting) = script.config.first() {
        return Err(format!("which needs {setting}"));
    }
    if config.server.domain != LAB_DOMAIN {
        return Err(format!("because yours are not for {LAB_DOMAIN}"));
    }
    let accounts = Accounts::new(LAB_DOMAIN, config.accounts.clone());
    for (name, password) in LAB_ACCOUNTS {
        if accounts.verify(name, password).is_none() {
            return Err(format!("because yours have no {name} with the lab's password"));
        }
    }
    let places = script.protocols().into_iter().map(|protocol| {
        let mut endpoint = endpoint(config, protocol, script.security(), ca)?;
        endpoint.versions = config.tls.versions;
        if endpoint.security == Security::Tls && script.tls == ScriptTls::Offered {
            return Err(format!("because {endpoint} begins with TLS"));
        }
        Ok((protocol, endpoint))
    });
    places.collect()
}

/// Returns the server for a protocol: the one in `[client]`, or the one in `[ports]` if it runs.
fn endpoint(
    config: &Config,
    protocol: Protocol,
    security: Security,
    ca: &PathBuf,
) -> Result<Endpoint, String> {
    let client = &config.client;
    let ports = &config.ports;
    let (named, clear, under_tls) = match protocol {
        Protocol::Smtp => (None, ports.smtp, ports.smtps),
        Protocol::Submission => (client.smtp.as_ref(), ports.submission, ports.smtps),
        Protocol::Lmtp => (None, ports.lmtp, None),
        Protocol::Pop3 => (client.pop3.as_ref(), ports.pop3, ports.pop3s),
        Protocol::Imap => (client.imap.as_ref(), ports.imap, ports.imaps),
    };
    let own = match security {
        Security::Tls => under_tls,
        Security::Plain | Security::StartTls => clear,
    };
    if let Some(HostPort { host, port }) = named {
        return Ok(Endpoint::new(host, *port, Security::Tls, ca));
    }
    match own {
        Some(Port { number, .. }) if number != 0 && is_taken(config, number) => {
            Ok(Endpoint::new(own_host(config), number, security, ca))
        }
        Some(Port { number, .. }) if number != 0 => {
            Err(format!("because nothing listens on port {number}"))
        }
        _ => Err(format!("because {} has no fixed port", protocol.name())),
    }
}

/// True if a program listens on the port. We try to open it, because a connection would be in the
/// capture.
fn is_taken(config: &Config, port: u16) -> bool {
    let opened = TcpListener::bind((config.server.host, port));
    opened.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

/// Returns the servers of `--against`.
fn against(servers: &[Against], script: &Script, ca: &PathBuf) -> Result<Endpoints, CommandError> {
    if !script.sites.is_empty() {
        let why = "this demo needs more than one site; play it without --against";
        return Err(CommandError::Setup(why.to_owned()));
    }
    let mut endpoints = Endpoints::new();
    for Against { service, server } in servers {
        let (protocol, security) = service.unwrap_or((script.protocol, script.security()));
        let endpoint = Endpoint::new(&server.host, server.port, security, ca);
        endpoints.insert(protocol, endpoint);
    }
    let missing = script.protocols().into_iter().find(|p| !endpoints.contains_key(p));
    match missing {
        None => Ok(endpoints),
        Some(protocol) => Err(CommandError::Setup(format!(
            "this demo uses {0} too; add --against {0}=HOST:PORT",
            protocol.name()
        ))),
    }
}

impl FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Against, String> {
        let (service, server) = match text.split_once('=') {
            Some((name, server)) => (Some(service(name)?), server),
            None => (None, text),
        };
        let server = server.parse()?;
        Ok(Against { service, server })
    }
}

/// Parses the name of a service in `[ports]`.
fn service(name: &str) -> Result<(Protocol, Security), String> {
    let under_tls =
        [("smtps", Protocol::Submission), ("pop3s", Protocol::Pop3), ("imaps", Protocol::Imap)];
    match under_tls.into_iter().find(|(known, _)| *known == name) {
        Some((_, protocol)) => Ok((protocol, Security::Tls)),
        None => Ok((name.parse()?, Security::Plain)),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn script(more: &str) -> Script {
        Script::parse(&format!("title: x\nprotocol: imap\n{more}\n")).unwrap()
    }

    #[test]
    fn a_server_is_named_with_what_it_speaks() {
        let against = |service, host: &str, port| {
            let host = host.to_owned();
            let server = HostPort { host, port };
            Against { service, server }
        };
        let imaps = Some((Protocol::Imap, Security::Tls));
        let rows = [
            ("localhost:25", Ok(against(None, "localhost", 25))),
            ("imaps=mail.test:993", Ok(against(imaps, "mail.test", 993))),
            ("lmtp=[::1]:24", Ok(against(Some((Protocol::Lmtp, Security::Plain)), "::1", 24))),
            ("localhost", Err("the port is missing; write it as localhost:PORT".to_owned())),
            (":25", Err("the host is missing; write HOST:PORT".to_owned())),
            (
                "localhost:smtp",
                Err("the port is a number from 1 to 65535, not \"smtp\"".to_owned()),
            ),
            (
                "gopher=a:70",
                Err("\"gopher\" is not a protocol: write smtp, submission, lmtp, pop3 or imap"
                    .to_owned()),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn all_that_a_demo_speaks_must_be_named() {
        let one = ["localhost:143".parse().unwrap()];
        let two = ["localhost:143".parse().unwrap(), "smtp=b.test:25".parse().unwrap()];
        let ca = PathBuf::new();
        assert!(against(&one, &script(""), &ca).is_ok());
        let error = against(&one, &script("! client 2 smtp"), &ca).unwrap_err();
        assert!(error.to_string().contains("--against smtp="), "{error}");
        let both = against(&two, &script("! client 2 smtp"), &ca).unwrap();
        assert_eq!(both[&Protocol::Smtp].to_string(), "b.test:25");
        assert!(against(&two, &script("site: b.test"), &ca).is_err());
    }

    #[test]
    fn the_configured_servers_are_taken_if_they_fit_and_run() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let rows = [
            (format!("[ports]\nimap = {port}"), "", Ok(format!("127.0.0.1:{port}"))),
            ("[client]\nimap = b.test:993".to_owned(), "", Ok("b.test:993".to_owned())),
            (
                format!("[ports]\nimap = 1\nimaps = {port}"),
                "tls: implicit",
                Ok(format!("127.0.0.1:{port}")),
            ),
            ("[client]\nimap = b.test:993".to_owned(), "tls: offered", Err("begins with TLS")),
            ("[ports]\nimap =".to_owned(), "", Err("imap has no fixed port")),
            (String::new(), "site: b.test", Err("more than one site")),
            (String::new(), "config: [limits] recipients = 100", Err("[limits] recipients")),
            ("[server]\ndomain = b.test".to_owned(), "", Err("pillarbox.test")),
            ("[accounts]\nalice = wonderland".to_owned(), "", Err("no bob")),
        ];
        for (text, more, expected) in rows {
            let config = Config::parse("x.ini", &text, Path::new("")).unwrap();
            let found = configured(&config, &script(more), &PathBuf::new());
            let found = found.map(|endpoints| endpoints[&Protocol::Imap].to_string());
            match expected {
                Ok(address) => assert_eq!(found, Ok(address)),
                Err(reason) => assert!(found.unwrap_err().contains(reason), "{text}{more}"),
            }
        }
        drop(listener);
        let config = format!("[ports]\nimap = {port}");
        let config = Config::parse("x.ini", &config, Path::new("")).unwrap();
        let reason = configured(&config, &script(""), &PathBuf::new()).unwrap_err();
        assert_eq!(reason, format!("because nothing listens on port {port}"));
    }
}
