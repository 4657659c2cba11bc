//! The session in memory, where a transcript cannot look: what a reply is made of, when it is made,
//! and what a client's numbers come to after any course of events.
// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use proptest::prelude::*;
use tempfile::TempDir;

use super::ImapServer;
use super::merge::Telling;
use super::reading::Reading;
use super::view::View;
use crate::accounts::{Accounts, Password};
use crate::aliases::Aliases;
use crate::limits::{self, Limits};
use crate::message::{Flag, FlagChange, Flags};
use crate::server::{Next, Part, Peer, Reply, Session, Site, Trouble, Visitors};
use crate::store::{Delivery, Mailbox, Store};

/// Alice and her folder.
struct Home {
    site: Arc<Site>,
    _folder: TempDir,
}

impl Home {
    fn new() -> Home {
        let folder = TempDir::new().unwrap();
        let password = Password::Clear("wonderland".to_owned());
        let domain = "pillarbox.test".to_owned();
        let site = Site {
            hostname: "mail.pillarbox.test".to_owned(),
            accounts: Accounts::new(&domain, HashMap::from([("alice".to_owned(), password)])),
            domain,
            store: Store::open(folder.path()).unwrap(),
            aliases: Aliases::none(),
            catalogue: Arc::default(),
            visitors: Visitors::default(),
            queue: None,
            limits: Limits::default(),
            lab_network: false,
        };
        Home {
            site: Arc::new(site),
            _folder: folder,
        }
    }

    fn inbox(&self) -> Arc<Mailbox> {
        self.site.store.account("alice").unwrap().inbox().unwrap()
    }

    fn deliver(&self, message: &str) {
        let mut delivery = Delivery::begin(vec![self.inbox()]).unwrap();
        delivery.write_all(message.as_bytes()).unwrap();
        delivery.commit().unwrap();
    }

    fn session(&self, address: &str) -> ImapServer {
        let peer = Peer {
            address: address.parse::<SocketAddr>().unwrap(),
            encrypted: false,
            secured: None,
            can_start_tls: true,
        };
        ImapServer::new(Arc::clone(&self.site), peer)
    }

    /// A session with INBOX selected.
    fn selected(&self) -> ImapServer {
        let mut session = self.session("127.0.0.1:50000");
        let answer = text(session.interact(b"a LOGIN alice wonderland"));
        assert!(answer.starts_with("a OK"), "{answer}");
        let answer = text(session.interact(b"b SELECT INBOX"));
        assert!(answer.contains("b OK"), "{answer}");
        session
    }
}

/// All that a reply says.
fn text(reply: Reply) -> String {
    reply.parts.into_iter().map(part_text).collect()
}

fn part_text(part: Part) -> String {
    match part {
        Part::Text(text) => String::from_utf8(text).unwrap(),
        Part::Stream(stream) => io::read_to_string(stream).unwrap(),
        Part::Each(parts) => parts.map(part_text).collect(),
    }
}

/// The responses of a FETCH, which are made as they are sent.
fn responses(reply: Reply) -> Box<dyn Iterator<Item = Part>> {
    assert!(matches!(reply.next, Next::Line));
    match reply.parts.into_iter().next_back() {
        Some(Part::Each(responses)) => responses,
        _ => panic!("FETCH is not made as it is sent"),
    }
}

/// Nobody can make the server keep the names of any number of messages that it will not take.
#[test]
fn an_append_has_only_so_many_messages() {
    let home = Home::new();
    let mut session = home.selected();
    let begin = session.interact(b"c APPEND INBOX {1+}");
    assert!(matches!(begin.next, Next::Octets(1)));
    for number in 1..=limits::APPENDED {
        session.receive(&mut &b"x"[..]).unwrap();
        let reply = session.interact(b" {1+}");
        assert!(matches!(reply.next, Next::Octets(1)));
        if number < limits::APPENDED {
            assert!(reply.parts.is_empty());
        }
    }
    let answer = text(session.interact(b""));
    assert!(answer.starts_with("c NO [LIMIT] "), "{answer}");
    assert!(home.inbox().refresh().unwrap().messages.is_empty());
}

#[test]
fn a_closed_door_offers_no_login() {
    let mut session = Home::new().session("192.0.2.1:50000");
    let greeting = text(session.greeting());
    assert!(greeting.contains("STARTTLS LOGINDISABLED]"), "{greeting}");
    assert!(!greeting.contains("AUTH="), "{greeting}");
    for command in [
        "LOGIN alice wonderland",
        "AUTHENTICATE PLAIN",
        "AUTHENTICATE X",
    ] {
        let answer = text(session.interact(format!("a {command}").as_bytes()));
        assert!(answer.starts_with("a NO [PRIVACYREQUIRED]"), "{answer}");
    }
}

#[test]
fn fetch_makes_its_answer_while_it_is_sent() {
    let home = Home::new();
    for number in 1..=3 {
        home.deliver(&format!("Subject: {number}\r\n\r\nbody {number}\r\n"));
    }
    let mut session = home.selected();
    let mut responses = responses(session.interact(b"c FETCH 1:* (UID BODY.PEEK[TEXT])"));
    let first = part_text(responses.next().unwrap());
    assert_eq!(first, "* 1 FETCH (UID 1 BODY[TEXT] {8}\r\nbody 1\r\n)\r\n");

    // Nothing of the second was looked at yet, so it can go.
    home.inbox().remove(&[2]).unwrap();
    let third = part_text(responses.next().unwrap());
    assert!(third.starts_with("* 3 FETCH (UID 3 "), "{third}");
    let last = part_text(responses.next().unwrap());
    assert!(last.starts_with("c NO [EXPUNGEISSUED] "), "{last}");
    assert!(responses.next().is_none());
}

#[test]
fn a_message_that_goes_while_its_response_is_sent_leaves_the_response_whole() {
    let home = Home::new();
    home.deliver("Subject: 1\r\n\r\nbody\r\n");
    let mut session = home.selected();
    let mut responses = responses(session.interact(b"c FETCH 1 (BODY.PEEK[TEXT] BODY.PEEK[])"));
    let Some(Part::Each(mut response)) = responses.next() else {
        panic!("a response is not made as it is sent");
    };
    let begun = part_text(response.next().unwrap()) + &part_text(response.next().unwrap());
    assert_eq!(begun, "* 1 FETCH (BODY[TEXT] {6}\r\nbody\r\n");
    home.inbox().remove(&[1]).unwrap();
    let rest: String = response.map(part_text).collect();
    assert_eq!(rest, " BODY[] NIL)\r\n");
    let last = part_text(responses.next().unwrap());
    assert!(last.starts_with("c NO [EXPUNGEISSUED] "), "{last}");
}

#[test]
fn a_thousand_times_the_same_item_is_not_gathered_in_memory() {
    let home = Home::new();
    home.deliver(&format!("Subject: {}\r\n\r\n", "x".repeat(1000)));
    let mut session = home.selected();
    let command = format!("c FETCH 1 ({})", ["ENVELOPE"; 1000].join(" "));
    let mut responses = responses(session.interact(command.as_bytes()));
    let Some(Part::Each(response)) = responses.next() else {
        panic!("a response is not made as it is sent");
    };
    let pieces: Vec<String> = response.map(part_text).collect();
    assert!(pieces.iter().all(|piece| piece.len() < 2 * limits::BUFFER));
    let whole = pieces.concat();
    assert_eq!(whole.matches("ENVELOPE (").count(), 1000);
    assert!(whole.starts_with("* 1 FETCH (ENVELOPE (NIL \"xxx") && whole.ends_with("))\r\n"));
}

#[test]
fn fetch_does_not_answer_with_flags_older_than_the_news() {
    let home = Home::new();
    home.deliver("Subject: 1\r\n\r\nbody\r\n");
    let mut session = home.selected();
    let flagged: Flags = [Flag::Flagged].into_iter().collect();
    (home.inbox().store(&[1], &FlagChange::Add(flagged))).unwrap();
    let answer = text(session.interact(b"c FETCH 1 FLAGS"));
    let last_flags = answer.rfind("FLAGS (").unwrap();
    assert!(
        answer[last_flags..].starts_with("FLAGS (\\Flagged"),
        "{answer}"
    );
}

#[test]
fn a_nul_never_stands_in_a_literal() {
    let home = Home::new();
    home.deliver("Subject: 1\r\n\r\na\0b\r\n");
    let mut session = home.selected();
    let reply = session.interact(b"c FETCH 1 BODY.PEEK[TEXT]");
    let mut octets = Vec::new();
    for part in responses(reply) {
        let Part::Each(parts) = part else { continue };
        for part in parts {
            match part {
                Part::Text(text) => octets.extend(text),
                Part::Stream(mut stream) => drop(stream.read_to_end(&mut octets).unwrap()),
                Part::Each(_) => panic!("a response within a response"),
            }
        }
    }
    assert_eq!(octets, b"* 1 FETCH (BODY[TEXT] {5}\r\na\x80b\r\n)\r\n");
}

#[test]
fn a_connection_cut_inside_a_message_delivers_nothing() {
    struct Cut;
    impl Read for Cut {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
    let home = Home::new();
    let mut session = home.selected();
    let reply = session.interact(b"c APPEND INBOX {10}");
    assert!(matches!(reply.next, Next::Octets(10)));
    assert!(session.receive(&mut b"Subject".chain(Cut)).is_err());
    drop(session);
    assert!(home.inbox().refresh().unwrap().messages.is_empty());
}

#[test]
fn trouble_is_worded_and_a_long_line_only_costs_its_command() {
    let home = Home::new();
    let mut session = home.selected();
    for trouble in [
        Trouble::LineEndless,
        Trouble::TimedOut,
        Trouble::ShuttingDown,
        Trouble::TooManyConnections,
        Trouble::PlaintextBehindStartTls,
    ] {
        assert!(
            text(session.trouble(trouble)).starts_with("* BYE "),
            "{trouble:?}"
        );
    }
    session.interact(b"c LOGIN {5}");
    session.receive(&mut &b"alice"[..]).unwrap();
    let answer = text(session.too_long(b" and so on"));
    assert_eq!(answer, "c BAD expected a line of at most 65536 octets\r\n");
    let answer = text(session.too_long(b"c SEARCH NOT NOT NOT"));
    assert_eq!(answer, "c BAD expected a line of at most 65536 octets\r\n");
    assert_eq!(text(session.interact(b"d NOOP")), "d OK NOOP completed\r\n");
}

#[test]
fn a_peer_that_speaks_something_else_is_let_go() {
    let mut session = Home::new().session("127.0.0.1:50000");
    for _ in 1..limits::BAD_COMMANDS {
        let reply = session.interact(b"GET / HTTP/1.1");
        assert!(matches!(reply.next, Next::Line));
        // A command in between would begin the count anew; so would any mail program.
    }
    let reply = session.interact(b"Host: pillarbox.test");
    assert!(matches!(reply.next, Next::Close));
    assert!(text(reply).starts_with("* BYE "));
}

/// Bodies are read in pieces and looked through in windows; no cut may hide a text.
#[test]
fn a_text_is_found_wherever_a_body_is_cut() {
    let home = Home::new();
    let text: String = (0..20_000).map(|n| format!("märker-{n:05} ")).collect();
    let base64 = base64::engine::general_purpose::STANDARD.encode(&text);
    home.deliver(&format!("Subject: plain\r\n\r\n{text}\r\n"));
    home.deliver(&format!(
        "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{base64}"
    ));
    let mut session = home.selected();
    let pairs = (0..20_000).step_by(29).map(|n| {
        let pair = format!("MÄRKER-{n:05} märker-{:05}", n + 1);
        format!(" BODY {{{}+}}\r\n{pair}", pair.len())
    });
    let command = format!("c SEARCH{}", pairs.collect::<String>());
    assert_eq!(
        said(&mut session, &command),
        "* SEARCH 1 2\r\nc OK SEARCH completed\r\n"
    );
    let long = &text[..200_000];
    let command = format!("d SEARCH BODY {{{}+}}\r\n{long}", long.len());
    assert_eq!(
        said(&mut session, &command),
        "* SEARCH 1 2\r\nd OK SEARCH completed\r\n"
    );
}

/// What the session says to a command with literals in it.
fn said(session: &mut ImapServer, command: &str) -> String {
    let mut rest = command.as_bytes();
    loop {
        let end = memchr::memmem::find(rest, b"\r\n").unwrap_or(rest.len());
        let reply = session.interact(&rest[..end]);
        let Next::Octets(octets) = reply.next else {
            return text(reply);
        };
        let (mut literal, after) = rest[end + 2..].split_at(octets as usize);
        session.receive(&mut literal).unwrap();
        rest = after;
    }
}

/// Flags, numbers, UIDs and sizes are known without the files, and dates once they were asked for.
#[test]
fn what_is_not_looked_into_need_not_be_there() {
    let home = Home::new();
    for size in [10, 20, 30] {
        home.deliver(&format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(size)));
    }
    let mut session = home.selected();
    let mut found = |keys: &str| text(session.interact(format!("c SEARCH {keys}").as_bytes()));
    assert!(found("YOUNGER 3600").starts_with("* SEARCH 1 2 3\r\n"));
    home.inbox().remove(&[1, 2, 3]).unwrap();
    // The client was not told of it, so the messages still have their numbers.
    for keys in [
        "UNSEEN 1:* UID 1:*",
        "LARGER 1",
        "SINCE 1-Jan-2020",
        "YOUNGER 3600",
    ] {
        assert!(found(keys).starts_with("* SEARCH 1 2 3\r\n"), "{keys}");
    }
    for keys in ["SUBJECT x", "NOT SUBJECT x", "OR BODY y NOT BODY y"] {
        assert!(found(keys).starts_with("* SEARCH\r\n"), "{keys}");
    }
    let sorted = text(session.interact(b"d SORT (SUBJECT) UTF-8 ALL"));
    assert_eq!(sorted, "* SORT\r\nd OK SORT completed\r\n");
    let threads = text(session.interact(b"e THREAD REFERENCES UTF-8 ALL"));
    assert_eq!(threads, "* THREAD\r\ne OK THREAD completed\r\n");
}

/// RFC 3501 §7.4.1, RFC 5256 §3: no numbers may move under a SEARCH, a SORT or a THREAD.
#[test]
fn only_searches_by_uid_tell_of_removals() {
    for (command, tells) in [
        ("SEARCH ALL", false),
        ("SEARCH RETURN (COUNT) ALL", false),
        ("SORT (ARRIVAL) UTF-8 ALL", false),
        ("THREAD ORDEREDSUBJECT UTF-8 ALL", false),
        ("UID SEARCH ALL", true),
        ("UID SORT (ARRIVAL) UTF-8 ALL", true),
        ("UID THREAD REFERENCES UTF-8 ALL", true),
    ] {
        let home = Home::new();
        home.deliver("Subject: x\r\n\r\nx\r\n");
        let mut session = home.selected();
        home.inbox().remove(&[1]).unwrap();
        let said = text(session.interact(format!("c {command}").as_bytes()));
        assert_eq!(said.contains("EXPUNGE"), tells, "{command}: {said}");
    }
}

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
            let telling = Telling {
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
        let reading = Reading::new(home.inbox(), Arc::default());
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
