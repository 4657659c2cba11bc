//! VRFY and EXPN (RFC 5321 §3.5): whether a mailbox exists, and the members of a list.
//!
//! Both answer only users who have logged in (RFC 5321 §7.3). A name beyond ASCII is understood with
//! and without the parameter SMTPUTF8. The replies are ASCII, as account names are, so the client
//! need not have announced SMTPUTF8 (RFC 6531 §3.7.4.2).

use super::recipients::find_name;
use super::session::{SmtpRole, SmtpServer};
use crate::mail::protocol::smtp::Reply;

impl SmtpServer {
    pub(super) fn vrfy(&self, name: &str) -> Result<Reply, Reply> {
        if self.account.is_none() {
            return Ok(Reply::CANNOT_VERIFY);
        }
        let Some((_, accounts)) = find_name(&self.site, without_parameter(name)) else {
            return Err(Reply::NO_SUCH_MAILBOX);
        };
        Ok(Reply::RECIPIENT_OK.because(match accounts.as_slice() {
            [account] => self.address(account),
            _ => "This is a list; EXPN shows its members".to_owned(),
        }))
    }

    pub(super) fn expn(&self, list: &str) -> Result<Reply, Reply> {
        if self.role == SmtpRole::Lmtp {
            return Err(Reply::NOT_OFFERED.because("EXPN is not offered here"));
        }
        if self.account.is_none() {
            return Err(Reply::LISTS_NEED_LOGIN);
        }
        match find_name(&self.site, without_parameter(list)) {
            Some((user, accounts)) if self.site.aliases.find(&user).is_some() => {
                let members = accounts.iter().map(|account| self.address(account));
                let members: Vec<String> = members.collect();
                Ok(Reply::RECIPIENT_OK.because(members.join("\n")))
            }
            _ => Err(Reply::NO_SUCH_MAILBOX.because("There is no such list here")),
        }
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
