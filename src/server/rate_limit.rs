//! Limits for each client address: messages, recipients, errors and failed logins.
//!
//! The counts outlive the connection: a client that reconnects is still known. They cover fixed
//! windows of a minute, and each window begins at zero. An IPv6 client has a whole network to
//! itself (RFC 4291 §2.5.4), so a /64 counts as one address. Programs on this machine are not
//! limited, except when they guess passwords.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::limits::{self, Limits};

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedAction {
    /// MAIL began a message.
    Message,
    /// RCPT named a recipient.
    Recipient,
    /// A command was refused.
    Error,
}

/// The counts of all addresses that were active lately.
#[derive(Default)]
pub struct RateLimiter(Mutex<HashMap<IpAddr, AddressCounts>>);

struct AddressCounts {
    since: Instant,
    actions: [u32; 3],
    failed_logins: u32,
    last_failure: Instant,
}

impl RateLimiter {
    /// Counts an action; false if the address has reached the limit of this minute.
    pub fn allows(&self, address: IpAddr, action: CountedAction, limits: &Limits) -> bool {
        self.allows_at(address, action, limits, Instant::now())
    }

    fn allows_at(
        &self,
        address: IpAddr,
        action: CountedAction,
        limits: &Limits,
        now: Instant,
    ) -> bool {
        if address.to_canonical().is_loopback() {
            return true;
        }
        let most = match action {
            CountedAction::Message => limits.messages_per_minute,
            CountedAction::Recipient => limits.recipients_per_minute,
            CountedAction::Error => limits.errors_per_minute,
        };
        self.with(address, now, |counts| {
            let count = &mut counts.actions[action as usize];
            let fits = *count < most;
            *count = count.saturating_add(1);
            fits
        })
    }

    /// Counts a failed login, and returns the delay before the reply to it.
    ///
    /// The delay is `first`, and doubles with each further failure, up to
    /// [`limits::LOGIN_DELAY_MOST`].
    pub fn login_failed(&self, address: IpAddr, first: Duration) -> Duration {
        self.failed_at(address, first, Instant::now())
    }

    fn failed_at(&self, address: IpAddr, first: Duration, now: Instant) -> Duration {
        let failures = self.with(address, now, |counts| {
            counts.failed_logins = counts.failed_logins.saturating_add(1);
            counts.last_failure = now;
            counts.failed_logins
        });
        let factor = 1 << failures.saturating_sub(1).min(16);
        (first * factor).min(limits::LOGIN_DELAY_MOST)
    }

    /// True if so many logins failed that no password is checked for a while.
    pub fn must_wait(&self, address: IpAddr) -> bool {
        self.must_wait_at(address, Instant::now())
    }

    fn must_wait_at(&self, address: IpAddr, now: Instant) -> bool {
        self.with(address, now, |counts| counts.failed_logins >= limits::LOGIN_FAILURES)
    }

    /// Forgets the failed logins of an address: a login succeeded.
    pub fn logged_in(&self, address: IpAddr) {
        self.with(address, Instant::now(), |counts| counts.failed_logins = 0);
    }

    fn with<T>(
        &self,
        address: IpAddr,
        now: Instant,
        act: impl FnOnce(&mut AddressCounts) -> T,
    ) -> T {
        let mut addresses = self.addresses();
        if addresses.len() >= limits::RATE_LIMITED_ADDRESSES {
            addresses.retain(|_, counts| !counts.is_over(now));
        }
        if addresses.len() >= limits::RATE_LIMITED_ADDRESSES {
            // An attacker with a whole network may make us forget a minute, but no failed login.
            addresses.retain(|_, counts| counts.failed_logins > 0);
        }
        if addresses.len() >= limits::RATE_LIMITED_ADDRESSES {
            // So many addresses at once are no longer limited one by one.
            return act(&mut AddressCounts::new(now));
        }
        let counts = addresses.entry(network(address)).or_insert_with(|| AddressCounts::new(now));
        counts.renew(now);
        act(counts)
    }

    fn addresses(&self) -> MutexGuard<'_, HashMap<IpAddr, AddressCounts>> {
        // The counts are whole after each change, so a thread that died with them harmed nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AddressCounts {
    fn new(now: Instant) -> AddressCounts {
        AddressCounts { since: now, actions: [0; 3], failed_logins: 0, last_failure: now }
    }

    /// Forgets what is over.
    fn renew(&mut self, now: Instant) {
        if now.saturating_duration_since(self.since) >= limits::RATE_WINDOW {
            self.since = now;
            self.actions = [0; 3];
        }
        if now.saturating_duration_since(self.last_failure) >= limits::LOGIN_MEMORY {
            self.failed_logins = 0;
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        let last = self.since.max(self.last_failure);
        now.saturating_duration_since(last) >= limits::LOGIN_MEMORY
    }
}

/// The address that is counted: of an IPv6 address, its /64 network.
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
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_limit_and_each_minute_is_a_new_one() {
        let limiter = RateLimiter::default();
        let start = Instant::now();
        let limits = Limits { messages_per_minute: 2, ..Limits::default() };
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
            let may = limiter.allows_at(at(address), CountedAction::Message, &limits, now);
            assert_eq!(may, expected, "row {row}: {address}");
        }
        for _ in 0..9 {
            assert!(limiter.allows_at(at("::1"), CountedAction::Message, &limits, start));
            assert!(limiter.allows_at(at("192.0.2.3"), CountedAction::Error, &limits, start));
        }
    }

    #[test]
    fn the_delay_doubles_up_to_its_most_and_is_forgotten() {
        let limiter = RateLimiter::default();
        let start = Instant::now();
        let who = at("192.0.2.1");
        let second = Duration::from_secs(1);
        let delays: Vec<u64> =
            (0..5).map(|_| limiter.failed_at(who, second, start).as_secs()).collect();
        let most = limits::LOGIN_DELAY_MOST.as_secs();
        assert_eq!(delays, [1, 2, 4, most, most]);
        assert_eq!(limiter.failed_at(who, Duration::ZERO, start), Duration::ZERO);
        limiter.logged_in(who);
        assert_eq!(limiter.failed_at(who, second, start), second);
        let later = start + limits::LOGIN_MEMORY + second;
        assert_eq!(limiter.failed_at(who, second, later), second);
    }

    #[test]
    fn after_many_failures_no_password_is_looked_at() {
        let limiter = RateLimiter::default();
        let now = Instant::now();
        for _ in 0..limits::LOGIN_FAILURES {
            assert!(!limiter.must_wait_at(at("192.0.2.1"), now));
            limiter.failed_at(at("192.0.2.1"), Duration::ZERO, now);
        }
        assert!(limiter.must_wait_at(at("192.0.2.1"), now));
        assert!(!limiter.must_wait_at(at("192.0.2.2"), now));
        assert!(!limiter.must_wait_at(at("192.0.2.1"), now + limits::LOGIN_MEMORY));
    }

    #[test]
    fn many_addresses_do_not_make_it_forget_who_guesses_passwords() {
        let limiter = RateLimiter::default();
        let now = Instant::now();
        for _ in 0..limits::LOGIN_FAILURES {
            limiter.failed_at(at("192.0.2.1"), Duration::ZERO, now);
        }
        for number in 0..2 * limits::RATE_LIMITED_ADDRESSES as u32 {
            let address = IpAddr::from(number.wrapping_add(1 << 30).to_be_bytes());
            limiter.allows_at(address, CountedAction::Error, &Limits::default(), now);
        }
        assert!(limiter.must_wait_at(at("192.0.2.1"), now));
        limiter.failed_at(at("192.0.2.2"), Duration::ZERO, now);
        assert_eq!(
            limiter.failed_at(at("192.0.2.2"), Duration::from_secs(1), now),
            Duration::from_secs(2),
            "others are counted as before"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = RateLimiter::default();
        let now = Instant::now();
        for number in 0..limits::RATE_LIMITED_ADDRESSES as u32 + 10 {
            let address = IpAddr::from(number.wrapping_add(1 << 30).to_be_bytes());
            limiter.failed_at(address, Duration::ZERO, now);
        }
        assert_eq!(limiter.addresses().len(), limits::RATE_LIMITED_ADDRESSES);
        let later = now + limits::LOGIN_MEMORY;
        limiter.allows_at(at("192.0.2.1"), CountedAction::Error, &Limits::default(), later);
        assert_eq!(limiter.addresses().len(), 1);
    }
}
