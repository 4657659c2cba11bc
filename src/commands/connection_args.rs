//! The options of a command that is a client: which server, how to connect, which password.
//!
//! Without an option, `[client]` in the configuration decides.

use clap::Args;

use super::CommandError;
use super::recording::{RecordingArgs, during};
use super::settings::settings_for;
use super::terminal;
use crate::client::{ClientSettings, Endpoint, Security};
use crate::config::Config;
use crate::mail::net::host_port::HostPort;
use crate::mail::protocol::Protocol;

/// How the connection is protected.
#[derive(Args, Clone, Debug, Default)]
pub struct SecurityArgs {
    /// Use TLS from the first byte
    #[arg(long, group = "security")]
    pub tls: bool,
    /// Change to TLS with STARTTLS or STLS
    #[arg(long, group = "security")]
    pub starttls: bool,
    /// Use no TLS; others can read everything
    #[arg(long, group = "security")]
    pub plain: bool,
}

impl SecurityArgs {
    /// Returns what the command line says, if it says something.
    #[must_use]
    pub fn chosen(&self) -> Option<Security> {
        match self {
            SecurityArgs { tls: true, .. } => Some(Security::Tls),
            SecurityArgs { starttls: true, .. } => Some(Security::StartTls),
            SecurityArgs { plain: true, .. } => Some(Security::Plain),
            _ => None,
        }
    }
}

/// The options of `send` and `inbox` for their connection.
#[derive(Args, Clone, Debug, Default)]
pub struct ConnectionArgs {
    /// Server [default: from the configuration]
    #[arg(long, value_name = "HOST:PORT")]
    pub server: Option<HostPort>,
    /// How the connection is protected.
    #[command(flatten)]
    pub security: SecurityArgs,
    /// How the conversation is recorded.
    #[command(flatten)]
    pub recording: RecordingArgs,
    /// Password; safer in PILLARBOX_PASSWORD
    #[arg(long, value_name = "PASSWORD")]
    pub password: Option<String>,
}

impl ConnectionArgs {
    /// Runs a command with the settings of its protocol, and records its connections.
    ///
    /// # Errors
    /// Those of the command, and when no server is known or the capture cannot be written.
    pub(super) fn run(
        &self,
        config: &Config,
        protocol: Protocol,
        command: impl FnOnce(&ClientSettings) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        during(config, &self.recording, |recorder| {
            let settings = settings_for(config, protocol, self.server.as_ref())?;
            command(&settings.watched_by(&recorder.taps()))
        })
    }

    /// Returns the configured endpoint with the changes of the command line.
    #[must_use]
    pub fn endpoint(&self, configured: &Endpoint) -> Endpoint {
        let mut endpoint = configured.clone();
        if let Some(server) = &self.server {
            endpoint.host.clone_from(&server.host);
            endpoint.port = server.port;
        }
        if let Some(security) = self.security.chosen() {
            endpoint.security = security;
        }
        // The help of `--plain` warns of this.
        endpoint.password_in_clear |= self.security.plain;
        endpoint
    }

    /// Returns the password of an account.
    ///
    /// # Errors
    /// When it is not known.
    pub(super) fn password(
        &self,
        account: &str,
        settings: &ClientSettings,
    ) -> Result<String, CommandError> {
        terminal::password(self.password.as_deref(), account, &settings.passwords)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use clap::Command;

    use super::*;

    /// Parses the words of a command line, the program's name among them, as these options.
    pub(in crate::commands) fn parse<'a, A: Args>(
        words: impl IntoIterator<Item = &'a str>,
    ) -> Result<A, clap::Error> {
        let matches = A::augment_args(Command::new("x")).try_get_matches_from(words)?;
        A::from_arg_matches(&matches)
    }

    #[test]
    fn the_command_line_changes_what_it_names() {
        let configured = Endpoint::new("mail.test", 993, Security::Tls, "ca.pem");
        let rows = [
            ("x", "mail.test:993", Security::Tls, false),
            ("x --server there:2143 --starttls", "there:2143", Security::StartTls, false),
            ("x --server [::1]:143 --plain", "[::1]:143", Security::Plain, true),
        ];
        for (line, server, security, in_clear) in rows {
            let args: ConnectionArgs = parse(line.split(' ')).unwrap();
            let endpoint = args.endpoint(&configured);
            assert_eq!(endpoint.to_string(), server);
            assert_eq!(endpoint.security, security);
            assert_eq!(endpoint.password_in_clear, in_clear);
        }
        for line in [
            "x --server there",
            "x --server :1",
            "x --server a:0",
            "x --server ::1:9",
            "x --tls --plain",
        ] {
            assert!(parse::<ConnectionArgs>(line.split(' ')).is_err(), "{line}");
        }
    }
}
