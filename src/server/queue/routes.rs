//! Finds the next server for another domain: its route, or the relay.
//!
//! No MX record is looked up: a domain that is not in the configuration gets no mail.

use std::collections::HashMap;

use crate::config::{Config, NextHop, Relay};
use crate::mail::protocol::smtp::{Address, Reply};

/// `[routes]` and `[relay]` of the configuration.
#[derive(Debug)]
pub(super) struct Routes {
    routes: HashMap<String, NextHop>,
    relay: Relay,
}

impl Routes {
    pub(super) fn new(config: &Config) -> Routes {
        Routes { routes: config.routes.clone(), relay: config.relay.clone() }
    }

    /// The server that takes mail for this address.
    ///
    /// # Errors
    /// The reply to RCPT if there is none.
    pub(super) fn next_hop(&self, to: &Address) -> Result<&NextHop, Reply> {
        let domain = to.domain().to_lowercase();
        if let Some(hop) = self.routes.get(&domain) {
            return Ok(hop);
        }
        let Some(smarthost) = &self.relay.smarthost else {
            let text = format!("No route to {domain} in [routes] or [relay]");
            return Err(Reply::NO_ROUTE.because(text));
        };
        let address = to.to_string().to_lowercase();
        let allowed = |name: &String| *name == domain || *name == address;
        if self.relay.only_to.is_empty() || self.relay.only_to.iter().any(allowed) {
            return Ok(smarthost);
        }
        let text = format!("[relay] only_to does not include {to}");
        Err(Reply::NO_RELAYING.because(text))
    }

    /// True if the account belongs to another server, which may use any sender's address.
    pub(super) fn is_gateway(&self, account: &str) -> bool {
        self.relay.gateways.iter().any(|name| name == account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn each_row_is_an_address_and_its_next_hop() {
        let routes = "[routes]\nB.test = 10.0.0.1:25 lmtp\n";
        let relay = "[relay]\nhost = hub.test\nonly_to = c.test, Dan@D.test\n";
        let rows = [
            ("", "x@b.test", "550 5.1.2"),
            (routes, "x@B.Test", "10.0.0.1:25"),
            (routes, "x@sub.b.test", "550 5.1.2"),
            (relay, "x@b.test", "550 5.7.1"),
            (relay, "x@C.test", "hub.test:465"),
            (relay, "dan@d.test", "hub.test:465"),
            (relay, "ann@d.test", "550 5.7.1"),
            ("[relay]\nhost = hub.test\ntls = starttls", "x@y.test", "hub.test:587"),
        ];
        for (text, to, expected) in rows {
            let routes = Routes::new(&Config::parse("config.ini", text, Path::new("")).unwrap());
            let way = match routes.next_hop(&Address::parse(to).unwrap()) {
                Ok(hop) => hop.to_string(),
                Err(reply) => reply.to_string(),
            };
            assert!(way.starts_with(expected), "{to}: {way}");
        }
    }
}
