//! The command line, and nothing else: what can be said to `pillarbox`, and who does it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};
use pillarbox::commands::recording::{RecordingArgs, during};
use pillarbox::commands::{
    CommandError, demo, explain, gui, inbox, passwd, queue, send, serve, sessions, settings_for,
    talk, trace,
};
use pillarbox::config::Config;
use pillarbox::console;
use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::wire_tap::Recorder;

/// A whole email system that you can read, run and see through.
///
/// Without a command it starts every server in config.ini.
#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct CommandLine {
    /// The configuration [default: ./config.ini; without that file, the one compiled in]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Say more: -v what happens, -vv everything (RUST_LOG works too)
    #[arg(short, action = ArgAction::Count, global = true)]
    verbose: u8,
    /// Say errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Start every server in config.ini (what `pillarbox` alone does, too)
    Serve(RecordingArgs),
    /// Type SMTP by hand, and see what every line means
    Smtp(talk::TalkArgs),
    /// Type POP3 by hand, and see what every line means
    Pop3(talk::TalkArgs),
    /// Type IMAP by hand, and see what every line means
    Imap(talk::TalkArgs),
    Send(Box<send::SendArgs>),
    Inbox(inbox::InboxArgs),
    Gui(gui::GuiArgs),
    Demo(demo::DemoArgs),
    Explain(explain::ExplainArgs),
    /// Hash a password for [accounts] in config.ini
    Passwd,
    Queue(queue::QueueArgs),
    Sessions(sessions::SessionsArgs),
    Trace(trace::TraceArgs),
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    start_log(&line);
    let done = run(line);
    console::leave_it_to_an_interruption();
    match done {
        Ok(()) | Err(CommandError::Unread) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pillarbox: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(line: CommandLine) -> Result<(), CommandError> {
    let config = || Config::load(line.config.as_deref());
    let serve = || Command::Serve(RecordingArgs::default());
    match line.command.unwrap_or_else(serve) {
        Command::Serve(args) => serve::run(&args, &config()?, line.config.as_deref()),
        Command::Smtp(args) => talk::run(Protocol::Smtp, &args, &config()?),
        Command::Pop3(args) => talk::run(Protocol::Pop3, &args, &config()?),
        Command::Imap(args) => talk::run(Protocol::Imap, &args, &config()?),
        Command::Send(args) => {
            let config = config()?;
            let send = |recorder: &Recorder| {
                let said = args.server.server.as_ref();
                let settings = settings_for(&config, Protocol::Smtp, said)?;
                send::run(&args, &settings.watched_by(&recorder.taps()))
            };
            during(&config, &args.recording, send)
        }
        Command::Inbox(args) => {
            let config = config()?;
            let read = |recorder: &Recorder| {
                let said = args.server.server.as_ref();
                let settings = settings_for(&config, args.protocol(), said)?;
                inbox::run(&args, &settings.watched_by(&recorder.taps()))
            };
            during(&config, &args.recording, read)
        }
        Command::Gui(args) => gui::run(&args, &config()?),
        Command::Demo(args) => demo::run(&args, config),
        Command::Explain(args) => explain::run(&args, config),
        Command::Passwd => passwd::run(),
        Command::Queue(args) => queue::run(&config()?, &args),
        Command::Sessions(args) => sessions::run(&args, &config()?),
        Command::Trace(args) => trace::run(&args, config),
    }
}

/// `RUST_LOG` decides, and without it `-v` and `-q` do.
fn start_log(line: &CommandLine) {
    // A demo's screen has no room for what its servers report of it.
    let demo = matches!(line.command, Some(Command::Demo(_)));
    let level = match (line.quiet, line.verbose) {
        (true, _) => "error",
        (false, 0) if demo => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
}
