//! `config.ini`: where everything listens, who may log in, what is too much.
//!
//! The original's `ServerClientDetails.py`. Every server and every client takes its addresses from
//! here. Nothing in the file is ever ignored: what is unknown or does not parse is an error that
//! names it. A file need not be complete; what is missing is as in the one that is compiled in.

mod capture;
mod limits;
mod reader;
mod relay;
mod store;
mod values;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use crate::accounts::Password;
use crate::aliases::Aliases;
use crate::limits::Limits;
use crate::net::tls::Versions;
use crate::protocol::smtp::Address;
pub use capture::{Capture, CapturePorts};
use reader::{Section, Sections};
pub use relay::{Login, NextHop, Relay, Security};
pub use store::Journal;
pub(crate) use values::yes_or_no;
use values::{at_least_one, domain, port_or_off, server};

/// The file that is used when there is none.
const COMPILED_IN: &str = include_str!("../config.ini");

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

/// A port of `[ports]`: `2025`, or `2024 if free`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// 0 is any free port.
    pub number: u16,
    /// When another program has it, ours does without, instead of not starting.
    pub if_free: bool,
}

/// `[ports]`: `None` is off.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Mail from other servers, in clear or STARTTLS: 25 (RFC 5321).
    pub smtp: Option<Port>,
    /// Mail from users, in clear or STARTTLS: 587 (RFC 6409).
    pub submission: Option<Port>,
    /// Mail from users, under TLS: 465 (RFC 8314).
    pub smtps: Option<Port>,
    /// Mail for the mailboxes, from a mail transfer agent beside us: 24 by custom (RFC 2033).
    pub lmtp: Option<Port>,
    /// POP3, in clear or STLS: 110 (RFC 1939).
    pub pop3: Option<Port>,
    /// POP3 under TLS: 995 (RFC 8314).
    pub pop3s: Option<Port>,
    /// IMAP, in clear or STARTTLS: 143 (RFC 3501).
    pub imap: Option<Port>,
    /// IMAP under TLS: 993 (RFC 8314).
    pub imaps: Option<Port>,
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
        let accounts = read_accounts(name, sections.section("accounts"))?;
        let aliases = read_aliases(
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

impl Ports {
    /// The names of all ports.
    pub const NAMES: [&'static str; 8] = [
        "smtp",
        "submission",
        "smtps",
        "lmtp",
        "pop3",
        "pop3s",
        "imap",
        "imaps",
    ];

    /// The port that a service has on the Internet; where that is said stands with its field.
    #[must_use]
    pub fn well_known(service: &str) -> Option<u16> {
        match service {
            "smtp" => Some(25),
            "submission" => Some(587),
            "smtps" => Some(465),
            "lmtp" => Some(24),
            "pop3" => Some(110),
            "pop3s" => Some(995),
            "imap" => Some(143),
            "imaps" => Some(993),
            _ => None,
        }
    }

    fn read(mut section: Section) -> Result<Ports, ConfigError> {
        let mut port = |key, number| {
            // Port 2024 is not rarely somebody else's, and few need LMTP.
            let if_free = key == "lmtp";
            section.value_by(key, Some(Port { number, if_free }), port_or_off)
        };
        let ports = Ports {
            smtp: port("smtp", 2025)?,
            submission: port("submission", 2587)?,
            smtps: port("smtps", 2465)?,
            lmtp: port("lmtp", 2024)?,
            pop3: port("pop3", 2110)?,
            pop3s: port("pop3s", 2995)?,
            imap: port("imap", 2143)?,
            imaps: port("imaps", 2993)?,
        };
        section.finish()?;
        Ok(ports)
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

/// Without the section there are the lab's three accounts; an empty one means that there are none.
fn read_accounts(
    file: &str,
    section: Option<Section>,
) -> Result<HashMap<String, Password>, ConfigError> {
    let lab = [
        ("alice", "wonderland"),
        ("bob", "builder"),
        ("carol", "chimney"),
    ];
    let lab = || {
        lab.map(|(name, password)| (name.to_owned(), password.to_owned()))
            .to_vec()
    };
    let accounts = section.map_or_else(lab, Section::rest);
    let wrong = |name: &str, why: &str| ConfigError(format!("{file}, [accounts] {name}: {why}"));
    let account = |(name, password): (String, String)| {
        let legal = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(legal) {
            return Err(wrong(
                &name,
                "a name is made of letters, digits, dots, - and _",
            ));
        }
        if password.is_empty() {
            return Err(wrong(&name, "the password is missing"));
        }
        let password = Password::parse(&password).map_err(|why| wrong(&name, &why))?;
        Ok((name, password))
    };
    accounts.into_iter().map(account).collect()
}

fn read_aliases(
    section: Section,
    domain: &str,
    accounts: &HashMap<String, Password>,
) -> Result<Aliases, ConfigError> {
    let wrong = section.wrong_by_key();
    let entries = section.rest();
    // What cannot stand before an @ could never be written in RCPT.
    let impossible = |name: &str| Address::parse(&format!("{name}@{domain}")).is_err();
    if let Some((name, _)) = entries.iter().find(|(name, _)| impossible(name)) {
        return Err(wrong(name, "this cannot stand before an @"));
    }
    // RFC 5233: what is behind a plus is the user's own, so nobody would ever be found here.
    if let Some((name, _)) = entries.iter().find(|(name, _)| name.contains('+')) {
        return Err(wrong(name, "an alias has no plus"));
    }
    let accounts: BTreeSet<String> = accounts.keys().cloned().collect();
    Aliases::resolve(domain, &accounts, &entries).map_err(|(name, why)| wrong(&name, &why))
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
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse("config.ini", text, Path::new("/lab")).map_err(|error| error.0)
    }

    #[test]
    fn the_shipped_file_is_what_the_program_does_without_it() {
        let (shipped, empty) = (parse(COMPILED_IN).unwrap(), parse("").unwrap());
        assert_eq!(shipped.limits, empty.limits);
        assert_eq!(format!("{:?}", shipped.ports), format!("{:?}", empty.ports));
        assert_eq!(format!("{:?}", shipped.tls), format!("{:?}", empty.tls));
        assert_eq!(
            format!("{:?}", shipped.server),
            format!("{:?}", empty.server)
        );
        assert_eq!(shipped.accounts, empty.accounts);
        assert_eq!(shipped.queue, empty.queue);
        assert_eq!(shipped.journal, empty.journal);
        assert_eq!(shipped.relay, empty.relay);
        assert_eq!(shipped.routes, empty.routes);
        assert_eq!(shipped.client, empty.client);
        assert_eq!(shipped.capture, empty.capture);
    }

    /// The file explains every section, and what is commented out in it can be used as it stands.
    #[test]
    fn the_examples_in_the_shipped_file_are_settings() {
        let example = |line: &'static str| {
            let commented_out = line.strip_prefix("; ");
            let setting = commented_out.filter(|line| line.contains(" = "));
            setting.unwrap_or(line)
        };
        let all: Vec<&str> = COMPILED_IN.lines().map(example).collect();
        let config = parse(&all.join("\n")).unwrap();
        let server = |port| Some(("mail.example.org".to_owned(), port));
        assert_eq!(config.client.smtp, server(465));
        assert_eq!(config.client.imap, server(993));
        assert_eq!(config.client.pop3, server(995));
        assert!(config.routes.contains_key("other.test"));
    }

    #[test]
    fn each_mistake_is_named() {
        let rows = [
            (
                "[servre]\nhost = ::1",
                "config.ini: [servre] is not a section",
            ),
            (
                "[server]\nhots = ::1",
                "config.ini, [server]: hots is not a setting",
            ),
            (
                "[ports]\nsmtp = 99999",
                "config.ini, [ports] smtp = \"99999\": a port is 0 to 65535, perhaps with `if free` behind it, or empty for off",
            ),
            (
                "[ports]\nsmtp = 1\n\nSMTP = 2",
                "config.ini, line 4: [ports] smtp stands in line 2 already",
            ),
            (
                "[ports]\n[tls]\n[ports]",
                "config.ini, line 3: [ports] stands in line 1 already",
            ),
            (
                "[server]\nhost",
                "config.ini, line 2: \"host\" is not a setting: it has no =",
            ),
            (
                "[accounts]\na = b;c",
                "config.ini, line 2: a: put a value that contains ; or # into \"double quotes\"",
            ),
            (
                "[accounts]\na = \"b",
                "config.ini, line 2: a: the closing quote is missing",
            ),
            (
                "[accounts]\na/b = c",
                "config.ini, [accounts] a/b: a name is made of letters, digits, dots, - and _",
            ),
            (
                "[accounts]\na =",
                "config.ini, [accounts] a: the password is missing",
            ),
            (
                "[tls]\nmax_version = 1.1",
                "config.ini, [tls] max_version = \"1.1\": a TLS version is 1.2 or 1.3",
            ),
            (
                "[tls]\nmin_version = 1.3\nmax_version = 1.2",
                "config.ini, [tls] min_version: it is above max_version",
            ),
            (
                "[limits]\nrecipients = 99",
                "config.ini, [limits] recipients = \"99\": a number of at least 100 (RFC 5321 §4.5.3.1.8)",
            ),
            (
                "[limits]\nbare_line_endings = maybe",
                "config.ini, [limits] bare_line_endings = \"maybe\": refuse or accept",
            ),
            (
                "[aliases]\na = b\nb = a",
                "config.ini, [aliases] a: it leads back to itself: a → b → a",
            ),
            (
                "[aliases]\na b = alice",
                "config.ini, [aliases] a b: this cannot stand before an @",
            ),
            (
                "[aliases]\na+b = alice",
                "config.ini, [aliases] a+b: an alias has no plus",
            ),
            (
                "[relay]\nhost = hub.test\ntls = none\nuser = a\npassword = b",
                "config.ini, [relay] user: a password may not go out with tls = none",
            ),
            (
                "[relay]\nuser = a",
                "config.ini, [relay] password: it is missing, and there is a user",
            ),
            (
                "[routes]\nb.test = 10.0.0.1:25 smtps",
                "config.ini, [routes] b.test: the protection is implicit, starttls or none",
            ),
            (
                "[routes]\npillarbox.test = 10.0.0.1:25",
                "config.ini, [routes] pillarbox.test: mail for this domain stays here",
            ),
            (
                "[routes]\nb.test. = 10.0.0.1:25",
                "config.ini, [routes] b.test.: this cannot stand behind an @",
            ),
            (
                "[routes]\nb.test = 10.0.0.1:25 none starttls",
                "config.ini, [routes] b.test: starttls is one word too many",
            ),
            (
                "[relay]\ngateways = alise",
                "config.ini, [relay] gateways = \"alise\": alise is not an account",
            ),
            (
                "[relay]\nonly_to = a@b@c",
                "config.ini, [relay] only_to = \"a@b@c\": a@b@c is neither a domain nor an address",
            ),
            (
                "[routes]\nb.test = 10.0.0.1",
                "config.ini, [routes] b.test: host:port is asked for, perhaps with lmtp, starttls, implicit or none behind it",
            ),
            (
                "stray = 1",
                "config.ini, line 1: \"stray = 1\" stands above the first [section]",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(parse(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn a_password_in_clear_stays_on_loopback() {
        let error = parse("[server]\nhost = 0.0.0.0").unwrap_err();
        assert!(
            error.starts_with("config.ini, [accounts] alice: a password in clear"),
            "{error}"
        );
        assert!(parse("[server]\nhost = 0.0.0.0\nlab_network = yes").is_ok());
        assert!(parse("[server]\nhost = 0.0.0.0\n[accounts]").is_ok());
    }

    #[test]
    fn quotes_carry_what_would_begin_a_comment() {
        let config = parse("[accounts]\nalice = \"a;b #c \" ; the rest\nbob = x ; y").unwrap();
        assert_eq!(config.accounts["alice"], Password::Clear("a;b #c ".into()));
        assert_eq!(config.accounts["bob"], Password::Clear("x".into()));
    }

    #[test]
    fn paths_are_relative_to_the_file() {
        assert_eq!(
            parse("[store]\npath = post").unwrap().mail,
            Path::new("/lab/post")
        );
        assert_eq!(
            parse("[store]\npath = /post").unwrap().mail,
            Path::new("/post")
        );
    }
}
