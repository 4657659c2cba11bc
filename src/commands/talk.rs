//! `pillarbox smtp`, `pop3`, `imap`: a person types the protocol, and sees what every line means.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{ArgGroup, Args};

use super::explain::texts;
use super::recording::{RecordingArgs, during};
use super::settings::{own_host, passwords};
use super::{CaptureArgs, CommandError, terminal};
use crate::client::{Endpoint, Security};
use crate::config::{Config, Port, Ports, data_folder};
use crate::console::{ExampleNames, Failure, Options, converse};
use crate::mail::net::place::host_perhaps_port;
use crate::mail::protocol::Protocol;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// Type the protocol by hand, and see what every line means.
#[derive(Args, Clone, Debug)]
#[command(
    group(ArgGroup::new("security").args(["tls", "starttls", "plain"])),
    after_help = "While it runs:
  what you type is sent as you typed it; Tab completes, F1 explains more
  /help lists what the console itself can do
From a pipe each line waits for the answer to the one before:
  printf 'EHLO me\\nQUIT\\n' | pillarbox smtp"
)]
pub struct TalkArgs {
    /// The server [default: the one in the configuration]
    #[arg(value_name = "HOST[:PORT]")]
    pub place: Option<Place>,
    /// TLS from the first octet
    #[arg(long)]
    pub tls: bool,
    /// Begin in clear, and go on under TLS
    #[arg(long)]
    pub starttls: bool,
    /// In clear, which is the default
    #[arg(long)]
    pub plain: bool,
    /// Log in first, as this account
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// What is explained below each line
    #[arg(long, value_enum, value_name = "WHAT", default_value = "all")]
    pub explain: Explain,
    /// Show passwords, save them, and write them into the journal
    #[arg(long)]
    pub show_secrets: bool,
    /// The CA to trust beside the system's [default: the lab's own]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Captures and the key log
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// A server that is named on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    host: String,
    /// `None`: the usual one.
    port: Option<u16>,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let (host, port) = host_perhaps_port(text);
        let port = port.map(|port| {
            port.parse()
                .map_err(|_| format!("{port:?} is no port: 1 to 65535"))
        });
        let port = port.transpose()?;
        match host {
            "" => Err("expected HOST or HOST:PORT".to_owned()),
            host => Ok(Place {
                host: host.to_owned(),
                port,
            }),
        }
    }
}

/// Leads the conversation.
///
/// # Errors
/// When there is no server, the login's password is not known, or from a pipe, a line went
/// unanswered.
pub fn run(protocol: Protocol, args: &TalkArgs, config: &Config) -> Result<(), CommandError> {
    let endpoint = endpoint(protocol, args, config)?;
    let recording = RecordingArgs {
        show_secrets: args.show_secrets,
        capture: args.capture.clone(),
    };
    during(config, &recording, |recorder| {
        let taps = recorder.taps();
        lead(protocol, args, config, Endpoint { taps, ..endpoint })
    })
}

fn lead(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
    endpoint: Endpoint,
) -> Result<(), CommandError> {
    let out = io::stdout();
    let person = io::stdin().is_terminal() && out.is_terminal();
    let options = Options {
        protocol,
        explain: args.explain,
        show_secrets: args.show_secrets,
        person,
        texts: texts(config)?,
        style: TextStyle::on(&out),
        width: terminal::width,
        history: data_folder().join(format!("typed-{}", protocol.name())),
    };
    let opening = opening(protocol, args, config)?;
    converse(&endpoint, &options, &cast(config), &opening).map_err(|failure| match failure {
        Failure::Client(error) => error.into(),
        Failure::Unsaid(line) => CommandError::Job(format!(
            "{endpoint} closed the connection before this could be said: {line}"
        )),
        Failure::NoAnswer => CommandError::Job(format!(
            "{endpoint} has not answered for {} seconds",
            endpoint.timeout.as_secs()
        )),
        Failure::Terminal(error) => error.into(),
    })
}

/// Where the server is: what the command line says, and for the rest the configuration.
fn endpoint(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
) -> Result<Endpoint, CommandError> {
    let security = match args.tls {
        true => Security::Tls,
        false => Security::Plain,
    };
    let ports = &config.ports;
    let (own, service) = match (protocol, args.tls) {
        (Protocol::Pop3, false) => (ports.pop3, "pop3"),
        (Protocol::Pop3, true) => (ports.pop3s, "pop3s"),
        (Protocol::Imap, false) => (ports.imap, "imap"),
        (Protocol::Imap, true) => (ports.imaps, "imaps"),
        (_, false) => (ports.smtp, "smtp"),
        (_, true) => (ports.smtps, "smtps"),
    };
    let own = own
        .map(|Port { number, .. }| number)
        .filter(|number| *number != 0);
    let (host, port) = match &args.place {
        None => (own_host(config), own),
        Some(Place {
            host,
            port: Some(port),
        }) => (host.clone(), Some(*port)),
        Some(Place { host, port: None }) if *host == own_host(config) => (host.clone(), own),
        Some(Place { host, port: None }) => (host.clone(), Ports::well_known(service)),
    };
    let Some(port) = port else {
        return Err(CommandError::Setup(format!(
            "where is the server? [ports] has no fixed port for it; say pillarbox {} HOST:PORT",
            protocol.name()
        )));
    };
    let ca = args
        .ca
        .clone()
        .unwrap_or_else(|| config.tls.certs.join("ca.pem"));
    let mut endpoint = Endpoint::new(host, port, security, ca);
    endpoint.versions = config.tls.versions;
    Ok(endpoint)
}

/// What is said before the person has the word: STARTTLS and the login, if those are asked for.
fn opening(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
) -> Result<Vec<String>, CommandError> {
    let smtp = !matches!(protocol, Protocol::Pop3 | Protocol::Imap);
    let hello = "EHLO localhost".to_owned();
    let mut lines = Vec::new();
    if args.starttls {
        lines.extend(smtp.then(|| hello.clone()));
        lines.push(
            if protocol == Protocol::Pop3 {
                "STLS"
            } else {
                "STARTTLS"
            }
            .to_owned(),
        );
    }
    let Some(user) = &args.user else {
        return Ok(lines);
    };
    let password = password(user, config)?;
    match protocol {
        Protocol::Pop3 => lines.extend([format!("USER {user}"), format!("PASS {password}")]),
        Protocol::Imap => lines.push(format!("LOGIN {} {}", quoted(user), quoted(&password))),
        _ => {
            let proof = BASE64.encode(format!("\0{user}\0{password}"));
            lines.extend([hello, format!("AUTH PLAIN {proof}")]);
        }
    }
    Ok(lines)
}

/// The account's password, from the environment, the configuration, or its owner.
fn password(user: &str, config: &Config) -> Result<String, CommandError> {
    let password = terminal::password(None, user, &passwords(config))?;
    match password.contains(char::is_control) {
        true => Err(CommandError::Setup(
            "a password with a control character cannot be typed".to_owned(),
        )),
        false => Ok(password),
    }
}

/// RFC 3501 §9, `quoted`.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

/// Whom the examples are about: the first two accounts.
fn cast(config: &Config) -> ExampleNames {
    let mut names: Vec<&String> = config.accounts.keys().collect();
    names.sort();
    let name =
        |at: usize, other: &str| names.get(at).map_or(other, |name| name.as_str()).to_owned();
    ExampleNames {
        me: name(0, "alice"),
        you: name(1, "bob"),
        domain: config.server.domain.clone(),
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_place_is_a_host_and_perhaps_a_port() {
        let place = |host: &str, port| {
            Ok(Place {
                host: host.to_owned(),
                port,
            })
        };
        let rows = [
            ("mail.test", place("mail.test", None)),
            ("mail.test:25", place("mail.test", Some(25))),
            ("[::1]:25", place("::1", Some(25))),
            ("[::1]", place("::1", None)),
            ("::1", place("::1", None)),
            (
                "mail.test:smtp",
                Err("\"smtp\" is no port: 1 to 65535".to_owned()),
            ),
            (":25", Err("expected HOST or HOST:PORT".to_owned())),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }
}
