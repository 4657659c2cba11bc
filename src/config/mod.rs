//! `config.ini`: where everything listens, who may log in, what is too much.
//!
//! The original's `ServerClientDetails.py`. Every server and every client takes its addresses from
//! here. Nothing in the file is ever ignored: what is unknown or does not parse is an error that
//! names it. A file need not be complete; what is missing is as in the one that is compiled in.

pub mod accounts;
mod accounts_section;
pub mod aliases;
mod capture;
mod limits;
mod ports;
mod reader;
mod relay;
mod store;
mod values;

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use crate::config::accounts::Password;
use crate::config::aliases::Aliases;
use crate::limits::Limits;
use crate::mail::net::tls::Versions;
pub use capture::{Capture, CapturePorts};
pub use ports::{Port, Ports};
use reader::{Section, Sections};
pub use relay::{Login, NextHop, Relay, Security};
pub use store::Journal;
pub(crate) use values::yes_or_no;
use values::{at_least_one, domain, server};

/// The file that is used when there is none.
const COMPILED_IN: &str = include_str!("../../config.ini");

/// What is wrong with the configuration, in one sentence that names the file, section and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(pub String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[ports]`
    pub ports: Ports,
    /// `[tls]`
    pub tls: Tls,
    /// `[store] path`: the folder of the mailboxes.
    pub mail: PathBuf,
    /// `[store] queue`: the folder of the messages that wait for another server.
    pub queue: PathBuf,
    /// `[store] journal`: where conversations are recorded; `None` is nowhere.
    pub journal: Option<Journal>,
    /// `[accounts]`
    pub accounts: HashMap<String, Password>,
    /// `[aliases]`
    pub aliases: Aliases,
    /// `[limits]`
    pub limits: Limits,
    /// `[relay]`: who takes what no route is for.
    pub relay: Relay,
    /// `[routes]`: the next hop of each domain, by its name in lower case.
    pub routes: HashMap<String, NextHop>,
    /// `[client]`
    pub client: Client,
    /// `[capture]`
    pub capture: Capture,
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct Server {
    /// The address that all the servers listen on.
    pub host: IpAddr,
    /// The name in greetings and in `Received:`.
    pub hostname: String,
    /// The mail domain whose accounts are ours.
    pub domain: String,
    /// Connections of all the servers together.
    pub max_connections: usize,
    /// A class on a closed network: passwords may cross it in clear.
    pub lab_network: bool,
}

/// `[tls]`
#[derive(Clone, Debug)]
pub struct Tls {
    /// The folder of the certificates and keys.
    pub certs: PathBuf,
    /// Which versions are spoken.
    pub versions: Versions,
    /// What the server's certificate is for.
    pub names: Vec<String>,
}

/// `[client]`: the servers that the clients talk to, each `host:port` under TLS; `None` is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    /// Where mail is sent: SMTPS.
    pub smtp: Option<(String, u16)>,
    /// Where POP3 is spoken: POP3S.
    pub pop3: Option<(String, u16)>,
    /// Where IMAP is spoken: IMAPS.
    pub imap: Option<(String, u16)>,
    /// A file whose explanations take the place of the compiled-in ones.
    pub explanations: Option<PathBuf>,
}

impl Config {
    /// Loads the named file; without a name `./config.ini`; without that, what is compiled in.
    ///
    /// # Errors
    /// When a named file cannot be read, or something in it is wrong.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        let file = file.or_else(|| Some(Path::new("config.ini")).filter(|file| file.exists()));
        let Some(file) = file else {
            return Config::parse("the compiled-in config.ini", COMPILED_IN, &data_folder());
        };
        let text = fs::read_to_string(file)
            .map_err(|error| ConfigError(format!("{} cannot be read: {error}", file.display())))?;
        Config::parse(
            &file.display().to_string(),
            &text,
            file.parent().unwrap_or(Path::new("")),
        )
    }

    /// Understands the text of a configuration. `name` is what errors call it; relative paths are
    /// relative to `folder`.
    ///
    /// # Errors
    /// When something in it is unknown, repeated, or does not parse.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Config, ConfigError> {
        let mut sections = Sections::read(name, text)?;
        let server = Server::read(sections.section_or_empty("server"))?;
        let accounts = accounts_section::read(name, sections.section("accounts"))?;
        let aliases = accounts_section::read_aliases(
            sections.section_or_empty("aliases"),
            &server.domain,
            &accounts,
        )?;
        let relay = Relay::read(sections.section_or_empty("relay"), &accounts)?;
        let ours = [server.domain.as_str(), server.hostname.as_str()];
        let routes = relay::read_routes(sections.section_or_empty("routes"), ours)?;
        let store = store::Store::read(sections.section_or_empty("store"), folder)?;
        let config = Config {
            server,
            ports: Ports::read(sections.section_or_empty("ports"))?,
            tls: Tls::read(sections.section_or_empty("tls"), folder)?,
            mail: store.mail,
            queue: store.queue,
            journal: store.journal,
            accounts,
            aliases,
            limits: limits::read(sections.section_or_empty("limits"))?,
            relay,
            routes,
            client: Client::read(sections.section_or_empty("client"), folder)?,
            capture: Capture::read(sections.section_or_empty("capture"), folder)?,
        };
        sections.finish()?;
        config.is_safe(name)?;
        Ok(config)
    }

    /// Secure as shipped: a password in clear belongs on loopback or on a closed network.
    fn is_safe(&self, name: &str) -> Result<(), ConfigError> {
        let public = !self.server.host.is_loopback() && !self.server.lab_network;
        let clear = self
            .accounts
            .iter()
            .filter(|(_, password)| matches!(password, Password::Clear(_)));
        match clear.map(|(account, _)| account).min() {
            Some(account) if public => Err(ConfigError(format!(
                "{name}, [accounts] {account}: a password in clear does not go with [server] host = {}; \
                 hash it with `pillarbox passwd`, or set lab_network = yes on a closed network",
                self.server.host
            ))),
            _ => Ok(()),
        }
    }
}

impl Server {
    fn read(mut section: Section) -> Result<Server, ConfigError> {
        let server = Server {
            host: section.value_by("host", Ipv4Addr::LOCALHOST.into(), |text| match text {
                "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
                _ => text.parse().map_err(|_| "not an IP address".to_owned()),
            })?,
            hostname: section.value_by("hostname", "mail.pillarbox.test".to_owned(), domain)?,
            domain: section.value_by("domain", "pillarbox.test".to_owned(), domain)?,
            max_connections: section.value_by("max_connections", 1000, at_least_one)?,
            lab_network: section.value_by("lab_network", false, yes_or_no)?,
        };
        section.finish()?;
        Ok(server)
    }
}

impl Tls {
    fn read(mut section: Section, folder: &Path) -> Result<Tls, ConfigError> {
        let default = Versions::default();
        let names = ["localhost", "127.0.0.1", "::1", "mail.pillarbox.test"].map(str::to_owned);
        let tls = Tls {
            certs: folder.join(section.value("certs", PathBuf::from("certs"))?),
            versions: Versions {
                min: section.value("min_version", default.min)?,
                max: section.value("max_version", default.max)?,
            },
            names: section.value_by("names", names.to_vec(), |text| {
                text.split(',').map(domain).collect()
            })?,
        };
        if tls.versions.min > tls.versions.max {
            return Err(section.wrong("min_version", "it is above max_version"));
        }
        section.finish()?;
        Ok(tls)
    }
}

impl Client {
    fn read(mut section: Section, folder: &Path) -> Result<Client, ConfigError> {
        let explanations = section.text("explanations").filter(|file| !file.is_empty());
        let client = Client {
            smtp: section.value_by("smtp", None, server)?,
            pop3: section.value_by("pop3", None, server)?,
            imap: section.value_by("imap", None, server)?,
            explanations: explanations.map(|file| folder.join(file)),
        };
        section.finish()?;
        Ok(client)
    }
}

/// Without a file nothing is littered: everything goes into the user's data folder.
pub(crate) fn data_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(home);
    data.unwrap_or_else(std::env::temp_dir).join("pillarbox")
}

#[cfg(test)]
mod tests;
