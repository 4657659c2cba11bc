//! The servers: one listener for each port, one thread and one [`Session`] for each connection.

mod conversation;
mod login;
mod session;
mod site;

pub use conversation::converse;
pub use login::{Door, Refusal};
pub use session::{Next, Part, Reply, Session, Trouble};
pub use site::{Peer, Site};
