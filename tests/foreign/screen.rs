//! A screen without glass, for programs with windows: Xvfb, a keyboard (xdotool), a camera (import).
//!
//! Nothing here sleeps and hopes: between two looks there is a pause, and it is looked until a thing is so. A key is
//! pressed until what it should cause is seen, by the caller, on the server's side; a window is waited for by its
//! title.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::common::programs::{run, until};

/// How long a key may take to show, before it is taken to have come too early and is pressed again.
const REACTION: Duration = Duration::from_secs(6);

/// How often it is looked whether there is a window: each look is a program of its own.
const GLANCE: Duration = Duration::from_millis(100);

/// The screen, and the program that runs before it.
pub(crate) struct Screen {
    server: Child,
    display: String,
    program: Option<Child>,
    /// What the program says.
    said: Option<PathBuf>,
}

impl Screen {
    /// An empty screen, of this size in pixels.
    pub(crate) fn new(width: u32, height: u32) -> Screen {
        let mut server = Command::new("Xvfb")
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                &format!("{width}x{height}x24"),
                "-nolisten",
                "tcp",
                // Otherwise it begins anew whenever a program ends that was its only one, as xdotool
                // is, and refuses those that come meanwhile.
                "-noreset",
                // A key is held down for as long as a busy machine takes to let it go, and counts once.
                "-r",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        let mut said = BufReader::new(server.stdout.take().unwrap());
        said.read_line(&mut number).unwrap();
        Screen { server, display: format!(":{}", number.trim_end()), program: None, said: None }
    }

    /// Starts a program on the screen, at home in this folder; what it says goes to a file there.
    pub(crate) fn start(&mut self, program: &mut Command, home: &Path) {
        let said = home.join("said");
        let log = fs::File::create(&said).unwrap();
        self.said = Some(said);
        program.env("DISPLAY", &self.display).env("HOME", home);
        // Whatever the machine has for graphics, this screen has nothing of it.
        program.env("LIBGL_ALWAYS_SOFTWARE", "1");
        program.stdin(Stdio::null()).stderr(log.try_clone().unwrap());
        self.program = Some(program.stdout(log).spawn().unwrap());
    }

    /// Waits for a window with this in its title; then it has the keyboard. The pointer moves
    /// meanwhile, as a person's would.
    pub(crate) fn window(&self, title: &str) {
        until(title, || {
            let found = self.focus(title);
            if !found {
                self.xdotool(&["mousemove_relative", "--", "-1", "1"]);
                thread::sleep(GLANCE);
            }
            found.then_some(())
        });
    }

    /// Gives the keyboard to a window with this in its title, if there is one.
    pub(crate) fn focus(&self, title: &str) -> bool {
        self.xdotool(&["search", "--onlyvisible", "--name", title, "windowfocus", "--sync"])
    }

    /// Clicks there.
    #[allow(dead_code, reason = "some programs are led by keys alone")]
    pub(crate) fn click(&self, x: u32, y: u32) {
        let (x, y) = (x.to_string(), y.to_string());
        assert!(self.xdotool(&["mousemove", &x, &y, "click", "1"]));
    }

    /// Types this, letter by letter.
    pub(crate) fn type_text(&self, text: &str) {
        assert!(self.xdotool(&["type", text]), "{text}");
    }

    /// Presses a key: `ctrl+Return`.
    pub(crate) fn press(&self, key: &str) {
        assert!(self.xdotool(&["key", key]), "{key}");
    }

    /// Does something, again and again, until what it should cause has happened.
    pub(crate) fn insist(&self, what: &str, act: impl Fn(), mut happened: impl FnMut() -> bool) {
        until(what, || {
            act();
            let end = Instant::now() + REACTION;
            while Instant::now() < end {
                if happened() {
                    return Some(());
                }
                thread::sleep(Duration::from_millis(50));
            }
            None
        });
    }

    /// Presses the key that ends the program, in the window with this title, until it has ended.
    pub(crate) fn quit(&mut self, title: &str, key: &str) {
        let mut program = self.program.take().unwrap();
        let ask = || {
            if self.focus(title) {
                self.press(key);
            }
        };
        self.insist("the end", ask, || program.try_wait().unwrap().is_some());
    }

    /// Takes a picture of all that is on the screen; where it is, under `target/`.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let words = ["-display", &self.display, "-window", "root"];
        run("import", &[&words[..], &[path.to_str().unwrap()]].concat(), "");
        path
    }

    /// The titles of all windows, hidden ones included.
    fn titles(&self) -> String {
        let words = ["search", "--name", "", "getwindowname", "%@"];
        String::from_utf8_lossy(&self.ask(&words).stdout).into_owned()
    }

    fn xdotool(&self, words: &[&str]) -> bool {
        self.ask(words).status.success()
    }

    fn ask(&self, words: &[&str]) -> Output {
        let mut xdotool = Command::new("xdotool");
        let output = xdotool.args(words).env("DISPLAY", &self.display).output();
        output.unwrap()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if thread::panicking() {
            let picture = self.picture("last-seen.png");
            eprintln!("what was seen last: {}", picture.display());
            eprintln!("titles of all windows: {:?}", self.titles());
            let said = self.said.iter().flat_map(fs::read_to_string);
            eprintln!("what it said: {}", said.collect::<String>());
        }
        for child in self.program.iter_mut().chain([&mut self.server]) {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
