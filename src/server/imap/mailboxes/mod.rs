//! The commands on mailboxes.
//!
//! - [`select`]: SELECT, EXAMINE;   [`status`]: STATUS, CHECK, CLOSE, UNSELECT;
//! - [`create`]: CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE;
//! - [`list`]: LIST, LSUB, NAMESPACE, on the [`tree`] of mailboxes.

pub(super) mod create;
pub(super) mod list;
pub(super) mod select;
pub(super) mod status;
pub(super) mod tree;
