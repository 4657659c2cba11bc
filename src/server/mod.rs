//! The servers: one listener for each port, one thread and one [`Session`] for each connection.

mod session;

pub use session::{Next, Part, Reply, Session, Trouble};
