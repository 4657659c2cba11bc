//! `pillarbox serve`: every server of the configuration, in one process, until Ctrl-C.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::CommandError;
use crate::accounts::Password;
use crate::config::Config;
use crate::limits;
use crate::server::{Connections, Listener, Office};

/// Serves until Ctrl-C or SIGTERM, then lets what is being delivered finish and says goodbye.
///
/// # Errors
/// When a port is taken, a certificate unreadable or a folder unwritable.
pub fn run(config: &Config, file: Option<&Path>) -> Result<(), CommandError> {
    allow_many_descriptors();
    let office = Office::open(config)?;
    let connections = Connections::new(
        config.server.max_connections,
        config.limits.connections_per_address,
    )
    .map_err(|error| CommandError::Setup(format!("no file descriptors: {error}")))?;
    let listeners = office.listeners(&connections)?;
    office.welcome_new_accounts()?;
    let mut sending = office.relay()?;
    let interrupted = interruptions()?;
    // Whoever reads our output may be gone; that is no reason to stop serving.
    let _ = present(
        &mut io::stdout().lock(),
        config,
        &listeners,
        &Invocation::of(file),
    );
    let threads = start(listeners)?;
    let _ = interrupted.recv();
    log::info!("stopping");
    if !connections.stop(limits::SHUTDOWN_GRACE) {
        log::warn!("some connections did not end in time");
    }
    if let Some(sending) = &mut sending
        && !sending.stop(limits::SHUTDOWN_GRACE)
    {
        log::warn!("a message is being sent; it stays in the queue");
    }
    for thread in threads {
        // A listener's thread ends by itself; if it died, its message is on the screen already.
        let _ = thread.join();
    }
    println!("Pillarbox has stopped; every message that it acknowledged is stored.");
    Ok(())
}

/// One message for each Ctrl-C; the second one ends the program at once.
fn interruptions() -> Result<mpsc::Receiver<()>, CommandError> {
    let (send, receive) = mpsc::sync_channel(1);
    ctrlc::set_handler(move || {
        if send.try_send(()).is_err() {
            std::process::exit(130);
        }
        eprintln!("\nStopping: messages on their way are finished. Ctrl-C again ends at once.");
    })
    .map_err(|error| CommandError::Setup(format!("Ctrl-C cannot be handled: {error}")))?;
    Ok(receive)
}

fn start(listeners: Vec<Listener>) -> Result<Vec<JoinHandle<()>>, CommandError> {
    let start = |listener: Listener| {
        let name = format!("{} listener", listener.service().name);
        thread::Builder::new().name(name).spawn(|| listener.run())
    };
    let threads: io::Result<_> = listeners.into_iter().map(start).collect();
    threads.map_err(|error| CommandError::Setup(format!("no thread for a listener: {error}")))
}

/// A connection needs a descriptor, and the usual soft limit of 1,024 is less than
/// `max_connections`; the hard limit is ours to use.
fn allow_many_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            ..limit
        },
    ) {
        log::warn!(
            "the limit of open files stays at {:?}: {error}",
            limit.current
        );
    }
}

/// How the user started the program, so that what is suggested works when pasted.
struct Invocation {
    program: String,
    config: String,
}

impl Invocation {
    fn of(file: Option<&Path>) -> Invocation {
        // `cargo run` says in the environment that it was it.
        let cargo = std::env::var_os("CARGO").is_some();
        let name = || {
            std::env::args()
                .next()
                .unwrap_or_else(|| "pillarbox".to_owned())
        };
        let program = if cargo {
            "cargo run -q --".to_owned()
        } else {
            name()
        };
        let config = file
            .map(|file| format!(" --config {}", file.display()))
            .unwrap_or_default();
        Invocation { program, config }
    }
}

/// The screen that greets: where everything listens, who may log in, what to try.
fn present(
    out: &mut impl Write,
    config: &Config,
    listeners: &[Listener],
    invocation: &Invocation,
) -> io::Result<()> {
    writeln!(
        out,
        "\nPillarbox {}: mail for {}\n",
        env!("CARGO_PKG_VERSION"),
        config.server.domain
    )?;
    writeln!(out, "  {:<12} {:<22} SECURITY", "PROTOCOL", "ADDRESS")?;
    for listener in listeners {
        let (service, address) = (listener.service(), listener.address().to_string());
        writeln!(
            out,
            "  {:<12} {:<22} {}",
            service.name,
            address,
            service.security.name()
        )?;
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
    suggest(out, config, listeners, invocation)?;
    writeln!(out, "\nCtrl-C stops the servers.")?;
    out.flush()
}

/// Three things to try, as far as the servers that they need are on.
fn suggest(
    out: &mut impl Write,
    config: &Config,
    listeners: &[Listener],
    invocation: &Invocation,
) -> io::Result<()> {
    let Invocation {
        program,
        config: file,
    } = invocation;
    let address = |name| {
        listeners
            .iter()
            .find(|l| l.service().name == name)
            .map(Listener::address)
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
    if let Some(SocketAddr::V4(pop3s)) = address("pop3s") {
        let ca = config.tls.certs.join("ca.pem");
        let url = format!("pop3s://{pop3s}/1");
        writeln!(
            out,
            "    curl -v --cacert {} --user {first}{password} {url}",
            ca.display()
        )?;
    }
    Ok(())
}
