//! A whole Pillarbox for a test: as a program of its own, on free ports, in a temporary folder.
#![allow(dead_code, unreachable_pub, reason = "each folder of tests uses a part of it")]

pub mod dovecot;
pub mod dovecot_exec;
pub mod exim;
pub mod files;
pub mod postfix;
pub mod programs;
pub mod typed;

use std::collections::HashMap;
use std::fs::{self, DirEntry, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use pillarbox::mail::store::Store;
use tempfile::TempDir;

/// What the tests of other people's programs are told the ports of.
pub const PROTOCOLS: [&str; 7] = ["smtp", "submission", "smtps", "pop3", "pop3s", "imap", "imaps"];

/// What every laboratory's configuration has; a test may add sections.
const CONFIG: &str =
    "[ports]\nsubmission = 0\nlmtp = 0\npop3 = 0\npop3s = 0\nimap = 0\nimaps = 0\n";

/// A message as there are many, with the usual header and two texts.
const ORDINARY: &str = include_str!("../servers/zoo/ordinary.eml");

/// The file of what a whispering laboratory logs.
const LOG: &str = "log";

/// A folder with a configuration, and the program that serves it.
pub struct Lab {
    folder: TempDir,
    server: Option<Server>,
    /// Runs as another user, from a copy that this user can reach.
    user: Option<u32>,
    /// Logs everything, into a file.
    whispers: bool,
}

/// The running program.
struct Server {
    child: Child,
    ports: HashMap<String, SocketAddr>,
}

impl Lab {
    /// Starts the program with free ports and the lab's three accounts.
    pub fn start() -> Lab {
        Lab::with("")
    }

    /// The same with more lines of configuration, from `[section]` on.
    pub fn with(config: &str) -> Lab {
        Lab::at(0, 0, config)
    }

    /// The same, and it logs all that it can say, for [`Lab::log`].
    pub fn whispering(config: &str) -> Lab {
        let mut lab = Lab::closed(0, 0, config);
        lab.whispers = true;
        lab.restart();
        lab
    }

    /// The same with these ports for SMTP and SMTPS.
    pub fn at(smtp: u16, smtps: u16, config: &str) -> Lab {
        let mut lab = Lab::closed(smtp, smtps, config);
        lab.restart();
        lab
    }

    /// The same, not started.
    fn closed(smtp: u16, smtps: u16, config: &str) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("config.ini"),
            format!("{CONFIG}smtp = {smtp}\nsmtps = {smtps}\n{config}"),
        )
        .unwrap();
        Lab { folder, server: None, user: None, whispers: false }
    }

    /// As [`Lab::with`], but as another user, to whom the folder is given. Wants root.
    pub fn as_user(user: u32, config: &str) -> Lab {
        let folder = tempfile::tempdir().unwrap();
        let config = format!("{CONFIG}smtp = 0\nsmtps = 0\n{config}");
        fs::write(folder.path().join("config.ini"), config).unwrap();
        fs::copy(env!("CARGO_BIN_EXE_pillarbox"), folder.path().join("pillarbox")).unwrap();
        chown(folder.path(), Some(user), Some(user)).unwrap();
        let mut lab = Lab { folder, server: None, user: Some(user), whispers: false };
        lab.restart();
        lab
    }

    /// Starts the program in the same folder, on other ports.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = command(&["serve"], self.path());
        if let Some(user) = self.user {
            command = as_user(user, self.path());
        }
        let log = if self.whispers {
            File::create(self.path().join(LOG)).unwrap().into()
        } else {
            Stdio::inherit()
        };
        if self.whispers {
            command.env("RUST_LOG", "trace");
        }
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let table: Vec<String> =
            lines.by_ref().take_while(|line| !line.starts_with("Ctrl-C")).collect();
        // The rest is read away, so that the program never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        self.server = Some(Server { child, ports: ports(&table) });
    }

    /// `kill -9`, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.child.kill().unwrap();
            server.child.wait().unwrap();
        }
    }

    /// Ctrl-C; the exit status.
    pub fn interrupt(&mut self) -> i32 {
        self.press_ctrl_c();
        self.exit_status()
    }

    /// Ctrl-C, without waiting for what comes of it.
    pub fn press_ctrl_c(&self) {
        let child = &self.server.as_ref().unwrap().child;
        let pid = rustix::process::Pid::from_child(child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    }

    /// Waits for the program to end.
    pub fn exit_status(&mut self) -> i32 {
        let mut server = self.server.take().unwrap();
        server.child.wait().unwrap().code().unwrap()
    }

    /// What it has logged since its last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join(LOG)).unwrap()
    }

    /// The folder of the configuration.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The CA that clients trust.
    pub fn ca(&self) -> PathBuf {
        self.path().join("certs/ca.pem")
    }

    /// Puts so many ordinary messages into an account's inbox, as another program would.
    pub fn fill(&self, account: &str, messages: usize) {
        let folder = self.path().join("mail").join(account).join("new");
        for number in 0..messages {
            let name = format!("{}.M{number:06}P1Q1.another", 1_700_000_000 + number);
            let message = ORDINARY.replace("4711", &number.to_string());
            fs::write(folder.join(name), message).unwrap();
        }
    }

    /// Where a protocol is served: `imaps`.
    pub fn address(&self, protocol: &str) -> SocketAddr {
        self.server.as_ref().unwrap().ports[protocol]
    }

    /// The port of [`Lab::address`].
    pub fn port(&self, protocol: &str) -> u16 {
        self.address(protocol).port()
    }

    /// The program's process.
    pub fn process(&self) -> u32 {
        self.server.as_ref().unwrap().child.id()
    }

    /// The most memory that the program has had resident, in KiB.
    pub fn peak_memory(&self) -> u64 {
        number_of(&format!("/proc/{}/status", self.process()), "VmHWM:")
    }

    /// What the program holds when the last conversation has ended: KiB of resident memory, threads,
    /// open files.
    pub fn holdings_at_rest(&self) -> (u64, usize, usize) {
        let of = |name: &str| format!("/proc/{}/{name}", self.process());
        let threads = || fs::read_dir(of("task")).unwrap();
        // A conversation's thread is named after its client; one that ended meanwhile has no name.
        let talks = |thread: io::Result<DirEntry>| {
            let name = fs::read_to_string(thread.unwrap().path().join("comm"));
            name.is_ok_and(|name| name.contains(" 127."))
        };
        programs::until("the last conversation to end", || (!threads().any(talks)).then_some(()));
        let files = fs::read_dir(of("fd")).unwrap().count();
        (number_of(&of("status"), "VmRSS:"), threads().count(), files)
    }

    /// How often the program's threads, those that are alive, went to sleep of their own accord.
    pub fn wakes(&self) -> u64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process())).unwrap();
        threads
            .map(|thread| {
                let status = thread.unwrap().path().join("status");
                number_of(status.to_str().unwrap(), "voluntary_ctxt_switches:")
            })
            .sum()
    }

    /// The processor time that the program has used, in user mode and in the kernel.
    pub fn processor_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process())).unwrap();
        // proc_pid_stat(5): the name may have spaces; utime and stime are the 14th and 15th field.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 1000 / TICKS)
    }
}

/// Ticks a second in which the kernel counts processor time, on every architecture of note.
const TICKS: u64 = 100;

/// The number after this word in a file of `/proc`.
fn number_of(file: &str, word: &str) -> u64 {
    let status = fs::read_to_string(file).unwrap();
    let line = status.lines().find(|line| line.starts_with(word)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The messages in an account's inbox, read through a store of its own, as another program would.
pub fn stored(mail: &Path, account: &str) -> Vec<String> {
    let inbox = Store::open(mail).unwrap().account(account).unwrap().inbox().unwrap();
    let read = |message| io::read_to_string(inbox.open(message).unwrap()).unwrap();
    inbox.refresh().unwrap().messages.iter().map(|message| read(message)).collect()
}

/// The program with these words, in this folder.
pub fn command(words: &[&str], folder: &Path) -> Command {
    let mut command = alone(Path::new(env!("CARGO_BIN_EXE_pillarbox")), folder);
    command.args(words);
    command
}

/// A program in this folder, to which nobody types, and which logs what it does by itself.
pub fn alone(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null()).env_remove("RUST_LOG");
    command
}

/// The server, run by this user.
fn as_user(user: u32, folder: &Path) -> Command {
    let mut command = alone(&folder.join("pillarbox"), folder);
    command.arg("serve").env("HOME", folder).uid(user).gid(user);
    command
}

/// Runs a command to its end, with this input.
pub fn fed(command: &mut Command, input: &[u8]) -> Output {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    // Who needs not all of it may have ended before.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// Runs the program to its end: its exit status, what it printed, and its errors.
pub fn run(words: &[&str], folder: &Path) -> (i32, String, String) {
    let output = command(words, folder).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// The rows of the table of listeners: `smtp  127.0.0.1:2025  STARTTLS`.
fn ports(table: &[String]) -> HashMap<String, SocketAddr> {
    let row = |line: &String| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    };
    table.iter().filter_map(row).collect()
}
