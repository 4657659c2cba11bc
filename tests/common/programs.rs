//! Other people's programs, run to their end, and waited for.
#![allow(dead_code, unreachable_pub)]

use std::io::Write;
use std::net::TcpListener;
use std::process::{self, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program to its end, with this input; what it said, both ways.
pub fn run(program: &str, words: &[&str], input: &str) -> String {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    // Who needs not all of it may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    let said = said.concat();
    assert!(output.status.success(), "{program} {words:?}: {said}");
    said
}

/// A port that nobody listens on, as [`free_ports`].
pub fn free_port() -> u16 {
    let [port] = free_ports();
    port
}

/// Different ports that nobody listens on. They are not of those that the system gives to whoever asks for any, so
/// that nobody has one by chance before its server takes it.
pub fn free_ports<const N: usize>() -> [u16; N] {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let next = || {
        let asked = ASKED.fetch_add(1, Ordering::Relaxed);
        let port = 20_000 + process::id().wrapping_mul(61).wrapping_add(asked) % 12_000;
        TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())).ok()
    };
    let held = [(); N].map(|()| until("a free port", next));
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// Waits for something to happen.
pub fn until<T>(what: &str, mut happened: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = happened() {
            return value;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(3));
    }
}
