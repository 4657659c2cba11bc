//! The person's side of a conversation: a typed line is sent, or done.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, WaitTimeoutResult};
use std::time::Duration;

use super::completion::Hints;
use super::connection_thread::{ConnectionRequest, ConnectionThread, Origin, Outgoing};
use super::conversation::{Reaction, TypedConversation};
use super::slash::{Slash, Typed};
use super::terminal::{Input, Printer, Terminal};
use super::{ConsoleError, ConsoleOptions, SharedConversation, file, lock};
use crate::client::{ClientSocket, Endpoint, Security};
use crate::teaching::text::wrap;

/// The longest time that a person waits for an answer before they can type on.
const SETTLE: Duration = Duration::from_secs(2);

/// A console: a person, a terminal and a connection.
pub(super) struct Console<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) options: &'a ConsoleOptions,
    pub(super) shared: Arc<SharedConversation>,
    pub(super) printer: Arc<Mutex<Printer>>,
    /// `None` after [`Console::hang_up`].
    pub(super) connection: Arc<Mutex<Option<ConnectionThread>>>,
}

impl Console<'_> {
    /// Opens a new connection in place of the old one.
    ///
    /// # Errors
    /// When no server answers, the server cannot be trusted, or the terminal fails.
    pub(super) fn connect(&mut self) -> Result<(), ConsoleError> {
        self.hang_up();
        let socket = ClientSocket::connect(self.endpoint, self.options.protocol);
        let socket = socket.map_err(ConsoleError::Client)?;
        let how = match self.endpoint.security {
            Security::Tls => "over TLS",
            Security::Plain | Security::StartTls => "unencrypted",
        };
        let help = if self.options.person { " /help lists the words of the console." } else { "" };
        self.print_text(&format!("Connected to {}, {how}.{help}", self.endpoint))?;
        self.shared.conversation().begin_anew();
        let shared = Arc::clone(&self.shared);
        let printer = Arc::clone(&self.printer);
        let connection = ConnectionThread::new(socket, move |event| {
            let Reaction { lines, requests } = shared.conversation().happened(event);
            // A terminal that cannot be written to ends the conversation from its own side.
            let _ = lock(&printer).print(joined(&lines));
            shared.changed.notify_all();
            requests
        })?;
        *lock(&self.connection) = Some(connection);
        Ok(())
    }

    /// Ends the connection, if there is one, and waits for its thread outside of the lock.
    pub(super) fn hang_up(&mut self) {
        let connection = lock(&self.connection).take();
        drop(connection);
    }

    /// Sends the lines of `opening` and then what is typed, up to its end.
    ///
    /// # Errors
    /// When the terminal fails; from a pipe, also when the server does not take or answer a line.
    pub(super) fn run(
        &mut self,
        terminal: &mut Terminal<Hints>,
        opening: &[String],
    ) -> Result<(), ConsoleError> {
        for line in opening {
            self.await_turn(line)?;
            let tag = self.shared.conversation().next_tag();
            self.say(&format!("{tag}{line}"), Origin::Console);
        }
        let mut interrupted = false;
        loop {
            self.settle();
            let begin = self.beginning();
            let input = terminal.read(&begin)?;
            let again = std::mem::replace(&mut interrupted, input == Input::Interrupt);
            match input {
                // Pasted text may be several lines.
                Input::Line(lines) => {
                    for line in without_tag(&lines, &begin).split('\n') {
                        let line = line.strip_suffix('\r').unwrap_or(line);
                        if self.typed(line)?.is_break() {
                            return Ok(());
                        }
                    }
                }
                Input::Interrupt if again => return Ok(()),
                Input::Interrupt => self.print_text("Press Ctrl-C again, or Ctrl-D, to leave.")?,
                Input::End => return self.await_turn(""),
            }
        }
    }

    /// Returns the text with which a typed line begins: a tag, after `/tag on`.
    fn beginning(&self) -> String {
        let conversation = self.shared.conversation();
        if conversation.tags && !conversation.is_over() {
            conversation.next_tag()
        } else {
            String::new()
        }
    }

    /// Does what was typed. `/quit` breaks.
    fn typed(&mut self, line: &str) -> Result<ControlFlow<()>, ConsoleError> {
        match Typed::parse(line) {
            Typed::Line(_) | Typed::WithFile(..) if self.is_over_for_person() => {
                self.print_text("The connection is over: /connect begins anew, /quit leaves.")?;
            }
            Typed::Line(line) => {
                self.await_turn_in_pipe(&line)?;
                self.say(&line, Origin::Typed);
            }
            Typed::WithFile(line, file) => {
                self.await_turn_in_pipe(&line)?;
                self.send_file(&line, &file)?;
            }
            Typed::Mistake(why) => self.print_text(&why)?,
            Typed::Slash(Slash::Quit) => return Ok(ControlFlow::Break(())),
            Typed::Slash(slash) => self.obey(slash)?,
        }
        Ok(ControlFlow::Continue(()))
    }

    /// True if a person has no connection any more. A pipe gets an error instead.
    fn is_over_for_person(&self) -> bool {
        self.options.person && self.shared.conversation().is_over()
    }

    /// Sends a line, with CRLF at its end.
    pub(super) fn say(&self, line: &str, origin: Origin) {
        let octets = format!("{line}\r\n").into_bytes();
        self.send(line, Outgoing { octets, origin });
    }

    /// Sends octets that begin with this line.
    fn send(&self, line: &str, outgoing: Outgoing) {
        let mut conversation = self.shared.conversation();
        conversation.note_tag(line);
        conversation.note_request();
        drop(conversation);
        if let Some(connection) = &*lock(&self.connection) {
            connection.request(ConnectionRequest::Send(outgoing));
        }
    }

    fn send_file(&mut self, line: &str, path: &Path) -> Result<(), ConsoleError> {
        let contents = match file::read(path) {
            Ok(contents) => contents,
            Err(why) => return self.print_text(&why),
        };
        let octets = self.shared.conversation().with_file(line, &contents);
        match octets {
            Ok(octets) => {
                let origin = Origin::Console;
                self.send(line, Outgoing { octets, origin });
                Ok(())
            }
            Err(why) => self.print_text(why),
        }
    }

    /// Waits a short time for the answer, so that the hint for the next line fits it.
    fn settle(&self) {
        if self.options.person {
            drop(self.wait_for_turn(SETTLE));
        }
    }

    fn await_turn_in_pipe(&self, line: &str) -> Result<(), ConsoleError> {
        if self.options.person {
            return Ok(());
        }
        self.await_turn(line)
    }

    /// Waits until the client can send this line.
    fn await_turn(&self, line: &str) -> Result<(), ConsoleError> {
        let (conversation, waited) = self.wait_for_turn(self.endpoint.timeout);
        if waited.timed_out() {
            return Err(ConsoleError::NoAnswer);
        }
        if conversation.is_over() && !line.is_empty() {
            return Err(ConsoleError::NotSent(conversation.masked(line)));
        }
        Ok(())
    }

    fn wait_for_turn(
        &self,
        most: Duration,
    ) -> (MutexGuard<'_, TypedConversation>, WaitTimeoutResult) {
        let waiting = |conversation: &mut TypedConversation| !conversation.is_our_turn();
        let conversation = self.shared.conversation();
        let changed = &self.shared.changed;
        changed
            .wait_timeout_while(conversation, most, waiting)
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn print_text(&self, text: &str) -> Result<(), ConsoleError> {
        let lines = wrap("", "", text, (self.options.width)());
        self.print(&lines)
    }

    pub(super) fn print(&self, lines: &[String]) -> Result<(), ConsoleError> {
        Ok(lock(&self.printer).print(joined(lines))?)
    }
}

/// Returns the typed line; a word for the console loses the tag with which the line began.
fn without_tag<'a>(typed: &'a str, begin: &str) -> &'a str {
    let rest = typed.strip_prefix(begin);
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(typed)
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
