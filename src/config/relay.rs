//! `[relay]` and `[routes]`: the next server for mail to other domains.
//!
//! A route is for one domain; the relay (a smarthost) takes mail for all domains without a route. A
//! password is never sent unencrypted: `user` with `tls = none` is an error.

use std::collections::HashMap;
use std::fmt;

use super::accounts::Password;
use super::error::ConfigError;
use super::reader::IniSection;
use super::values::domain;
use crate::mail::net::host_port::{HostPort, parse_port, write_host_port};
use crate::mail::protocol::smtp::Address;

/// A server that takes our mail for other domains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NextHop {
    /// Its name or address; with TLS, its certificate must have this name.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// True if it speaks LMTP (RFC 2033) instead of SMTP.
    pub lmtp: bool,
    /// How the connection is protected.
    pub security: RelayTls,
    /// The login, if it needs one.
    pub login: Option<RelayLogin>,
}

/// How a connection to a next hop is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RelayTls {
    /// TLS from the first octet.
    Implicit,
    /// STARTTLS; if that fails, nothing is sent.
    StartTls,
    /// STARTTLS if it is offered and the certificate is trusted, otherwise no TLS (RFC 7435).
    WhereOffered,
    /// No TLS.
    None,
}

/// A name and its password at another server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RelayLogin {
    /// The name.
    pub user: String,
    /// The password.
    pub password: String,
}

/// `[relay]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relay {
    /// The server that takes mail for any domain, if there is one.
    pub smarthost: Option<NextHop>,
    /// The addresses and domains that it is used for, in lower case; empty means all.
    pub only_to: Vec<String>,
    /// The accounts of other servers, in lower case: they may send with any sender address.
    pub gateways: Vec<String>,
}

impl fmt::Debug for RelayLogin {
    /// Leaves the password out, so that none reaches a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayLogin({}, …)", self.user)
    }
}

/// `127.0.0.1:3025`, `[::1]:3025`.
impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_host_port(f, &self.host, self.port)
    }
}

impl Relay {
    pub(super) fn read(
        mut section: IniSection,
        accounts: &HashMap<String, Password>,
    ) -> Result<Relay, ConfigError> {
        let host = section.value_by("host", None, |text| match text {
            "" => Ok(None),
            text => domain(text.trim_matches(['[', ']'])).map(Some),
        })?;
        let security = section.value_by("tls", RelayTls::Implicit, security)?;
        let usual = match security {
            RelayTls::Implicit => 465, // RFC 8314 §3.3
            RelayTls::StartTls => 587, // RFC 6409 §3.1
            RelayTls::WhereOffered | RelayTls::None => 25,
        };
        let port = section.value_by("port", usual, |text| match text {
            "" => Ok(usual),
            text => parse_port(text),
        })?;
        let login = login(&mut section)?;
        if login.is_some() && security == RelayTls::None {
            return Err(
                section.wrong("user", "a password is never sent without TLS; change tls = none")
            );
        }
        let smarthost = host.map(|host| NextHop { host, port, lmtp: false, security, login });
        let relay = Relay {
            smarthost,
            only_to: section
                .value_by("only_to", Vec::new(), |text| list(text, is_domain_or_address))?,
            gateways: section.value_by("gateways", Vec::new(), |text| {
                list(text, |name| is_account(name, accounts))
            })?,
        };
        section.finish()?;
        Ok(relay)
    }
}

fn login(section: &mut IniSection) -> Result<Option<RelayLogin>, ConfigError> {
    let mut text = |key| section.text(key).filter(|text| !text.is_empty());
    match (text("user"), text("password")) {
        (Some(user), Some(password)) => Ok(Some(RelayLogin { user, password })),
        (Some(_), None) => Err(section.wrong("password", "it is missing, but user is set")),
        (None, Some(_)) => Err(section.wrong("user", "it is missing, but password is set")),
        (None, None) => Ok(None),
    }
}

/// Reads `[routes]`, whose keys are domains, and none of `ours`.
pub(super) fn read_routes(
    section: IniSection,
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

/// Fails for a domain that no address can have, and for our own: such a route would never be used.
fn other_domain(name: &str, ours: [&str; 2]) -> Result<(), String> {
    domain(name)?;
    if Address::parse(&format!("x@{name}")).is_err() {
        return Err("this cannot be the part of an address after the @".to_owned());
    }
    if ours.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Err("mail for this domain is delivered here".to_owned());
    }
    Ok(())
}

/// Parses `127.0.0.1:3025`, optionally followed by `lmtp` and a word for the protection.
fn route(text: &str) -> Result<NextHop, String> {
    let mut words = text.split_whitespace();
    let server: HostPort = words.next().unwrap_or_default().parse()?;
    let mut hop = NextHop {
        host: domain(&server.host)?,
        port: server.port,
        lmtp: false,
        security: RelayTls::WhereOffered,
        login: None,
    };
    for word in words {
        match word {
            "lmtp" if !hop.lmtp => hop.lmtp = true,
            word if hop.security == RelayTls::WhereOffered => hop.security = security(word)?,
            word => return Err(format!("unexpected word {word}")),
        }
    }
    Ok(hop)
}

fn security(text: &str) -> Result<RelayTls, String> {
    match text {
        "implicit" => Ok(RelayTls::Implicit),
        "starttls" => Ok(RelayTls::StartTls),
        "none" => Ok(RelayTls::None),
        _ => Err("expected implicit, starttls or none".to_owned()),
    }
}

/// Checks a name of `only_to`.
fn is_domain_or_address(name: &str) -> Result<(), String> {
    if Address::parse(name).is_err() && Address::parse(&format!("x@{name}")).is_err() {
        return Err(format!("{name} is neither a domain nor an address"));
    }
    Ok(())
}

/// Checks a name of `gateways`.
fn is_account(name: &str, accounts: &HashMap<String, Password>) -> Result<(), String> {
    if !accounts.contains_key(name) {
        return Err(format!("{name} is not an account"));
    }
    Ok(())
}

/// Parses a list with commas, in lower case; each word is checked.
fn list(text: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<Vec<String>, String> {
    let words = text.split(',').map(|word| word.trim().to_lowercase());
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| check(&word).map(|()| word)).collect()
}
