//! A client's numbers after any course of events.

use proptest::prelude::*;

use super::*;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::server::imap::messages::message_reader::MessageReader;
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::View;

/// What may happen to a mailbox between two looks of a client.
#[derive(Clone, Debug)]
enum Event {
    Delivery,
    /// The message at this place, modulo their number, is removed.
    Removal(usize),
    /// The message at this place gets a flag, or loses it.
    Flag(usize, bool),
    /// The client is told; EXPUNGE may be too.
    Look(bool),
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Delivery),
        1 => any::<usize>().prop_map(Event::Removal),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, on)| Event::Flag(at, on)),
        2 => any::<bool>().prop_map(Event::Look),
    ]
}

/// A client that believes what it is told: of each message its UID and flags, by its number.
/// What it has not been told of a new message, it asks for.
struct Client {
    messages: Vec<(u32, String)>,
}

impl Client {
    fn hear(&mut self, view: &View, news: &[u8], may_expunge: bool) {
        let mut expunged = false;
        for line in std::str::from_utf8(news).unwrap().lines() {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            let number = words[1].parse::<usize>();
            match (number, words[2]) {
                (Ok(number), "EXPUNGE") => {
                    self.messages.remove(number - 1);
                    expunged = true;
                }
                (Ok(number), "EXISTS") => {
                    assert!(
                        number > self.messages.len(),
                        "EXISTS must not take any away"
                    );
                    let new = &view.messages()[self.messages.len()..number];
                    let learned = new.iter().map(|new| (new.uid, view.flag_list(new)));
                    self.messages.extend(learned.collect::<Vec<_>>());
                }
                (Ok(number), "FETCH") => {
                    let (uid, flags) = &mut self.messages[number - 1];
                    let told = words[3]
                        .strip_prefix(&format!("(UID {uid} FLAGS ("))
                        .unwrap();
                    told.strip_suffix("))").unwrap().clone_into(flags);
                }
                _ => {}
            }
        }
        assert!(
            may_expunge || !expunged,
            "EXPUNGE where numbers must not change"
        );
    }
}

fn happen(home: &Home, event: &Event, view: &mut View, client: &mut Client) {
    let inbox = home.inbox();
    let messages = &inbox.refresh().unwrap().messages;
    let uid_at = |at: &usize| Some(messages.get(at.checked_rem(messages.len())?)?.uid);
    match event {
        Event::Delivery => home.deliver("Subject: x\r\n\r\nx\r\n"),
        Event::Removal(at) => drop(inbox.remove(uid_at(at).as_slice()).unwrap()),
        Event::Flag(at, on) => {
            let flags: Flags = [Flag::Flagged].into_iter().collect();
            let change = match on {
                true => FlagChange::Add(flags),
                false => FlagChange::Remove(flags),
            };
            inbox.store(uid_at(at).as_slice(), &change).unwrap();
        }
        Event::Look(expunge) => {
            let telling = PendingUpdates {
                expunge: *expunge,
                uid: true,
            };
            let news = view.sync(telling).unwrap();
            client.hear(view, &news, *expunge);
        }
    }
}

proptest! {
    // Each case is a mailbox on disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_client_that_believes_what_it_is_told_knows_the_mailbox(
        events in proptest::collection::vec(any_event(), 1..25)
    ) {
        let home = Home::new();
        let reading = MessageReader::new(home.inbox(), Arc::default());
        let mut view = View::open(reading, false, true).unwrap();
        let mut client = Client { messages: Vec::new() };
        for event in events.iter().chain([&Event::Look(true)]) {
            happen(&home, event, &mut view, &mut client);
        }
        let newest = home.inbox().refresh().unwrap();
        let truth: Vec<(u32, String)> = (newest.messages.iter())
            .map(|message| (message.uid, view.flag_list(message)))
            .collect();
        prop_assert_eq!(client.messages, truth);
    }
}
