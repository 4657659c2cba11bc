//! The person's side of a conversation by hand: what is typed is sent, or done.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use super::completion::Hints;
use super::connection_thread::{Order, Partner, Words};
use super::conversation::{Conversation, Reaction};
use super::slash::{Slash, Typed};
use super::terminal::{Input, Printer, Terminal};
use super::{Failure, Meeting, Options, file, lock};
use crate::client::{ClientSocket, Endpoint, Security};
use crate::teaching::text::wrap;

/// How long a person waits for an answer before he may type on.
const SETTLE: Duration = Duration::from_secs(2);

/// A person at his console.
pub(super) struct Console<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) options: &'a Options,
    pub(super) meeting: Arc<Meeting>,
    pub(super) printer: Arc<Mutex<Printer>>,
    /// `None`: hung up.
    pub(super) partner: Arc<Mutex<Option<Partner>>>,
}

impl Console<'_> {
    /// A new connection, in place of the one there was.
    ///
    /// # Errors
    /// When nobody answers, the server cannot be trusted, or the terminal fails.
    pub(super) fn connect(&mut self) -> Result<(), Failure> {
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
    pub(super) fn hang_up(&mut self) {
        let partner = lock(&self.partner).take();
        drop(partner);
    }

    /// Says what is to be said first, and then what is typed, up to its end.
    ///
    /// # Errors
    /// When the terminal fails; from a pipe, also when the server does not take or answer a line.
    pub(super) fn lead(
        &mut self,
        terminal: &mut Terminal<Hints>,
        opening: &[String],
    ) -> Result<(), Failure> {
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
    pub(super) fn say(&self, line: &str, typed: bool) {
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
        let contents = match file::read(file) {
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

    pub(super) fn print_text(&self, text: &str) -> Result<(), Failure> {
        let lines = wrap("", "", text, (self.options.width)());
        self.print(&lines)
    }

    pub(super) fn print(&self, lines: &[String]) -> Result<(), Failure> {
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
