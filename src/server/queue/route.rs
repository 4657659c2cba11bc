//! Where mail for another domain goes next: its route, or the relay, or nowhere.
//!
//! No MX record is looked up: what is not in the configuration is not sent anywhere.

use std::collections::HashMap;

use crate::config::{Config, NextHop, Relay};
use crate::mail::protocol::smtp::{Address, EnhancedCode, Reply};

/// `[routes]` and `[relay]`.
#[derive(Debug)]
pub(super) struct Routes {
    routes: HashMap<String, NextHop>,
    relay: Relay,
}

impl Routes {
    pub(super) fn new(config: &Config) -> Routes {
        Routes {
            routes: config.routes.clone(),
            relay: config.relay.clone(),
        }
    }

    /// The server that takes mail for this address.
    ///
    /// # Errors
    /// The reply that says why there is none.
    pub(super) fn next_hop(&self, to: &Address) -> Result<&NextHop, Reply> {
        let domain = to.domain().to_lowercase();
        if let Some(hop) = self.routes.get(&domain) {
            return Ok(hop);
        }
        let Some(smarthost) = &self.relay.smarthost else {
            // RFC 3463 §3.2: bad destination system address.
            let text = format!("I know no way to {domain}: [routes] and [relay] have none");
            return Err(Reply::new(550, Some(EnhancedCode(5, 1, 2)), text));
        };
        let address = to.to_string().to_lowercase();
        let allowed = |name: &String| *name == domain || *name == address;
        if self.relay.only_to.is_empty() || self.relay.only_to.iter().any(allowed) {
            return Ok(smarthost);
        }
        let text = format!("[relay] only_to does not have {to}");
        Err(Reply::new(550, Some(EnhancedCode(5, 7, 1)), text))
    }

    /// May this account send on anybody's behalf, for it is another server's?
    pub(super) fn is_gateway(&self, account: &str) -> bool {
        self.relay.gateways.iter().any(|name| name == account)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;
    use std::path::Path;

    #[test]
    fn each_row_is_an_address_and_its_way() {
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
            (
                "[relay]\nhost = hub.test\ntls = starttls",
                "x@y.test",
                "hub.test:587",
            ),
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
