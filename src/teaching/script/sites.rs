//! The servers that a script needs, in this process: on free ports, with their mail in a temporary
//! folder that goes when they do.
//!
//! The usual site is pillarbox.test with the accounts and settings of the shipped configuration, and
//! what the script's `config:` says. Each `site:` is another one, for another domain; a site sends
//! its mail for those that the script names behind it to them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::format::Script;
use super::player::Caller;
use crate::client::{Endpoint, Security};
use crate::config::{Config, Ports};
use crate::mail::net::Taps;
use crate::server::{Servers, SetupError};

/// The sites of a script, open until this is dropped.
pub struct Sites {
    /// The usual one first.
    houses: Vec<House>,
    security: Security,
    taps: Taps,
    folder: Folder,
}

/// A temporary folder, and the right to remove it at any time: at Ctrl-C.
#[derive(Clone)]
pub struct Folder(Arc<Mutex<Option<TempDir>>>);

/// One site that is open.
struct House {
    domain: String,
    servers: Servers,
}

/// The domain of the usual site.
const USUAL: &str = "pillarbox.test";

/// For the conversations of a script to end: all of its clients have gone.
const GRACE: Duration = Duration::from_secs(2);

/// How often it is tried to remove their folder, and how long one waits between two times.
const REMOVALS: u32 = 20;
const BETWEEN_REMOVALS: Duration = Duration::from_millis(10);

impl Sites {
    /// Opens what the script needs.
    ///
    /// # Errors
    /// When the temporary folder cannot be written, a `config:` is wrong, or no port is free.
    pub fn open(script: &Script) -> Result<Sites, SetupError> {
        Sites::watched(script, Taps::default())
    }

    /// Opens what the script needs, and watches the client's end of each connection with these taps.
    ///
    /// The connections are those of its servers to others, and of the clients that connect to
    /// [`Sites::endpoint`].
    ///
    /// # Errors
    /// As [`Sites::open`].
    pub fn watched(script: &Script, taps: Taps) -> Result<Sites, SetupError> {
        let taps = taps.of_clients();
        let folder = tempfile::tempdir()
            .map_err(|error| SetupError(format!("there is no temporary folder: {error}")))?;
        let mut houses: Vec<House> = Vec::new();
        // From behind, so that each finds those open to which it sends.
        for domain in script.sites.iter().rev() {
            let house = House::open(folder.path(), domain, &[], &houses, &taps)?;
            houses.push(house);
        }
        houses.push(House::open(
            folder.path(),
            USUAL,
            &script.config,
            &houses,
            &taps,
        )?);
        houses.reverse();
        Ok(Sites {
            houses,
            security: script.security(),
            taps,
            folder: Folder(Arc::new(Mutex::new(Some(folder)))),
        })
    }

    /// Where a client of the script finds its server.
    ///
    /// # Errors
    /// When the site or its server is not open.
    pub fn endpoint(&self, caller: &Caller) -> io::Result<Endpoint> {
        let domain = caller.at.as_deref().unwrap_or(USUAL);
        let house = self.houses.iter().find(|house| house.domain == domain);
        let ca = self.folder.with_path(|path| path.join("certs/ca.pem"));
        let mut endpoint = Endpoint::new("127.0.0.1", 0, self.security, ca);
        let service = endpoint.service(caller.protocol);
        let address = house.and_then(|house| house.servers.address(service));
        let address = address.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("{domain} has no {service}"),
            )
        })?;
        endpoint.port = address.port();
        // The one name in the certificate that is not this machine's: the client asks for it.
        endpoint.name = (domain == USUAL).then(|| format!("mail.{USUAL}"));
        endpoint.taps = self.taps.clone();
        Ok(endpoint)
    }

    /// Their folder.
    #[must_use]
    pub fn folder(&self) -> Folder {
        self.folder.clone()
    }
}

impl Folder {
    /// Removes it, and all that is in it, while its servers may still write.
    pub fn remove(&self) {
        let mut folder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = folder.take() else {
            return;
        };
        // A file that appears meanwhile keeps its folder from being removed, but not for long:
        // without their folders, they cannot write another.
        for _ in 0..REMOVALS {
            if fs::remove_dir_all(folder.path()).is_ok() {
                break;
            }
            thread::sleep(BETWEEN_REMOVALS);
        }
    }

    fn with_path<T>(&self, read: impl FnOnce(&Path) -> T) -> T {
        let folder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        read(folder.as_ref().map_or(Path::new(""), TempDir::path))
    }
}

impl House {
    fn open(
        folder: &Path,
        domain: &str,
        settings: &[String],
        others: &[House],
        taps: &Taps,
    ) -> Result<House, SetupError> {
        let text = configuration(domain, settings, others);
        let folder = folder.join(domain);
        fs::create_dir(&folder)
            .map_err(|error| SetupError(format!("{} cannot be made: {error}", folder.display())))?;
        let config = Config::parse("config: of the script", &text, &folder)
            .map_err(|error| SetupError(error.0))?;
        Ok(House {
            domain: domain.to_owned(),
            servers: Servers::open(&config, taps.clone())?.with_grace(GRACE),
        })
    }
}

/// The configuration of a site, each section once.
fn configuration(domain: &str, settings: &[String], others: &[House]) -> String {
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    let mut add = |section, line: &str| {
        let lines = sections.entry(section).or_default();
        lines.push_str(line);
        lines.push('\n');
    };
    add(
        "server",
        &format!("hostname = mail.{domain}\ndomain = {domain}"),
    );
    add("tls", "certs = ../certs");
    for port in Ports::NAMES {
        add("ports", &format!("{port} = 0"));
    }
    for other in others {
        if let Some(smtp) = other.servers.address("smtp") {
            add("routes", &format!("{} = {smtp}", other.domain));
        }
    }
    for setting in settings {
        let section = setting.trim_start_matches('[').split_once("] ");
        let (section, line) = section.unwrap_or(("", setting));
        add(section, line);
    }
    let mut text = String::new();
    for (section, lines) in sections {
        // Writing to a string never fails.
        let _ = write!(text, "[{section}]\n{lines}");
    }
    text
}
