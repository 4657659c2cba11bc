//! The demos: each is played, can be played again, leaves nothing behind, and is in its lists.

mod original;
mod program;

use std::collections::BTreeSet;
use std::fs;

use pillarbox::teaching::script::{
    Caller, ClientEvent, DEMOS, Difference, PlayEvent, Script, ScriptAction, Sites, connect,
    perform,
};
use regex::Regex;

/// Plays a script at these sites, and returns all that its clients received.
fn play(script: &Script, sites: &Sites) -> Result<Vec<String>, Difference> {
    let mut heard = Vec::new();
    let mut open = |caller: &Caller| connect(&sites.endpoint(caller)?, caller.protocol);
    perform(script, &mut open, &mut |event| {
        if let PlayEvent::Client(_, ClientEvent::Received(line)) = event {
            heard.push(String::from_utf8_lossy(line).into_owned());
        }
        Ok(())
    })?;
    Ok(heard)
}

fn scripts() -> impl Iterator<Item = (&'static str, Script)> {
    DEMOS.iter().map(|demo| {
        let script = demo.script();
        let script = script.unwrap_or_else(|error| panic!("{}.demo, {error}", demo.name));
        (demo.name, script)
    })
}

/// Returns the messages, mailboxes and subscriptions of all accounts.
fn census(sites: &Sites) -> Vec<String> {
    let mut text = "title: census\nprotocol: imap\n".to_owned();
    for (name, password) in [("alice", "wonderland"), ("bob", "builder"), ("carol", "chimney")] {
        text += &format!(
            "S: * OK ...\nC: a LOGIN {name} {password}\nS*: * ...\nS: a OK ...\nC: b LIST \"\" *\nS*: * ...\nS: b OK ...\n\
             C: c LSUB \"\" *\nS*: * ...\nS: c OK ...\nC: d STATUS INBOX (MESSAGES)\nS: * ...\nS: d OK ...\n! disconnect\n"
        );
    }
    let heard = play(&Script::parse(&text).unwrap(), sites).unwrap();
    heard.into_iter().filter(|line| line.starts_with("* ")).collect()
}

#[test]
fn every_demo_is_played_at_a_fresh_site() {
    assert!(DEMOS.len() >= 16);
    let mut differences = Vec::new();
    for (name, script) in scripts() {
        let sites = Sites::open(&script).unwrap();
        if let Err(difference) = play(&script, &sites) {
            differences.push(format!("demos/{name}.demo, {difference}"));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
}

/// As in a laboratory with other mail, where a demo is played every year.
#[test]
fn every_demo_can_be_played_again_and_leaves_nothing() {
    let usual = Script::parse("title: x\nprotocol: imap\n").unwrap();
    let sites = Sites::open(&usual).unwrap();
    let before = census(&sites);
    assert!(before.len() >= 9, "{before:?}");
    for round in ["first", "second"] {
        for (name, script) in scripts().filter(|(_, script)| script.sites.is_empty()) {
            let played = play(&script, &sites);
            if let Err(difference) = played {
                panic!("demos/{name}.demo, the {round} time: {difference}");
            }
            if script.leaves.is_empty() {
                assert_eq!(census(&sites), before, "{name} has left something behind");
            }
        }
    }
}

#[test]
fn every_demo_tells_what_it_shows() {
    let filter = Regex::new("^`[^`]+`: [^`]+$").unwrap();
    for (name, script) in scripts() {
        assert!(!script.rfc.is_empty() && !script.summary.is_empty(), "{name}");
        assert!(!script.title.ends_with('.'), "{name}");
        assert!(!script.wireshark.is_empty(), "{name}");
        for look in &script.wireshark {
            assert!(filter.is_match(look), "{name}: {look}");
        }
        let told = |step: &&pillarbox::teaching::script::ScriptStep| {
            matches!(step.action, ScriptAction::Narrate(_))
        };
        assert!(script.steps.iter().filter(told).count() >= 6, "{name} tells little");
        // A projector and an editor have so many columns.
        for step in &script.steps {
            if let ScriptAction::Narrate(text) = &step.action {
                assert!(text.chars().count() <= 104, "{name}, line {}", step.line);
            }
        }
    }
}

/// Wireshark knows every filter that a student types.
#[test]
#[ignore = "needs tshark"]
fn the_filters_are_filters() {
    let folder = tempfile::tempdir().unwrap();
    let capture = folder.path().join("empty.pcap");
    // A capture without a packet: magic number, version 2.4, no more than 65,535 octets, Ethernet.
    let header: [u32; 6] = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1];
    fs::write(&capture, header.map(u32::to_le_bytes).concat()).unwrap();
    let capture = capture.to_str().unwrap();
    for (name, script) in scripts() {
        for look in &script.wireshark {
            let filter = look.split('`').nth(1).unwrap();
            println!("{name}: {filter}");
            crate::common::programs::run("tshark", &["-r", capture, "-Y", filter], "");
        }
    }
}

#[test]
fn the_lists_name_what_is_there() {
    let there: BTreeSet<String> = fs::read_dir("demos")
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".demo") || name.ends_with(".rs"))
        .collect();
    let scripts = |name: &&String| name.ends_with(".demo");
    let compiled_in: BTreeSet<String> = DEMOS.iter().map(|d| format!("{}.demo", d.name)).collect();
    assert_eq!(there.iter().filter(scripts).cloned().collect::<BTreeSet<_>>(), compiled_in);
    let page = fs::read_to_string("demos/README.md").unwrap();
    let rows = page.lines().filter_map(|row| row.strip_prefix("| [`")?.split_once("`]("));
    let listed: Vec<String> = rows.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), there);
    let order: Vec<&String> = listed.iter().filter(scripts).collect();
    let compiled_in: Vec<String> = DEMOS.iter().map(|d| format!("{}.demo", d.name)).collect();
    assert_eq!(order, compiled_in.iter().collect::<Vec<_>>(), "another order");
}
