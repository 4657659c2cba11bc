//! `pillarbox explain`: explains a command, a reply code, a capability, a header field or a whole line,
//! with its RFC. It makes no connection.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::{CommandError, terminal};
use crate::client::printable;
use crate::config::{Config, ConfigError};
use crate::mail::protocol::Protocol;
use crate::teaching::explain::Texts;
use crate::teaching::text::{Page, TextStyle};

/// Explain a word or a line of SMTP, POP3 or IMAP
#[derive(Args, Clone, Debug)]
#[command(after_help = "Examples:
  pillarbox explain RCPT                      a command
  pillarbox explain 550 5.1.1                 a reply
  pillarbox explain 'a1 FETCH 1:3 (FLAGS)'    a line, part by part
  pillarbox explain smtp:250                  only in this protocol
  pillarbox explain --list --imap             everything about IMAP")]
pub struct ExplainArgs {
    /// A word (RCPT, 250, UIDVALIDITY), or a whole line in quotes
    #[arg(required_unless_present = "list", allow_hyphen_values = true)]
    pub words: Vec<String>,
    /// Only for SMTP and LMTP
    #[arg(long, conflicts_with_all = ["pop3", "imap"])]
    pub smtp: bool,
    /// Only for POP3
    #[arg(long, conflicts_with = "imap")]
    pub pop3: bool,
    /// Only for IMAP
    #[arg(long)]
    pub imap: bool,
    /// List everything that can be explained
    #[arg(long)]
    pub list: bool,
    /// Your own explanations, instead of the configured ones
    #[arg(long, value_name = "FILE")]
    pub texts: Option<PathBuf>,
}

/// Prints the explanation.
///
/// # Errors
/// When nothing is known about the words, or a file of explanations cannot be used.
pub fn run(
    args: &ExplainArgs,
    config: impl FnOnce() -> Result<Config, ConfigError>,
) -> Result<(), CommandError> {
    let texts = match &args.texts {
        Some(file) => texts_in(file)?,
        None => texts(&config()?)?,
    };
    let mut out = io::stdout().lock();
    let page = Page::new(&texts, TextStyle::on(&out), terminal::width());
    let page = if args.list { listed(args, &texts, page) } else { explained(args, &texts, page)? };
    Ok(out.write_all(page.as_bytes())?)
}

/// Returns the explanations of the configuration: `[client] explanations`, or the compiled-in ones.
///
/// # Errors
/// When the file cannot be read or is invalid; the error names the file and the line.
pub fn texts(config: &Config) -> Result<Arc<Texts>, CommandError> {
    match &config.client.explanations {
        Some(file) => texts_in(file),
        None => Ok(Texts::compiled_in()),
    }
}

fn texts_in(file: &Path) -> Result<Arc<Texts>, CommandError> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file)
        .map_err(|error| CommandError::Setup(format!("{name} cannot be read: {error}")))?;
    let texts = Texts::with(&name, &text);
    texts.map(Arc::new).map_err(|error| CommandError::Setup(error.0))
}

fn explained(
    args: &ExplainArgs,
    texts: &Arc<Texts>,
    mut page: Page<'_>,
) -> Result<String, CommandError> {
    let words = args.words.join(" ");
    let found = texts.look_up(&words, args.only());
    if found.is_empty() {
        return Err(CommandError::Job(nothing(&words, &found.near)));
    }
    for entry in &found.entries {
        page.blank();
        page.entry(entry);
    }
    for reading in &found.lines {
        page.blank();
        page.reading(&words, reading);
    }
    Ok(page.into_text())
}

fn listed(args: &ExplainArgs, texts: &Texts, mut page: Page<'_>) -> String {
    let mut topic = None;
    for entry in texts.listed(args.only()) {
        if topic.replace(entry.topic) != Some(entry.topic) {
            page.section(texts.word(&entry.topic.to_string()));
        }
        page.row(entry);
    }
    page.into_text()
}

fn nothing(words: &str, near: &[String]) -> String {
    let words = printable(words);
    match near {
        [] => format!(
            "nothing is known about {words}; pillarbox explain --list shows everything that can be explained"
        ),
        near => format!("nothing is known about {words}. Did you mean {}?", near.join(", ")),
    }
}

impl ExplainArgs {
    fn only(&self) -> Option<Protocol> {
        let wanted =
            [(self.smtp, Protocol::Smtp), (self.pop3, Protocol::Pop3), (self.imap, Protocol::Imap)];
        let wanted = wanted.into_iter().find(|(wanted, _)| *wanted);
        wanted.map(|(_, protocol)| protocol)
    }
}
