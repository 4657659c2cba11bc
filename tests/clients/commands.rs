//! `pillarbox send` and `pillarbox inbox`, from a script.

use std::fs;
use std::process::Stdio;

use crate::common::{Lab, run};

/// Writes a configuration whose clients talk to the laboratory's servers.
fn write_client_ini(lab: &Lab) {
    let of = |protocol: &str| lab.address(protocol);
    let (smtp, pop3, imap) = (of("smtps"), of("pop3s"), of("imaps"));
    let text = format!("[client]\nsmtp = {smtp}\npop3 = {pop3}\nimap = {imap}\n");
    fs::write(lab.path().join("client.ini"), text).unwrap();
}

fn pillarbox(lab: &Lab, words: &[&str]) -> (i32, String, String) {
    run(&[&["--config", "client.ini"], words].concat(), lab.path())
}

#[test]
fn a_file_goes_from_alice_to_bob_by_the_command_line() {
    let lab = Lab::with("[accounts]\nalice = wonderland\nbob = builder\n");
    write_client_ini(&lab);
    fs::write(lab.path().join("plan.bin"), [0, 13, 10, 46, 255]).unwrap();
    let send = ["send", "--from", "alice", "--to", "bob", "--subject", "Plän", "--text", "Here.\n"];
    let (status, printed, errors) =
        pillarbox(&lab, &[&send[..], &["--attach", "plan.bin"]].concat());
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(printed.starts_with("Sent to bob@pillarbox.test ("), "{printed}");

    let (status, list, _) = pillarbox(&lab, &["inbox", "bob"]);
    let newest = list.lines().find(|line| line.contains("Plän")).unwrap();
    assert_eq!(status, 0);
    let number = newest.split_whitespace().next().unwrap();
    for protocol in [&[][..], &["--pop3"]] {
        let read = ["inbox", "bob", "--read", number, "--save-attachments", "saved"];
        let (status, shown, errors) = pillarbox(&lab, &[&read[..], protocol].concat());
        assert_eq!((status, errors.as_str()), (0, ""));
        assert!(shown.contains("Subject: Plän\n\nHere.\n"), "{shown}");
        assert!(shown.contains("plan.bin (application/octet-stream, 5 B)"), "{shown}");
    }
    for name in ["plan.bin", "plan-1.bin"] {
        let saved = fs::read(lab.path().join("saved").join(name)).unwrap();
        assert_eq!(saved, [0, 13, 10, 46, 255], "{name}");
    }
}

#[test]
fn the_command_line_says_what_is_wrong() {
    let lab = Lab::start();
    write_client_ini(&lab);
    let rows: [(&[&str], i32, &str); 5] = [
        (
            &["send", "--from", "alice", "--to", "nobody", "--text", "x"],
            1,
            "refuses RCPT TO:<nobody@pillarbox.test>: 550 5.1.1",
        ),
        (
            &["send", "--from", "alice", "--to", "bob", "--text", "x", "--password", "y"],
            1,
            "535 5.7.8",
        ),
        (
            &["send", "--from", "alice", "--to", "bob", "--text", "x", "--attach", "gone"],
            2,
            "gone cannot be read",
        ),
        (&["inbox", "bob", "--read", "99"], 1, "there is no message 99"),
        (&["inbox", "zoe"], 2, "no account \"zoe\" with a password in the configuration"),
    ];
    for (words, status, expected) in rows {
        let (got, _, errors) = pillarbox(&lab, words);
        assert!(errors.contains(expected), "{words:?}: {errors}");
        assert_eq!((got, errors.lines().count()), (status, 1), "{errors}");
    }
}

#[test]
fn a_script_gets_values_from_whatever_server_it_names() {
    let lab = Lab::with("[accounts]\nalice = wonderland\nbob = builder\n");
    write_client_ini(&lab);
    let server = |protocol| format!("localhost:{}", lab.port(protocol));
    let json = |words: &[&str]| {
        let (status, printed, errors) = pillarbox(&lab, words);
        assert_eq!((status, errors.as_str()), (0, ""), "{words:?}");
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()
    };
    let submission = server("submission");
    let mut send = "send --from alice --to bob --subject Tea --text Hi --json --notify never"
        .split(' ')
        .collect::<Vec<_>>();
    send.extend(["--server", &submission, "--starttls"]);
    let sent = json(&send);
    assert_eq!(sent["accepted"], serde_json::json!(["bob@pillarbox.test"]));
    assert_eq!(sent["refused"], serde_json::json!([]));

    let (imap, pop3) = (server("imap"), server("pop3"));
    let ways =
        [vec!["--server", &imap, "--plain"], vec!["--server", &pop3, "--starttls", "--pop3"]];
    for way in ways {
        let list = json(&[&["inbox", "bob", "--json"][..], &way].concat());
        let newest = list.as_array().unwrap().last().unwrap();
        assert_eq!(newest["subject"], "Tea");
        assert_eq!(newest["from"]["address"], "alice@pillarbox.test");
        assert_eq!(newest["flags"].is_null(), way.contains(&"--pop3"));
        let number = newest["number"].to_string();
        let read = ["inbox", "bob", "--json", "--read", &number];
        let message = json(&[&read[..], &way].concat());
        assert_eq!(message["text"].as_str().unwrap().trim_end(), "Hi");
    }
}

#[test]
fn who_stops_reading_the_output_is_no_error() {
    let lab = Lab::with("[accounts]\nalice = wonderland\nbob = builder\n");
    write_client_ini(&lab);
    let mut child = crate::common::command(&["--config", "client.ini", "inbox", "bob"], lab.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}
