//! The commands on mailboxes: [`select`] (SELECT, EXAMINE, CLOSE, UNSELECT, CHECK, STATUS),
//! [`create`] (CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE), and [`list`] with [`tree`]
//! (LIST, LSUB, NAMESPACE).

pub(super) mod create;
pub(super) mod list;
pub(super) mod select;
pub(super) mod tree;
