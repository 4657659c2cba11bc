//! The demos that speak of rules, and not of our taste, against other people's servers.

use crate::common::dovecot::Dovecot;
use crate::common::postfix::Postfix;
use crate::common::programs::free_port;
use pillarbox::client::{Endpoint, Security};
use pillarbox::teaching::script::{Caller, Demo, Script, ScriptAction, connect, run};

fn script(name: &str) -> Script {
    Demo::find(name).unwrap().script().unwrap()
}

/// Plays it against the server on this port; how that differed.
fn play(name: &str, script: &Script, port: u16) -> Option<String> {
    let endpoint = Endpoint::new("127.0.0.1", port, Security::Plain, "no-such-ca.pem");
    let mut open = |caller: &Caller| connect(&endpoint, caller.protocol);
    let difference = run(script, &mut open).err()?;
    Some(format!("demos/{name}.demo, {difference}"))
}

/// Postfix has no mailboxes to look into: of these it gets what their first client says.
#[test]
#[ignore = "needs postfix, and root"]
fn postfix_keeps_to_the_scripts() {
    let port = free_port();
    let _postfix = Postfix::of_the_lab(port);
    let names = [
        "first-mail",
        "envelope-and-header",
        "dots",
        "wrong-order",
        "pipelining",
        "big-message",
        "mime-by-hand",
    ];
    let differences = names.into_iter().filter_map(|name| {
        let mut script = script(name);
        let others = |action: &ScriptAction| {
            matches!(action, ScriptAction::Client(_) | ScriptAction::Offstage)
        };
        let end = script.steps.iter().position(|step| others(&step.action));
        script.steps.truncate(end.unwrap_or(script.steps.len()));
        assert!(script.steps.len() > 20, "{name}: there is nothing to play");
        play(name, &script, port)
    });
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
#[ignore = "needs dovecot, and root"]
fn dovecot_keeps_to_the_scripts() {
    let dovecot = Dovecot::start();
    let names = ["imap-uid", "imap-search", "imap-append", "imap-mailboxes", "imap-two-clients"];
    let differences = names.into_iter().filter_map(|name| play(name, &script(name), dovecot.imap));
    let differences: Vec<String> = differences.collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
