//! `config.ini`: addresses and ports, accounts, limits.
//!
//! It replaces the original's `ServerClientDetails.py`. Every server and every client takes its addresses
//! from here. Nothing in the file is ignored: what is unknown or does not parse is an error that names
//! it. A file need not be complete; a missing setting has the value of the compiled-in file.

pub mod accounts;
pub mod aliases;
mod capture;
mod error;
mod limits;
mod ports;
mod reader;
mod relay;
mod store;
mod values;

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use crate::config::accounts::Password;
use crate::config::aliases::Aliases;
use crate::limits::Limits;
use crate::mail::net::host_port::HostPort;
use crate::mail::net::tls::Versions;
pub use capture::{CapturePorts, CaptureSection};
pub use error::ConfigError;
pub use ports::{Port, Ports};
use reader::{IniFile, IniSection};
pub use relay::{NextHop, Relay, RelayLogin, RelayTls};
pub use store::Journal;
pub(crate) use values::yes_or_no;
use values::{at_least_one, domain, server};

/// The mail domain of the lab: that of the shipped `config.ini`.
pub const LAB_DOMAIN: &str = "pillarbox.test";

/// The file that is used when there is none.
const COMPILED_IN: &str = include_str!("../../config.ini");

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[server]`
    pub server: ServerSection,
    /// `[ports]`
    pub ports: Ports,
    /// `[tls]`
    pub tls: TlsSection,
    /// `[store] path`: the folder of the mailboxes.
    pub mail: PathBuf,
    /// `[store] queue`: the folder of the messages that wait for another server.
    pub queue: PathBuf,
    /// `[store] journal`: where conversations are recorded; `None` means nowhere.
    pub journal: Option<Journal>,
    /// `[accounts]`
    pub accounts: HashMap<String, Password>,
    /// `[aliases]`
    pub aliases: Aliases,
    /// `[limits]`
    pub limits: Limits,
    /// `[relay]`: the server for mail without a route.
    pub relay: Relay,
    /// `[routes]`: the next hop of each domain, by its name in lower case.
    pub routes: HashMap<String, NextHop>,
    /// `[client]`
    pub client: ClientSection,
    /// `[capture]`
    pub capture: CaptureSection,
}

/// `[server]`
#[derive(Clone, Debug)]
pub struct ServerSection {
    /// The address that all the servers listen on.
    pub host: IpAddr,
    /// The name in greetings and in `Received:`.
    pub hostname: String,
    /// The mail domain of the accounts.
    pub domain: String,
    /// The maximum number of connections of all servers together.
    pub max_connections: usize,
    /// True for a class on a closed network, where passwords may be sent unencrypted.
    pub lab_network: bool,
}

/// `[tls]`
#[derive(Clone, Debug)]
pub struct TlsSection {
    /// The folder of the certificates and keys.
    pub certs: PathBuf,
    /// The versions that are permitted.
    pub versions: Versions,
    /// The names in the server's certificate.
    pub names: Vec<String>,
}

/// `[client]`: the servers of the clients, each under TLS; `None` means our own server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientSection {
    /// The server for sending: SMTPS.
    pub smtp: Option<HostPort>,
    /// The POP3S server.
    pub pop3: Option<HostPort>,
    /// The IMAPS server.
    pub imap: Option<HostPort>,
    /// A file whose explanations replace the compiled-in ones.
    pub explanations: Option<PathBuf>,
}

impl Config {
    /// Loads the named file; without a name `./config.ini`; without that, the compiled-in file.
    ///
    /// # Errors
    /// When the file cannot be read, or something in it is wrong.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        let usual = Path::new("config.ini");
        if file.is_none() && !usual.exists() {
            return Config::parse("the compiled-in config.ini", COMPILED_IN, &data_folder());
        }
        let file = file.unwrap_or(usual);
        let text = fs::read_to_string(file)
            .map_err(|error| ConfigError(format!("{} cannot be read: {error}", file.display())))?;
        Config::parse(&file.display().to_string(), &text, file.parent().unwrap_or(Path::new("")))
    }

    /// Parses the text of a configuration.
    ///
    /// Errors call it `name`; relative paths are relative to `folder`.
    ///
    /// # Errors
    /// When something in it is unknown, repeated, or does not parse.
    pub fn parse(name: &str, text: &str, folder: &Path) -> Result<Config, ConfigError> {
        let mut sections = IniFile::read(name, text)?;
        let server = ServerSection::read(sections.section_or_empty("server"))?;
        let accounts = accounts::read(name, sections.section("accounts"))?;
        let aliases =
            aliases::read(sections.section_or_empty("aliases"), &server.domain, &accounts)?;
        let relay = Relay::read(sections.section_or_empty("relay"), &accounts)?;
        let ours = [server.domain.as_str(), server.hostname.as_str()];
        let routes = relay::read_routes(sections.section_or_empty("routes"), ours)?;
        let store = store::StoreSection::read(sections.section_or_empty("store"), folder)?;
        let config = Config {
            server,
            ports: Ports::read(sections.section_or_empty("ports"))?,
            tls: TlsSection::read(sections.section_or_empty("tls"), folder)?,
            mail: store.mail,
            queue: store.queue,
            journal: store.journal,
            accounts,
            aliases,
            limits: limits::read(sections.section_or_empty("limits"))?,
            relay,
            routes,
            client: ClientSection::read(sections.section_or_empty("client"), folder)?,
            capture: CaptureSection::read(sections.section_or_empty("capture"), folder)?,
        };
        sections.finish()?;
        config.is_safe(name)?;
        Ok(config)
    }

    /// Fails if unhashed passwords would be used outside of this machine or a closed network.
    fn is_safe(&self, name: &str) -> Result<(), ConfigError> {
        let public = !self.server.host.is_loopback() && !self.server.lab_network;
        let clear =
            self.accounts.iter().filter(|(_, password)| matches!(password, Password::Clear(_)));
        match clear.map(|(account, _)| account).min() {
            Some(account) if public => Err(ConfigError(format!(
                "{name}, [accounts] {account}: an unhashed password is not allowed with [server] host = {}; \
                 hash it with `pillarbox passwd`, or set lab_network = yes on a closed network",
                self.server.host
            ))),
            _ => Ok(()),
        }
    }
}

impl ServerSection {
    fn read(mut section: IniSection) -> Result<ServerSection, ConfigError> {
        let server = ServerSection {
            host: section.value_by("host", Ipv4Addr::LOCALHOST.into(), |text| match text {
                "localhost" => Ok(Ipv4Addr::LOCALHOST.into()),
                _ => text.parse().map_err(|_| "expected an IP address".to_owned()),
            })?,
            hostname: section.value_by("hostname", "mail.pillarbox.test".to_owned(), domain)?,
            domain: section.value_by("domain", LAB_DOMAIN.to_owned(), domain)?,
            max_connections: section.value_by("max_connections", 1000, at_least_one)?,
            lab_network: section.value_by("lab_network", false, yes_or_no)?,
        };
        section.finish()?;
        Ok(server)
    }
}

impl TlsSection {
    fn read(mut section: IniSection, folder: &Path) -> Result<TlsSection, ConfigError> {
        let default = Versions::default();
        let names = ["localhost", "127.0.0.1", "::1", "mail.pillarbox.test"].map(str::to_owned);
        let tls = TlsSection {
            certs: folder.join(section.value("certs", PathBuf::from("certs"))?),
            versions: Versions {
                min: section.value("min_version", default.min)?,
                max: section.value("max_version", default.max)?,
            },
            names: section
                .value_by("names", names.to_vec(), |text| text.split(',').map(domain).collect())?,
        };
        if tls.versions.min > tls.versions.max {
            return Err(section.wrong("min_version", "it is greater than max_version"));
        }
        section.finish()?;
        Ok(tls)
    }
}

impl ClientSection {
    fn read(mut section: IniSection, folder: &Path) -> Result<ClientSection, ConfigError> {
        let explanations = section.text("explanations").filter(|file| !file.is_empty());
        let client = ClientSection {
            smtp: section.value_by("smtp", None, server)?,
            pop3: section.value_by("pop3", None, server)?,
            imap: section.value_by("imap", None, server)?,
            explanations: explanations.map(|file| folder.join(file)),
        };
        section.finish()?;
        Ok(client)
    }
}

/// Returns the user's data folder, where everything goes if there is no `config.ini`.
pub(crate) fn data_folder() -> PathBuf {
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
    data.unwrap_or_else(std::env::temp_dir).join("pillarbox")
}

#[cfg(test)]
mod tests;
