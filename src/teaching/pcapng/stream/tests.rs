use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const CLIENT: Side = Side::Client;
const SERVER: Side = Side::Server;

/// A segment as a line: `C 101+5 ack 301 PSH`.
fn line(segment: &Segment) -> String {
    let Segment { by, flags, .. } = segment;
    let who = if *by == CLIENT { 'C' } else { 'S' };
    let mut line = format!("{who} {}+{}", segment.seq, segment.payload.len());
    if let Some(ack) = segment.ack {
        line += &format!(" ack {ack}");
    }
    for (set, name) in
        [(flags.syn, " SYN"), (flags.fin, " FIN"), (flags.rst, " RST"), (flags.psh, " PSH")]
    {
        line += if set { name } else { "" };
    }
    line
}

fn lines<'a>(segments: impl IntoIterator<Item = &'a Segment>) -> Vec<String> {
    segments.into_iter().map(line).collect()
}

#[test]
fn a_short_conversation() {
    let mut stream = TcpConversation::new(false, 100, 300);
    assert_eq!(lines(&stream.open()), ["C 100+0 SYN", "S 300+0 ack 101 SYN", "C 101+0 ack 301"]);
    // The greeting is acknowledged with the command, the command with its answer.
    assert_eq!(lines(&stream.say(SERVER, 5)), ["S 301+5 ack 101 PSH"]);
    assert_eq!(lines(&stream.say(CLIENT, 6)), ["C 101+6 ack 306 PSH"]);
    assert_eq!(lines(&stream.say(SERVER, 4)), ["S 306+4 ack 107 PSH"]);
    // Who goes on before the other has said anything hears an acknowledgement first.
    assert_eq!(lines(&stream.say(SERVER, 1)), ["C 107+0 ack 310", "S 310+1 ack 107 PSH"]);
    assert_eq!(lines(&stream.finish(SERVER)), ["S 311+0 ack 107 FIN"]);
    assert_eq!(lines(&stream.finish(CLIENT)), ["C 107+0 ack 312 FIN", "S 312+0 ack 108"]);
    assert!(stream.say(CLIENT, 9).is_empty() && stream.finish(CLIENT).is_empty());
}

#[test]
fn every_second_segment_is_acknowledged() {
    let mut stream = TcpConversation::new(false, 0, 0);
    stream.open();
    let said = stream.say(CLIENT, 5 * 1460 - 1);
    assert_eq!(
        lines(&said),
        [
            "C 1+1460 ack 1",
            "C 1461+1460 ack 1",
            "S 1+0 ack 2921",
            "C 2921+1460 ack 1",
            "C 4381+1460 ack 1",
            "S 1+0 ack 5841",
            "C 5841+1459 ack 1 PSH",
        ]
    );
    assert_eq!(stream.settle(SERVER).as_ref().map(line).unwrap(), "S 1+0 ack 7300");
    assert_eq!(stream.settle(SERVER), None);
}

#[test]
fn a_reset_ends_it() {
    let mut stream = TcpConversation::new(false, 0, 0);
    stream.open();
    stream.say(SERVER, 3);
    assert_eq!(line(&stream.reset(CLIENT)), "C 1+0 ack 4 RST");
    assert!(stream.say(SERVER, 3).is_empty() && stream.finish(SERVER).is_empty());
    assert_eq!(stream.settle(SERVER), None);
}

#[test]
fn a_segment_fits_a_frame() {
    for (ipv6, mss) in [(false, 1460), (true, 1440)] {
        let mut stream = TcpConversation::new(ipv6, 0, 0);
        assert_eq!(stream.mss(), mss);
        let said = stream.say(SERVER, 10_000);
        let longest = said.iter().map(|segment| segment.payload.len()).max();
        assert_eq!(longest, Some(usize::from(mss)));
    }
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    /// The law: whoever puts the segments together by their numbers has what was said, and each
    /// acknowledgement names what has passed.
    #[test]
    fn what_was_said_comes_out(
        first in any::<u32>(),
        pieces in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..5000)), 0..20),
    ) {
        let numbers = BTreeMap::from([(true, first), (false, first.wrapping_mul(31))]);
        let mut stream = TcpConversation::new(false, numbers[&true], numbers[&false]);
        stream.open();
        let mut next = numbers.clone();
        next.values_mut().for_each(|next| *next = next.wrapping_add(1));
        let mut received = BTreeMap::from([(true, Vec::new()), (false, Vec::new())]);
        let mut said = received.clone();
        for (client, octets) in &pieces {
            let by = if *client { CLIENT } else { SERVER };
            said.get_mut(client).unwrap().extend_from_slice(octets);
            for segment in stream.say(by, octets.len()) {
                let sender = segment.by == CLIENT;
                prop_assert_eq!(segment.seq, next[&sender]);
                prop_assert_eq!(segment.ack, Some(next[&!sender]));
                let length = segment.payload.len() as u32;
                *next.get_mut(&sender).unwrap() = segment.seq.wrapping_add(length);
                let carried = &octets[segment.payload];
                received.get_mut(&sender).unwrap().extend_from_slice(carried);
            }
        }
        prop_assert_eq!(received, said);
    }
}
