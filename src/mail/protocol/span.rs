//! The parts of a line, named: which octets are the verb, which the tag, which a password.
//!
//! The grammars name the parts while they parse: SMTP and POP3 with a
//! [`LineCursor`](super::line_cursor::LineCursor), IMAP with a
//! [`Cursor`](super::imap::cursor::Cursor::recording). A program that shows a line colours the parts,
//! and masks those that are [secret](Role::is_secret).

use std::ops::Range;

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub role: Role,
    /// Which octets of the line.
    pub range: Range<usize>,
}

impl Span {
    /// The span of `part` in `line`; `part` is a piece of `line`, not a copy.
    #[must_use]
    pub fn of(role: Role, line: &[u8], part: &[u8]) -> Span {
        let start = (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        let start = start.min(line.len());
        let end = (start + part.len()).min(line.len());
        Span { role, range: start..end }
    }
}

/// A list of parts that grows.
pub struct Spans<'a> {
    line: &'a [u8],
    found: Vec<Span>,
}

impl<'a> Spans<'a> {
    /// An empty list.
    #[must_use]
    pub fn new(line: &'a [u8]) -> Spans<'a> {
        Spans { line, found: Vec::new() }
    }

    /// Adds a part, if it is not empty; `part` is a piece of the line.
    pub fn add(&mut self, role: Role, part: &[u8]) {
        if !part.is_empty() {
            self.found.push(Span::of(role, self.line, part));
        }
    }

    /// Adds the first word of an argument, and everything after it.
    pub fn add_words(&mut self, argument: &[u8], first: Role, rest: Role) {
        let (word, others) = first_word(trimmed(argument));
        self.add(first, word);
        self.add(rest, trimmed(others));
    }

    /// The parts that were added.
    #[must_use]
    pub fn found(self) -> Vec<Span> {
        self.found
    }
}

/// Splits a line after its first word; the space belongs to the rest.
#[must_use]
pub fn first_word(line: &[u8]) -> (&[u8], &[u8]) {
    let space = line.iter().position(|b| *b == b' ');
    line.split_at(space.unwrap_or(line.len()))
}

/// The text without spaces around it.
#[must_use]
pub fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = text {
        text = rest;
    }
    text
}

macro_rules! roles {
    ($($role:ident = $key:literal, $means:literal;)*) => {
        /// What a part of a line is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Role {
            $(#[doc = $means] $role,)*
        }

        impl Role {
            /// All of them.
            pub const ALL: &[Role] = &[$(Role::$role,)*];

            /// Its name in the file of explanations, `[part.KEY]`.
            #[must_use]
            pub fn key(self) -> &'static str {
                match self {
                    $(Role::$role => $key,)*
                }
            }
        }
    };
}

roles! {
    // What a client says.
    Verb = "verb", "The command's name.";
    Argument = "argument", "What the command is about, where no better name is known.";
    Tag = "tag", "IMAP: the client's name for a command, which its answer bears.";
    UidPrefix = "uid", "IMAP: `UID` before a verb.";
    ClientName = "client-name", "SMTP: what the client calls itself.";
    PathKeyword = "path-keyword", "SMTP: `FROM:` or `TO:`.";
    Path = "path", "SMTP: an address in angle brackets.";
    Parameter = "parameter", "SMTP: `SIZE=1000` after a path.";
    ChunkSize = "chunk-size", "SMTP: the octets that BDAT announces.";
    LastChunk = "last-chunk", "SMTP: `LAST` of BDAT.";
    MessageNumber = "message-number", "POP3: which message.";
    LineCount = "line-count", "POP3: how many lines TOP asks for.";
    SequenceSet = "sequence-set", "IMAP: which messages.";
    Mailbox = "mailbox", "IMAP: the name of a mailbox.";
    Reference = "reference", "IMAP: the name above the pattern of LIST.";
    Pattern = "pattern", "IMAP: which names LIST asks for.";
    FetchItem = "fetch-item", "IMAP: what FETCH asks for or tells.";
    StoreItem = "store-item", "IMAP: how STORE changes the flags.";
    SearchKey = "search-key", "IMAP: what SEARCH looks for.";
    SortKey = "sort-key", "IMAP: by what SORT sorts.";
    Charset = "charset", "IMAP: the character set of the texts that are looked for.";
    StatusItem = "status-item", "IMAP: a fact of a mailbox that STATUS asks for or tells.";
    Option = "option", "IMAP: an option of an extended command.";
    Flag = "flag", "IMAP: a flag of a message.";
    Date = "date", "IMAP: a date, perhaps with its time.";
    Value = "value", "A value: a text that is looked for, a fact that is reported.";
    Literal = "literal", "IMAP: `{5}`, so many octets follow the end of the line.";
    // Logging in.
    UserName = "user-name", "Who logs in.";
    Password = "password", "What proves it.";
    Mechanism = "mechanism", "The SASL mechanism.";
    Challenge = "challenge", "What the server asks in a login, in base64.";
    Answer = "answer", "What the client answers in a login, in base64; it may hold the password.";
    Cancel = "cancel", "`*`: the client gives the login up.";
    // What a server says.
    ReplyCode = "reply-code", "SMTP: the three digits.";
    More = "more", "SMTP: the hyphen after the code, which says that another line follows.";
    EnhancedCode = "enhanced-code", "SMTP: class, subject and detail of what happened.";
    ServerName = "server-name", "SMTP: what the server calls itself.";
    Capability = "capability", "What the server can do.";
    CapabilityValues = "capability-values", "What belongs to it: a size, names of mechanisms.";
    Status = "status", "POP3: `+OK` or `-ERR`; IMAP: `OK`, `NO`, `BAD`, `BYE` or `PREAUTH`.";
    ResponseCode = "response-code", "What a program should know, in brackets.";
    ResponseName = "response-name", "IMAP: which kind of response it is.";
    Untagged = "untagged", "IMAP: `*`, for what answers no command or not yet.";
    Continuation = "continuation", "`+`: go on.";
    Number = "number", "A number: of a message, of messages, of octets.";
    MailboxAttribute = "mailbox-attribute", "IMAP: what is special about a mailbox.";
    Separator = "separator", "IMAP: what parts the names of mailboxes into levels.";
    Size = "size", "So many octets.";
    UniqueId = "unique-id", "POP3: the name of a message that never changes.";
    Text = "text", "A text for people; programs pass it over.";
    // A message on its way.
    FieldName = "field-name", "The name of a header field.";
    FieldValue = "field-value", "What a header field says.";
    Folded = "folded", "A header field that goes on in a further line.";
    HeaderEnd = "header-end", "The empty line between header and body.";
    Body = "body", "A line of a message's body.";
    Octets = "octets", "Octets that were announced by their number.";
    StuffedDot = "stuffed-dot", "A dot that was put before a line which begins with one.";
    FinalDot = "final-dot", "The lone dot that ends a message or a list.";
    // TLS.
    TlsVersion = "tls-version", "Which TLS.";
    Cipher = "cipher", "How it encrypts.";
    // None of these.
    Unknown = "unknown", "Nothing that has a meaning here.";
}

impl Role {
    /// True if a program that shows the line must mask this part.
    #[must_use]
    pub fn is_secret(self) -> bool {
        matches!(self, Role::Password | Role::Answer)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Parts as tables write them: `verb RCPT, path <bob@x>`.
    pub(crate) fn shown(line: &[u8], spans: &[Span]) -> String {
        let text = |span: &Span| String::from_utf8_lossy(&line[span.range.clone()]).into_owned();
        let part = |span: &Span| format!("{} {}", span.role.key(), text(span));
        spans.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_part_knows_its_octets() {
        let line = b"QUIT now";
        assert_eq!(Span::of(Role::Verb, line, &line[..4]).range, 0..4);
        assert_eq!(Span::of(Role::Argument, line, &line[5..]).range, 5..8);
    }

    #[test]
    fn no_two_roles_have_one_name() {
        let mut keys: Vec<_> = Role::ALL.iter().map(|role| role.key()).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), Role::ALL.len());
    }
}
