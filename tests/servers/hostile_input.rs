//! Input that no honest client sends: each gets what its RFC says or one clear error, nothing of
//! it is delivered by mistake, and the next client is served.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::common::Lab;
use crate::common::typed::{Typed, messages};

/// The newest message of carol, as POP3 gives it.
fn newest(lab: &Lab) -> String {
    let number = messages(lab);
    let mut pop3 = Typed::connect(lab, "pop3");
    pop3.ask("USER carol");
    pop3.ask("PASS chimney");
    assert!(pop3.ask(&format!("RETR {number}")).starts_with("+OK"));
    let mut message = String::new();
    loop {
        let mut line = String::new();
        pop3.0.read_line(&mut line).unwrap();
        if line == ".\r\n" {
            return message;
        }
        message += line.strip_prefix('.').unwrap_or(&line);
    }
}

#[test]
fn a_body_is_a_body_whatever_it_says() {
    let lab = Lab::start();
    let before = messages(&lab);
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.until_data();
    let body = "Subject: commands\r\n\r\nMAIL FROM:<x>\r\nQUIT\r\n..\r\n..dots\r\n...\r\nthe end";
    smtp.send(format!("{body}\r\n.\r\n").as_bytes());
    assert!(smtp.line().starts_with("250"));
    assert!(smtp.ask("QUIT").starts_with("221"));
    assert_eq!(messages(&lab), before + 1);
    let expected = "\r\n\r\nMAIL FROM:<x>\r\nQUIT\r\n.\r\n.dots\r\n..\r\nthe end\r\n";
    assert!(newest(&lab).ends_with(expected), "{:?}", newest(&lab));
}

#[test]
fn bare_line_endings_and_nul_are_refused_and_nothing_is_smuggled() {
    let lab = Lab::start();
    let before = messages(&lab);
    let smuggled = "MAIL FROM:<admin@pillarbox.test>\r\nRCPT TO:<carol@pillarbox.test>\r\nDATA\r\nevil\r\n.\r\n";
    for ending in ["\n.\n", "\n.\r\n", "\r.\r", "\r\n.\n", "\r.\r\n", "\n.\r", "\0"] {
        let mut smtp = Typed::connect(&lab, "smtp");
        smtp.until_data();
        smtp.send(format!("Subject: a\r\n\r\nb{ending}{smuggled}").as_bytes());
        let answer = smtp.line();
        assert!(answer.starts_with("550 5.6.0"), "{ending:?}: {answer}");
        assert!(smtp.ask("QUIT").starts_with("221"), "{ending:?}: something was obeyed");
    }
    assert_eq!(messages(&lab), before);
}

#[test]
fn a_command_of_a_megabyte_without_an_end_gets_one_error() {
    let lab = Lab::start();
    for (protocol, answer) in [("smtp", "500 "), ("pop3", "-ERR "), ("imap", "* ")] {
        let mut client = Typed::connect(&lab, protocol);
        let endless = vec![b'x'; 1 << 20];
        // The server may close before it has taken all.
        let _ = client.0.get_mut().write_all(&endless);
        let rest = client.rest();
        assert!(rest.starts_with(answer), "{protocol}: {rest}");
        assert_eq!(rest.lines().count(), 1, "{protocol}: {rest}");
    }
    assert!(messages(&lab) > 0);
}

#[test]
fn a_command_of_a_hundred_thousand_words_is_answered_under_its_tag() {
    let lab = Lab::start();
    let mut client = Typed::connect(&lab, "imap");
    assert!(client.ask("a LOGIN alice wonderland").starts_with("a OK "));
    for (words, count) in [("NOT ", 100_000), ("OR ALL ", 50_000), ("1000001,", 50_000)] {
        let answer = client.ask(&format!("q SEARCH {}ALL", words.repeat(count)));
        assert!(answer.starts_with("q BAD expected a line of at most 65536 octets"));
        assert!(client.ask("z NOOP").starts_with("z OK "));
    }
}

#[test]
fn a_long_line_with_an_end_costs_nothing_but_itself() {
    let lab = Lab::start();
    let long = "x".repeat(70_000);
    let rows = [
        ("smtp", "500 ", "NOOP", "250 "),
        ("pop3", "-ERR ", "CAPA", "+OK"),
        ("imap", "* BAD ", "a NOOP", "a OK "),
    ];
    for (protocol, refusal, command, answer) in rows {
        let mut client = Typed::connect(&lab, protocol);
        assert!(client.ask(&long).starts_with(refusal), "{protocol}");
        assert!(client.ask(command).starts_with(answer), "{protocol}");
    }
}

#[test]
fn a_literal_without_measure_is_refused_at_once() {
    let lab = Lab::start();
    let mut imap = Typed::connect(&lab, "imap");
    assert!(imap.ask("a LOGIN carol chimney").starts_with("a OK"));
    let literals =
        ["{99999999999}", "{4294967296}", "{18446744073709551616}", "{-1}", "{}", "{1x}"];
    for (number, literal) in literals.iter().enumerate() {
        for command in ["APPEND INBOX", "SELECT", "LOGIN"] {
            let answer = imap.ask(&format!("b{number} {command} {literal}"));
            let refused = answer.starts_with(&format!("b{number} BAD"))
                || answer.starts_with(&format!("b{number} NO"));
            assert!(refused, "{command} {literal}: {answer}");
        }
        assert!(imap.ask("c NOOP").starts_with("c OK"));
    }
}

#[test]
fn who_vanishes_in_a_message_leaves_nothing_behind() {
    let lab = Lab::start();
    let before = messages(&lab);
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.until_data();
    smtp.send(b"Subject: half\r\n\r\nhalf a message\r\n.");
    smtp.0.get_mut().shutdown(Shutdown::Both).unwrap();

    let mut imap = Typed::connect(&lab, "imap");
    assert!(imap.ask("a LOGIN carol chimney").starts_with("a OK"));
    assert!(imap.ask("b APPEND INBOX {100}").starts_with("+"));
    imap.send(b"Subject: half\r\n\r\nhalf a literal");
    imap.0.get_mut().shutdown(Shutdown::Both).unwrap();
    drop((smtp, imap));

    assert_eq!(messages(&lab), before);
    let temporary = lab.path().join("mail/carol/tmp");
    let left = || std::fs::read_dir(&temporary).unwrap().count();
    // The server notices in its own time; until then there is a file, and never a message.
    while left() > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_types_one_octet_a_second_is_not_waited_for_for_ever() {
    let lab = Lab::with("[limits]\nsmtp_timeout = 2\npop3_timeout = 1\nimap_timeout = 1\n");
    // POP3 closes without a word (RFC 1939 §3).
    for (protocol, goodbye) in [("smtp", "421 "), ("pop3", ""), ("imap", "* BYE ")] {
        let mut client = Typed::connect(&lab, protocol);
        // The answer comes although there was always something to read: the whole line has one deadline.
        let writer = client.0.get_ref().try_clone().unwrap();
        let slow = std::thread::spawn(move || {
            let octet = |mut tcp: &TcpStream| tcp.write_all(b"N").is_ok();
            while octet(&writer) {
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        let line = client.line();
        assert!(line.starts_with(goodbye), "{protocol}: {line}");
        let _ = client.0.get_ref().shutdown(Shutdown::Both);
        slow.join().unwrap();
    }
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.until_data();
    let mut octets = 0;
    // Fast enough for the timeout of each piece, too slow as a message.
    while smtp.0.get_mut().write_all(b"x").is_ok() && octets < 600 {
        octets += 1;
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(octets < 600, "a minute was not too long");
}

#[test]
fn who_falls_silent_in_a_message_is_told_why_the_connection_ends() {
    let lab = Lab::with("[limits]\nsmtp_timeout = 2\nimap_timeout = 2\n");
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.until_data();
    smtp.send(b"Subject: half\r\n");
    assert!(smtp.rest().starts_with("421 4.4.2 "));
    let mut imap = Typed::connect(&lab, "imap");
    assert!(imap.ask("a LOGIN carol chimney").starts_with("a OK"));
    assert!(imap.ask("b APPEND INBOX {100}").starts_with("+"));
    imap.send(b"Subject: half\r\n");
    assert!(imap.rest().starts_with("* BYE "));
}

#[test]
fn a_header_of_twenty_megabytes_is_searched_in_little_memory() {
    let lab = Lab::start();
    let mut smtp = Typed::connect(&lab, "smtp");
    smtp.until_data();
    let header = format!("X-Long: {}\r\n", "x".repeat(70)).repeat(1000);
    for _ in 0..250 {
        smtp.send(header.as_bytes());
    }
    smtp.send(b"\r\nthe needle\r\n.\r\n");
    assert!(smtp.line().starts_with("250"));
    let mut imap = Typed::connect(&lab, "imap");
    assert!(imap.ask("a LOGIN carol chimney").starts_with("a OK"));
    imap.send(b"b EXAMINE INBOX\r\n");
    while !imap.line().starts_with("b OK") {}
    let before = lab.peak_memory();
    assert!(imap.ask("c SEARCH TEXT needle").starts_with("* SEARCH "));
    assert!(imap.line().starts_with("c OK"));
    let grown = lab.peak_memory() - before;
    assert!(grown < 8 * 1024, "the peak grew by {grown} KiB");
}

#[test]
fn a_server_that_is_full_says_so() {
    let lab = Lab::with("[server]\nmax_connections = 3\n");
    let rows = [("smtp", "421 "), ("pop3", "-ERR "), ("imap", "* BYE ")];
    let guests: Vec<Typed> =
        rows.iter().map(|(protocol, _)| Typed::connect(&lab, protocol)).collect();
    for (protocol, refusal) in rows {
        let mut late = BufReader::new(TcpStream::connect(lab.address(protocol)).unwrap());
        let mut said = String::new();
        late.read_to_string(&mut said).unwrap();
        assert!(said.starts_with(refusal) && said.lines().count() == 1, "{protocol}: {said}");
    }
    drop(guests);
    // A place is free as soon as the server has noticed; until then it says that it is full.
    let greeted = || {
        let mut line = String::new();
        BufReader::new(TcpStream::connect(lab.address("smtp")).unwrap())
            .read_line(&mut line)
            .unwrap();
        line.starts_with("220")
    };
    while !greeted() {}
}

#[test]
fn plaintext_behind_starttls_is_not_obeyed() {
    let lab = Lab::start();
    let rows = [
        ("smtp", "STARTTLS\r\nNOOP\r\n"),
        ("pop3", "STLS\r\nCAPA\r\n"),
        ("imap", "a STARTTLS\r\nb NOOP\r\n"),
    ];
    for (protocol, injected) in rows {
        let mut client = Typed::connect(&lab, protocol);
        client.send(injected.as_bytes());
        let rest = client.rest();
        assert_eq!(rest.lines().count(), 1, "{protocol}: {rest}");
        let refused = ["4", "5", "-ERR", "* BYE"].iter().any(|start| rest.starts_with(start));
        assert!(refused, "{protocol}: {rest}");
    }
}
