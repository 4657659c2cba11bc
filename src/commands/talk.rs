//! `pillarbox smtp`, `pop3`, `imap`: the user types the protocol, and sees what every line means.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::Args;

use super::explain::texts;
use super::recording::{RecordingArgs, during};
use super::settings::{own_host, passwords};
use super::{CaptureArgs, CommandError, SecurityArgs, terminal};
use crate::client::{Endpoint, Security};
use crate::config::{Config, Ports, data_folder};
use crate::console::{ConsoleError, ConsoleOptions, ExampleNames, converse};
use crate::mail::net::host_port::HostMaybePort;
use crate::mail::protocol::Protocol;
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::Explain;

/// Type the protocol by hand, and see what every line means.
#[derive(Args, Clone, Debug)]
#[command(after_help = "While it runs:
  what you type is sent as you typed it; Tab completes, F1 explains more
  /help lists the commands of the console itself
From a pipe, each line waits for the reply to the line before:
  printf 'EHLO me\\nQUIT\\n' | pillarbox smtp")]
pub struct TalkArgs {
    /// The server [default: the one in the configuration]
    #[arg(value_name = "HOST[:PORT]")]
    pub server: Option<HostMaybePort>,
    /// How the connection is protected.
    #[command(flatten)]
    pub security: SecurityArgs,
    /// Log in as this account first
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Which lines are explained
    #[arg(long, value_enum, value_name = "WHAT", default_value = "all")]
    pub explain: Explain,
    /// Show and record passwords, instead of ********
    #[arg(long)]
    pub show_secrets: bool,
    /// CA to trust in addition to the system's [default: the lab's own]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Captures and the key log.
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// Runs the console until the user leaves.
///
/// # Errors
/// When there is no server, the password is not known, or a line from a pipe got no reply.
pub fn run(protocol: Protocol, args: &TalkArgs, config: &Config) -> Result<(), CommandError> {
    let endpoint = endpoint(protocol, args, config)?;
    let recording =
        RecordingArgs { show_secrets: args.show_secrets, capture: args.capture.clone() };
    during(config, &recording, |recorder| {
        let mut endpoint = endpoint;
        endpoint.taps = recorder.taps();
        talk(protocol, args, config, &endpoint)
    })
}

/// Connects and runs the console.
fn talk(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
    endpoint: &Endpoint,
) -> Result<(), CommandError> {
    let out = io::stdout();
    let person = io::stdin().is_terminal() && out.is_terminal();
    let options = ConsoleOptions {
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
    converse(endpoint, &options, &cast(config), &opening).map_err(|failure| match failure {
        ConsoleError::Client(error) => error.into(),
        ConsoleError::NotSent(line) => CommandError::Job(format!(
            "{endpoint} closed the connection before this line could be sent: {line}"
        )),
        ConsoleError::NoAnswer => CommandError::Job(format!(
            "{endpoint} has not answered for {} seconds; try again later",
            endpoint.timeout.as_secs()
        )),
        ConsoleError::Terminal(error) => error.into(),
    })
}

/// Returns the server: from the command line, and the rest from the configuration.
fn endpoint(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
) -> Result<Endpoint, CommandError> {
    // The console itself types STARTTLS, so the connection begins with TLS only for `--tls`.
    let security = if args.security.tls { Security::Tls } else { Security::Plain };
    let service = security.service(protocol);
    let named = args.server.clone();
    let server = named.unwrap_or_else(|| HostMaybePort { host: own_host(config), port: None });
    let usual = if server.host == own_host(config) {
        config.ports.fixed(service)
    } else {
        Ports::well_known(service)
    };
    let Some(port) = server.port.or(usual) else {
        return Err(CommandError::Setup(format!(
            "the server is not known: [ports] {service} has no fixed port; \
             name one with pillarbox {} HOST:PORT",
            protocol.name()
        )));
    };
    let ca = args.ca.clone().unwrap_or_else(|| config.tls.certs.join("ca.pem"));
    let mut endpoint = Endpoint::new(server.host, port, security, ca);
    endpoint.versions = config.tls.versions;
    Ok(endpoint)
}

/// Returns the lines that are sent before the user types: STARTTLS and the login, if requested.
fn opening(
    protocol: Protocol,
    args: &TalkArgs,
    config: &Config,
) -> Result<Vec<String>, CommandError> {
    let smtp = !matches!(protocol, Protocol::Pop3 | Protocol::Imap);
    let hello = "EHLO localhost".to_owned();
    let mut lines = Vec::new();
    if args.security.starttls {
        if smtp {
            lines.push(hello.clone());
        }
        let command = if protocol == Protocol::Pop3 { "STLS" } else { "STARTTLS" };
        lines.push(command.to_owned());
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

/// Returns the account's password: from the environment, the configuration or the user.
fn password(user: &str, config: &Config) -> Result<String, CommandError> {
    let password = terminal::password(None, user, &passwords(config))?;
    if password.contains(char::is_control) {
        return Err(CommandError::Setup(
            "a password with a control character cannot be typed".to_owned(),
        ));
    }
    Ok(password)
}

/// Returns the text as a quoted string (RFC 3501 §9, `quoted`).
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

/// Returns the people in the examples: the first two accounts.
fn cast(config: &Config) -> ExampleNames {
    let mut names: Vec<&String> = config.accounts.keys().collect();
    names.sort();
    let name =
        |at: usize, other: &str| names.get(at).map_or(other, |name| name.as_str()).to_owned();
    ExampleNames { me: name(0, "alice"), you: name(1, "bob"), domain: config.server.domain.clone() }
}
