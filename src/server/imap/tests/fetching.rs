//! What the answer to FETCH is made of, and when.

use super::*;
use crate::mail::message::{Flag, FlagChange, Flags};

/// The responses of a FETCH, which are made as they are sent.
fn responses(reply: Reply) -> Box<dyn Iterator<Item = Part>> {
    assert!(matches!(reply.next, Next::Line));
    match reply.parts.into_iter().next_back() {
        Some(Part::Each(responses)) => responses,
        _ => panic!("FETCH is not made as it is sent"),
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
    assert!(answer[last_flags..].starts_with("FLAGS (\\Flagged"), "{answer}");
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
