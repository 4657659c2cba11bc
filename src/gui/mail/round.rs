//! The mailer's next job. IDLE tells the news of one folder alone (RFC 2177): when nothing is to be done for
//! a while, the counts of all folders are looked at.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use super::jobs::Job;

/// So long nothing is to be done before the folders are looked at.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

/// Waits for the next job; `None`: there will be none any more. While nobody `may_look`, only what is ordered is
/// done.
pub(super) fn next(
    jobs: &Receiver<Job>,
    pause: Duration,
    may_look: impl Fn() -> bool,
) -> Option<Job> {
    loop {
        match jobs.recv_timeout(pause) {
            Ok(job) => return Some(job),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) if may_look() => return Some(Job::Folders),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use std::cell::Cell;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn without_orders_the_folders_are_looked_at() {
        let (window, jobs) = mpsc::channel();
        let pause = Duration::ZERO;
        assert!(matches!(next(&jobs, pause, || true), Some(Job::Folders)));
        window.send(Job::Create("Lab".to_owned())).unwrap();
        assert!(matches!(next(&jobs, pause, || true), Some(Job::Create(_))));
        drop(window);
        assert!(next(&jobs, pause, || true).is_none());
    }

    #[test]
    fn nobody_looks_while_it_is_not_wanted() {
        let (window, jobs) = mpsc::channel();
        let asked = Cell::new(0);
        let third_time = || {
            asked.set(asked.get() + 1);
            asked.get() == 3
        };
        assert!(matches!(
            next(&jobs, Duration::ZERO, third_time),
            Some(Job::Folders)
        ));
        assert_eq!(asked.get(), 3);
        drop(window);
    }
}
