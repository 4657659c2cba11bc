//! `kill -9` while mail is being relayed: what was acknowledged arrives, and hardly ever twice.
//!
//! A few kills at chosen moments in every run; two hundred at random ones with
//! `cargo test --test durability relay_killed -- --ignored --nocapture`, which says its seed. The same seed
//! again: `PILLARBOX_SEED=…`.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use crate::common::Lab;
use crate::hop::Hop;
use pillarbox::client::{ClientError, Endpoint, Security, SmtpClient};

const KILLS: usize = 8;

const MANY_KILLS: usize = 200;
/// So many have to be acknowledged at least, in spite of the kills.
const MANY_MESSAGES: usize = 1000;
/// Within so many milliseconds a server meets its fate: before the login, while it takes messages,
/// while it sends them, while it removes them.
const LONGEST_LIFE: u64 = 700;

/// A server that is killed again and again, its next hop, and what became of the messages.
struct Relay {
    lab: Lab,
    hop: Hop,
    /// Messages that the hop has taken.
    counted: Arc<AtomicUsize>,
    /// The next message.
    number: usize,
    acknowledged: Vec<usize>,
}

impl Relay {
    fn start() -> Relay {
        let counted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&counted);
        let hop = Hop::answering(move |line| {
            count.fetch_add(usize::from(line == "."), Ordering::SeqCst);
            None
        });
        Relay {
            lab: Lab::with(&format!("[routes]\nb.test = 127.0.0.1:{}\n", hop.port)),
            hop,
            counted,
            number: 0,
            acknowledged: Vec::new(),
        }
    }

    /// Messages are sent until `moment` is over; then the server dies, and is started again.
    fn round(&mut self, moment: impl FnOnce(&AtomicUsize)) {
        let endpoint = self.endpoint();
        let numbers = self.number..usize::MAX;
        let sender = thread::spawn(move || send(&endpoint, numbers));
        moment(&self.counted);
        self.lab.kill();
        // What was not acknowledged is not sent again: its acknowledgement may be what was lost.
        let (unacknowledged, _) = sender.join().unwrap().unwrap_err();
        self.acknowledged.extend(self.number..unacknowledged);
        self.number = unacknowledged + 1;
        self.lab.restart();
    }

    /// The rest, up to so many, without a kill.
    fn send_rest(&mut self, messages: usize) {
        let left = messages.saturating_sub(self.acknowledged.len());
        let numbers = self.number..self.number + left;
        send(&self.endpoint(), numbers.clone()).unwrap();
        self.acknowledged.extend(numbers);
    }

    fn endpoint(&self) -> Endpoint {
        let port = self.lab.port("smtps");
        Endpoint::new("localhost", port, Security::Tls, self.lab.ca())
    }

    /// Waits until all that was acknowledged has arrived, whole; how many came in vain, for they
    /// had come before.
    fn duplicates(&self) -> usize {
        let mut arrived: HashMap<usize, usize> = HashMap::new();
        let missing = |arrived: &HashMap<usize, usize>| {
            self.acknowledged.iter().any(|n| !arrived.contains_key(n))
        };
        while missing(&arrived) {
            self.take(&mut arrived);
        }
        let repeated = arrived.values().sum::<usize>() - arrived.len();
        let (acknowledged, arrived) = (self.acknowledged.len(), arrived.len());
        println!("{acknowledged} acknowledged, {arrived} arrived, {repeated} duplicates");
        repeated
    }

    fn take(&self, arrived: &mut HashMap<usize, usize>) {
        let text = self.hop.next().text;
        let (_, rest) = text.split_once("Subject: number ").unwrap();
        let (number, rest) = rest.split_once(';').unwrap();
        assert!(rest.ends_with("Hello\n"), "{text}");
        *arrived.entry(number.parse().unwrap()).or_default() += 1;
    }
}

/// Sends these messages, one after another over one connection; the error has the number of the
/// first that was not acknowledged.
fn send(endpoint: &Endpoint, numbers: Range<usize>) -> Result<(), (usize, ClientError)> {
    let first = numbers.start;
    let mut client = SmtpClient::connect(endpoint).map_err(|error| (first, error))?;
    client.login("alice", "wonderland").map_err(|error| (first, error))?;
    for number in numbers {
        let message = format!("Subject: number {number};\r\n\r\nHello\r\n");
        let sent = client.send("alice@pillarbox.test", &["bob@b.test"], &mut Cursor::new(message));
        sent.map_err(|error| (number, error))?;
    }
    Ok(())
}

#[test]
fn what_was_acknowledged_arrives_whenever_the_server_dies() {
    let mut relay = Relay::start();
    for round in 0..KILLS {
        // The hop counts, and the server dies when it has counted enough.
        let more = 5 + (7 * round) % 11;
        relay.round(|counted| {
            let target = counted.load(Ordering::SeqCst) + more;
            while counted.load(Ordering::SeqCst) < target {
                thread::yield_now();
            }
        });
    }
    // One connection to the hop, so one message whose acknowledgement is lost with the server.
    let duplicates = relay.duplicates();
    assert!(duplicates <= KILLS, "{duplicates}");
}

#[test]
#[ignore = "takes minutes"]
fn two_hundred_kills_at_random_moments_lose_nothing() {
    let seed = std::env::var("PILLARBOX_SEED")
        .map_or_else(|_| RandomState::new().hash_one("a seed"), |seed| seed.parse().unwrap());
    println!("PILLARBOX_SEED={seed}");
    let mut random = xorshift(seed);
    let mut relay = Relay::start();
    for _ in 0..MANY_KILLS {
        let moment = Duration::from_micros(random() % (LONGEST_LIFE * 1000));
        relay.round(|_| thread::sleep(moment));
    }
    println!("{} acknowledged between the kills", relay.acknowledged.len());
    relay.send_rest(MANY_MESSAGES);
    let duplicates = relay.duplicates();
    assert!(duplicates <= MANY_KILLS, "{duplicates}");
}

/// Xorshift (Marsaglia 2003): enough to choose a moment.
fn xorshift(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
