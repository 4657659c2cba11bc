//! Scripts that are read, scripts that are not, and the law that reading and writing are inverse.

use pillarbox::client::Security;
use pillarbox::teaching::script::{
    ClientText, Pattern, Protocol, Script, ScriptAction, ScriptClient, ScriptQuestion, ScriptStep,
    ScriptTls,
};
use proptest::prelude::*;

const HEADER: &str = "title: A test\nprotocol: pop3\n";

fn client(number: u32, protocol: Option<Protocol>, at: Option<&str>) -> ScriptAction {
    let at = at.map(str::to_owned);
    ScriptAction::Client(ScriptClient { number, protocol, at })
}

#[test]
fn a_whole_header() {
    let text = "title: A test\nprotocol: pop3\nrfc: 1939 §5\nsummary: What one learns.\n\
        wireshark: `pop`: all of it\nwireshark: `tcp`: more\nleaves: nothing\ntls: offered\n\
        secrets: shown\nasks: P Bob's password\nsite: other.test\nconfig: [a] b = c\nconfig: [a] d = e\n";
    let script = Script::parse(text).unwrap();
    let expected = Script {
        title: "A test".into(),
        protocol: Protocol::Pop3,
        rfc: "1939 §5".into(),
        summary: "What one learns.".into(),
        wireshark: vec!["`pop`: all of it".into(), "`tcp`: more".into()],
        leaves: "nothing".into(),
        tls: ScriptTls::Offered,
        shows_secrets: true,
        asks: vec![ScriptQuestion { name: "P".into(), question: "Bob's password".into() }],
        sites: vec!["other.test".into()],
        config: vec!["[a] b = c".into(), "[a] d = e".into()],
        steps: Vec::new(),
    };
    assert_eq!(script, expected);
    assert_eq!(script.to_string(), text);
}

#[test]
fn what_it_needs_of_tls() {
    let rows = [
        ("", ScriptTls::Any, Security::Plain),
        ("tls: offered\n", ScriptTls::Offered, Security::Plain),
        ("tls: implicit\n", ScriptTls::Implicit, Security::Tls),
    ];
    for (line, tls, security) in rows {
        let text = format!("{HEADER}{line}");
        let script = Script::parse(&text).unwrap();
        assert_eq!((script.tls, script.security()), (tls, security), "{line}");
        assert_eq!(script.to_string(), text);
    }
    assert!(Script::parse(&format!("{HEADER}tls: perhaps\n")).is_err());
}

#[test]
fn one_of_each_step() {
    let steps = "site: other.test\n\n# Look.\nC: STAT\nC\\: a\\nb\nS: +OK ...\nS\\: +\\x20\nS*: ...\nS: .\n\
        ! set N /(\\d+) octets/\nC: RETR ${N}\n! client 2\n! client 3 smtp\n! client 4 at other.test\n\
        ! client 5 imap at other.test\n! starttls\n! disconnect\n! closed\n! pause\n! offstage\n! onstage\nC:\n#\n";
    let text = format!("{HEADER}{steps}");
    let script = Script::parse(&text).unwrap();
    let expected = [
        ScriptAction::Narrate("Look.".into()),
        ScriptAction::Send(ClientText::of(b"STAT\r\n")),
        ScriptAction::Send(ClientText::of(b"a\nb")),
        ScriptAction::Expect(Pattern::parse("+OK ...").unwrap()),
        ScriptAction::Expect(Pattern::escaped(r"+\x20").unwrap()),
        ScriptAction::ExpectAny(Pattern::parse("...").unwrap()),
        ScriptAction::Expect(Pattern::exactly(b".")),
        ScriptAction::Remember(r"N /(\d+) octets/".parse().unwrap()),
        ScriptAction::Send(ClientText::line("RETR ${N}").unwrap()),
        client(2, None, None),
        client(3, Some(Protocol::Smtp), None),
        client(4, None, Some("other.test")),
        client(5, Some(Protocol::Imap), Some("other.test")),
        ScriptAction::StartTls,
        ScriptAction::Disconnect,
        ScriptAction::Closed,
        ScriptAction::Pause,
        ScriptAction::Offstage,
        ScriptAction::Onstage,
        ScriptAction::Send(ClientText::of(b"\r\n")),
        ScriptAction::Narrate(String::new()),
    ];
    let expected = (5..).zip(expected);
    let expected: Vec<_> = expected.map(|(line, action)| ScriptStep { line, action }).collect();
    assert_eq!(script.steps, expected);
    assert_eq!(script.to_string(), text);
    assert_eq!(script.protocols(), [Protocol::Pop3, Protocol::Smtp]);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let rows = [
        ("", 1),
        ("title: x\n", 1),
        ("protocol: pop3\n", 1),
        ("title: x\nprotocol: gopher\n", 2),
        ("title: x\ncolour: red\n", 2),
        ("title: x\nprotocol: pop3\ntls: perhaps\n", 3),
        ("title: x\nprotocol: pop3\nQUIT\n", 3),
        ("title: x\nprotocol: pop3\nC: QUIT\nQUIT\n", 4),
        ("title: x\nprotocol: pop3\nC: QUIT\nrfc: 1939\n", 4),
        ("title: x\nprotocol: pop3\nC\\: \\q\n", 3),
        ("title: x\nprotocol: pop3\nC: ${N\n", 3),
        ("title: x\nprotocol: pop3\nS: /(/\n", 3),
        ("title: x\nprotocol: pop3\n! dance\n", 3),
        ("title: x\nprotocol: pop3\n! client x\n", 3),
        ("title: x\nprotocol: pop3\n! client 1 gopher\n", 3),
        ("title: x\nprotocol: pop3\n! client 1 pop3 in other.test\n", 3),
        ("title: x\nprotocol: pop3\n! set\n", 3),
        ("title: x\nprotocol: pop3\n! set N (x)\n", 3),
        ("title: x\nprotocol: pop3\n! set a-b /(x)/\n", 3),
        ("title: x\nprotocol: pop3\n! set N /(x/\n", 3),
        // Mistakes that concern more than one line.
        ("title: x\nprotocol: pop3\n! client 1 pop3 at other.test\n", 3),
        ("title: x\nprotocol: pop3\n\nS: ${N}\n! set N /x/\n", 4),
        ("title: x\nprotocol: pop3\nS*: ...\n", 3),
        ("title: x\nprotocol: pop3\nS*: ...\n# a\nS: .\n", 3),
    ];
    for (text, line) in rows {
        assert_eq!(Script::parse(text).unwrap_err().line, line, "{text:?}");
    }
    assert!(Script::parse(HEADER).is_ok());
}

fn any_action() -> impl Strategy<Value = ScriptAction> {
    let octets = || prop::collection::vec(any::<u8>(), 0..20);
    let line = "[a-zäA-Z0-9 ./$\\\\:#!]{0,20}";
    let protocol = prop::sample::select(Protocol::ALL.map(Some).to_vec());
    let simple = [
        ScriptAction::StartTls,
        ScriptAction::Disconnect,
        ScriptAction::Closed,
        ScriptAction::Pause,
        ScriptAction::Offstage,
        ScriptAction::Onstage,
    ];
    prop_oneof![
        "\\PC{0,20}".prop_map(ScriptAction::Narrate),
        octets().prop_map(|octets| ScriptAction::Send(ClientText::of(&octets))),
        line.prop_map(|line| ScriptAction::Send(ClientText::of(format!("{line}\r\n").as_bytes()))),
        line.prop_map(|line| ScriptAction::Expect(Pattern::exactly(line.as_bytes()))),
        octets().prop_map(|line| ScriptAction::Expect(Pattern::exactly(&line))),
        (any::<u32>(), prop_oneof![protocol, Just(None)]).prop_map(|(n, p)| client(n, p, None)),
        prop::sample::select(simple.to_vec()),
    ]
}

proptest! {
    /// A printed script is parsed to the same script.
    #[test]
    fn reading_and_writing_are_inverse(
        title in "[^\\pC]{1,20}",
        actions in prop::collection::vec(any_action(), 0..20),
    ) {
        let script = Script::new(&title, Protocol::Imap, actions);
        prop_assert_eq!(Script::parse(&script.to_string()), Ok(script));
    }

    #[test]
    fn no_text_is_too_strange_to_be_refused(text in "\\PC{0,60}", steps in "(([#!SC*\\\\:]{1,3} \\PC{0,9})\n){0,5}") {
        for text in [text, format!("{HEADER}{steps}")] {
            if let Ok(script) = Script::parse(&text) {
                prop_assert_eq!(Script::parse(&script.to_string()), Ok(script));
            }
        }
    }
}
