//! The console against other people's servers.
