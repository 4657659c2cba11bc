//! The real window on a screen without glass: mail is sent and read by keys and clicks, with the servers
//! inside, and each view has its picture taken under `target/`.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::common::programs::{free_ports, until};
use crate::common::{PROTOCOLS, command, stored};
use crate::screen::Screen;

/// The window's size, as it opens.
const SIZE: (u32, u32) = (1280, 800);

/// The first row of the list of messages.
const FIRST_ROW: (u32, u32) = (470, 100);

/// A configuration on ports that are free.
fn configuration(folder: &Path) {
    let mut text = "[ports]\nlmtp =\n".to_owned();
    for (name, port) in PROTOCOLS.into_iter().zip(free_ports::<7>()) {
        text.push_str(&format!("{name} = {port}\n"));
    }
    text.push_str("[accounts]\nalice = wonderland\nbob = builder\n");
    fs::write(folder.join("config.ini"), text).unwrap();
}

/// Takes a picture when the window has drawn what it was asked for.
fn picture(screen: &Screen, name: &str) {
    thread::sleep(Duration::from_secs(1));
    let path = screen.picture(&format!("gui-{name}.png"));
    let octets = fs::metadata(&path).unwrap().len();
    // An empty screen is a hundred times smaller.
    assert!(octets > 20_000, "{}: {octets}", path.display());
}

#[test]
#[ignore = "needs Xvfb and xdotool"]
fn mail_is_sent_and_read_in_the_real_window() {
    let home = tempfile::tempdir().unwrap();
    configuration(home.path());
    let mut screen = Screen::new(SIZE.0, SIZE.1);
    let words = ["gui", "--serve", "--account", "alice"];
    screen.start(&mut command(&words, home.path()), home.path());
    screen.window("alice - Pillarbox");
    let mail = home.path().join("mail");
    picture(&screen, "mail");

    // Written by keys: to, subject, text.
    let letter = || {
        // What an attempt before this one has left: a pop-up takes all keys.
        screen.press("Escape");
        screen.press("ctrl+1");
        screen.press("ctrl+n");
        screen.type_text("bob");
        screen.press("Tab");
        screen.type_text("Tea at four");
        screen.press("Tab");
        screen.type_text("By the gate.");
        picture(&screen, "writing");
        screen.press("ctrl+Return");
    };
    screen.insist("the letter", letter, || {
        let inbox = stored(&mail, "bob");
        inbox.iter().any(|letter| letter.contains("Subject: Tea at four"))
    });

    // Read by a click: the server has it as seen.
    let read = || screen.click(FIRST_ROW.0, FIRST_ROW.1);
    screen.insist("a message that is read", read, || {
        let cur = fs::read_dir(mail.join("alice/cur")).unwrap();
        cur.into_iter().any(|file| file.unwrap().file_name().to_string_lossy().ends_with('S'))
    });
    screen.press("alt+Up");
    picture(&screen, "reading");
    screen.press("ctrl+d");
    screen.press("ctrl+l");
    picture(&screen, "states");
    for key in ["ctrl+d", "ctrl+l", "ctrl+3"] {
        screen.press(key);
    }
    picture(&screen, "servers");
    screen.press("ctrl+2");
    picture(&screen, "classroom");
    screen.press("ctrl+t");
    picture(&screen, "other-theme");

    screen.quit("alice - Pillarbox", "ctrl+q");
    let said = fs::read_to_string(home.path().join("said")).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    until("all ports free again", || {
        let text = fs::read_to_string(home.path().join("config.ini")).unwrap();
        let port = text.lines().find_map(|line| line.strip_prefix("imaps = "));
        let port: u16 = port.unwrap().parse().unwrap();
        std::net::TcpListener::bind(("127.0.0.1", port)).ok()
    });
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_screen_one_sentence_says_what_to_look_at() {
    let home = tempfile::tempdir().unwrap();
    let mut gui = command(&["gui"], home.path());
    gui.env("DISPLAY", ":nowhere").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
    let output = gui.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.starts_with("pillarbox: the window cannot be opened: ")
            && said.ends_with("is there a screen, and does DISPLAY name it?\n")
            && !said.contains(".rs"),
        "{said}"
    );
}
