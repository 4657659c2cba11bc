//! The author or a recipient, as a person writes it: `Alice <alice@pillarbox.test>`.
//!
//! Its text is decoded, for people; what a server needs of an address field is in [`super::address`].

use std::fmt;
use std::str::FromStr;

use super::address;

/// The longest address: 64 octets of local part, `@`, 255 of domain (RFC 5321 §4.5.3.1).
const ADDRESS_MAX: usize = 320;

/// A name and an address. Neither has a control character, so neither can break a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    name: Option<String>,
    address: String,
}

impl Contact {
    /// A contact of this name and address, without the characters that a header cannot have.
    #[must_use]
    pub fn new(name: Option<&str>, address: &str) -> Contact {
        let visible = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
        let name = name.map(visible).filter(|name| !name.trim().is_empty());
        let address = visible(address).replace(['<', '>', ' '], "");
        let fits = address.char_indices();
        let end = fits.map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= ADDRESS_MAX);
        Contact {
            name: name.map(|name| name.trim().to_owned()),
            address: address[..end.last().unwrap_or(0)].to_owned(),
        }
    }

    /// The display name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// `alice@pillarbox.test`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Parses contacts from a line in which commas separate them. Empty for an empty line.
    ///
    /// # Errors
    /// The first one that is no address.
    pub fn list(line: &str) -> Result<Vec<Contact>, NotAnAddress> {
        let entries = address::parse(line.as_bytes());
        let mailboxes = entries.iter().filter(|entry| entry.is_mailbox());
        mailboxes.map(Contact::from_entry).collect()
    }

    fn from_entry(entry: &address::HeaderAddress) -> Result<Contact, NotAnAddress> {
        let text = |octets: &Option<Vec<u8>>| {
            String::from_utf8_lossy(octets.as_deref().unwrap_or_default()).into_owned()
        };
        let mailbox = text(&entry.mailbox);
        let host = text(&entry.host);
        let missing = mailbox.as_bytes() == address::MISSING_MAILBOX
            || host.as_bytes() == address::MISSING_DOMAIN;
        let written = format!("{mailbox}@{host}");
        if missing || written.len() > ADDRESS_MAX || !written.chars().all(is_addressable) {
            let shown = if missing { mailbox.replace("MISSING_MAILBOX", &host) } else { written };
            return Err(NotAnAddress(shown.replace("MISSING_DOMAIN", "")));
        }
        let name = text(&entry.name);
        Ok(Contact::new(Some(&name), &written))
    }
}

/// True for the characters of an address without quotes, UTF-8 included (RFC 5322 §3.2.3, RFC 6532
/// §3.2).
fn is_addressable(c: char) -> bool {
    !c.is_control() && !c.is_whitespace() && !"()<>,;:\\\"".contains(c)
}

/// `alice@pillarbox.test` or `Alice <alice@pillarbox.test>`.
impl FromStr for Contact {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Contact, NotAnAddress> {
        match <[Contact; 1]>::try_from(Contact::list(text)?) {
            Ok([contact]) => Ok(contact),
            Err(_) => Err(NotAnAddress(text.to_owned())),
        }
    }
}

/// For people, not for headers: the name is not quoted or encoded.
impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

/// The error for a text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnAddress(String);

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotAnAddress(text) = self;
        write!(f, "'{text}' is not an address; write name@domain or Name <name@domain>")
    }
}

impl std::error::Error for NotAnAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_read_as_people_write_them() {
        let rows = [
            ("alice@a.test", "alice@a.test"),
            (" Alice <alice@a.test> ", "Alice <alice@a.test>"),
            ("\"Liddell, Alice\" <alice@a.test>", "Liddell, Alice <alice@a.test>"),
            ("Jörg <jörg@a.test>", "Jörg <jörg@a.test>"),
        ];
        for (text, shown) in rows {
            assert_eq!(text.parse::<Contact>().unwrap().to_string(), shown);
        }
        let two = Contact::list("a@b.test, Friends: c@d.test;").unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(Contact::list(" "), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_address_is_named() {
        for (text, named) in [
            ("bob", "'bob'"),
            ("a@b.test, bob", "'bob'"),
            ("Bob <>", "''"),
            ("\"a b\"@c", "'a b@c'"),
        ] {
            let error = Contact::list(text).unwrap_err().to_string();
            assert!(error.starts_with(named), "{error}");
        }
        assert!("a@b.test, c@d.test".parse::<Contact>().is_err());
        assert!("".parse::<Contact>().is_err());
    }

    #[test]
    fn no_contact_breaks_a_header() {
        let contact = Contact::new(Some("A\r\nBcc: x"), "a@b\r\n.test>");
        assert_eq!(contact.to_string(), "ABcc: x <a@b.test>");
        assert_eq!(Contact::new(None, &"é".repeat(500)).address().len(), 320);
    }
}
