//! VRFY and EXPN (RFC 5321 §3.5): who is here, and who is on a list.
//!
//! Only those who have logged in are told (RFC 5321 §7.3). Names beyond ASCII are understood with
//! and without the parameter SMTPUTF8; what is answered is ASCII, as accounts are, so nobody needs
//! to have announced that he understands more (RFC 6531 §3.7.4.2).

use super::mailbox::{self, Nobody};
use super::{Role, SmtpServer, several, status};
use crate::mail::protocol::smtp::Enhanced;
use crate::server::Reply;

impl SmtpServer {
    /// A list has a mailbox too: that it exists is all that VRFY tells of it.
    pub(super) fn vrfy(&self, who: &str) -> Reply {
        if self.account.is_none() {
            let text = "Send some mail, I will try my best";
            return status(252, "2.0.0", text);
        }
        match mailbox::named(&self.site, without_parameter(who)) {
            Some((_, accounts)) => match accounts.as_slice() {
                [account] => status(250, "2.1.5", &self.address(account)),
                _ => status(250, "2.1.5", "It is a list; EXPN names its members"),
            },
            None => Nobody::Unknown.reply(),
        }
    }

    pub(super) fn expn(&self, list: &str) -> Reply {
        if self.role == Role::Lmtp {
            return status(502, "5.5.1", "EXPN is not offered here");
        }
        if self.account.is_none() {
            // RFC 3463 §3.8, X.7.2.
            return status(550, "5.7.2", "Lists are shown to those who have logged in");
        }
        let list = without_parameter(list);
        let found = mailbox::named(&self.site, list);
        let found = found.filter(|(user, _)| self.site.aliases.find(user).is_some());
        let Some((_, accounts)) = found else {
            return status(550, "5.1.1", "There is no such list here");
        };
        let members = accounts.iter().map(|account| self.address(account));
        several(250, Some(Enhanced(2, 1, 5)), members.collect())
    }

    fn address(&self, account: &str) -> String {
        format!("<{account}@{}>", self.site.domain)
    }
}

/// RFC 6531 §3.7.4.2: `VRFY name SMTPUTF8`.
fn without_parameter(argument: &str) -> &str {
    match argument.rsplit_once(' ') {
        Some((name, word)) if word.eq_ignore_ascii_case("SMTPUTF8") => name.trim_end(),
        _ => argument,
    }
}
