//! Where a demo is played: against the servers of the configuration, against others, or against
//! servers of its own.
//!
//! The scripts speak of alice, bob and carol at pillarbox.test, as the shipped configuration has
//! them. Where a configuration has others, or its servers do not run, or a script needs settings or
//! a second site, servers are started for it, and the screen says why.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::str::FromStr;

use super::DemoArgs;
use crate::client::{Endpoint, Security};
use crate::commands::CommandError;
use crate::commands::recording::{Recording, RecordingArgs, Whose};
use crate::commands::settings::own_host;
use crate::config::accounts::Accounts;
use crate::config::{Config, Port};
use crate::mail::net::place::host_perhaps_port;
use crate::teaching::script::{Caller, Protocol, Script, ScriptTls, Sites};

/// What a script speaks, and who listens there.
type Endpoints = BTreeMap<Protocol, Endpoint>;

/// Where a demo is played.
pub(super) enum Place {
    /// At servers of its own, for this reason.
    Own(Sites, String),
    /// At servers that run.
    There(Endpoints, &'static str),
}

/// A server that is named on the command line: `imaps=mail.example.org:993`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Against {
    /// What it speaks, and whether under TLS; `None`: as the script does.
    service: Option<(Protocol, Security)>,
    host: String,
    port: u16,
}

/// The accounts that the scripts use.
const LAB: [(&str, &str); 3] = [
    ("alice", "wonderland"),
    ("bob", "builder"),
    ("carol", "chimney"),
];
const DOMAIN: &str = "pillarbox.test";

impl Place {
    /// Finds it, opens servers if none fit, and begins to record what is asked for.
    pub(super) fn choose(
        args: &DemoArgs,
        config: &Config,
        script: &Script,
    ) -> Result<(Place, Recording), CommandError> {
        let ca = args.ca.clone();
        let ca = ca.unwrap_or_else(|| config.tls.certs.join("ca.pem"));
        if !args.against.is_empty() {
            let endpoints = elsewhere(&args.against, script, &ca)?;
            return Place::there(endpoints, "the servers of --against", args, config);
        }
        match running(config, script, &ca) {
            Ok(endpoints) => {
                Place::there(endpoints, "the servers of the configuration", args, config)
            }
            Err(reason) => {
                let recording = Recording::begin(config, &recording(args), Whose::Demo)?;
                let sites = Sites::watched(script, recording.recorder.taps())?;
                Ok((Place::Own(sites, reason), recording))
            }
        }
    }

    /// Where a client of the script connects to.
    pub(super) fn endpoint(&self, caller: &Caller) -> io::Result<Endpoint> {
        match self {
            Place::Own(sites, _) => sites.endpoint(caller),
            Place::There(endpoints, _) => {
                endpoints.get(&caller.protocol).cloned().ok_or_else(|| {
                    let name = caller.protocol.name();
                    let why = format!("no server for {name}: say --against {name}=HOST:PORT");
                    io::Error::new(io::ErrorKind::NotFound, why)
                })
            }
        }
    }

    /// At servers that run; the conversations are recorded.
    fn there(
        mut endpoints: Endpoints,
        which: &'static str,
        args: &DemoArgs,
        config: &Config,
    ) -> Result<(Place, Recording), CommandError> {
        let recording = Recording::begin(config, &recording(args), Whose::Client)?;
        for endpoint in endpoints.values_mut() {
            endpoint.taps = recording.recorder.taps();
        }
        Ok((Place::There(endpoints, which), recording))
    }

    /// Which servers these are.
    pub(super) fn told(&self) -> String {
        match self {
            Place::Own(_, reason) => {
                format!("Servers: started for this demo, {reason}; they and their mail go with it.")
            }
            Place::There(_, which) => format!("Servers: {which}."),
        }
    }
}

/// How a demo is recorded.
fn recording(args: &DemoArgs) -> RecordingArgs {
    RecordingArgs {
        show_secrets: args.show_secrets,
        capture: args.capture.clone(),
    }
}

/// The running servers of the configuration; or why they do not fit.
fn running(config: &Config, script: &Script, ca: &PathBuf) -> Result<Endpoints, String> {
    if !script.sites.is_empty() {
        return Err("which needs more than one site".to_owned());
    }
    if let Some(setting) = script.config.first() {
        return Err(format!("which needs {setting}"));
    }
    if config.server.domain != DOMAIN {
        return Err(format!("for yours are not those of {DOMAIN}"));
    }
    let accounts = Accounts::new(DOMAIN, config.accounts.clone());
    if let Some((name, _)) = LAB
        .iter()
        .find(|(name, password)| accounts.verify(name, password).is_none())
    {
        return Err(format!("for yours have no {name} with the lab's password"));
    }
    let places = script.protocols().into_iter().map(|protocol| {
        let mut endpoint = endpoint(config, protocol, script.security(), ca)?;
        endpoint.versions = config.tls.versions;
        if endpoint.security == Security::Tls && script.tls == ScriptTls::Offered {
            return Err(format!("for {endpoint} begins with TLS"));
        }
        Ok((protocol, endpoint))
    });
    places.collect()
}

/// The server for a protocol: the one in `[client]`, or the one in `[ports]` if it runs.
fn endpoint(
    config: &Config,
    protocol: Protocol,
    security: Security,
    ca: &PathBuf,
) -> Result<Endpoint, String> {
    let (client, ports) = (&config.client, &config.ports);
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
    if let Some((host, port)) = named {
        return Ok(Endpoint::new(host, *port, Security::Tls, ca));
    }
    match own {
        Some(Port { number, .. }) if number != 0 && is_taken(config, number) => {
            Ok(Endpoint::new(own_host(config), number, security, ca))
        }
        Some(Port { number, .. }) if number != 0 => {
            Err(format!("for nothing listens on port {number}"))
        }
        _ => Err(format!("for {} has no port of its own", protocol.name())),
    }
}

/// Does somebody listen there? To connect and ask would show in a capture; a port that cannot be
/// opened tells it as well.
fn is_taken(config: &Config, port: u16) -> bool {
    let opened = TcpListener::bind((config.server.host, port));
    opened.is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse)
}

fn elsewhere(
    against: &[Against],
    script: &Script,
    ca: &PathBuf,
) -> Result<Endpoints, CommandError> {
    if !script.sites.is_empty() {
        let why = "this demo needs more than one site: play it without --against";
        return Err(CommandError::Setup(why.to_owned()));
    }
    let endpoint = |server: &Against| {
        let (protocol, security) = server
            .service
            .unwrap_or((script.protocol, script.security()));
        (
            protocol,
            Endpoint::new(&server.host, server.port, security, ca),
        )
    };
    let endpoints: Endpoints = against.iter().map(endpoint).collect();
    let missing = script
        .protocols()
        .into_iter()
        .find(|p| !endpoints.contains_key(p));
    match missing {
        None => Ok(endpoints),
        Some(protocol) => Err(CommandError::Setup(format!(
            "this demo speaks {0}, too: say --against {0}=HOST:PORT, as well",
            protocol.name()
        ))),
    }
}

impl FromStr for Against {
    type Err = String;

    fn from_str(text: &str) -> Result<Against, String> {
        let (service, place) = match text.split_once('=') {
            Some((name, place)) => (Some(service(name)?), place),
            None => (None, text),
        };
        let (host, port) = host_perhaps_port(place);
        let port = port.filter(|_| !host.is_empty());
        let port = port.ok_or("HOST:PORT is asked for")?;
        Ok(Against {
            service,
            host: host.to_owned(),
            port: port.parse().map_err(|_| "a port is 0 to 65535")?,
        })
    }
}

/// A name of `[ports]`.
fn service(name: &str) -> Result<(Protocol, Security), String> {
    let under_tls = [
        ("smtps", Protocol::Submission),
        ("pop3s", Protocol::Pop3),
        ("imaps", Protocol::Imap),
    ];
    match under_tls.into_iter().find(|(known, _)| *known == name) {
        Some((_, protocol)) => Ok((protocol, Security::Tls)),
        None => Ok((name.parse()?, Security::Plain)),
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::path::Path;

    use super::*;

    fn script(more: &str) -> Script {
        Script::parse(&format!("title: x\nprotocol: imap\n{more}\n")).unwrap()
    }

    #[test]
    fn a_server_is_named_with_what_it_speaks() {
        let against = |service, host: &str, port| Against {
            service,
            host: host.to_owned(),
            port,
        };
        let imaps = Some((Protocol::Imap, Security::Tls));
        let rows = [
            ("localhost:25", Ok(against(None, "localhost", 25))),
            ("imaps=mail.test:993", Ok(against(imaps, "mail.test", 993))),
            (
                "lmtp=[::1]:24",
                Ok(against(Some((Protocol::Lmtp, Security::Plain)), "::1", 24)),
            ),
            ("localhost", Err("HOST:PORT is asked for".to_owned())),
            (":25", Err("HOST:PORT is asked for".to_owned())),
            ("localhost:smtp", Err("a port is 0 to 65535".to_owned())),
            (
                "gopher=a:70",
                Err("\"gopher\" is none of smtp, submission, lmtp, pop3 and imap".to_owned()),
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn all_that_a_demo_speaks_must_be_named() {
        let one = ["localhost:143".parse().unwrap()];
        let two = [
            "localhost:143".parse().unwrap(),
            "smtp=b.test:25".parse().unwrap(),
        ];
        let ca = PathBuf::new();
        assert!(elsewhere(&one, &script(""), &ca).is_ok());
        let error = elsewhere(&one, &script("! client 2 smtp"), &ca).unwrap_err();
        assert!(error.to_string().contains("--against smtp="), "{error}");
        let both = elsewhere(&two, &script("! client 2 smtp"), &ca).unwrap();
        assert_eq!(both[&Protocol::Smtp].to_string(), "b.test:25");
        assert!(elsewhere(&two, &script("site: b.test"), &ca).is_err());
    }

    #[test]
    fn the_configured_servers_are_taken_if_they_fit_and_run() {
        let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = somebody.local_addr().unwrap().port();
        let rows = [
            (
                format!("[ports]\nimap = {port}"),
                "",
                Ok(format!("127.0.0.1:{port}")),
            ),
            (
                "[client]\nimap = b.test:993".to_owned(),
                "",
                Ok("b.test:993".to_owned()),
            ),
            (
                format!("[ports]\nimap = 1\nimaps = {port}"),
                "tls: implicit",
                Ok(format!("127.0.0.1:{port}")),
            ),
            (
                "[client]\nimap = b.test:993".to_owned(),
                "tls: offered",
                Err("begins with TLS"),
            ),
            ("[ports]\nimap =".to_owned(), "", Err("imap has no port")),
            (String::new(), "site: b.test", Err("more than one site")),
            (
                String::new(),
                "config: [limits] recipients = 100",
                Err("[limits] recipients"),
            ),
            (
                "[server]\ndomain = b.test".to_owned(),
                "",
                Err("pillarbox.test"),
            ),
            (
                "[accounts]\nalice = wonderland".to_owned(),
                "",
                Err("no bob"),
            ),
        ];
        for (text, more, expected) in rows {
            let config = Config::parse("x.ini", &text, Path::new("")).unwrap();
            let found = running(&config, &script(more), &PathBuf::new());
            let found = found.map(|endpoints| endpoints[&Protocol::Imap].to_string());
            match expected {
                Ok(address) => assert_eq!(found, Ok(address)),
                Err(reason) => assert!(found.unwrap_err().contains(reason), "{text}{more}"),
            }
        }
        drop(somebody);
        let config = format!("[ports]\nimap = {port}");
        let config = Config::parse("x.ini", &config, Path::new("")).unwrap();
        let reason = running(&config, &script(""), &PathBuf::new()).unwrap_err();
        assert_eq!(reason, format!("for nothing listens on port {port}"));
    }
}
