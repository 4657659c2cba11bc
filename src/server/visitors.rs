//! What each client address has done lately, so that one address cannot do too much.
//!
//! The counts outlive the connection: whoever hangs up and comes back is still known. They cover
//! fixed windows of a minute and begin anew with the next one. An IPv6 client has a whole network
//! to itself (RFC 4291 §2.5.4), so a /64 counts as one address. This machine's own programs are not
//! held back, except from guessing passwords.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{self, Limits};

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A message was begun: MAIL.
    Message,
    /// A recipient was named: RCPT.
    Recipient,
    /// A command was refused.
    Error,
}

/// All the addresses that have done something lately.
#[derive(Default)]
pub struct Visitors(Mutex<HashMap<IpAddr, Visitor>>);

struct Visitor {
    since: Instant,
    deeds: [u32; 3],
    /// Logins that failed, and when the last did.
    failures: (u32, Instant),
}

impl Visitors {
    /// Counts a deed; `false` when the address has reached the limit of this minute.
    pub fn may(&self, address: IpAddr, deed: Deed, limits: &Limits) -> bool {
        self.may_at(address, deed, limits, Instant::now())
    }

    fn may_at(&self, address: IpAddr, deed: Deed, limits: &Limits, now: Instant) -> bool {
        if address.to_canonical().is_loopback() {
            return true;
        }
        let most = match deed {
            Deed::Message => limits.messages_per_minute,
            Deed::Recipient => limits.recipients_per_minute,
            Deed::Error => limits.errors_per_minute,
        };
        self.with(address, now, |visitor| {
            let count = &mut visitor.deeds[deed as usize];
            let fits = *count < most;
            *count = count.saturating_add(1);
            fits
        })
    }

    /// A login failed. How long its client should wait for the answer: `first`, and twice as long
    /// with each further failure, up to [`limits::LOGIN_DELAY_MOST`].
    pub fn login_failed(&self, address: IpAddr, first: Duration) -> Duration {
        self.failed_at(address, first, Instant::now())
    }

    fn failed_at(&self, address: IpAddr, first: Duration, now: Instant) -> Duration {
        let failures = self.with(address, now, |visitor| {
            visitor.failures = (visitor.failures.0.saturating_add(1), now);
            visitor.failures.0
        });
        let factor = 1 << failures.saturating_sub(1).min(16);
        (first * factor).min(limits::LOGIN_DELAY_MOST)
    }

    /// Have so many logins failed that no password is looked at for a while?
    pub fn must_wait(&self, address: IpAddr) -> bool {
        self.must_wait_at(address, Instant::now())
    }

    fn must_wait_at(&self, address: IpAddr, now: Instant) -> bool {
        self.with(address, now, |visitor| {
            visitor.failures.0 >= limits::LOGIN_FAILURES
        })
    }

    /// A login succeeded: its address is forgiven.
    pub fn logged_in(&self, address: IpAddr) {
        let now = Instant::now();
        self.with(address, now, |visitor| visitor.failures = (0, now));
    }

    fn with<T>(&self, address: IpAddr, now: Instant, act: impl FnOnce(&mut Visitor) -> T) -> T {
        let mut visitors = self.visitors();
        if visitors.len() >= limits::VISITORS {
            visitors.retain(|_, visitor| !visitor.is_over(now));
        }
        if visitors.len() >= limits::VISITORS {
            // Whoever has a network of addresses may make us forget a minute, but no guessed password.
            visitors.retain(|_, visitor| visitor.failures.0 > 0);
        }
        if visitors.len() >= limits::VISITORS {
            // So many addresses at once are no longer held back one by one.
            return act(&mut Visitor::new(now));
        }
        let visitor = visitors
            .entry(network(address))
            .or_insert_with(|| Visitor::new(now));
        visitor.renew(now);
        act(visitor)
    }

    fn visitors(&self) -> MutexGuard<'_, HashMap<IpAddr, Visitor>> {
        // Counts are whole after each change, so a thread that died with them harmed nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visitor {
    fn new(now: Instant) -> Visitor {
        Visitor {
            since: now,
            deeds: [0; 3],
            failures: (0, now),
        }
    }

    /// Forgets what is over.
    fn renew(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= limits::VISITOR_WINDOW {
            (self.since, self.deeds) = (now, [0; 3]);
        }
        if now.saturating_duration_since(self.failures.1) >= limits::LOGIN_MEMORY {
            self.failures = (0, now);
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let last = self.since.max(self.failures.1);
        now.saturating_duration_since(last) >= limits::LOGIN_MEMORY
    }
}

/// The address that counts.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let mask = !u128::from(u64::MAX);
            Ipv6Addr::from_bits(v6.to_bits() & mask).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    // A test fails by panicking.
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_limit_and_each_minute_is_a_new_one() {
        let (visitors, start) = (Visitors::default(), Instant::now());
        let limits = Limits {
            messages_per_minute: 2,
            ..Limits::default()
        };
        let rows = [
            ("192.0.2.1", 0, true),
            ("192.0.2.1", 1, true),
            ("192.0.2.1", 2, false),
            // The same, as a socket for both families shows it.
            ("::ffff:192.0.2.1", 2, false),
            ("192.0.2.2", 2, true),
            ("192.0.2.1", 60, true),
            ("2001:db8::1", 60, true),
            ("2001:db8::2", 60, true),
            ("2001:db8::3", 60, false),
            ("2001:db8:0:1::3", 60, true),
        ];
        for (row, (address, second, expected)) in rows.into_iter().enumerate() {
            let now = start + Duration::from_secs(second);
            let may = visitors.may_at(at(address), Deed::Message, &limits, now);
            assert_eq!(may, expected, "row {row}: {address}");
        }
        for _ in 0..9 {
            assert!(visitors.may_at(at("::1"), Deed::Message, &limits, start));
            assert!(visitors.may_at(at("192.0.2.3"), Deed::Error, &limits, start));
        }
    }

    #[test]
    fn the_delay_doubles_up_to_its_most_and_is_forgotten() {
        let (visitors, start, who) = (Visitors::default(), Instant::now(), at("192.0.2.1"));
        let second = Duration::from_secs(1);
        let delays: Vec<u64> = (0..5)
            .map(|_| visitors.failed_at(who, second, start).as_secs())
            .collect();
        let most = limits::LOGIN_DELAY_MOST.as_secs();
        assert_eq!(delays, [1, 2, 4, most, most]);
        assert_eq!(
            visitors.failed_at(who, Duration::ZERO, start),
            Duration::ZERO
        );
        visitors.logged_in(who);
        assert_eq!(visitors.failed_at(who, second, start), second);
        let later = start + limits::LOGIN_MEMORY + second;
        assert_eq!(visitors.failed_at(who, second, later), second);
    }

    #[test]
    fn after_many_failures_no_password_is_looked_at() {
        let (visitors, now) = (Visitors::default(), Instant::now());
        for _ in 0..limits::LOGIN_FAILURES {
            assert!(!visitors.must_wait_at(at("192.0.2.1"), now));
            visitors.failed_at(at("192.0.2.1"), Duration::ZERO, now);
        }
        assert!(visitors.must_wait_at(at("192.0.2.1"), now));
        assert!(!visitors.must_wait_at(at("192.0.2.2"), now));
        assert!(!visitors.must_wait_at(at("192.0.2.1"), now + limits::LOGIN_MEMORY));
    }

    #[test]
    fn many_addresses_do_not_make_it_forget_who_guesses_passwords() {
        let (visitors, now) = (Visitors::default(), Instant::now());
        for _ in 0..limits::LOGIN_FAILURES {
            visitors.failed_at(at("192.0.2.1"), Duration::ZERO, now);
        }
        for number in 0..2 * limits::VISITORS as u32 {
            let address = IpAddr::from(number.wrapping_add(1 << 30).to_be_bytes());
            visitors.may_at(address, Deed::Error, &Limits::default(), now);
        }
        assert!(visitors.must_wait_at(at("192.0.2.1"), now));
        visitors.failed_at(at("192.0.2.2"), Duration::ZERO, now);
        assert_eq!(
            visitors.failed_at(at("192.0.2.2"), Duration::from_secs(1), now),
            Duration::from_secs(2),
            "others are counted as before"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let (visitors, now) = (Visitors::default(), Instant::now());
        for number in 0..limits::VISITORS as u32 + 10 {
            let address = IpAddr::from(number.wrapping_add(1 << 30).to_be_bytes());
            visitors.failed_at(address, Duration::ZERO, now);
        }
        assert_eq!(visitors.visitors().len(), limits::VISITORS);
        let later = now + limits::LOGIN_MEMORY;
        visitors.may_at(at("192.0.2.1"), Deed::Error, &Limits::default(), later);
        assert_eq!(visitors.visitors().len(), 1);
    }
}
