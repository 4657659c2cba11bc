//! `pillarbox demo`: the program lists the demos, and plays them.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;
use std::thread;

use pillarbox::config::Ports;
use pillarbox::teaching::script::DEMOS;

use crate::common::{Lab, command, fed, run};

/// Returns a folder with a configuration whose servers do not run.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let off: String = Ports::NAMES.map(|port| format!("{port} =\n")).concat();
    fs::write(folder.path().join("config.ini"), format!("[ports]\n{off}")).unwrap();
    folder
}

#[test]
fn the_program_lists_and_plays_them() {
    let folder = folder();
    let (status, listed, _) = run(&["demo"], folder.path());
    assert_eq!(status, 0);
    assert!(DEMOS.iter().all(|demo| listed.contains(demo.name)), "{listed}");
    let (status, screen, errors) = run(&["demo", "first-mail"], folder.path());
    assert_eq!((status, errors.as_str()), (0, ""));
    assert!(screen.contains("started for this demo, because smtp has no fixed port"), "{screen}");
    assert!(screen.contains("\nC: DATA\nS: 354 End data with"), "{screen}");
    assert!(!screen.contains('\x1b'), "colours in a pipe");
    // Nothing is left in the folder, neither mail nor certificates.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn it_plays_against_servers_that_run() {
    let lab = Lab::start();
    let against = ["smtp", "pop3"].map(|name| format!("--against={name}={}", lab.address(name)));
    let words = ["demo", "first-mail.demo", &against[0], &against[1]];
    let (status, screen, errors) = run(&words, lab.path());
    assert_eq!((status, errors.as_str()), (0, ""), "{screen}");
    assert!(screen.contains(&format!("connected to {}", lab.address("pop3"))), "{screen}");
    let imaps = format!("--against=imaps=localhost:{}", lab.port("imaps"));
    let (status, _, errors) = run(&["demo", "imap-uid", &imaps], lab.path());
    assert_eq!((status, errors.as_str()), (0, ""), "under TLS, with the lab's CA");
}

#[test]
fn replies_are_guessed_from_a_pipe() {
    let folder = folder();
    let mut command = command(&["demo", "wrong-order", "--predict"], folder.path());
    let output = fed(&mut command, b"220\n503\n5\n");
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{screen}");
    assert!(screen.ends_with("\n4 of 6 points for 3 replies.\n"), "{screen}");
}

#[test]
fn each_mistake_is_one_sentence_and_its_status() {
    let folder = folder();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    file("broken.demo", "title: x\nprotocol: smtp\nQUIT\n");
    file("other.demo", "title: x\nprotocol: smtp\nS: 220 ...\nC: NOOP\nS: 250 Fine\n");
    let dying = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = dying.local_addr().unwrap();
    thread::spawn(move || {
        for tcp in dying.incoming() {
            let _ = tcp.unwrap().write_all(b"220 a\r\n");
        }
    });
    let dying = format!("--against={address}");
    let rows: [(&[&str], i32, &str); 6] = [
        (
            &["nothing"],
            2,
            "pillarbox: there is no demo and no file nothing; `pillarbox demo` lists the demos\n",
        ),
        (&["broken.demo"], 2, "pillarbox: broken.demo, line 3: \"QUIT\" is neither a step"),
        (
            &["other.demo"],
            1,
            "pillarbox: other.demo, line 5: the server said something else\n  \
             expected  250 Fine\n  got       250 2.0.0 Ok\n                ^\n",
        ),
        (&["relay", "--against=localhost:25"], 2, "pillarbox: this demo needs more than one site"),
        (
            &["wrong-order", "--against=localhost:1"],
            1,
            "pillarbox: demos/wrong-order.demo, line 12: the connection failed: localhost:1 cannot be reached",
        ),
        (&["wrong-order", &dying], 1, "pillarbox: demos/wrong-order.demo, line "),
    ];
    for (words, expected, sentence) in rows {
        let (status, _, errors) = run(&[&["demo"], words].concat(), folder.path());
        assert_eq!(status, expected, "{words:?}: {errors}");
        assert!(errors.starts_with(sentence), "{words:?}: {errors}");
    }
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let (folder, temporary) = (folder(), tempfile::tempdir().unwrap());
    let mut child = command(&["demo", "first-mail", "--step"], folder.path())
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for Enter: the text before that can be read.
    let mut title = [0; 40];
    child.stdout.as_mut().unwrap().read_exact(&mut title).unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "\nThe demo has ended here, and its servers with it.\n");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}
