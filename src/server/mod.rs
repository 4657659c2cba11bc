//! The servers: one listener for each port, one thread and one [`Session`] for each connection.

mod auth;
mod connections;
mod conversation;
mod imap;
mod listener;
mod pop3;
pub mod queue;
mod rate_limit;
mod services;
mod session;
mod site;
mod smtp;

pub use auth::{AuthError, Authenticator};
pub use connections::{Admission, ConnectionSlot, Connections};
pub use conversation::converse;
pub use imap::{ImapServer, MessageCache};
pub use listener::{Listener, NewSession, PortSecurity, Service};
pub use pop3::Pop3Server;
pub use rate_limit::{CountedAction, RateLimiter};
pub use services::{Listening, Services, SetupError};
pub use session::{Next, Part, Peer, Reply, Session, TlsState, Trouble};
pub use site::Site;
pub use smtp::{SmtpRole, SmtpServer};
