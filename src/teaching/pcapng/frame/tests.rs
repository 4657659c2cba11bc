use super::*;
use crate::teaching::pcapng::stream::TcpConversation;

fn ends(client: &str, server: &str) -> Ends {
    Ends::new(client.parse().unwrap(), server.parse().unwrap())
}

/// RFC 1071 §1: the one's complement sum of 16-bit words.
fn sum(octets: &[u8]) -> u16 {
    let word = |pair: &[u8]| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    let mut sum: u32 = octets.chunks(2).map(word).sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum as u16
}

/// A SYN, octet by octet; tshark finds both of its checksums right.
#[test]
fn a_frame_is_as_the_rfcs_draw_it() {
    let ends = ends("127.0.0.1:40000", "127.0.0.1:25");
    let mut stream = TcpConversation::new(false, 0x0102_0304, 0);
    let frame = compose(&ends, &stream.open()[0], 1460, b"").unwrap();
    #[rustfmt::skip]
    let expected = [
        // The MAC addresses, and 0x0800 for IPv4
        2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
        // RFC 791 §3.1: 44 octets, packet 0, do not fragment, 64 hops, TCP
        0x45, 0, 0, 44, 0, 0, 0x40, 0, 64, 6, 0x3C, 0xCA, 127, 0, 0, 1, 127, 0, 0, 1,
        // RFC 9293 §3.1: the ports, the number, no acknowledgement, six words, SYN
        0x9C, 0x40, 0, 25, 1, 2, 3, 4, 0, 0, 0, 0, 0x60, 2, 0xFF, 0xFF, 0x00, 0x00, 0, 0,
        // §3.2: the maximum segment size
        2, 4, 0x05, 0xB4,
    ];
    let tcp_checksum = 14 + 20 + 16;
    let mut without = frame.clone();
    without[tcp_checksum..tcp_checksum + 2].fill(0);
    assert_eq!(without, expected);
    // With the pseudo-header of RFC 9293 §3.1 all words add up to ones.
    let pseudo = [&frame[26..34], &[0, 6, 0, 24], &frame[34..]].concat();
    assert_eq!(sum(&pseudo), 0xFFFF);
}

#[test]
fn checksums_are_right() {
    for (client, server, header) in
        [("10.1.2.3:5", "192.168.0.9:143", 20), ("[::1]:65535", "[fe80::1:2]:993", 40)]
    {
        let ends = ends(client, server);
        for payload in [&b""[..], b"a", b"QUIT\r\n", &[0xFF; 1439]] {
            let mut stream = TcpConversation::new(ends.is_ipv6(), 7, u32::MAX);
            let segments = match payload {
                b"" => stream.open(),
                payload => stream.say(Side::Server, payload.len()),
            };
            for segment in segments {
                let frame = compose(&ends, &segment, stream.mss(), payload).unwrap();
                let (ip, tcp) = frame[14..].split_at(header);
                let addresses = if header == 20 { &ip[12..] } else { &ip[8..] };
                let length = (tcp.len() as u32).to_be_bytes();
                let pseudo = [addresses, &length, &[0, 0, 0, 6], tcp].concat();
                assert_eq!(sum(&pseudo), 0xFFFF);
                assert!(header == 40 || sum(ip) == 0xFFFF);
                assert!(tcp.ends_with(payload));
            }
        }
    }
}

#[test]
fn both_ends_are_of_one_family() {
    let rows = [
        ("[::ffff:10.0.0.1]:1", "10.0.0.2:2", "10.0.0.1", "10.0.0.2"),
        ("10.0.0.1:1", "[2001:db8::2]:2", "::ffff:10.0.0.1", "2001:db8::2"),
    ];
    for (client, server, expected_client, expected_server) in rows {
        let ends = ends(client, server);
        assert_eq!(ends.client.0.to_string(), expected_client);
        assert_eq!(ends.server.0.to_string(), expected_server);
    }
}
