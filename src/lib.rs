//! Pillarbox: a whole email system that you can read, run and see through.
//!
//! SMTP, POP3 and IMAP, servers and clients, in plain blocking Rust: one thread for each connection.
//! This is the map. The library is large, but its core is three chapters, and each is an afternoon:
//! read the files in this order. The numbers are lines with comments, without tests. `docs/tour.md`
//! walks the same way with one command for each chapter: RETR, RCPT and FETCH.
//!
//! # Chapter 1: the loop and POP3
//!
//! | file | lines |
//! |---|---|
//! | server/session.rs | 190 |
//! | server/conversation.rs | 95 |
//! | server/listener.rs | 225 |
//! | server/connections.rs | 133 |
//! | mail/net/wire.rs | 373 |
//! | mail/net/waiting.rs | 39 |
//! | mail/net/dot.rs | 181 |
//! | mail/net/body.rs | 161 |
//! | mail/protocol/line_cursor.rs | 137 |
//! | mail/protocol/pop3.rs | 259 |
//! | server/pop3/session.rs | 254 |
//! | server/pop3/maildrop.rs | 174 |
//! | server/auth.rs | 98 |
//! | server/pop3/auth.rs | 98 |
//!
//! Skip at first: how a wire waits (`mail/net/socket.rs`, `waker.rs`) and becomes encrypted (`stream.rs`,
//! `tls.rs`), the parts of a line (`mail/protocol/span.rs`), AUTH (`mail/protocol/sasl.rs`), TOP
//! (`server/pop3/top.rs`), what conversations share (`server/site.rs`), how guessing is slowed down
//! (`server/rate_limit.rs`), and which ports are opened (`server/services.rs`).
//!
//! **Stop here.** You know how every conversation works, in all three protocols. Chapters 2 and 3 can
//! be read in any order.
//!
//! # Chapter 2: SMTP and delivery
//!
//! | file | lines |
//! |---|---|
//! | mail/protocol/smtp/command.rs | 327 |
//! | mail/protocol/smtp/address.rs | 264 |
//! | mail/protocol/smtp/params.rs | 212 |
//! | mail/protocol/smtp/reply.rs | 202 |
//! | mail/protocol/smtp/reply_codes.rs | 124 |
//! | server/smtp/mod.rs | 29 |
//! | server/smtp/session.rs | 224 |
//! | server/smtp/replies.rs | 66 |
//! | server/smtp/transaction.rs | 49 |
//! | server/smtp/envelope.rs | 111 |
//! | server/smtp/recipients.rs | 106 |
//! | server/smtp/data.rs | 161 |
//! | server/smtp/message_checks.rs | 132 |
//! | server/smtp/message_sink.rs | 89 |
//! | server/smtp/received.rs | 79 |
//! | mail/store/delivery.rs | 169 |
//!
//! Skip at first: delivery reports (`dsn.rs`), the queue for other servers (`server/queue/`), LMTP, VRFY
//! and EXPN, and the extensions.
//!
//! **Stop here.** You know how a message gets into a mailbox.
//!
//! # Chapter 3: IMAP and the mailbox
//!
//! | file | lines |
//! |---|---|
//! | server/imap/mod.rs | 91 |
//! | server/imap/session.rs | 227 |
//! | server/imap/literal.rs | 124 |
//! | mail/protocol/imap/cursor/mod.rs | 204 |
//! | mail/protocol/imap/command/mod.rs | 113 |
//! | mail/protocol/imap/command/parse.rs | 127 |
//! | server/imap/reply.rs | 174 |
//! | server/imap/auth.rs | 116 |
//! | server/imap/mailboxes/select.rs | 82 |
//! | server/imap/view/mod.rs | 232 |
//! | server/imap/updates.rs | 65 |
//! | server/imap/messages/fetch.rs | 86 |
//! | server/imap/messages/fetch_response.rs | 224 |
//! | server/imap/messages/mailbox_reader.rs | 103 |
//! | mail/store/mailbox.rs | 319 |
//! | mail/store/snapshot.rs | 118 |
//!
//! Skip at first: SEARCH, SORT and THREAD (`server/imap/search/`), LIST, APPEND, BINARY, the cache of
//! what was read, and all of `mail/protocol/imap/` that is not named here.
//!
//! **Stop here.** You know how the servers work.
//!
//! # The rest of the house
//!
//! - [`mail`]: what both ends are made of. `net` is the wire, `protocol` the commands and replies as
//!   types, `message` the contents of a message, and `store` the mailboxes on disk.
//! - [`server`]: the servers, and `queue`, which sends mail on to other servers.
//! - [`client`]: the other end of each conversation, over the same wire.
//! - [`teaching`]: what makes a conversation visible: it is recorded, explained, shown and played again.
//! - [`console`]: conversations that a person types. `gui`: the desktop mail program. [`commands`]:
//!   what the command line starts.
//! - [`config`]: `config.ini`, accounts and aliases. [`limits`]: the bounds that a peer can hit.
//!
//! Imports point one way: `docs/architecture.md` draws the layers, and a test checks them.

pub mod client;
pub mod commands;
pub mod config;
pub mod console;
#[cfg(feature = "gui")]
pub mod gui;
pub mod limits;
pub mod mail;
pub mod server;
pub mod teaching;
