//! The replies of our server, each by its name (RFC 5321 §4.2.2; enhanced codes: RFC 3463 §3).
//!
//! A reply whose text depends on the case gets it from [`Reply::because`].
//! `docs/protocols/smtp.md` has a row for each pair of codes, and a test compares the two.

use super::{EnhancedCode, Reply};

macro_rules! replies {
    ($($(#[$doc:meta])* $name:ident = $code:literal $(($class:literal $subject:literal $detail:literal))?, $text:literal;)*) => {
        impl Reply {
            $($(#[$doc])* pub const $name: Reply = Reply::constant(
                $code,
                replies!(@enhanced $($class $subject $detail)?),
                $text,
            );)*

            /// Every reply that has a name.
            pub const ALL: &[Reply] = &[$(Reply::$name,)*];
        }
    };
    (@enhanced) => { None };
    (@enhanced $class:literal $subject:literal $detail:literal) => {
        Some(EnhancedCode($class, $subject, $detail))
    };
}

replies! {
    /// HELP; its lines are the text.
    HELP = 214 (2 0 0), "";
    /// The greeting.
    GREETING = 220, "";
    /// STARTTLS: the handshake may begin.
    READY_FOR_TLS = 220 (2 0 0), "Ready to start TLS";
    /// QUIT.
    BYE = 221 (2 0 0), "Bye";
    /// AUTH has succeeded.
    AUTHENTICATED = 235 (2 7 0), "Authentication successful";
    /// EHLO, HELO and LHLO.
    HELLO = 250, "";
    /// Done. After a message: the server has taken responsibility for it (RFC 5321 §4.2.5).
    OK = 250 (2 0 0), "Ok";
    /// MAIL: the sender is accepted.
    SENDER_OK = 250 (2 1 0), "Ok";
    /// RCPT: the recipient is accepted.
    RECIPIENT_OK = 250 (2 1 5), "Ok";
    /// VRFY says nothing before a login (RFC 5321 §7.3).
    CANNOT_VERIFY = 252 (2 0 0), "Send some mail, I will try my best";
    /// AUTH goes on; the challenge is the text.
    CHALLENGE = 334, "";
    /// DATA: the message may come.
    START_DATA = 354, "End data with <CR><LF>.<CR><LF>";
    /// The server stops. RFC 5321 §3.8: after 421 it closes the connection.
    SHUTTING_DOWN = 421 (4 3 2), "The server is shutting down";
    /// The server or the client's address has too many connections.
    TOO_MANY_CONNECTIONS = 421 (4 3 2), "Too many connections, try again later";
    /// The client was silent for too long.
    IDLE_TIMEOUT = 421 (4 4 2), "Idle timeout, closing connection";
    /// The client's commands were refused too often.
    TOO_MANY_ERRORS = 421 (4 7 0), "Too many errors, good-bye";
    /// The client failed to log in too often.
    TOO_MANY_LOGINS = 421 (4 7 0), "Username and password not accepted, too many attempts";
    /// The client sent octets between STARTTLS and the handshake (CVE-2011-0411).
    PLAINTEXT_AFTER_STARTTLS = 421 (4 7 0), "Unencrypted data after STARTTLS";
    /// The message cannot be stored.
    STORAGE_FAILED = 451 (4 3 0), "The message cannot be stored now, try again later";
    /// The disk is full.
    DISK_FULL = 452 (4 3 1), "The disk is full, try again later";
    /// The message has as many recipients as it may have (RFC 5321 §4.5.3.1.10).
    TOO_MANY_RECIPIENTS = 452 (4 5 3), "Too many recipients";
    /// The client's address sends too much in a minute. RFC 3463 §3.8: a matter of policy.
    RATE_LIMITED = 452 (4 7 0), "Too much mail from your address in one minute, try again later";
    /// No login is possible now; the password may be right (RFC 4954 §6).
    LOGIN_UNAVAILABLE = 454 (4 7 0), "No login is possible now, try again later";
    /// LHLO in SMTP, EHLO in LMTP (RFC 2033 §4.1).
    WRONG_PROTOCOL = 500 (5 5 1), "There is no such command here";
    /// Not a command.
    UNKNOWN_COMMAND = 500 (5 5 2), "There is no such command";
    /// The line is longer than a line may be.
    LINE_TOO_LONG = 500 (5 5 2), "Line too long";
    /// The response to an AUTH challenge is longer than a line may be (RFC 4954 §4).
    RESPONSE_TOO_LONG = 500 (5 5 6), "Response too long, authentication cancelled";
    /// Not the address of a recipient.
    BAD_RECIPIENT = 501 (5 1 3), "Invalid recipient address";
    /// Not the address of a sender.
    BAD_SENDER = 501 (5 1 7), "Invalid sender address";
    /// The response to an AUTH challenge is not base64, or not what the mechanism needs.
    BAD_RESPONSE = 501 (5 5 2), "Invalid base64 response";
    /// The argument of a command is wrong.
    BAD_ARGUMENT = 501 (5 5 4), "Invalid argument";
    /// The client has cancelled AUTH with `*`.
    CANCELLED = 501 (5 7 0), "Cancelled";
    /// The command exists, but not here or not now.
    NOT_OFFERED = 502 (5 5 1), "This command is not offered here";
    /// The command came at the wrong time (RFC 5321 §4.1.4).
    BAD_SEQUENCE = 503 (5 5 1), "Bad sequence of commands";
    /// HELP about an unknown command, AUTH with an unknown mechanism.
    UNKNOWN_ARGUMENT = 504 (5 5 4), "Unknown argument";
    /// Submission needs a login (RFC 4954 §6, RFC 6409 §4.3).
    LOGIN_FIRST = 530 (5 7 0), "Log in first";
    /// A wrong name or password.
    WRONG_PASSWORD = 535 (5 7 8), "Username and password not accepted";
    /// No password may cross this connection unencrypted (RFC 4954 §6).
    ENCRYPTION_REQUIRED = 538 (5 7 11), "Encryption is required for a password, use STARTTLS first";
    /// The domain is ours, the mailbox does not exist.
    NO_SUCH_MAILBOX = 550 (5 1 1), "There is no such mailbox here";
    /// No route leads to the domain.
    NO_ROUTE = 550 (5 1 2), "No route to this domain";
    /// The message has an octet that it must not have.
    BAD_MESSAGE = 550 (5 6 0), "The message is not well-formed";
    /// The domain is not ours, and the client may not send to others.
    NO_RELAYING = 550 (5 7 1), "I do not relay mail for other domains";
    /// EXPN before a login (RFC 3463 §3.8).
    LISTS_NEED_LOGIN = 550 (5 7 2), "Log in to see the members of a list";
    /// The message is larger than SIZE allows, as announced or as received (RFC 1870 §6.1, §6.3).
    MESSAGE_TOO_LARGE = 552 (5 3 4), "The message is larger than SIZE allows";
    /// An address beyond ASCII, and no SMTPUTF8 (RFC 6531 §3.5).
    NEEDS_SMTPUTF8 = 553 (5 6 7), "A non-ASCII address needs the SMTPUTF8 parameter of MAIL";
    /// The sender is not an address of the account (RFC 6409 §6.1).
    NOT_OWN_ADDRESS = 553 (5 7 1), "This address is not yours";
    /// The message has passed too many servers (RFC 5321 §6.3).
    MAIL_LOOP = 554 (5 4 6), "Mail loop: the message has too many Received lines";
    /// A parameter of MAIL or RCPT that is not known or not offered.
    UNKNOWN_PARAMETER = 555 (5 5 4), "Unknown parameter";
}
