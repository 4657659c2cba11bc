//! Which server a client's command speaks to, where the command line says something else than
//! `[client]` in the configuration.

use clap::Args;

use crate::client::{Endpoint, Security};
use crate::mail::net::place::host_perhaps_port;

/// Another server, another way to it.
#[derive(Args, Clone, Debug, Default)]
pub struct ServerArgs {
    /// Another server than the configuration's; 993 and the like are the ports with TLS
    #[arg(long, value_name = "HOST:PORT", value_parser = server)]
    pub server: Option<(String, u16)>,
    /// TLS from the first octet, as without any of the three
    #[arg(long, group = "security")]
    pub tls: bool,
    /// TLS after a command in clear: STARTTLS, STLS
    #[arg(long, group = "security")]
    pub starttls: bool,
    /// No TLS: everybody on the way can read all of it, the password too
    #[arg(long, group = "security")]
    pub plain: bool,
}

impl ServerArgs {
    /// The server of the configuration, or what was said instead.
    #[must_use]
    pub fn endpoint(&self, configured: &Endpoint) -> Endpoint {
        let mut endpoint = configured.clone();
        if let Some((host, port)) = &self.server {
            (endpoint.host, endpoint.port) = (host.clone(), *port);
        }
        match (self.tls, self.starttls, self.plain) {
            (true, _, _) => endpoint.security = Security::Tls,
            (_, true, _) => endpoint.security = Security::StartTls,
            (_, _, true) => endpoint.security = Security::Plain,
            _ => {}
        }
        // Who says `--plain` has read what it means.
        endpoint.password_in_clear |= self.plain;
        endpoint
    }
}

/// `localhost:2143`, `[::1]:2143`.
fn server(text: &str) -> Result<(String, u16), &'static str> {
    let (host, port) = host_perhaps_port(text);
    match port.map(str::parse) {
        Some(Ok(port)) if port > 0 && !host.is_empty() => Ok((host.to_owned(), port)),
        _ => Err("a server is written host:port, with a port from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        server: ServerArgs,
    }

    #[test]
    fn what_is_said_counts_and_the_rest_stays() {
        let configured = Endpoint::new("mail.test", 993, Security::Tls, "ca.pem");
        let rows = [
            ("x", "mail.test:993", Security::Tls, false),
            (
                "x --server there:2143 --starttls",
                "there:2143",
                Security::StartTls,
                false,
            ),
            (
                "x --server [::1]:143 --plain",
                "[::1]:143",
                Security::Plain,
                true,
            ),
        ];
        for (line, server, security, in_clear) in rows {
            let args = Line::try_parse_from(line.split(' ')).unwrap().server;
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
            assert!(Line::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
    }
}
