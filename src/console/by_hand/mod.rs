//! The protocol typed by hand: a person at one end, a server at the other, and below each line what
//! it means.
//!
//! What is typed is sent as it was typed, with CRLF at its end; words that begin with a slash are for
//! the console (`order`). The server speaks in a thread of its own (`partner`), the person types
//! at a terminal or through a pipe (`terminal`), and both meet in one `Conversation`. From a pipe
//! each line waits for the answer to the one before.

mod below;
mod conversation;
mod examples;
mod guide;
mod letter;
mod order;
mod partner;
mod showing;
mod stranger;
mod terminal;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use self::conversation::{Conversation, Reaction};
pub use self::examples::Cast;
use self::guide::Hints;
use self::order::{SLASHES, Slash, Typed};
use self::partner::{Order, Partner, Words};
use self::terminal::{Input, Printer, Terminal};
use crate::client::{ClientError, ClientSocket, Endpoint, Security};
use crate::console::{Explain, Ink, behind};
use crate::protocol::Protocol;
use crate::protocol::explain::Texts;

/// How a conversation by hand is led.
#[derive(Clone)]
pub struct Options {
    /// What is spoken.
    pub protocol: Protocol,
    /// What is explained.
    pub explain: Explain,
    /// May passwords be seen, in the screen's lines and in what is saved?
    pub show_secrets: bool,
    /// Does a person sit there, who sees what he types?
    pub person: bool,
    /// The explanations.
    pub texts: Arc<Texts>,
    /// Colours or none.
    pub ink: Ink,
    /// The columns there are at this moment; `None`: lines are not wrapped.
    pub width: fn() -> Option<usize>,
    /// Where what was typed is kept for the next time.
    pub history: PathBuf,
}

/// Why a conversation did not go as it was to go.
#[derive(Debug)]
pub enum Failure {
    /// There was no connection, or it failed.
    Client(ClientError),
    /// The server closed before this line could be sent.
    Unsaid(String),
    /// The server did not answer.
    NoAnswer,
    /// The terminal failed.
    Terminal(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Terminal(error)
    }
}

/// Connects, says these lines first, and then what is typed, up to the end.
///
/// # Errors
/// When there is no connection; from a pipe, also when the server does not take or answer a line.
pub fn converse(
    endpoint: &Endpoint,
    options: &Options,
    cast: &Cast,
    opening: &[String],
) -> Result<(), Failure> {
    let conversation = Conversation::new(options.clone(), cast.clone());
    let meeting = Arc::new(Meeting {
        conversation: Mutex::new(conversation),
        changed: Condvar::new(),
    });
    let partner: Arc<Mutex<Option<Partner>>> = Arc::default();
    let asked = Arc::clone(&partner);
    let help = Box::new(move || {
        if let Some(partner) = &*lock(&asked) {
            partner.order(Order::Ask);
        }
    });
    let hints = Hints(Arc::clone(&meeting));
    let mut terminal = Terminal::open(hints, options.ink, help, &options.history)?;
    let mut console = Console {
        endpoint,
        options,
        meeting,
        printer: Arc::new(Mutex::new(terminal.printer()?)),
        partner,
    };
    console.connect()?;
    let led = console.lead(&mut terminal, opening);
    if let Err(error) = terminal.save_history(&options.history) {
        log::warn!("{} cannot be written: {error}", options.history.display());
    }
    // The terminal goes first: the partner may wait for it to take a line.
    drop(terminal);
    console.hang_up();
    led
}

/// How long a person waits for an answer before he may type on.
const SETTLE: Duration = Duration::from_secs(2);

/// Where the two threads meet.
pub(super) struct Meeting {
    conversation: Mutex<Conversation>,
    /// Something has happened.
    changed: Condvar,
}

impl Meeting {
    fn conversation(&self) -> MutexGuard<'_, Conversation> {
        lock(&self.conversation)
    }
}

struct Console<'a> {
    endpoint: &'a Endpoint,
    options: &'a Options,
    meeting: Arc<Meeting>,
    printer: Arc<Mutex<Printer>>,
    /// `None`: hung up.
    partner: Arc<Mutex<Option<Partner>>>,
}

impl Console<'_> {
    /// A new connection, in place of the one there was.
    fn connect(&mut self) -> Result<(), Failure> {
        self.hang_up();
        let socket =
            ClientSocket::connect(self.endpoint, self.options.protocol).map_err(Failure::Client)?;
        let how = match self.endpoint.security {
            Security::Tls => "under TLS",
            Security::Plain | Security::StartTls => "in clear",
        };
        let help = match self.options.person {
            true => " /help says what the console can do.",
            false => "",
        };
        let line = format!("Connected to {}, {how}.{help}", self.endpoint);
        self.print_text(&line)?;
        self.meeting.conversation().begin_anew();
        let (meeting, printer) = (Arc::clone(&self.meeting), Arc::clone(&self.printer));
        let partner = Partner::new(socket, move |event| {
            let Reaction { lines, orders } = meeting.conversation().happened(event);
            // Whoever does not watch any more ends the conversation from his side.
            let _ = lock(&printer).print(joined(&lines));
            meeting.changed.notify_all();
            orders
        })?;
        *lock(&self.partner) = Some(partner);
        Ok(())
    }

    /// Ends the connection, if there is one. Its thread is waited for outside the lock.
    fn hang_up(&mut self) {
        let partner = lock(&self.partner).take();
        drop(partner);
    }

    /// Says what is to be said first, and then what is typed.
    fn lead(&mut self, terminal: &mut Terminal<Hints>, opening: &[String]) -> Result<(), Failure> {
        for line in opening {
            self.await_turn(line)?;
            let tag = self.meeting.conversation().tag_to_come();
            self.say(&format!("{tag}{line}"), false);
        }
        let mut interrupted = false;
        loop {
            self.settle();
            let begin = self.beginning();
            let input = terminal.read(&begin)?;
            let again = std::mem::replace(&mut interrupted, input == Input::Interrupt);
            match input {
                // What is pasted may be several lines.
                Input::Line(lines) => {
                    for line in without_tag(&lines, &begin).split('\n') {
                        if !self.typed(line.strip_suffix('\r').unwrap_or(line))? {
                            return Ok(());
                        }
                    }
                }
                Input::Interrupt if again => return Ok(()),
                Input::Interrupt => self.print_text("Ctrl-C again, or Ctrl-D, leaves.")?,
                Input::End => return self.await_turn(""),
            }
        }
    }

    /// What a line begins with: its tag, if those are wanted.
    fn beginning(&self) -> String {
        let conversation = self.meeting.conversation();
        match conversation.tags && !conversation.is_over() {
            true => conversation.tag_to_come(),
            false => String::new(),
        }
    }

    /// Does what was typed; `false`: that was the end.
    fn typed(&mut self, line: &str) -> Result<bool, Failure> {
        match Typed::parse(line) {
            Typed::Line(_) | Typed::WithFile(..) if self.is_over_for_person() => {
                self.print_text("The connection is over: /connect begins anew, /quit leaves.")?;
            }
            Typed::Line(line) => {
                if !self.options.person {
                    self.await_turn(&line)?;
                }
                self.say(&line, true);
            }
            Typed::WithFile(line, file) => {
                if !self.options.person {
                    self.await_turn(&line)?;
                }
                self.send_file(&line, &file)?;
            }
            Typed::Mistake(why) => self.print_text(&why)?,
            Typed::Slash(Slash::Quit) => return Ok(false),
            Typed::Slash(slash) => self.obey(slash)?,
        }
        Ok(true)
    }

    /// Is there nobody to talk to any more? A pipe learns it as an error.
    fn is_over_for_person(&self) -> bool {
        self.options.person && self.meeting.conversation().is_over()
    }

    /// Sends a line, with CRLF at its end.
    fn say(&self, line: &str, typed: bool) {
        let octets = format!("{line}\r\n").into_bytes();
        self.send(line, Words { octets, typed });
    }

    /// Sends these octets, which begin with this line.
    fn send(&self, line: &str, words: Words) {
        let mut conversation = self.meeting.conversation();
        conversation.note_tag(line);
        conversation.note_order();
        drop(conversation);
        if let Some(partner) = &*lock(&self.partner) {
            partner.order(Order::Say(words));
        }
    }

    fn send_file(&mut self, line: &str, file: &Path) -> Result<(), Failure> {
        let contents = match letter::read(file) {
            Ok(contents) => contents,
            Err(why) => return self.print_text(&why),
        };
        let octets = self.meeting.conversation().with_file(line, &contents);
        match octets {
            Ok(octets) => {
                let typed = false;
                self.send(line, Words { octets, typed });
                Ok(())
            }
            Err(why) => self.print_text(why),
        }
    }

    fn obey(&mut self, slash: Slash) -> Result<(), Failure> {
        let lines = match slash {
            Slash::Help => help((self.options.width)(), self.options.ink),
            Slash::Why => self.meeting.conversation().why(),
            Slash::State => self.meeting.conversation().states(),
            Slash::Explain(explain) => {
                self.meeting.conversation().explain = explain;
                Vec::new()
            }
            Slash::Raw(raw) => {
                self.meeting.conversation().raw = raw;
                Vec::new()
            }
            Slash::Tag(tags) => {
                self.meeting.conversation().tags = tags;
                Vec::new()
            }
            Slash::Tls => self.tls(),
            Slash::Save(file) => vec![self.save(&file)],
            Slash::Connect => match self.connect() {
                Err(Failure::Client(error)) => vec![error.to_string()],
                connected => return connected,
            },
            Slash::Quit => Vec::new(),
        };
        self.print(&lines)
    }

    /// Asks for TLS; the handshake follows by itself when the server agrees.
    fn tls(&mut self) -> Vec<String> {
        let line = self.meeting.conversation().starttls();
        match line {
            Some(line) => {
                self.say(&line, false);
                Vec::new()
            }
            None => vec![
                "TLS cannot be begun here: the server does not offer it in this state.".to_owned(),
            ],
        }
    }

    fn save(&self, file: &Path) -> String {
        let script = self.meeting.conversation().script();
        match fs::write(file, script.to_string()) {
            Ok(()) => {
                let name = file.display();
                format!("Saved. `pillarbox demo {name}` plays it again.")
            }
            Err(error) => format!("{} cannot be written: {error}", file.display()),
        }
    }

    /// Lets the answer come before the next line is begun, so that what is suggested fits. A person
    /// is not kept waiting for long.
    fn settle(&self) {
        if self.options.person {
            drop(self.wait_for_turn(SETTLE));
        }
    }

    /// Waits until it is our turn to say this line.
    fn await_turn(&self, line: &str) -> Result<(), Failure> {
        let (conversation, waited) = self.wait_for_turn(self.endpoint.timeout);
        if waited.timed_out() {
            return Err(Failure::NoAnswer);
        }
        match conversation.is_over() && !line.is_empty() {
            true => Err(Failure::Unsaid(conversation.shown(line))),
            false => Ok(()),
        }
    }

    fn wait_for_turn(&self, most: Duration) -> (MutexGuard<'_, Conversation>, WaitTimeoutResult) {
        let waiting = |conversation: &mut Conversation| !conversation.is_our_turn();
        let conversation = self.meeting.conversation();
        let changed = &self.meeting.changed;
        changed
            .wait_timeout_while(conversation, most, waiting)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn print_text(&self, text: &str) -> Result<(), Failure> {
        let lines = behind("", "", text, (self.options.width)());
        self.print(&lines)
    }

    fn print(&self, lines: &[String]) -> Result<(), Failure> {
        Ok(lock(&self.printer).print(joined(lines))?)
    }
}

/// What was typed; a word for the console needs no tag, even if one stood there to begin with.
fn without_tag<'a>(typed: &'a str, begin: &str) -> &'a str {
    let rest = typed.strip_prefix(begin);
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(typed)
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn help(width: Option<usize>, ink: Ink) -> Vec<String> {
    let mut page = behind(
        "",
        "",
        "What you type is sent as it stands. Tab completes, the arrow up brings back.",
        width,
    );
    for (word, argument, does) in SLASHES {
        let usage = format!("{word} {argument}");
        page.extend(behind(&format!("  {usage:<28}"), "      ", does, width));
    }
    page.extend(behind(
        "",
        "",
        "To send a line that begins with a slash, type two.",
        width,
    ));
    page.iter().map(|line| ink.faint(line)).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
