//! The topics of explanations: the sections of `explanations.toml`.

use std::fmt;

use crate::mail::protocol::Protocol;

/// The fields that an entry must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// What it is.
    Sentence,
    /// What it is, why it exists, and the RFC.
    Fact,
    /// All that, and what may come next.
    Turn,
}

macro_rules! topics {
    ($($topic:ident = $family:literal . $kind:literal, $completeness:ident, $means:literal;)*) => {
        /// The kind of thing that an entry explains.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Topic {
            $(#[doc = $means] $topic,)*
        }

        impl Topic {
            /// All topics, in the order of a list.
            pub const ALL: &[Topic] = &[$(Topic::$topic,)*];

            /// The two words of its sections in the file: `smtp`, `command`.
            #[must_use]
            pub fn section(self) -> (&'static str, &'static str) {
                match self {
                    $(Topic::$topic => ($family, $kind),)*
                }
            }

            pub(super) fn completeness(self) -> Completeness {
                match self {
                    $(Topic::$topic => Completeness::$completeness,)*
                }
            }
        }
    };
}

topics! {
    SmtpCommand = "smtp"."command", Turn, "A command of SMTP or LMTP.";
    SmtpReply = "smtp"."reply", Turn, "A reply code of SMTP, perhaps to a certain command.";
    Enhanced = "smtp"."enhanced", Fact, "An enhanced status code.";
    SmtpKeyword = "smtp"."keyword", Fact, "What EHLO and LHLO offer.";
    SmtpParameter = "smtp"."parameter", Fact, "A parameter of MAIL or RCPT.";
    SmtpState = "smtp"."state", Fact, "A state of a conversation in SMTP.";
    Pop3Command = "pop3"."command", Turn, "A command of POP3.";
    Pop3Reply = "pop3"."reply", Turn, "A reply of POP3, perhaps to a certain command.";
    Pop3Code = "pop3"."code", Fact, "A response code of POP3.";
    Pop3Capability = "pop3"."capability", Fact, "What CAPA lists.";
    Pop3State = "pop3"."state", Fact, "A state of a conversation in POP3.";
    ImapCommand = "imap"."command", Turn, "A command of IMAP.";
    ImapResponse = "imap"."response", Turn, "A response of IMAP, perhaps to a certain command.";
    ImapCode = "imap"."code", Fact, "A response code of IMAP.";
    ImapCapability = "imap"."capability", Fact, "What CAPABILITY lists.";
    ImapItem = "imap"."item", Fact, "What FETCH asks for and tells, and what STORE changes.";
    ImapSearch = "imap"."search", Fact, "What SEARCH looks for.";
    ImapSort = "imap"."sort", Fact, "By what SORT sorts.";
    ImapOption = "imap"."option", Fact, "An option of an extended command.";
    ImapStatus = "imap"."status", Fact, "A fact of a mailbox.";
    ImapFlag = "imap"."flag", Fact, "A flag of a message.";
    ImapMailbox = "imap"."mailbox", Fact, "What is special about a mailbox.";
    ImapState = "imap"."state", Fact, "A state of a conversation in IMAP.";
    Sasl = "sasl"."mechanism", Fact, "A way to log in.";
    TlsEvent = "tls"."event", Fact, "What happens in TLS.";
    TlsAlert = "tls"."alert", Fact, "What goes wrong in TLS.";
    Field = "mail"."field", Fact, "A field of a message's header.";
    With = "mail"."with", Fact, "How a message came, in a Received field.";
    Part = "line"."part", Sentence, "A part of a line.";
    Note = "line"."note", Sentence, "What is to be said of a line beside what it is.";
    Word = "line"."word", Sentence, "A word of our own.";
}

impl Topic {
    /// The topic of these sections, if there is one.
    #[must_use]
    pub fn named(family: &str, kind: &str) -> Option<Topic> {
        let mut all = Topic::ALL.iter().copied();
        all.find(|topic| topic.section() == (family, kind))
    }

    /// True for the states, which have no name in the protocol.
    pub(super) fn is_state(self) -> bool {
        self.section().1 == "state"
    }

    /// True if it belongs to this protocol, or to all of them.
    pub(super) fn is_of(self, protocol: Protocol) -> bool {
        let (family, _) = self.section();
        family == protocol.family() || !["smtp", "pop3", "imap"].contains(&family)
    }

    /// The more general names of this name, which is in upper case.
    pub(super) fn general(self, name: &str) -> Vec<String> {
        let before = |mark: &str| name.split_once(mark).map(|(front, _)| front.to_owned());
        let names = match self {
            Topic::SmtpReply | Topic::Pop3Reply | Topic::ImapResponse => [before(" TO "), None],
            Topic::Enhanced => {
                let class = |class: &&str| ["2", "4", "5", "X"].contains(class);
                let detail = name.split_once('.').filter(|(front, _)| class(front));
                let detail = detail.map(|(_, rest)| format!("X.{rest}"));
                let subject = detail.as_deref().and_then(|code| code.rsplit_once('.'));
                let subject = subject.map(|(front, _)| format!("{front}.X"));
                [detail, subject]
            }
            Topic::SmtpParameter | Topic::ImapCapability => [before("="), None],
            Topic::ImapItem => [before("<"), before("[").map(|front| front + "[]")],
            Topic::Field => [Some("*".to_owned()), None],
            Topic::With => {
                // RFC 3848: S for TLS and A for a login follow the protocol's name.
                let utf8 = name.starts_with("UTF8").then(|| "UTF8SMTP".to_owned());
                let bare = name.trim_end_matches(['S', 'A']).to_owned();
                [Some(utf8.unwrap_or(bare)), Some("*".to_owned())]
            }
            _ => [None, None],
        };
        names.into_iter().flatten().collect()
    }
}

/// As in the file: `smtp.command`.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, kind) = self.section();
        write!(f, "{family}.{kind}")
    }
}
