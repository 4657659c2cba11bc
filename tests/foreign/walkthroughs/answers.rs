//! The answers: each stands after the command that yields it, and yields it still; also on a trace
//! that is made anew.
//!
//! ````text
//! ```console
//! $ tshark -r 1-smtp.pcapng -Y smtp.req -T fields -e smtp.req.command
//! EHLO
//! AUTH
//! ```
//! ````
//!
//! `…` in a line of an answer stands for what is another each time. `UPDATE=1 cargo test --test
//! walkthroughs -- --ignored` writes what differs anew: read it before you keep it.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::page;
use super::page::{Walkthrough, blocks};
use super::traces::is_sound;
use super::tshark::Wireshark;

/// A command, and what it prints.
struct Answer {
    command: String,
    lines: Vec<String>,
}

/// The answers in a block of the page.
fn answers(lines: &[String]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = Vec::new();
    let mut goes_on = false;
    for line in lines {
        match (line.strip_prefix("$ "), answers.last_mut()) {
            (Some(command), _) => {
                answers.push(Answer { command: command.to_owned(), lines: Vec::new() })
            }
            (None, Some(answer)) if goes_on => answer.command += &format!("\n{line}"),
            (None, Some(answer)) => answer.lines.push(line.clone()),
            (None, None) => panic!("{line}: in front of the first command"),
        }
        goes_on = line.ends_with('\\');
    }
    answers
}

/// Is this what was written? Tabs and spaces are on a par, and `…` stands for anything.
fn fits(written: &str, printed: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let pieces = words(written);
    let pieces: Vec<String> = pieces.split('…').map(regex::escape).collect();
    let expression = format!("^{}$", pieces.join(".*"));
    regex::Regex::new(&expression).unwrap().is_match(&words(printed))
}

/// What differs when the answers of a page are looked for in the traces of a folder; and the page with
/// what was found there.
fn compared(wireshark: &Wireshark, text: &str, traces: &Path) -> (Vec<String>, String) {
    let (mut differs, mut new) = (Vec::new(), text.to_owned());
    let console = blocks(text).into_iter().filter(|block| block.info == "console");
    for answer in console.flat_map(|block| answers(&block.lines)) {
        let printed = wireshark.shell(&answer.command, traces);
        let printed: Vec<&str> = printed.lines().collect();
        let same = printed.len() == answer.lines.len()
            && answer.lines.iter().zip(&printed).all(|(written, printed)| fits(written, printed));
        if same && !printed.is_empty() {
            continue;
        }
        let command = &answer.command;
        differs.push(format!("{command}\n  written {:?}\n  printed {printed:?}", answer.lines));
        new = rewritten(&new, &answer, &printed);
    }
    (differs, new)
}

/// The page with what a command printed after it.
fn rewritten(text: &str, answer: &Answer, printed: &[&str]) -> String {
    let command = format!("$ {}", answer.command);
    let first = command.lines().next().unwrap();
    let at = text.find(first).unwrap();
    // As deep as the list in which it stands.
    let indent = &text[text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
    let block = |lines: &[&str]| -> String {
        let lines = command.lines().chain(lines.iter().copied());
        let lines = lines.map(|line| format!("{indent}{}\n", line.replace('\t', "  ")));
        lines.collect()
    };
    let written: Vec<&str> = answer.lines.iter().map(String::as_str).collect();
    let old = block(&written);
    assert!(text.contains(&old), "indented unevenly:\n{old}");
    text.replacen(&old, &block(printed), 1)
}

#[test]
#[ignore = "needs tshark"]
fn every_answer_is_what_its_command_prints() {
    let wireshark = Wireshark::plain();
    let mut differing = Vec::new();
    for walkthrough in Walkthrough::all() {
        let (differs, new) = compared(&wireshark, &walkthrough.answers, &page(""));
        if std::env::var_os("UPDATE").is_some() {
            fs::write(page(&format!("answers/{}.md", walkthrough.name)), new).unwrap();
        } else {
            differing.extend(differs);
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The commands of the pages make traces in which the same answers are found.
#[test]
#[ignore = "needs tshark"]
fn a_trace_that_is_made_anew_gives_the_same_answers() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(page("make-traces"))
        .arg(folder.path())
        .env("PILLARBOX", env!("CARGO_BIN_EXE_pillarbox"))
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let wireshark = Wireshark::plain();
    for walkthrough in Walkthrough::all() {
        for trace in walkthrough.traces() {
            is_sound(&folder.path().join(&trace));
        }
        let (differs, _) = compared(&wireshark, &walkthrough.answers, folder.path());
        assert!(differs.is_empty(), "{}", differs.join("\n"));
    }
}

#[test]
fn an_answer_is_a_command_and_its_lines() {
    let lines = ["$ tshark \\", "  -r x", "EHLO", "$ date"].map(str::to_owned);
    let found = answers(&lines);
    assert_eq!(found[0].command, "tshark \\\n  -r x");
    assert_eq!(found[0].lines, ["EHLO"]);
    assert_eq!(found[1].lines, [""; 0]);
    assert!(fits("1  EHLO  …", "1\tEHLO\tlaptop.example"));
    assert!(!fits("1  EHLO  …", "2\tEHLO\tlaptop.example"));
    assert!(!fits("EHLO", "EHLO me"));
}
