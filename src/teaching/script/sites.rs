//! The servers that a script needs, in this process.
//!
//! They listen on free ports, and a temporary folder holds their mail and goes when they go. The main
//! site is pillarbox.test, with the accounts and settings of the shipped configuration and those of
//! `config:` in the script. Each `site:` is one more site, for its own domain. A site sends its mail
//! for the sites that the script names after it to them.

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
use crate::server::{Services, SetupError};

/// The sites of a script. Dropped, it closes them.
pub struct Sites {
    /// The main site first.
    sites: Vec<OpenSite>,
    security: Security,
    taps: Taps,
    folder: SitesFolder,
}

/// The sites' temporary folder, which can be removed at any time: at Ctrl-C.
#[derive(Clone)]
pub struct SitesFolder(Arc<Mutex<Option<TempDir>>>);

/// A site whose servers listen.
struct OpenSite {
    domain: String,
    servers: Services,
}

/// The domain of the main site.
const MAIN: &str = "pillarbox.test";

/// The time for conversations to end, after all clients of the script have gone.
const GRACE: Duration = Duration::from_secs(2);

/// How many times the folder is removed until that succeeds, and the time between two attempts.
const REMOVALS: u32 = 20;
const BETWEEN_REMOVALS: Duration = Duration::from_millis(10);

impl Sites {
    /// Opens the sites that the script needs.
    ///
    /// # Errors
    /// When the temporary folder cannot be written, a `config:` is wrong, or no port is free.
    pub fn open(script: &Script) -> Result<Sites, SetupError> {
        Sites::watched(script, Taps::default())
    }

    /// Opens the sites that the script needs, and watches the client's end of each connection.
    ///
    /// These taps watch the connections of the servers to others, and those of the clients that
    /// connect to [`Sites::endpoint`].
    ///
    /// # Errors
    /// As [`Sites::open`].
    pub fn watched(script: &Script, taps: Taps) -> Result<Sites, SetupError> {
        let taps = taps.of_clients();
        let folder = tempfile::tempdir()
            .map_err(|error| SetupError(format!("there is no temporary folder: {error}")))?;
        let mut sites: Vec<OpenSite> = Vec::new();
        // The last one first: a site must know the ports of those to which it sends.
        for domain in script.sites.iter().rev() {
            let site = OpenSite::open(folder.path(), domain, &[], &sites, &taps)?;
            sites.push(site);
        }
        sites.push(OpenSite::open(folder.path(), MAIN, &script.config, &sites, &taps)?);
        sites.reverse();
        Ok(Sites {
            sites,
            security: script.security(),
            taps,
            folder: SitesFolder(Arc::new(Mutex::new(Some(folder)))),
        })
    }

    /// Returns the address of the server for a client of the script.
    ///
    /// # Errors
    /// When the site or its server is not open.
    pub fn endpoint(&self, caller: &Caller) -> io::Result<Endpoint> {
        let domain = caller.at.as_deref().unwrap_or(MAIN);
        let site = self.sites.iter().find(|site| site.domain == domain);
        let ca = self.folder.with_path(|path| path.join("certs/ca.pem"));
        let mut endpoint = Endpoint::new("127.0.0.1", 0, self.security, ca);
        let service = endpoint.security.service(caller.protocol);
        let address = site.and_then(|site| site.servers.address(service));
        let address = address.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, format!("{domain} has no {service}"))
        })?;
        endpoint.port = address.port();
        // The client asks for the name in the certificate that is not one of this machine.
        endpoint.name = (domain == MAIN).then(|| format!("mail.{MAIN}"));
        endpoint.taps = self.taps.clone();
        Ok(endpoint)
    }

    /// Returns the folder of the sites.
    #[must_use]
    pub fn folder(&self) -> SitesFolder {
        self.folder.clone()
    }
}

impl SitesFolder {
    /// Removes the folder and all that is in it. The servers may still write.
    pub fn remove(&self) {
        let mut folder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(folder) = folder.take() else {
            return;
        };
        // A file that appears meanwhile makes the removal fail, but not often: without their
        // folders the servers cannot write another.
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

impl OpenSite {
    fn open(
        folder: &Path,
        domain: &str,
        settings: &[String],
        others: &[OpenSite],
        taps: &Taps,
    ) -> Result<OpenSite, SetupError> {
        let text = configuration(domain, settings, others);
        let folder = folder.join(domain);
        fs::create_dir(&folder).map_err(|error| {
            SetupError(format!("{} cannot be created: {error}", folder.display()))
        })?;
        let config = Config::parse("config: of the script", &text, &folder)
            .map_err(|error| SetupError(error.0))?;
        Ok(OpenSite {
            domain: domain.to_owned(),
            servers: Services::open(&config, taps.clone())?.with_grace(GRACE),
        })
    }
}

/// Returns the configuration of a site, each section once.
fn configuration(domain: &str, settings: &[String], others: &[OpenSite]) -> String {
    let mut sections: BTreeMap<&str, String> = BTreeMap::new();
    let mut add = |section, line: &str| {
        let lines = sections.entry(section).or_default();
        lines.push_str(line);
        lines.push('\n');
    };
    add("server", &format!("hostname = mail.{domain}\ndomain = {domain}"));
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
