use super::*;

fn parse(text: &str) -> Result<Config, String> {
    Config::parse("config.ini", text, Path::new("/lab")).map_err(|error| error.0)
}

#[test]
fn the_shipped_file_is_what_the_program_does_without_it() {
    let shipped = parse(COMPILED_IN).unwrap();
    let empty = parse("").unwrap();
    assert_eq!(shipped.limits, empty.limits);
    assert_eq!(format!("{:?}", shipped.ports), format!("{:?}", empty.ports));
    assert_eq!(format!("{:?}", shipped.tls), format!("{:?}", empty.tls));
    assert_eq!(format!("{:?}", shipped.server), format!("{:?}", empty.server));
    assert_eq!(shipped.accounts, empty.accounts);
    assert_eq!(shipped.queue, empty.queue);
    assert_eq!(shipped.journal, empty.journal);
    assert_eq!(shipped.relay, empty.relay);
    assert_eq!(shipped.routes, empty.routes);
    assert_eq!(shipped.client, empty.client);
    assert_eq!(shipped.capture, empty.capture);
}

/// The commented-out settings of the file are valid.
#[test]
fn the_examples_in_the_shipped_file_are_settings() {
    let example = |line: &'static str| {
        let commented_out = line.strip_prefix("; ");
        let setting = commented_out.filter(|line| line.contains(" = "));
        setting.unwrap_or(line)
    };
    let all: Vec<&str> = COMPILED_IN.lines().map(example).collect();
    let config = parse(&all.join("\n")).unwrap();
    let server = |port| {
        let host = "mail.example.org".to_owned();
        Some(HostPort { host, port })
    };
    assert_eq!(config.client.smtp, server(465));
    assert_eq!(config.client.imap, server(993));
    assert_eq!(config.client.pop3, server(995));
    assert!(config.routes.contains_key("other.test"));
}

#[test]
fn each_mistake_is_named() {
    let rows = [
        ("[servre]\nhost = ::1", "config.ini: [servre] is not a section"),
        ("[server]\nhots = ::1", "config.ini, [server]: hots is not a setting"),
        (
            "[ports]\nsmtp = 99999",
            "config.ini, [ports] smtp = \"99999\": expected a port from 0 to 65535, `PORT if free`, or nothing for off",
        ),
        ("[ports]\nsmtp = 1\n\nSMTP = 2", "config.ini, line 4: [ports] smtp is already in line 2"),
        ("[ports]\n[tls]\n[ports]", "config.ini, line 3: [ports] is already in line 1"),
        ("[server]\nhost", "config.ini, line 2: \"host\" is not a setting: it has no ="),
        (
            "[accounts]\na = b;c",
            "config.ini, line 2: a: put a value that contains ; or # into \"double quotes\"",
        ),
        ("[accounts]\na = \"b", "config.ini, line 2: a: the closing quote is missing"),
        (
            "[accounts]\na/b = c",
            "config.ini, [accounts] a/b: a name consists of letters, digits, dots, - and _",
        ),
        ("[accounts]\na =", "config.ini, [accounts] a: the password is missing"),
        (
            "[tls]\nmax_version = 1.1",
            "config.ini, [tls] max_version = \"1.1\": a TLS version is 1.2 or 1.3",
        ),
        (
            "[tls]\nmin_version = 1.3\nmax_version = 1.2",
            "config.ini, [tls] min_version: it is greater than max_version",
        ),
        (
            "[limits]\nrecipients = 99",
            "config.ini, [limits] recipients = \"99\": expected a number of at least 100 (RFC 5321 §4.5.3.1.8)",
        ),
        (
            "[limits]\nbare_line_endings = maybe",
            "config.ini, [limits] bare_line_endings = \"maybe\": expected refuse or accept",
        ),
        ("[aliases]\na = b\nb = a", "config.ini, [aliases] a: it leads back to itself: a → b → a"),
        (
            "[aliases]\na b = alice",
            "config.ini, [aliases] a b: this cannot be the part of an address before the @",
        ),
        ("[aliases]\na+b = alice", "config.ini, [aliases] a+b: an alias must not contain a plus"),
        (
            "[relay]\nhost = hub.test\ntls = none\nuser = a\npassword = b",
            "config.ini, [relay] user: a password is never sent without TLS; change tls = none",
        ),
        ("[relay]\nuser = a", "config.ini, [relay] password: it is missing, but user is set"),
        (
            "[routes]\nb.test = 10.0.0.1:25 smtps",
            "config.ini, [routes] b.test: expected implicit, starttls or none",
        ),
        (
            "[routes]\npillarbox.test = 10.0.0.1:25",
            "config.ini, [routes] pillarbox.test: mail for this domain is delivered here",
        ),
        (
            "[routes]\nb.test. = 10.0.0.1:25",
            "config.ini, [routes] b.test.: this cannot be the part of an address after the @",
        ),
        (
            "[routes]\nb.test = 10.0.0.1:25 none starttls",
            "config.ini, [routes] b.test: unexpected word starttls",
        ),
        (
            "[relay]\ngateways = alise",
            "config.ini, [relay] gateways = \"alise\": alise is not an account",
        ),
        (
            "[relay]\nonly_to = a@b@c",
            "config.ini, [relay] only_to = \"a@b@c\": a@b@c is neither a domain nor an address",
        ),
        (
            "[routes]\nb.test = 10.0.0.1",
            "config.ini, [routes] b.test: the port is missing; write it as 10.0.0.1:PORT",
        ),
        ("stray = 1", "config.ini, line 1: \"stray …\" is above the first [section]"),
        // What follows may be a password.
        (
            "[accounts]\nalice wonderland",
            "config.ini, line 2: \"alice …\" is not a setting: it has no =",
        ),
        (
            "[relay]\npassword: wonderland",
            "config.ini, line 2: \"password …\" is not a setting: it has no =",
        ),
    ];
    for (text, expected) in rows {
        assert_eq!(parse(text).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn a_password_in_clear_stays_on_loopback() {
    let error = parse("[server]\nhost = 0.0.0.0").unwrap_err();
    assert!(error.starts_with("config.ini, [accounts] alice: an unhashed password"), "{error}");
    assert!(parse("[server]\nhost = 0.0.0.0\nlab_network = yes").is_ok());
    assert!(parse("[server]\nhost = 0.0.0.0\n[accounts]").is_ok());
}

#[test]
fn quotes_carry_what_would_begin_a_comment() {
    let config = parse("[accounts]\nalice = \"a;b #c \" ; the rest\nbob = x ; y").unwrap();
    assert_eq!(config.accounts["alice"], Password::Clear("a;b #c ".into()));
    assert_eq!(config.accounts["bob"], Password::Clear("x".into()));
}

#[test]
fn paths_are_relative_to_the_file() {
    assert_eq!(parse("[store]\npath = post").unwrap().mail, Path::new("/lab/post"));
    assert_eq!(parse("[store]\npath = /post").unwrap().mail, Path::new("/post"));
}
