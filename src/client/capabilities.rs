//! The capabilities of a server: its answer to EHLO, CAPA or CAPABILITY.

/// The capabilities of a server, each a name with or without arguments.
///
/// For example `SIZE 52428800`, `SASL PLAIN`, `AUTH=PLAIN`. The case of names does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(Vec<String>);

impl Capabilities {
    /// True if the server offers this.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.arguments(name).is_some()
    }

    /// True if the server offers this with this argument: `AUTH` with `PLAIN`.
    #[must_use]
    pub fn has_with(&self, name: &str, argument: &str) -> bool {
        self.arguments(name).is_some_and(|arguments| {
            let mut words = arguments.split(' ');
            words.any(|word| word.eq_ignore_ascii_case(argument))
        })
    }

    /// Returns the arguments of this capability if it is offered; empty if it has none.
    #[must_use]
    pub fn arguments(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|line| {
            let (offered, arguments) = line.split_once(' ').unwrap_or((line, ""));
            offered.eq_ignore_ascii_case(name).then_some(arguments)
        })
    }

    /// Iterates over the lines as the server sent them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// True if the server offers nothing, or was not asked.
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
