//! `pillarbox demo`: plays a conversation from a script, and explains what happens.
//!
//! The scripts of `demos/` are compiled in; any other script is named by its file. They are played
//! against the servers of the configuration if those run, otherwise against new servers
//! (`DemoServers::choose` decides). A reply that differs from the script ends the demo.

mod audience;
mod list;
mod servers;

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use self::audience::StandardAudience;
use self::servers::{Against, DemoServers};
use super::{CaptureArgs, CommandError, terminal};
use crate::client::printable;
use crate::config::{Config, ConfigError};
use crate::console::before_interruption;
use crate::teaching::script::{
    Caller, Demo, Difference, Memory, Mismatch, Script, ScriptQuestion, connect, perform_with,
};
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::{Explain, PlayPace, Screen, ScreenOptions};
use crate::teaching::wire_tap::Recorder;

/// Play a conversation of a client and a server, with explanations
///
/// Without a name it lists the demos.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  pillarbox demo                          list the demos
  pillarbox demo first-mail --step        one line each time you press Enter
  pillarbox demo wrong-order --predict    guess each reply before you see it
  pillarbox demo my.demo                  your own script: docs/scripts.md
  pillarbox demo first-mail --against localhost:25
  pillarbox demo imap-search --against imaps=mail.example.org:993

PROTOCOL is smtp, submission, lmtp, pop3 or imap; or, under TLS, smtps, pop3s
or imaps.")]
pub struct DemoArgs {
    /// Name of a demo, or a file with a script
    #[arg(value_name = "NAME|FILE")]
    pub name: Option<String>,
    /// Wait for Enter before each line
    #[arg(long, conflicts_with = "fast")]
    pub step: bool,
    /// Do not wait at all
    #[arg(long)]
    pub fast: bool,
    /// Hide each reply until you have guessed its code, and count your score
    #[arg(long)]
    pub predict: bool,
    /// Use another server, for the script's protocol or for PROTOCOL
    #[arg(long, value_name = "[PROTOCOL=]HOST:PORT")]
    pub against: Vec<Against>,
    /// Explain the lines, with the RFC; each explanation appears once
    #[arg(long, value_name = "LINES", value_enum, default_value_t = Explain::Off)]
    pub explain: Explain,
    /// Show and record passwords, instead of ********
    #[arg(long)]
    pub show_secrets: bool,
    /// CA to trust in addition to the system's [default: the lab's own]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Captures and the key log.
    #[command(flatten)]
    pub capture: CaptureArgs,
}

/// Plays the demo, or lists all of them. The configuration is loaded only to play one.
///
/// # Errors
/// When there is no such demo, it cannot be played, or a server says something else.
pub fn run(
    args: &DemoArgs,
    config: impl FnOnce() -> Result<Config, ConfigError>,
) -> Result<(), CommandError> {
    let Some(name) = &args.name else {
        return list::print(&mut io::stdout().lock());
    };
    let (file, script) = read(name)?;
    let told = script.asks.iter().map(ask).collect::<Result<_, _>>()?;
    let config = config()?;
    let (servers, recording) = DemoServers::choose(args, &config, &script)?;
    end_at_ctrl_c(&servers, recording.recorder.clone())?;
    let mut out = io::stdout().lock();
    let mut audience = StandardAudience::new();
    let place_of = |caller: &Caller| {
        let endpoint = servers.endpoint(caller);
        endpoint.map_or(String::new(), |endpoint| endpoint.to_string())
    };
    let look = ScreenOptions {
        style: TextStyle::on(&out),
        width: &terminal::width,
        pace: pace(args, out.is_terminal()),
        guesses: args.predict,
        explain: args.explain,
        show_secrets: args.show_secrets || script.shows_secrets,
        address: &place_of,
    };
    let mut introduction = introduction(&script, &servers, &recording.notes);
    introduction.extend(audience.hint(look.pace));
    let mut screen = Screen::new(&mut out, &mut audience, look);
    let played = play(&script, told, &introduction, &servers, &mut screen);
    // The servers end first, because a relay's last lines are recorded too.
    drop(servers);
    recording.recorder.finish();
    match played {
        // The reader of the output has closed it: `pillarbox demo … | head`.
        Err(Difference { mismatch: Mismatch::Audience(error), .. })
            if error.kind() == ErrorKind::BrokenPipe =>
        {
            Ok(())
        }
        Err(difference) => Err(different(&file, &difference)),
        Ok(()) => Ok(()),
    }
}

/// Returns the demo with this name or the script in this file, and its name for errors.
fn read(name: &str) -> Result<(String, Script), CommandError> {
    let (file, text) = match Demo::find(name) {
        Some(demo) => (format!("demos/{}.demo", demo.name), demo.text.to_owned()),
        None => (name.to_owned(), from_file(name)?),
    };
    match Script::parse(&text) {
        Ok(script) => Ok((file, script)),
        Err(error) => Err(CommandError::Setup(format!("{file}, {error}"))),
    }
}

fn from_file(name: &str) -> Result<String, CommandError> {
    fs::read_to_string(name).map_err(|error| {
        CommandError::Setup(match error.kind() {
            ErrorKind::NotFound => {
                format!("there is no demo and no file {name}; `pillarbox demo` lists the demos")
            }
            _ => format!("{name} cannot be read: {error}"),
        })
    })
}

/// Asks for a value that the script needs: in the environment, or at the terminal without echo.
fn ask(asked: &ScriptQuestion) -> Result<(String, Vec<u8>), CommandError> {
    let variable = format!("PILLARBOX_{}", asked.name);
    let unknown = || {
        CommandError::Setup(format!(
            "the script needs {} ({}); set the environment variable {variable}",
            asked.name, asked.question
        ))
    };
    let answer = match std::env::var(&variable) {
        Ok(answer) => answer,
        Err(_) if io::stderr().is_terminal() => {
            let question = format!("{} ", printable(&asked.question));
            rpassword::prompt_password(question).map_err(|_| unknown())?
        }
        Err(_) => return Err(unknown()),
    };
    Ok((asked.name.clone(), answer.into_bytes()))
}

fn pace(args: &DemoArgs, on_terminal: bool) -> PlayPace {
    if args.step {
        PlayPace::Step
    } else if args.fast || !on_terminal {
        PlayPace::Fast
    } else {
        PlayPace::Reading
    }
}

/// Plays the script, from the title to the score.
fn play(
    script: &Script,
    told: Memory,
    introduction: &[String],
    servers: &DemoServers,
    screen: &mut Screen<'_>,
) -> Result<(), Difference> {
    let audience = |error| Difference { line: 0, mismatch: Mismatch::Audience(error) };
    screen.title(&script.title, introduction).map_err(audience)?;
    let open = &mut |caller: &Caller| connect(&servers.endpoint(caller)?, caller.protocol);
    perform_with(script, told, open, &mut |event| screen.show(event))?;
    screen.end().map_err(audience)
}

/// Returns the lines below the title: what the demo is about, and which servers it uses.
fn introduction(script: &Script, servers: &DemoServers, recording: &[String]) -> Vec<String> {
    let mut lines = vec![script.summary.clone()];
    if !script.rfc.is_empty() {
        lines.push(format!("RFC {}", script.rfc));
    }
    lines.push(servers.describe());
    lines.extend_from_slice(recording);
    if !script.wireshark.is_empty() {
        let looks = script.wireshark.join("; ");
        lines.push(format!("In Wireshark: {looks}"));
    }
    if !script.leaves.is_empty() {
        lines.push(format!("It leaves behind: {}", script.leaves));
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Returns an error with the expected and the received line below it, as wide as the terminal.
fn different(file: &str, difference: &Difference) -> CommandError {
    let mut text = format!("{file}, {}", difference.sentence());
    for line in difference.comparison(terminal::width().unwrap_or(usize::MAX)) {
        text.push('\n');
        text.push_str(&line);
    }
    CommandError::Job(text)
}

/// Lets Ctrl-C end the demo at once, and remove the files of servers that were started for it.
fn end_at_ctrl_c(servers: &DemoServers, recorder: Recorder) -> Result<(), CommandError> {
    let folder = match servers {
        DemoServers::Started(sites, _) => Some(sites.folder()),
        DemoServers::Running(..) => None,
    };
    before_interruption(move || {
        recorder.finish();
        let and_servers = match &folder {
            Some(folder) => {
                // A server that is still at work fails now, because its folder is gone.
                log::set_max_level(log::LevelFilter::Off);
                folder.remove();
                ", and its servers with it"
            }
            None => "",
        };
        // If the terminal is gone, the message does not matter.
        let _ = writeln!(io::stderr(), "\nThe demo has ended here{and_servers}.");
    })
    .map_err(|error| CommandError::Setup(format!("Ctrl-C cannot be handled: {error}")))
}
