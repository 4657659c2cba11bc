//! `pillarbox demo`: plays a conversation from a script, and tells what happens.
//!
//! The scripts of `demos/` are compiled in; any other is named by its file. They are played against
//! the servers of the configuration if those run, and otherwise against servers of their own
//! (`fn place` decides). A reply that differs from the script ends the demo.

mod list;
mod place;
mod seat;

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use self::place::{Against, Place};
use self::seat::Seat;
use super::{CaptureArgs, CommandError, terminal};
use crate::client::printable;
use crate::config::{Config, ConfigError};
use crate::console::before_interruption;
use crate::teaching::script::{
    Caller, Demo, Difference, Memory, Mismatch, Script, ScriptQuestion, connect, perform_with,
};
use crate::teaching::text::TextStyle;
use crate::teaching::transcript::{Explain, Look, Pace, Screen};
use crate::teaching::wire_tap::Recorder;

/// Play a conversation of a client and a server, and tell what happens
///
/// Without a name it lists the demos that there are.
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  pillarbox demo                          what there is
  pillarbox demo first-mail --step        a line each time you press Enter
  pillarbox demo wrong-order --predict    guess each reply before you see it
  pillarbox demo my.demo                  your own script: docs/scripts.md
  pillarbox demo first-mail --against localhost:25
  pillarbox demo imap-search --against imaps=mail.example.org:993")]
pub struct DemoArgs {
    /// A demo, or the file of a script
    #[arg(value_name = "NAME|FILE")]
    pub name: Option<String>,
    /// Wait for Enter before each line
    #[arg(long, conflicts_with = "fast")]
    pub step: bool,
    /// Do not wait at all
    #[arg(long)]
    pub fast: bool,
    /// Hide each reply until its code has been guessed, and keep the score
    #[arg(long)]
    pub predict: bool,
    /// Another server instead: for what the script speaks, or for smtp=, submission=, smtps=, lmtp=,
    /// pop3=, pop3s=, imap=, imaps= (those with an s under TLS)
    #[arg(long, value_name = "[PROTOCOL=]HOST:PORT")]
    pub against: Vec<Against>,
    /// Below each line, what it says and which RFC says so; each explanation once
    #[arg(long, value_name = "LINES", value_enum, default_value_t = Explain::Off)]
    pub explain: Explain,
    /// Show and record passwords, too; otherwise ******** stands for them
    #[arg(long)]
    pub show_secrets: bool,
    /// The CA to trust beside the system's [default: the lab's own]
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Captures and the key log
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
    let (place, recording) = Place::choose(args, &config, &script)?;
    end_at_ctrl_c(&place, recording.recorder.clone())?;
    let mut out = io::stdout().lock();
    let mut seat = Seat::new(out.is_terminal());
    let place_of = |caller: &Caller| {
        place
            .endpoint(caller)
            .map_or(String::new(), |e| e.to_string())
    };
    let look = Look {
        style: TextStyle::on(&out),
        width: &terminal::width,
        pace: pace(args, out.is_terminal()),
        guesses: args.predict,
        explain: args.explain,
        show_secrets: args.show_secrets || script.shows_secrets,
        place: &place_of,
    };
    let mut programme = programme(&script, &place, &recording.told);
    programme.extend(seat.hint(look.pace));
    let mut screen = Screen::new(&mut out, &mut seat, look);
    let played = play(&script, told, &programme, &place, &mut screen);
    // The servers end first: a relay's last words may still be on their way, and are to be recorded.
    drop(place);
    recording.recorder.finish();
    match played {
        // Whoever reads us has seen enough: `pillarbox demo … | head`.
        Err(Difference {
            mismatch: Mismatch::Audience(error),
            ..
        }) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(difference) => Err(different(&file, &difference)),
        Ok(()) => Ok(()),
    }
}

/// The demo of this name, or the script in this file; and what errors call it.
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
                format!(
                    "there is neither a demo nor a file {name}; `pillarbox demo` lists the demos"
                )
            }
            _ => format!("{name} cannot be read: {error}"),
        })
    })
}

/// What a script has a gap for: from the environment, or from whoever plays it, unseen by others.
fn ask(asked: &ScriptQuestion) -> Result<(String, Vec<u8>), CommandError> {
    let variable = format!("PILLARBOX_{}", asked.name);
    let unknown = || {
        CommandError::Setup(format!(
            "the script asks for {} ({}); say it in the environment, as {variable}",
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

fn pace(args: &DemoArgs, on_terminal: bool) -> Pace {
    if args.step {
        Pace::Step
    } else if args.fast || !on_terminal {
        Pace::Fast
    } else {
        Pace::Reading
    }
}

/// From the title to the score.
fn play(
    script: &Script,
    told: Memory,
    programme: &[String],
    place: &Place,
    screen: &mut Screen<'_>,
) -> Result<(), Difference> {
    let audience = |error| Difference {
        line: 0,
        mismatch: Mismatch::Audience(error),
    };
    screen.title(&script.title, programme).map_err(audience)?;
    let open = &mut |caller: &Caller| connect(&place.endpoint(caller)?, caller.protocol);
    perform_with(script, told, open, &mut |event| screen.show(event))?;
    screen.end().map_err(audience)
}

/// What stands below the title: what it is about, and where it is played.
fn programme(script: &Script, place: &Place, recording: &[String]) -> Vec<String> {
    let mut lines = vec![script.summary.clone()];
    if !script.rfc.is_empty() {
        lines.push(format!("RFC {}", script.rfc));
    }
    lines.push(place.told());
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

/// The difference, and below it what was expected and what came, as wide as the terminal is.
fn different(file: &str, difference: &Difference) -> CommandError {
    let mut text = format!("{file}, {}", difference.sentence());
    for line in difference.comparison(terminal::width().unwrap_or(usize::MAX)) {
        text.push('\n');
        text.push_str(&line);
    }
    CommandError::Job(text)
}

/// Ctrl-C ends the demo at once; servers that were started for it leave nothing behind.
fn end_at_ctrl_c(place: &Place, recorder: Recorder) -> Result<(), CommandError> {
    let folder = match place {
        Place::Own(sites, _) => Some(sites.folder()),
        Place::There(..) => None,
    };
    before_interruption(move || {
        recorder.finish();
        let servers = match &folder {
            Some(folder) => {
                // A server that is still at work fails now, because its folder is gone.
                log::set_max_level(log::LevelFilter::Off);
                folder.remove();
                ", and its servers with it"
            }
            None => "",
        };
        // A terminal that is gone is no reason to stay.
        let _ = writeln!(io::stderr(), "\nThe demo has ended here{servers}.");
    })
    .map_err(|error| CommandError::Setup(format!("Ctrl-C cannot be handled: {error}")))
}
