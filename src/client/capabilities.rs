//! What a server offers: the answer to EHLO, CAPA or CAPABILITY, as a set.

/// What a server offers, a line each, a name and perhaps arguments: `SIZE 52428800`, `SASL PLAIN`,
/// `AUTH=PLAIN`. Names stand in any case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// Is this offered?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.arguments(name).is_some()
    }

    /// Is this offered with this argument: `AUTH` with `PLAIN`?
    #[must_use]
    pub fn has_with(&self, name: &str, argument: &str) -> bool {
        self.arguments(name).is_some_and(|arguments| {
            let mut words = arguments.split(' ');
            words.any(|word| word.eq_ignore_ascii_case(argument))
        })
    }

    /// What stands behind this name, if it is offered; empty for a bare name.
    #[must_use]
    pub fn arguments(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|line| {
            let (offered, arguments) = line.split_once(' ').unwrap_or((line, ""));
            offered.eq_ignore_ascii_case(name).then_some(arguments)
        })
    }

    /// Line by line, as the server said it.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Does it offer nothing, or has it not been asked?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Vec<String>> for Capabilities {
    fn from(lines: Vec<String>) -> Capabilities {
        Capabilities(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_arguments() {
        let lines = ["SIZE 1000", "auth LOGIN Plain", "IDLE", "AUTH=PLAIN"];
        let offered = Capabilities(lines.map(str::to_owned).to_vec());
        assert_eq!(offered.arguments("size"), Some("1000"));
        assert_eq!(offered.arguments("IDLE"), Some(""));
        assert_eq!(offered.arguments("SASL"), None);
        assert!(offered.has("auth=plain") && !offered.has("AUTH=LOGIN"));
        assert!(offered.has_with("AUTH", "PLAIN") && !offered.has_with("AUTH", "PLAI"));
        assert!(!offered.has_with("SASL", "PLAIN"));
    }
}
