//! The servers: one listener for each port, one thread and one [`Session`] for each connection.

mod connections;
mod conversation;
mod imap;
mod listener;
mod login;
mod office;
mod pop3;
pub mod queue;
mod servers;
mod session;
mod site;
mod smtp;
mod visitors;

pub use connections::{Connections, Place};
use conversation::trouble;
pub use conversation::{Upgrade, converse};
pub use imap::{ImapServer, MessageCache};
pub use listener::{Listener, Security, Service};
pub use login::{Door, Refusal};
pub use office::{Office, SetupError};
pub use pop3::Pop3Server;
pub use servers::{Listening, Servers};
pub use session::{Next, Part, Reply, Session, Trouble};
pub use site::{Peer, Site};
pub use smtp::{SmtpRole, SmtpServer};
pub use visitors::{Deed, Visitors};
