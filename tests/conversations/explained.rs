//! Whatever is said in a transcript is explained: every line of the servers, and every command that
//! is one. No password is shown.

use std::collections::BTreeMap;
use std::io;

use pillarbox::mail::net::Side;
use pillarbox::teaching::explain::{Explained, ExplainedLine, Observer, Texts, Topic};
use pillarbox::teaching::script::{ClientEvent, PlayEvent, Script, ScriptTls, Talk, perform};

use crate::memory::Memory;
use crate::play_all;
use crate::site::{ACCOUNTS, Home};

#[test]
fn every_line_of_every_transcript_is_explained() {
    let mut heard = 0;
    let mut wrong = Vec::new();
    play_all(|script| {
        listen(script, &mut |server, line, explained| {
            heard += 1;
            let what = fault_of(server, explained).or_else(|| secret_in(line, explained));
            if let Some(what) = what {
                let line = line.escape_ascii();
                wrong.push(format!("{}: {line}\n    {what}", script.title));
            }
        })
    });
    assert!(heard > 2000, "only {heard} lines passed");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plays a script in memory, and tells each line with what is said of it: true is the server's.
fn listen(
    script: &Script,
    tell: &mut dyn FnMut(bool, &[u8], &Explained),
) -> Result<(), pillarbox::teaching::script::Difference> {
    let home = Home::of(script);
    let offered = script.tls == ScriptTls::Offered;
    let mut observers: BTreeMap<u32, Observer> = BTreeMap::new();
    perform(
        script,
        &mut |caller| -> io::Result<Box<dyn Talk>> {
            let memory = Memory::connect(&home.site, caller.protocol, offered);
            Ok(Box::new(memory))
        },
        &mut |event| {
            let PlayEvent::Client(caller, did) = event else {
                return Ok(());
            };
            let fresh = || Observer::new(caller.protocol, Texts::compiled_in());
            let observer = observers.entry(caller.number).or_insert_with(fresh);
            match did {
                ClientEvent::Connected => *observer = fresh(),
                ClientEvent::Sent(octets) => {
                    for ExplainedLine { line, explained } in observer.octets(Side::Client, octets) {
                        tell(false, &line, &explained);
                    }
                }
                ClientEvent::Received(line) => tell(true, line, &observer.server(line)),
                ClientEvent::Encrypted => tell(true, b"TLSv1.3", &observer.tls("TLSv1.3")),
                ClientEvent::Turn | ClientEvent::Disconnected | ClientEvent::Closed => {}
            }
            Ok(())
        },
    )
}

/// What is missing in the explanation.
fn fault_of(server: bool, explained: &Explained) -> Option<String> {
    let known = explained.entry.topic != Topic::Note;
    let mut parts = explained.parts.iter();
    let has_literal = parts.any(|part| part.role.key() == "literal");
    match &explained.fault {
        Some(fault) if server => Some(fault.clone()),
        // What is no command has a fault, and no explanation.
        Some(_) => None,
        // A command that is no command may go on after a literal, and after a refused login it may be
        // the password.
        None if !server && (has_literal || explained.entry.name == "behind-login") => None,
        None => (!known).then(|| "has no explanation".to_owned()),
    }
}

/// A password that would be shown.
fn secret_in(line: &[u8], explained: &Explained) -> Option<String> {
    let masked = String::from_utf8_lossy(&explained.masked(line)).into_owned();
    let decoded = explained.parts.iter().filter_map(|part| part.decoded.clone());
    let shown: Vec<String> = decoded.chain([masked]).collect();
    let is_shown = |password: &str| shown.iter().any(|text| text.contains(password));
    let (_, password) = ACCOUNTS.into_iter().find(|(_, password)| is_shown(password))?;
    Some(format!("shows {password}"))
}
