//! `[relay]` and `[routes]`: where mail for other domains goes next.
//!
//! A route is for one domain; the relay (a smarthost) takes what no route is for. A password never
//! crosses a network in clear: `user` with `tls = none` is an error.

use std::collections::HashMap;
use std::fmt;

use super::ConfigError;
use super::reader::Section;
use super::values::domain;
use crate::config::accounts::Password;
use crate::mail::net::place::{Place, host_and_port, without_brackets};
use crate::mail::protocol::smtp::Address;

/// A server that takes our mail for others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// Its name or address; with TLS, its certificate must bear it.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// Does it speak LMTP (RFC 2033) instead of SMTP?
    pub lmtp: bool,
    /// How the connection is protected.
    pub security: Security,
    /// Whom we log in as.
    pub login: Option<Login>,
}

/// How a connection to a next hop is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// TLS from the first octet.
    Implicit,
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// STARTTLS where it is offered and the certificate is trusted, otherwise in clear (RFC 7435).
    WhereOffered,
    /// In clear.
    None,
}

/// A name and its password at another server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// `[relay]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relay {
    /// The server that takes mail for any domain; `None`: nobody does.
    pub smarthost: Option<NextHop>,
    /// Addresses and domains that it is used for, in lower case; empty: all.
    pub only_to: Vec<String>,
    /// Accounts of other servers, in lower case: they may send on anybody's behalf.
    pub gateways: Vec<String>,
}

impl fmt::Debug for Login {
    /// No password reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, …)", self.user)
    }
}

/// As people write it: `127.0.0.1:3025`, `[::1]:3025`.
impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Place(&self.host, self.port).fmt(f)
    }
}

impl Relay {
    pub(super) fn read(
        mut section: Section,
        accounts: &HashMap<String, Password>,
    ) -> Result<Relay, ConfigError> {
        let host = section.value_by("host", None, |text| match text {
            "" => Ok(None),
            text => domain(without_brackets(text)).map(Some),
        })?;
        let security = section.value_by("tls", Security::Implicit, security)?;
        let usual = match security {
            Security::Implicit => 465, // RFC 8314 §3.3
            Security::StartTls => 587, // RFC 6409 §3.1
            Security::WhereOffered | Security::None => 25,
        };
        let port = section.value_by("port", usual, |text| match text {
            "" => Ok(usual),
            text => port(text),
        })?;
        let login = login(&mut section)?;
        if login.is_some() && security == Security::None {
            return Err(section.wrong("user", "a password may not go out with tls = none"));
        }
        let smarthost = host.map(|host| NextHop {
            host,
            port,
            lmtp: false,
            security,
            login,
        });
        let relay = Relay {
            smarthost,
            only_to: section.value_by("only_to", Vec::new(), |text| list(text, place))?,
            gateways: section.value_by("gateways", Vec::new(), |text| {
                list(text, |name| match accounts.contains_key(name) {
                    true => Ok(()),
                    false => Err(format!("{name} is not an account")),
                })
            })?,
        };
        section.finish()?;
        Ok(relay)
    }
}

fn login(section: &mut Section) -> Result<Option<Login>, ConfigError> {
    let mut text = |key| section.text(key).filter(|text| !text.is_empty());
    match (text("user"), text("password")) {
        (Some(user), Some(password)) => Ok(Some(Login { user, password })),
        (Some(_), None) => Err(section.wrong("password", "it is missing, and there is a user")),
        (None, Some(_)) => Err(section.wrong("user", "it is missing, and there is a password")),
        (None, None) => Ok(None),
    }
}

/// Every setting of `[routes]`: its key is a domain, and none of `ours`.
pub(super) fn read_routes(
    section: Section,
    ours: [&str; 2],
) -> Result<HashMap<String, NextHop>, ConfigError> {
    let mut routes = HashMap::new();
    for (name, text) in section.clone().rest() {
        let hop = other_domain(&name, ours).and_then(|()| route(&text));
        let hop = hop.map_err(|why| section.wrong(&name, &why))?;
        routes.insert(name.to_lowercase(), hop);
    }
    Ok(routes)
}

/// A route that no address could ever take would be ignored.
fn other_domain(name: &str, ours: [&str; 2]) -> Result<(), String> {
    domain(name)?;
    if Address::parse(&format!("x@{name}")).is_err() {
        return Err("this cannot stand behind an @".to_owned());
    }
    match ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        true => Err("mail for this domain stays here".to_owned()),
        false => Ok(()),
    }
}

/// `127.0.0.1:3025`, perhaps with `lmtp` and a word for the protection behind it.
fn route(text: &str) -> Result<NextHop, String> {
    let mut words = text.split_whitespace();
    let place = words.next().unwrap_or_default();
    let (host, number) = host_and_port(place)
        .ok_or("host:port is asked for, perhaps with lmtp, starttls, implicit or none behind it")?;
    let mut hop = NextHop {
        host: domain(host)?,
        port: port(number)?,
        lmtp: false,
        security: Security::WhereOffered,
        login: None,
    };
    for word in words {
        match word {
            "lmtp" if !hop.lmtp => hop.lmtp = true,
            word if hop.security == Security::WhereOffered => hop.security = security(word)?,
            word => return Err(format!("{word} is one word too many")),
        }
    }
    Ok(hop)
}

fn security(text: &str) -> Result<Security, String> {
    match text {
        "implicit" => Ok(Security::Implicit),
        "starttls" => Ok(Security::StartTls),
        "none" => Ok(Security::None),
        _ => Err("the protection is implicit, starttls or none".to_owned()),
    }
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| "a port is 1 to 65535".to_owned())
}

/// What `only_to` names: a domain, or an address.
fn place(name: &str) -> Result<(), String> {
    let address = match name.contains('@') {
        true => Address::parse(name),
        false => Address::parse(&format!("x@{name}")),
    };
    address
        .map(drop)
        .map_err(|_| format!("{name} is neither a domain nor an address"))
}

fn list(text: &str, legal: impl Fn(&str) -> Result<(), String>) -> Result<Vec<String>, String> {
    let words = text.split(',').map(|word| word.trim().to_lowercase());
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| legal(&word).map(|()| word)).collect()
}
