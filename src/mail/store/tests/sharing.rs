//! Several conversations have one mailbox open.

use super::*;
use crate::mail::message::FlagChange;

#[test]
fn a_bell_rings_while_it_is_watched() {
    let disk = TestStore::new();
    let inbox = disk.inbox();
    let bell = Waker::new().unwrap();
    let watch = inbox.watch(&bell);
    deliver(&inbox, "one");
    assert!(rings(&bell));
    inbox.refresh().unwrap();
    assert!(!rings(&bell), "a delivery rings once");
    inbox.store(&[1], &FlagChange::Add(flags("\\Seen"))).unwrap();
    assert!(rings(&bell));
    inbox.store(&[1], &FlagChange::Add(flags("\\Seen"))).unwrap();
    assert!(!rings(&bell), "nothing changed");
    inbox.remove(&[1]).unwrap();
    assert!(rings(&bell));
    drop(watch);
    deliver(&inbox, "two");
    assert!(!rings(&bell));
}

#[test]
fn one_session_at_a_time_has_the_lock() {
    let disk = TestStore::new();
    let locked = disk.inbox().lock();
    assert!(locked.is_some());
    assert!(disk.inbox().lock().is_none());
    drop(locked);
    assert!(disk.inbox().lock().is_some());
}
