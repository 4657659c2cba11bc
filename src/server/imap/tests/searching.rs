//! What SEARCH, SORT and THREAD look into, find, and tell besides.

use base64::Engine;

use super::*;

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
    assert_eq!(said(&mut session, &command), "* SEARCH 1 2\r\nc OK SEARCH completed\r\n");
    let long = &text[..200_000];
    let command = format!("d SEARCH BODY {{{}+}}\r\n{long}", long.len());
    assert_eq!(said(&mut session, &command), "* SEARCH 1 2\r\nd OK SEARCH completed\r\n");
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
    for keys in ["UNSEEN 1:* UID 1:*", "LARGER 1", "SINCE 1-Jan-2020", "YOUNGER 3600"] {
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
