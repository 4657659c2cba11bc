#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use super::*;
use crate::teaching::explain::Diagram;

#[test]
fn every_entry_of_the_compiled_in_file_is_whole() {
    let texts = Texts::compiled_in();
    let mut count = 0;
    for entry in texts.all() {
        count += 1;
        let path = format!("[{}.{}]", entry.topic, entry.name);
        assert_eq!(entry.missing(), None, "{path}");
        let ours = entry.topic.completeness() == Completeness::Sentence;
        let specified = entry.rfc.contains("RFC ") || entry.rfc.starts_with("draft-");
        assert!(ours || specified, "{path}: {}", entry.rfc);
        for sentence in [&entry.says, &entry.why, &entry.next] {
            let whole = sentence.is_empty() || sentence.ends_with(['.', '?', ')']);
            assert!(whole || entry.topic == Topic::Word, "{path}: {sentence}");
            assert!(sentence.chars().count() <= 240, "{path} is too long: {sentence}");
        }
    }
    assert!(count > 700, "only {count} entries");
}

#[test]
fn every_part_state_and_topic_has_its_name() {
    let texts = Texts::compiled_in();
    for role in Role::ALL {
        assert!(texts.part(*role).is_some(), "{role:?}");
    }
    for topic in Topic::ALL {
        let named = texts.find(Topic::Word, &topic.to_string()).is_some();
        assert!(named || *topic == Topic::Word, "{topic}");
    }
    for protocol in Protocol::ALL {
        for (state, _) in Diagram::of(protocol).states {
            let named = texts.state(protocol, *state).is_some();
            assert!(named, "{protocol:?} {state:?}");
        }
    }
}

#[test]
fn names_are_found_in_any_case_and_by_what_is_more_general() {
    let texts = Texts::compiled_in();
    let rows = [
        (Topic::SmtpCommand, "rcpt", Some("RCPT")),
        (Topic::SmtpReply, "250 to rcpt", Some("250 to RCPT")),
        (Topic::SmtpReply, "250 to FROB", Some("250")),
        (Topic::SmtpReply, "299", None),
        (Topic::Enhanced, "5.1.1", Some("X.1.1")),
        (Topic::Enhanced, "4.1.99", Some("X.1.X")),
        (Topic::Enhanced, "5.9.9", None),
        (Topic::SmtpParameter, "size=1000", Some("SIZE")),
        (Topic::ImapCapability, "AUTH=PLAIN", Some("AUTH")),
        (Topic::ImapCapability, "SORT=DISPLAY", Some("SORT=DISPLAY")),
        (Topic::ImapItem, "body.peek[1.HEADER]<0.9>", Some("BODY.PEEK[]")),
        (Topic::Field, "subject", Some("Subject")),
        (Topic::Field, "X-Own", Some("*")),
        (Topic::ImapFlag, "\\seen", Some("\\Seen")),
    ];
    for (topic, name, expected) in rows {
        let found = texts.find(topic, name).map(|entry| entry.name.as_str());
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_file_replaces_some_sentences_and_adds_entries() {
    let text = "[smtp.command.rcpt]\nsays = '''Noch ein\n   Empfänger.'''\n\
                [mail.field.X-Own]\nsays = 'a.'\nwhy = 'b.'\nrfc = 'none'\n";
    let texts = Texts::with("de.toml", text).unwrap();
    let rcpt = texts.find(Topic::SmtpCommand, "RCPT").unwrap();
    assert_eq!(rcpt.says, "Noch ein Empfänger.");
    assert_eq!(rcpt.name, "RCPT");
    assert!(rcpt.rfc.contains("5321"));
    assert_eq!(texts.find(Topic::Field, "x-own").unwrap().says, "a.");
}

#[test]
fn a_mistake_in_a_file_is_named_with_its_line() {
    let rows = [
        ("[smtp.command.RCPT]\nsays = 'x", "line 2: "),
        ("\n[smtp.command.RCPT]\nsays = ''", "line 2: says of [smtp.command.RCPT] is empty"),
        ("[smtp.command.RCPT]\nsaid = 'x'", "line 2: unknown field `said`"),
        ("[smtp.commands.RCPT]\nsays = 'x'", "there are no explanations [smtp.commands]"),
        ("[smtp.command.RCTP]\nsays = 'x'", "[smtp.command.RCTP] is new, and lacks why"),
        ("[smtp]\nsays = 'x'", "line 2: "),
        ("[smtp.command.RCPT]\nsays = 1", "line 2: "),
    ];
    for (text, expected) in rows {
        let error = Texts::with("de.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("de.toml, line "), "{error}");
        assert!(error.contains(expected), "{error}");
    }
}
