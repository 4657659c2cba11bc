//! Golden transcripts: every `.txt` file below this folder is a [`Script`] that the servers must follow.
//!
//! Each is played in memory, over TCP and over TLS, against a site of its own.
//!
//! A difference is printed with its file and line, what was expected, what came, and a caret
//! between the two. `cargo test --test conversations -- --nocapture` names the files as they are played.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod explained;
mod limits_and_failures;
mod memory;
mod network;
mod open_relay;
mod other_programs;
mod site;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memory::Memory;
use network::{Ports, Trust};
use pillarbox::teaching::script::{Protocol, Script, ScriptTls, Talk, run};
use site::Home;

#[test]
fn in_memory() {
    play_all(|script| {
        let home = Home::of(script);
        let offered = script.tls == ScriptTls::Offered;
        run(script, &mut |caller| {
            Ok(Box::new(Memory::connect(&home.site, caller.protocol, offered)))
        })
    });
}

#[test]
fn over_tcp() {
    let trust = Trust::new();
    play_all(|script| {
        let home = Home::of(script);
        let ports = Ports::clear(&home.site, script, &trust);
        run(script, &mut |caller| ports.connect(caller.protocol))
    });
}

/// With TLS from the first octet, the conversation is the same unless STARTTLS is its subject.
#[test]
fn over_tls() {
    let trust = Trust::new();
    play_all(|script| {
        if script.tls == ScriptTls::Offered {
            return Ok(());
        }
        let home = Home::of(script);
        let ports = Ports::encrypted(&home.site, script, &trust);
        run(script, &mut |caller| ports.connect(caller.protocol))
    });
}

/// A line after the end of a script is noticed in memory, over TCP and over TLS.
#[test]
fn a_line_too_many_at_the_end_is_noticed() {
    let text = "title: A banner that says more\nprotocol: pop3\nrfc: 1939 §4\n\nS: +OK ...\nC: CAPA\nS: +OK ...\n";
    let script = Script::parse(text).unwrap();
    let (home, trust) = (Home::new(), Trust::new());
    let clear = Ports::clear(&home.site, &script, &trust);
    let encrypted = Ports::encrypted(&home.site, &script, &trust);
    let memory = |protocol| -> io::Result<Box<dyn Talk>> {
        Ok(Box::new(Memory::connect(&home.site, protocol, false)))
    };
    let ways: [&dyn Fn(Protocol) -> io::Result<Box<dyn Talk>>; 3] =
        [&memory, &|protocol| clear.connect(protocol), &|protocol| encrypted.connect(protocol)];
    for way in ways {
        let difference = run(&script, &mut |caller| way(caller.protocol)).unwrap_err();
        let said = difference.to_string();
        assert!(said.contains("the server said more"), "{said}");
    }
}

#[test]
fn every_transcript_says_which_rfc_it_shows() {
    for (file, script) in scripts() {
        // A printed script is parsed to the same script.
        assert_eq!(Script::parse(&script.to_string()).unwrap(), script);
        assert!(!script.rfc.is_empty(), "{}: no rfc:", file.display());
        assert!(!script.title.ends_with('.'), "{}", file.display());
    }
}

/// Plays all scripts, and fails with all their differences.
fn play_all(mut play: impl FnMut(&Script) -> Result<(), pillarbox::teaching::script::Difference>) {
    let mut differences = Vec::new();
    let scripts = scripts();
    assert!(scripts.len() >= 40, "the transcripts are missing");
    for (file, script) in &scripts {
        println!("{}", file.display());
        if let Err(difference) = play(script) {
            differences.push(format!("{}, {difference}", file.display()));
        }
    }
    let (count, all) = (differences.len(), differences.join("\n\n"));
    assert!(differences.is_empty(), "{count} transcripts differ:\n{all}\n");
}

fn scripts() -> Vec<(PathBuf, Script)> {
    let mut files = Vec::new();
    find(Path::new("tests/conversations"), &mut files);
    files.sort();
    let parse = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        let script = Script::parse(&text).unwrap_or_else(|error| {
            panic!("{}, {error}", file.display());
        });
        (file, script)
    };
    files.into_iter().map(parse).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "txt") {
            files.push(path);
        }
    }
}
