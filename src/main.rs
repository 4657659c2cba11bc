//! The command line of `pillarbox`: its commands and global options, and nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{ArgAction, Parser, Subcommand};
use pillarbox::commands::recording::RecordingArgs;
use pillarbox::commands::{
    CommandError, demo, explain, gui, inbox, passwd, queue, send, serve, sessions, talk, trace,
};
use pillarbox::config::Config;
use pillarbox::console;
use pillarbox::mail::protocol::Protocol;

/// A whole email system that you can read, run and see through
///
/// Without a command it starts every server in config.ini.
#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct CommandLine {
    /// Configuration [default: ./config.ini, or the built-in one]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Global options")]
    config: Option<PathBuf>,
    /// Log what happens; -vv logs everything (or set RUST_LOG)
    #[arg(short, action = ArgAction::Count, global = true, help_heading = "Global options")]
    verbose: u8,
    /// Log only errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    quiet: bool,
    #[command(subcommand)]
    command: Option<ProgramCommand>,
}

#[derive(Subcommand)]
enum ProgramCommand {
    /// Start every server in config.ini (as `pillarbox` alone does)
    Serve(RecordingArgs),
    /// Type SMTP by hand, and see what every line means
    ///
    /// Without --tls or --starttls the connection is unencrypted.
    Smtp(talk::TalkArgs),
    /// Type POP3 by hand, and see what every line means
    ///
    /// Without --tls or --starttls the connection is unencrypted.
    Pop3(talk::TalkArgs),
    /// Type IMAP by hand, and see what every line means
    ///
    /// Without --tls or --starttls the connection is unencrypted.
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
        Ok(()) | Err(CommandError::OutputClosed) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pillarbox: {error}");
            ExitCode::from(error.status())
        }
    }
}

fn run(line: CommandLine) -> Result<(), CommandError> {
    let config = || Config::load(line.config.as_deref());
    let serve = || ProgramCommand::Serve(RecordingArgs::default());
    match line.command.unwrap_or_else(serve) {
        ProgramCommand::Serve(args) => serve::run(&args, &config()?, line.config.as_deref()),
        ProgramCommand::Smtp(args) => talk::run(Protocol::Smtp, &args, &config()?),
        ProgramCommand::Pop3(args) => talk::run(Protocol::Pop3, &args, &config()?),
        ProgramCommand::Imap(args) => talk::run(Protocol::Imap, &args, &config()?),
        ProgramCommand::Send(args) => send::run(&args, &config()?),
        ProgramCommand::Inbox(args) => inbox::run(&args, &config()?),
        ProgramCommand::Gui(args) => gui::run(&args, &config()?),
        ProgramCommand::Demo(args) => demo::run(&args, config),
        ProgramCommand::Explain(args) => explain::run(&args, config),
        ProgramCommand::Passwd => passwd::run(),
        ProgramCommand::Queue(args) => queue::run(&config()?, &args),
        ProgramCommand::Sessions(args) => sessions::run(&args, &config()?),
        ProgramCommand::Trace(args) => trace::run(&args, config),
    }
}

/// Starts the log. `RUST_LOG` decides what is logged; without it, `-v` and `-q` do.
fn start_log(line: &CommandLine) {
    // The screen of a demo has no room for the warnings of its servers.
    let demo = matches!(line.command, Some(ProgramCommand::Demo(_)));
    let level = match (line.quiet, line.verbose) {
        (true, _) => "error",
        (false, 0) if demo => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
}
