//! A password stands nowhere but where it has to: in no log, however talkative, in no error, on no
//! screen of a client, in no journal, and in no capture of a conversation under TLS.

mod mistakes;

use std::fs;
use std::path::Path;
use std::process::Output;
use std::thread;

use crate::common::{Lab, command, fed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

/// Alice's password, and one that she has only typed.
const PASSWORDS: [&str; 2] = ["correct-horse-battery", "wrong-donkey-charger"];

/// How a password may look: as it is, and in base64, alone or after any other octets. Of each only the
/// word in its middle: a part of a password is too much, too.
fn shapes(password: &str) -> Vec<String> {
    let word = password.split('-').nth(1).unwrap();
    let mut shapes = vec![word.to_owned()];
    for before in 0..3 {
        let encoded = BASE64.encode([&b"\0\0\0"[..before], word.as_bytes()].concat());
        // What these octets alone decide: six bits a letter.
        let own = (8 * before).div_ceil(6)..8 * (before + word.len()) / 6;
        shapes.push(encoded[own].to_owned());
    }
    shapes
}

/// The lines in which one of the passwords stands, in any shape.
fn leaks(said: &[u8]) -> Vec<String> {
    let secrets: Vec<String> = PASSWORDS.iter().flat_map(|word| shapes(word)).collect();
    let tells = |line: &[u8]| {
        let has = |secret: &String| memchr::memmem::find(line, secret.as_bytes()).is_some();
        secrets.iter().any(has)
    };
    let lines = said.split(|octet| *octet == b'\n').filter(|line| tells(line));
    let text = lines.map(|line| String::from_utf8_lossy(line).into_owned());
    text.collect()
}

/// None of the passwords, in no shape, stands in what was said here.
fn is_clean(what: &str, said: &[u8]) {
    let leaks = leaks(said);
    assert!(leaks.is_empty(), "{what}: {leaks:#?}");
}

/// Runs the program as talkative as it can be; it shows no password, and says something.
fn whisper(words: &[&str], input: &str, password: &str, folder: &Path) -> Output {
    let mut command = command(words, folder);
    command.env("RUST_LOG", "trace").env("PILLARBOX_PASSWORD", password);
    let output = fed(&mut command, input.as_bytes());
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(!said.is_empty(), "{words:?}");
    is_clean(&words.join(" "), &said);
    output
}

/// Logs in by every command there is, rightly and wrongly, from a pipe.
fn typed(protocol: &str, password: &str) -> String {
    let plain = BASE64.encode(format!("\0alice\0{password}"));
    let [name, word] = ["alice", password].map(|text| BASE64.encode(text));
    match protocol {
        "smtp" => format!(
            "EHLO me\nAUTH LOGIN\n{name}\n{word}\nAUTH PLAIN {plain}\nPASS {password}\nRSET\nQUIT\n"
        ),
        "pop3" => format!("USER alice\nPASS {password}\nAUTH PLAIN {plain}\nSTAT\nQUIT\n"),
        _ => format!(
            "a LOGIN alice {password}\nb AUTHENTICATE PLAIN {plain}\n\
             c LOGIN \"alice\" \"{password}\"\nd LOGOUT\n"
        ),
    }
}

#[test]
fn a_password_stands_in_no_log_no_error_and_no_capture() {
    let [right, wrong] = PASSWORDS;
    let lab = Lab::whispering(&format!(
        "[accounts]\nalice = {right}\nbob = builder\n[limits]\nlogin_attempts = 50\nlogin_delay = 1\n\
         [capture]\nfile = servers.pcapng\nkeys = yes\n"
    ));
    let [smtps, imaps, pop3s] =
        ["smtps", "imaps", "pop3s"].map(|service| format!("localhost:{}", lab.port(service)));
    let clients = format!("[client]\nsmtp = {smtps}\nimap = {imaps}\npop3 = {pop3s}\n");
    fs::write(lab.path().join("clients.ini"), clients).unwrap();
    let ways = [
        ("smtp", &smtps, "send --from alice --to bob --text x"),
        ("imap", &imaps, "inbox alice"),
        ("pop3", &pop3s, "inbox alice --pop3"),
    ];
    // At once: a wrong password is answered late. By one protocol one after the other: a mailbox is open to
    // one POP3 client at a time.
    thread::scope(|scope| {
        let lab = &lab;
        for (protocol, place, words) in ways {
            scope.spawn(move || {
                PASSWORDS.iter().for_each(|password| console(lab, protocol, place, password));
                client(lab, words, right, true);
                client(lab, words, wrong, false);
            });
        }
    });
    recordings_are_clean(&lab);
}

/// A console that is fed the logins of its protocol, and its capture.
fn console(lab: &Lab, protocol: &str, place: &str, password: &str) {
    let file = format!("{protocol}-{}.pcapng", password.len());
    let words = [protocol, place, "--tls", "--capture", &file, "--keys"];
    whisper(&words, &typed(protocol, password), password, lab.path());
    is_clean(&file, &fs::read(lab.path().join(&file)).unwrap());
}

/// A client that logs in by itself.
fn client(lab: &Lab, words: &str, password: &str, logs_in: bool) {
    let words = format!("--config clients.ini {words}");
    let words: Vec<&str> = words.split(' ').collect();
    let output = whisper(&words, "", password, lab.path());
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.success(), logs_in, "{words:?}: {error}");
}

/// The log, the capture and the journal of what the servers have heard; all are there.
fn recordings_are_clean(lab: &Lab) {
    let log = lab.log();
    assert!(log.contains("alice"), "{log}");
    is_clean("the servers' log", log.as_bytes());
    let capture = fs::read(lab.path().join("servers.pcapng")).unwrap();
    assert!(capture.len() > 10_000);
    is_clean("the servers' capture", &capture);
    let journal = journal(lab);
    assert!(journal.len() > 10_000);
    is_clean("the journal", &journal);
}

/// All that the journal has.
fn journal(lab: &Lab) -> Vec<u8> {
    let volumes = fs::read_dir(lab.path().join("journal")).unwrap();
    let journal = volumes.map(|volume| fs::read(volume.unwrap().path()).unwrap());
    journal.collect::<Vec<_>>().concat()
}
