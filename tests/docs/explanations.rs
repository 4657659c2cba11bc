//! Nothing that the servers can say, and no command that they know, is without an explanation:
//! collected from the grammars, from the servers' source and from the tables in `docs/protocols/`.
//! What they really say in dialogues is listened to in `tests/conversations/explained.rs`.

use crate::common::files;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use pillarbox::mail::protocol::{imap, pop3, sasl, smtp};
use pillarbox::teaching::explain::{Texts, Topic};
use regex::Regex;

/// Fails with the names that have no explanation.
fn all_explained(topic: Topic, names: impl IntoIterator<Item = impl AsRef<str>>, least: usize) {
    let texts = Texts::compiled_in();
    let names: BTreeSet<String> = names.into_iter().map(|name| name.as_ref().to_owned()).collect();
    assert!(names.len() >= least, "{topic}: only {names:?} were found");
    let missing: Vec<&String> =
        names.iter().filter(|name| texts.find(topic, name).is_none()).collect();
    assert!(missing.is_empty(), "{topic}: no explanation of {missing:?}");
}

/// The source below these folders, without comments.
fn source(folders: &[&str]) -> String {
    let mut text = String::new();
    for path in files::below(folders, &["rs"]) {
        let file = fs::read_to_string(path).unwrap();
        let code = file.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.for_each(|line| text.extend([line, "\n"]));
    }
    text
}

/// The first group of every match.
fn all(expression: &str, text: &str) -> BTreeSet<String> {
    let expression = Regex::new(expression).unwrap();
    let found = expression.captures_iter(text);
    found.map(|found| found[1].to_owned()).collect()
}

/// What stands between backticks in the first column of a table.
fn first_column(page: &str, heading: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(page).unwrap();
    let from = page.split_once(&format!("\n## {heading}\n")).unwrap().1;
    let rows = from.split("\n## ").next().unwrap().lines();
    let cells = rows.filter_map(|row| row.strip_prefix("| ")?.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned)).collect()
}

#[test]
fn every_command_of_the_grammars() {
    all_explained(Topic::SmtpCommand, smtp::Command::verbs(), 15);
    all_explained(Topic::Pop3Command, pop3::Command::verbs(), 14);
    all_explained(Topic::ImapCommand, imap::Command::names(), 30);
}

#[test]
fn every_reply_code_of_smtp() {
    let codes = smtp::Reply::ALL.iter().map(|reply| reply.code.to_string());
    all_explained(Topic::SmtpReply, codes, 22);
    let source = source(&["src/server", "src/mail/protocol/smtp"]);
    let numbers = Regex::new(r"EnhancedCode\((\d), (\d), (\d)\)").unwrap();
    let numbers = numbers.captures_iter(&source);
    let in_source = numbers.map(|found| format!("{}.{}.{}", &found[1], &found[2], &found[3]));
    let named = smtp::Reply::ALL.iter().filter_map(|reply| reply.enhanced);
    let enhanced = in_source.chain(named.map(|code| code.to_string()));
    all_explained(Topic::Enhanced, enhanced, 25);
}

#[test]
fn every_response_code_in_the_source_of_pop3() {
    let code = r"[^A-Z]\[([A-Z][A-Z/-]+)[ \]]";
    all_explained(Topic::Pop3Code, all(code, &source(&["src/server/pop3"])), 3);
}

#[test]
fn every_kind_of_response_in_the_source_of_imap() {
    let source = source(&["src/mail/protocol/imap/response"]);
    let responses = all(r#"(?:"\* |list\(")([A-Z]{2,})"#, &source);
    all_explained(Topic::ImapResponse, responses, 8);
}

#[test]
fn every_row_of_the_protocol_tables() {
    let page = "docs/protocols/smtp.md";
    all_explained(Topic::SmtpCommand, first_column(page, "Commands"), 15);
    all_explained(Topic::SmtpKeyword, first_column(page, "What EHLO and LHLO offer"), 12);
    let parameters = first_column(page, "Parameters");
    all_explained(Topic::SmtpParameter, parameters, 8);
    let codes = first_column(page, "Reply codes");
    let (plain, enhanced): (BTreeSet<_>, BTreeSet<_>) =
        codes.iter().map(|code| code.split_once(' ').unwrap_or((code, "2.0.0"))).unzip();
    all_explained(Topic::SmtpReply, plain, 25);
    all_explained(Topic::Enhanced, enhanced, 25);
    let page = "docs/protocols/imap.md";
    all_explained(Topic::ImapCommand, first_column(page, "Commands"), 30);
    let capabilities = first_column(page, "What CAPABILITY offers");
    all_explained(Topic::ImapCapability, capabilities, 15);
    all_explained(Topic::ImapCode, first_column(page, "Response codes"), 15);
}

#[test]
fn every_capability_of_pop3_and_every_mechanism() {
    let source = source(&["src/server/pop3"]);
    let list = source.split("fn capa(").nth(1).unwrap().split("\n    }\n").next().unwrap();
    let capabilities = all(r#""([A-Z][A-Z-]+)[" ]"#, list);
    all_explained(Topic::Pop3Capability, capabilities, 7);
    all_explained(Topic::Sasl, sasl::Exchange::MECHANISMS, 2);
}

/// The program with these words: its exit status, and what it printed on both outputs.
fn explain(words: &[&str]) -> (Option<i32>, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_pillarbox"));
    let output = program.arg("explain").args(words).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).unwrap())
}

#[test]
fn the_command_explains_or_says_what_is_near() {
    let rows: [(&[&str], i32, &str); 7] = [
        (&["550", "5.1.1"], 0, "The mailbox does not exist"),
        (&["-ERR [AUTH] no"], 0, "The name or the password is wrong"),
        (&["--pop3", "NOOP"], 0, "command of POP3"),
        (&["--list", "--imap"], 0, "UIDVALIDITY"),
        (&["RCTP"], 1, "Did you mean RCPT?"),
        (&["xyzzy"], 1, "nothing is known about xyzzy"),
        (&["--texts", "no-such-file.toml", "RCPT"], 2, "no-such-file.toml cannot be read"),
    ];
    for (words, status, expected) in rows {
        let (code, printed) = explain(words);
        assert_eq!(code, Some(status), "{printed}");
        assert!(printed.contains(expected), "{printed}");
        assert!(!printed.contains('\x1b'), "{printed}");
    }
}

#[test]
fn a_teachers_file_is_used_and_its_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("de.toml");
    fs::write(&file, "[smtp.command.RCPT]\nsays = 'Noch ein Empfänger.'\n").unwrap();
    let config = folder.path().join("config.ini");
    fs::write(&config, "[client]\nexplanations = de.toml\n").unwrap();
    let config = config.display().to_string();
    let (code, printed) = explain(&["--config", &config, "RCPT"]);
    assert_eq!(code, Some(0), "{printed}");
    assert!(printed.contains("Noch ein Empfänger."), "{printed}");
    fs::write(&file, "\n[smtp.command.RCPT]\nsaid = 'x'\n").unwrap();
    let (code, printed) = explain(&["--config", &config, "RCPT"]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(printed.contains("de.toml, line 3: unknown field `said`"), "{printed}");
}
