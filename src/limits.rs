//! The bounds that a peer can hit, each with its reason: nothing that a network says is unbounded.
//!
//! The constants are fixed; [`Limits`] has those that `[limits]` in `config.ini` sets. A bound inside
//! one grammar, such as the depth of a parenthesis, is a constant of that grammar's file.

use std::time::Duration;

/// Octets of each of a wire's two buffers: one whole TLS record (RFC 8446 §5.1).
pub const BUFFER: usize = 16 * 1024;

/// Octets of the longest line. RFC 5321 §4.5.3.1.4 asks for 512, RFC 4954 §4 for 12,288 in AUTH,
/// and IMAP clients name hundreds of UIDs in one line (RFC 2683 §3.2.1.5 asks for 8,000).
pub const LINE_LENGTH: usize = 64 * 1024;

/// Octets beyond the longest line within which its end must come, or the conversation closes. They
/// are skipped, not kept.
pub const LINE_OVERRUN: usize = 512 * 1024;

/// Octets that are kept of a line that is too long, so that its tag can be answered.
pub const BEGINNING: usize = 256;

/// The longest TLS handshake, from the first octet to the last.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest silence of a client that has not logged in to IMAP or POP3. The RFCs' thirty and ten
/// minutes are for users (RFC 9051 §5.4: "sessions after authentication").
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(3 * 60);

/// Octets a second: a message that arrives more slowly is given up.
pub const SLOWEST_BODY: u64 = 64;

/// Octets that are skipped of a refused message: as many as the numbers of RFC 3501 can announce.
/// The connection of a client that sends more is closed.
pub const SKIPPED: u64 = u32::MAX as u64;

/// How long a closing connection waits for the client to close, too.
pub const LINGER: Duration = Duration::from_secs(2);

/// Octets that a closing connection reads and forgets.
pub const LINGER_OCTETS: usize = 8 * 1024 * 1024;

/// Octets that wait to be recorded, or are being written; events beyond that are not recorded. A
/// thousand connections and two messages of 20 MB at once need more than half of it, if the build is
/// not optimised.
pub const RECORDING: usize = 128 * 1024 * 1024;

/// Octets of a recording that are written at once; then there is room for as many others.
pub const RECORDED_AT_ONCE: usize = 1024 * 1024;

/// How long the end of the program waits for the recorder. It writes its queue in a second or two; a
/// pipe whose reader sleeps must not keep the program for ever.
pub const RECORDING_GRACE: Duration = Duration::from_secs(30);

/// Commands of an explained conversation that may wait for an answer at once; further ones are not
/// told apart. No client sends so many without reading replies.
pub const EXPLAINED_WAITING: usize = 10_000;

/// Capabilities of a server that an explained conversation remembers; servers list a few dozen.
pub const EXPLAINED_CAPABILITIES: usize = 300;

/// Octets of an IMAP command or response that are kept to explain it (RFC 3501 §4.3).
pub const EXPLAINED_COMMAND: usize = 8 * 1024;

/// Octets of a line that the journal keeps: no person reads more of a line.
pub const JOURNAL_LINE: usize = 8 * 1024;

/// Octets of a message that the journal keeps, so that one message of 20 MB does not push every other
/// conversation out of it.
pub const JOURNAL_MESSAGE: usize = 16 * 1024;

/// Lines of one kind that the journal keeps of an answer: a list of ten thousand messages is clear
/// from its first hundred.
pub const JOURNAL_ALIKE: u32 = 100;

/// Octets that are written to the journal at once.
pub const JOURNAL_PIECE: usize = 1024 * 1024;

/// Octets of the longest line of a journal that is read: more than any that is written, but a person
/// may have edited the file.
pub const JOURNAL_RECORD: usize = 1024 * 1024;

/// How long our clients wait for a server's answer.
pub const CLIENT_TIMEOUT: Duration = Duration::from_secs(60);

/// How long our clients wait for a server's verdict on a message. A client that gives up sooner sends
/// the message twice (RFC 5321 §4.5.3.2.6).
pub const VERDICT_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// How long our clients try to connect to one address of a server.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Octets of the longest line that our clients take from a server: the result of a SEARCH in a
/// mailbox of half a million messages.
pub const ANSWER_LINE: usize = 4 * 1024 * 1024;

/// Octets of one answer that our clients keep in memory: the envelopes of fifty thousand messages.
/// A message itself goes straight to where it is wanted, and may have any size.
pub const ANSWER: usize = 32 * 1024 * 1024;

/// Octets of the largest message that is decoded for a person, which is done in memory.
pub const READABLE: usize = 256 * 1024 * 1024;

/// Octets that each line of an answer costs in addition to its own, so that empty lines are bounded,
/// too.
pub const ANSWER_LINE_COST: usize = 64;

/// Octets of the longest POP3 command, with its CRLF (RFC 2449 §4). Our client sends a longer initial
/// response of AUTH in a line of its own.
pub const POP3_COMMAND_LINE: usize = 255;

/// Octets of the longest AUTH command in SMTP, with its CRLF (RFC 4954 §4). Our client sends a longer
/// initial response in a line of its own.
pub const SMTP_AUTH_LINE: usize = 12_288;

/// Rounds of SCRAM that our clients require: fewer would make it cheap to guess the password from the
/// messages (RFC 7677 §4).
pub const SCRAM_ROUNDS_MIN: u32 = 4096;

/// Rounds of SCRAM that our clients compute at most, so that a server cannot keep them busy for more than
/// a second or two.
pub const SCRAM_ROUNDS_MAX: u32 = 1_000_000;

/// How long a stopping server waits for a message that is arriving; then the message is
/// refused.
pub const SHUTDOWN_BODY: Duration = Duration::from_secs(6);

/// How long a stopping server waits for all conversations to end, with [`SHUTDOWN_BODY`] and
/// [`LINGER`].
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(9);

/// Connections that wait for `accept`. With few, a thousand clients at once hang for seconds.
pub const BACKLOG: i32 = 1024;

/// Octets of the stack of a connection's thread. The deepest path, a search with nested keys, uses a
/// fraction of it.
pub const STACK: usize = 512 * 1024;

/// Refused connections that get a reply at the same time, each in a thread of its own.
pub const REFUSALS: usize = 64;

/// Octets of a command with its literals, without the message of APPEND.
pub const COMMAND_LENGTH: usize = 256 * 1024;

/// Octets of headers that IMAP keeps for all conversations together, and as many of structures: those
/// of 10,000 ordinary messages. So no message is read for them twice.
pub const MESSAGE_CACHE: usize = 16 * 1024 * 1024;

/// Messages of one APPEND (RFC 3502): each waits on the disk, and its name in memory.
pub const APPENDED: usize = 1_000;

/// Octets of one header in memory; fields beyond it are skipped. Real headers stay below 64 KiB; only
/// a list of thousands of recipients comes near.
pub const HEADER: usize = 256 * 1024;

/// Octets of all headers of a message and its parts in memory; headers beyond it come out empty.
pub const HEADERS: usize = 2 * HEADER;

/// Parts within parts, as in Dovecot. Deeper parts are not looked into.
pub const PART_DEPTH: usize = 100;

/// Parts of a message, as in Dovecot. After the last one, boundaries are text. Real mail has a few
/// dozen.
pub const PARTS: usize = 10_000;

/// Octets of the longest boundary that is looked for. RFC 2046 §5.1.1 allows 70, mailers exceed it.
pub const BOUNDARY: usize = 250;

/// Addresses that are taken from one field: with them it costs about 2 MB for a moment.
pub const ADDRESSES: usize = 10_000;

/// References of one message that count, the last ones: the messages in between link those before.
/// Mailers shorten the list to a few dozen, and a thousand messages with a thousand made-up references
/// each must not fill the memory.
pub const REFERENCES: usize = 100;

/// Keywords of a mailbox: as many as there are small letters for its file names.
pub const KEYWORDS: usize = 26;

/// Commands that SMTP refuses on one connection before it closes it: more than a message to a hundred
/// unknown recipients needs (RFC 5321 §4.5.3.1.8), and too few to guess names.
pub const REFUSED_COMMANDS: u32 = 120;

/// Parameters of MAIL or RCPT: more than all extensions together define.
pub const SMTP_PARAMETERS: usize = 32;

/// Octets of an address before the `@` (RFC 5321 §4.5.3.1.1).
pub const LOCAL_PART: usize = 64;

/// Octets of a domain (RFC 5321 §4.5.3.1.2).
pub const DOMAIN: usize = 255;

/// Octets of a path, its brackets included (RFC 5321 §4.5.3.1.3).
pub const PATH: usize = 256;

/// Characters of ENVID, decoded (RFC 3461 §4.4).
pub const ENVID: usize = 100;

/// Characters of ORCPT, encoded and with its type (RFC 3461 §4.2).
pub const ORCPT: usize = 500;

/// Octets of a header field's name; RFC 5322 §2.1.1 recommends lines of at most 78.
pub const FIELD_NAME: usize = 78;

/// Octets of a submitted header that wait until it is clear which fields are missing.
pub const HELD_HEADER: usize = 64 * 1024;

/// The time for which the limits per minute in [`Limits`] count.
pub const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Client addresses whose actions are counted at a time: some megabytes.
pub const RATE_LIMITED_ADDRESSES: usize = 10_000;

/// The longest delay of the reply to a failed login; the end of the program waits for it.
pub const LOGIN_DELAY_MOST: Duration = Duration::from_secs(5);

/// Failed logins of one address after which none of its passwords is checked for a while.
pub const LOGIN_FAILURES: u32 = 50;

/// How long the failed logins of an address are remembered after the last one.
pub const LOGIN_MEMORY: Duration = Duration::from_secs(10 * 60);

/// Invalid commands in a row after which an IMAP or POP3 conversation closes: this is no mail program.
pub const BAD_COMMANDS: u32 = 50;

/// Password hashes that are computed at once: argon2id takes 19 MiB for each (RFC 9106 §4), and a
/// thousand clients with wrong passwords must not take 19 GiB.
pub const HASHES_AT_ONCE: usize = 4;

/// `Received:` fields after which a message is taken to go round in circles. RFC 5321 §6.3 asks for a
/// large number, normally at least 100; most servers take 50, and so do we.
pub const HOPS: usize = 50;

/// Time for a next hop's reply. RFC 5321 §4.5.3.2.6 requires ten minutes after the final dot: a client
/// that gives up sooner sends the message twice.
pub const NEXT_HOP_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// Next hops that the queue sends to at the same time.
pub const NEXT_HOPS: usize = 16;

/// Messages that the queue sends at the same time, their envelopes in memory: enough that messages
/// for one slow hop leave room for the others.
pub const IN_FLIGHT: usize = 10_000;

/// Time between two looks for new requests of `pillarbox queue` and for changes in its lists.
pub const QUEUE_GLANCE: Duration = Duration::from_secs(1);

/// Characters of a reply that an envelope keeps and a report quotes.
pub const QUOTED_REPLY: usize = 1000;

/// Octets of a chunk that our clients send with BDAT: few answers, little memory (RFC 3030 §2).
pub const CHUNK: usize = 128 * 1024;

/// Commands that our clients send before they read the answers. So many answers fit into the buffers
/// of a connection; with more, each end could wait for the other to read first (RFC 2920 §3.1).
pub const PIPELINED: usize = 100;

/// The limits that `[limits]` sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the largest message: SIZE (RFC 1870).
    pub message_size: u64,
    /// Octets of the longest line.
    pub line_length: usize,
    /// Recipients of one message; at least 100 (RFC 5321 §4.5.3.1.8).
    pub recipients: usize,
    /// Failed logins on one connection before it is closed.
    pub login_attempts: u32,
    /// The delay of the reply to an address's first failed login. Each further failure doubles it, up
    /// to [`LOGIN_DELAY_MOST`].
    pub login_delay: Duration,
    /// Messages that one address may begin in a minute; loopback is not limited.
    pub messages_per_minute: u32,
    /// Recipients that one address may name in a minute; loopback is not limited.
    pub recipients_per_minute: u32,
    /// SMTP commands of one address that may be refused in a minute; loopback is not limited.
    pub errors_per_minute: u32,
    /// What happens to a message with a bare CR or LF.
    pub bare_line_endings: BareLineEndings,
    /// Connections from one address at once.
    pub connections_per_address: usize,
    /// The longest silence of an SMTP client: five minutes (RFC 5321 §4.5.3.2.7).
    pub smtp_timeout: Duration,
    /// The longest silence of a POP3 client after its login: at least ten minutes (RFC 1939 §3).
    pub pop3_timeout: Duration,
    /// The longest silence of an IMAP client after its login: at least thirty minutes (RFC 9051 §5.4).
    pub imap_timeout: Duration,
    /// The wait before the second attempt to send a message on; each later wait is twice as long.
    pub retry_first: Duration,
    /// The longest wait between two attempts.
    pub retry_longest: Duration,
    /// The age at which a message is given up: four to five days (RFC 5321 §4.5.4.1).
    pub queue_lifetime: Duration,
    /// The age at which a sender that asked for it is told of the delay (RFC 3461 §4.1).
    pub delay_notice: Duration,
    /// How many times faster the four above pass: a lab watches five days in seven minutes.
    pub time_factor: u32,
}

/// What happens to a message with a CR or LF on its own (RFC 5321 §2.3.8 forbids both).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BareLineEndings {
    /// `550 5.6.0`.
    Refuse,
    /// It is accepted, a bare LF becomes CRLF, and LF.LF, LF.CRLF and CRLF.LF end the text of DATA,
    /// too. This is the fault that SMTP smuggling uses (CVE-2023-51764), for teaching.
    Accept,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_size: 50 * 1024 * 1024,
            line_length: LINE_LENGTH,
            recipients: 1000,
            login_attempts: 5,
            login_delay: Duration::from_secs(1),
            messages_per_minute: 600,
            recipients_per_minute: 6000,
            errors_per_minute: 600,
            bare_line_endings: BareLineEndings::Refuse,
            connections_per_address: 1000,
            smtp_timeout: Duration::from_secs(5 * 60),
            pop3_timeout: Duration::from_secs(10 * 60),
            imap_timeout: Duration::from_secs(30 * 60),
            retry_first: Duration::from_secs(5 * 60),
            retry_longest: Duration::from_secs(4 * 60 * 60),
            queue_lifetime: Duration::from_secs(5 * 24 * 60 * 60),
            delay_notice: Duration::from_secs(4 * 60 * 60),
            time_factor: 1,
        }
    }
}

/// How often a law is tried on random input. A case that failed is kept in `tests/` and tried again.
#[cfg(test)]
pub(crate) fn random_cases(cases: u32) -> proptest::prelude::ProptestConfig {
    use proptest::test_runner::FileFailurePersistence;
    let failures = FileFailurePersistence::SourceParallel("tests/proptest-regressions");
    proptest::prelude::ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(failures)),
        ..Default::default()
    }
}
