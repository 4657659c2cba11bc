//! `pillarbox serve`: runs every server of the configuration in one process, until Ctrl-C.

use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::CommandError;
use super::recording::{CommandRecording, RecordingArgs, Whose};
use super::settings::own_host;
use crate::client::{Endpoint, Security};
use crate::config::Config;
use crate::config::accounts::Password;
use crate::console::INTERRUPTED;
use crate::limits::BareLineEndings;
use crate::server::{Listening, Services};

/// Serves until Ctrl-C or SIGTERM, then finishes the deliveries in progress.
///
/// # Errors
/// When a port is in use, a certificate cannot be read or a folder cannot be written.
pub fn run(args: &RecordingArgs, config: &Config, file: Option<&Path>) -> Result<(), CommandError> {
    allow_many_descriptors();
    let recording = CommandRecording::begin(config, args, Whose::Servers)?;
    let recorder = recording.recorder;
    let interrupted = interruptions()?;
    let servers = Services::open(config, recorder.taps())?;
    // The servers run even if the output cannot be written.
    let _ = present(
        &mut io::stdout().lock(),
        config,
        servers.listening(),
        &Invocation::of(file),
        &recording.notes,
    );
    let _ = interrupted.recv();
    log::info!("stopping");
    drop(servers);
    recorder.finish();
    let _ = writeln!(
        io::stdout(),
        "Pillarbox has stopped; every message that it acknowledged is stored."
    );
    Ok(())
}

/// Returns a channel that gets a message at the first Ctrl-C; the second one ends the program.
fn interruptions() -> Result<mpsc::Receiver<()>, CommandError> {
    let (send, receive) = mpsc::channel();
    let stopping = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if stopping.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        // If the terminal is gone, this thread still has to handle the second Ctrl-C.
        let _ = writeln!(
            io::stderr(),
            "\nStopping after the messages in transfer. Press Ctrl-C again to stop at once."
        );
        let _ = send.send(());
    })
    .map_err(|error| CommandError::Setup(format!("Ctrl-C cannot be handled: {error}")))?;
    Ok(receive)
}

/// Raises the soft limit of file descriptors to the hard limit.
///
/// Each connection needs a descriptor, and the usual soft limit of 1,024 is less than `max_connections`.
fn allow_many_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        log::warn!("the limit of open files cannot be raised from {:?}: {error}", limit.current);
    }
}

/// How the user started the program, so that the suggested commands work when pasted.
struct Invocation {
    program: String,
    config: String,
}

impl Invocation {
    fn of(file: Option<&Path>) -> Invocation {
        // `cargo run` sets this variable.
        let cargo = std::env::var_os("CARGO").is_some();
        let name = || std::env::args().next().unwrap_or_else(|| "pillarbox".to_owned());
        let program = if cargo { "cargo run -q --".to_owned() } else { name() };
        let config = file
            .map(|file| format!(" --config {}", quoted(&file.display().to_string())))
            .unwrap_or_default();
        Invocation { program, config }
    }
}

/// Prints the first screen: the addresses, the accounts, and commands to try.
fn present(
    out: &mut impl Write,
    config: &Config,
    listening: &[Listening],
    invocation: &Invocation,
    recording: &[String],
) -> io::Result<()> {
    writeln!(
        out,
        "\nPillarbox {}: mail for {}\n",
        env!("CARGO_PKG_VERSION"),
        config.server.domain
    )?;
    writeln!(out, "  {:<12} {:<22} SECURITY", "PROTOCOL", "ADDRESS")?;
    for Listening { name, address, security } in listening {
        let address = address.to_string();
        writeln!(out, "  {name:<12} {address:<22} {security}")?;
    }
    writeln!(out, "\n  {:<12} PASSWORD", "ACCOUNT")?;
    let mut accounts: Vec<_> = config.accounts.iter().collect();
    accounts.sort_by_key(|(name, _)| *name);
    for (name, password) in accounts {
        let shown = match password {
            Password::Clear(password) => password,
            Password::Hash(_) => "(hashed)",
        };
        writeln!(out, "  {name:<12} {shown}")?;
    }
    suggest(out, config, listening, invocation)?;
    if config.limits.bare_line_endings == BareLineEndings::Accept {
        writeln!(
            out,
            "\nWARNING: [limits] bare_line_endings = accept. Anybody can smuggle messages into this\n\
             server (CVE-2023-51764). Use this for teaching only."
        )?;
    }
    for sentence in recording {
        writeln!(out, "\n{sentence}")?;
    }
    writeln!(out, "\nCtrl-C stops the servers.")?;
    out.flush()
}

/// Prints three commands to try, if the servers that they need are on.
fn suggest(
    out: &mut impl Write,
    config: &Config,
    listening: &[Listening],
    invocation: &Invocation,
) -> io::Result<()> {
    let Invocation { program, config: file } = invocation;
    let address = |name| {
        let found = listening.iter().find(|one| one.name == name);
        found.map(|one| one.address)
    };
    let mut names: Vec<_> = config.accounts.keys().collect();
    names.sort();
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return Ok(());
    };
    let password = match &config.accounts[*first] {
        Password::Clear(password) => format!(":{password}"),
        Password::Hash(_) => String::new(),
    };
    writeln!(out, "\n  Three things to try, in another terminal:")?;
    if address("imaps").is_some() {
        writeln!(out, "    {program} inbox{file} {first}")?;
    }
    if address("smtps").is_some() {
        writeln!(
            out,
            "    {program} send{file} --from {first} --to {last} --subject Hello --text 'By post.'"
        )?;
    }
    if let Some(pop3s) = address("pop3s") {
        let ca = quoted(&config.tls.certs.join("ca.pem").display().to_string());
        let user = quoted(&format!("{first}{password}"));
        let server = Endpoint::new(own_host(config), pop3s.port(), Security::Tls, "");
        let url = quoted(&format!("pop3s://{server}/1"));
        writeln!(out, "    curl -v --cacert {ca} --user {user} {url}")?;
    }
    Ok(())
}

/// Quotes a word for a shell if that is needed.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Ports;
    use crate::mail::net::Taps;

    #[test]
    fn what_is_pasted_is_one_word() {
        let rows = [
            ("certs/ca.pem", "certs/ca.pem"),
            ("my lab/ca.pem", "'my lab/ca.pem'"),
            ("alice:$HOME", "'alice:$HOME'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
        ];
        for (word, expected) in rows {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn a_server_with_the_fault_of_smuggling_says_so() {
        for (setting, warns) in [("accept", true), ("refuse", false)] {
            let text = format!("[limits]\nbare_line_endings = {setting}\n");
            let config = Config::parse("x.ini", &text, Path::new("")).unwrap();
            let invocation = Invocation { program: "pillarbox".to_owned(), config: String::new() };
            let mut out = Vec::new();
            present(&mut out, &config, &[], &invocation, &[]).unwrap();
            let said = String::from_utf8(out).unwrap();
            assert_eq!(said.contains("WARNING"), warns, "{said}");
        }
    }

    #[test]
    fn what_to_try_names_a_server_that_the_certificate_names() {
        let rows = [
            ("127.0.0.1", "pop3s://127.0.0.1:"),
            ("0.0.0.0", "pop3s://localhost:"),
            ("::1", "'pop3s://[::1]:"),
        ];
        for (host, url) in rows {
            let text = format!("[ports]\n{} = 0\n", Ports::NAMES.join(" = 0\n"));
            let mut config = Config::parse("x.ini", &text, Path::new("/my lab")).unwrap();
            let folder = tempfile::tempdir().unwrap();
            config.tls.certs = folder.path().join("my certs");
            config.mail = folder.path().into();
            config.queue = folder.path().join("queue");
            let servers = Services::open(&config, Taps::default()).unwrap();
            config.server.host = host.parse().unwrap();
            let mut screen = Vec::new();
            let invocation = Invocation::of(None);
            suggest(&mut screen, &config, servers.listening(), &invocation).unwrap();
            let screen = String::from_utf8(screen).unwrap();
            assert!(screen.contains(url) && screen.contains("my certs/ca.pem' "), "{screen}");
        }
    }
}
