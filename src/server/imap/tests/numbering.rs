//! A client's numbers after any course of events.

use proptest::prelude::*;

use super::*;
use crate::mail::message::{Flag, FlagChange};
use crate::mail::protocol::imap::Response;
use crate::mail::protocol::imap::flags::FlagList;
use crate::mail::protocol::imap::response::Attribute;
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::{SelectMode, View};

/// What may happen to a mailbox between two looks of a client.
#[derive(Clone, Debug)]
enum MailboxEvent {
    Delivery,
    /// The message at this place, modulo their number, is removed.
    Removal(usize),
    /// The message at this place gets a flag, or loses it.
    Flag(usize, bool),
    /// The client is told; EXPUNGE may be too.
    Look(bool),
}

fn any_event() -> impl Strategy<Value = MailboxEvent> {
    prop_oneof![
        2 => Just(MailboxEvent::Delivery),
        1 => any::<usize>().prop_map(MailboxEvent::Removal),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(at, on)| MailboxEvent::Flag(at, on)),
        2 => any::<bool>().prop_map(MailboxEvent::Look),
    ]
}

/// A client that believes what it is told: of each message its UID and flags, by its number.
/// For a new message it asks.
struct BelievingClient {
    messages: Vec<(u32, FlagList)>,
}

impl BelievingClient {
    fn take(&mut self, view: &View, updates: &[Response], may_expunge: bool) {
        let mut expunged = false;
        for update in updates {
            match update {
                Response::Expunge(number) => {
                    self.messages.remove(*number as usize - 1);
                    expunged = true;
                }
                Response::Exists(count) => {
                    let count = *count as usize;
                    assert!(count > self.messages.len(), "EXISTS must not take any away");
                    let new = &view.messages()[self.messages.len()..count];
                    let learned = new.iter().map(|new| (new.uid, view.flag_list(new)));
                    self.messages.extend(learned.collect::<Vec<_>>());
                }
                Response::Fetch(number, attributes) => {
                    let (uid, flags) = &mut self.messages[*number as usize - 1];
                    let [Attribute::Uid(told), Attribute::Flags(new)] = &attributes[..] else {
                        panic!("{attributes:?}");
                    };
                    assert_eq!(told, uid);
                    flags.clone_from(new);
                }
                _ => {}
            }
        }
        assert!(may_expunge || !expunged, "EXPUNGE where numbers must not change");
    }
}

fn happen(home: &Home, event: &MailboxEvent, view: &mut View, client: &mut BelievingClient) {
    let inbox = home.inbox();
    let messages = &inbox.refresh().unwrap().messages;
    let uid_at = |at: &usize| Some(messages.get(at.checked_rem(messages.len())?)?.uid);
    match event {
        MailboxEvent::Delivery => home.deliver("Subject: x\r\n\r\nx\r\n"),
        MailboxEvent::Removal(at) => {
            inbox.remove(uid_at(at).as_slice()).unwrap();
        }
        MailboxEvent::Flag(at, on) => {
            let change = if *on {
                FlagChange::Add(Flag::Flagged.into())
            } else {
                FlagChange::Remove(Flag::Flagged.into())
            };
            inbox.store(uid_at(at).as_slice(), &change).unwrap();
        }
        MailboxEvent::Look(expunge) => {
            let updates = view.sync(PendingUpdates { expunge: *expunge, uid: true });
            client.take(view, &updates.unwrap(), *expunge);
        }
    }
}

proptest! {
    // Each case is a mailbox on disk.
    #![proptest_config(crate::limits::random_cases(40))]

    #[test]
    fn a_client_that_believes_what_it_is_told_knows_the_mailbox(
        events in proptest::collection::vec(any_event(), 1..25)
    ) {
        let home = Home::new();
        let reader = MailboxReader::new(home.inbox(), Arc::default());
        let mut view = View::open(reader, SelectMode::ReadWrite, true).unwrap();
        let mut client = BelievingClient { messages: Vec::new() };
        for event in events.iter().chain([&MailboxEvent::Look(true)]) {
            happen(&home, event, &mut view, &mut client);
        }
        let newest = home.inbox().refresh().unwrap();
        let truth: Vec<(u32, FlagList)> = (newest.messages.iter())
            .map(|message| (message.uid, view.flag_list(message)))
            .collect();
        prop_assert_eq!(client.messages, truth);
    }
}
