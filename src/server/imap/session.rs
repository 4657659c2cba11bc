//! One conversation: its state, the way of a line, and the dispatch of the commands.
//!
//! ```text
//!      greeting
//!         │
//!  NotAuthenticated ──LOGIN, AUTHENTICATE──▶ Authenticated ──SELECT, EXAMINE──▶ Selected
//!         │                                       │    ◀──CLOSE, UNSELECT──       │
//!         └───────────────LOGOUT, BYE─────────────┴───────────────────────────────┘   (RFC 3501 §3)
//! ```
//!
//! A line is not always a command: it may be the next piece of one, the answer to a challenge, the
//! end of an APPEND, or the `DONE` of an IDLE. [`Expecting`] says which. What a verb does stands in
//! the file of its group; this file only knows who is asked.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::limits;
use crate::mail::protocol::imap::{Command, Tagged};
use crate::mail::protocol::sasl::{Credentials, Exchange};
use crate::mail::store::Account;
use crate::server::imap::enable::Enabled;
use crate::server::imap::idle::Idling;
use crate::server::imap::literal::IncomingCommand;
use crate::server::imap::messages::append::Appending;
use crate::server::imap::reply::{CommandReply, CommandResult};
use crate::server::imap::updates::PendingUpdates;
use crate::server::imap::view::{Lost, View};
use crate::server::{Authenticator, Peer, Reply, Session, Site, Trouble};

/// The IMAP server's side of one conversation.
pub struct ImapServer {
    pub(crate) site: Arc<Site>,
    pub(crate) peer: Peer,
    pub(crate) state: ImapState,
    pub(crate) enabled: Enabled,
    pub(crate) expecting: Expecting,
    /// Commands in a row that were none.
    bad_commands: u32,
}

/// The states of RFC 3501 §3.
pub(crate) enum ImapState {
    /// Nobody has come through the door yet.
    NotAuthenticated(Authenticator),
    /// Logged in.
    Authenticated(Account),
    /// Logged in, with a mailbox selected.
    Selected(Account, Box<View>),
}

/// What the next line, or the body that was asked for, belongs to.
pub(crate) enum Expecting {
    /// A command, or the next piece of one.
    Command(IncomingCommand),
    /// The rest of a command that is refused already, sent without waiting for us.
    Refused(String, CommandReply),
    /// The answer to a challenge of AUTHENTICATE.
    Authenticate(String, Exchange),
    /// The message of an APPEND, and the line end behind it.
    Append(Box<Appending>),
    /// `DONE`.
    Done(Idling),
}

impl Default for Expecting {
    fn default() -> Expecting {
        Expecting::Command(IncomingCommand::default())
    }
}

impl Session for ImapServer {
    fn greeting(&mut self) -> Reply {
        let (capabilities, hostname) = (self.capabilities(), &self.site.hostname);
        Reply::line(format!(
            "* OK [CAPABILITY {capabilities}] {hostname} IMAP4rev1 ready\r\n"
        ))
    }

    fn interact(&mut self, line: &[u8]) -> Reply {
        match mem::take(&mut self.expecting) {
            Expecting::Command(gathering) => self.gather(gathering, line),
            Expecting::Refused(tag, answer) => self.skip_line(tag, answer, line),
            Expecting::Authenticate(tag, exchange) => {
                let answered = self.challenge_answered(&tag, exchange, line);
                self.conclude(&tag, PendingUpdates::ALL, answered)
            }
            Expecting::Append(appending) => self.append_end(*appending, line),
            Expecting::Done(idling) => self.done(&idling, line),
        }
    }

    fn receive(&mut self, body: &mut dyn Read) -> io::Result<Reply> {
        match mem::take(&mut self.expecting) {
            Expecting::Command(gathering) => self.literal(gathering, body),
            Expecting::Append(appending) => self.append_message(appending, body),
            // A refused literal is left unread, and so skipped.
            other => {
                self.expecting = other;
                Ok(Reply::silent())
            }
        }
    }

    fn news(&mut self) -> Reply {
        self.idle_news()
    }

    fn timeout(&self) -> Option<Duration> {
        let stranger = matches!(self.state, ImapState::NotAuthenticated(_));
        stranger.then_some(limits::LOGIN_TIMEOUT)
    }

    /// The command that the line was, or belonged to, is answered under its tag.
    fn too_long(&mut self, beginning: &[u8]) -> Reply {
        if let Expecting::Command(gathering) = &mut self.expecting {
            gathering.begin(beginning);
        }
        self.line_too_long()
    }

    fn trouble(&mut self, trouble: Trouble) -> Reply {
        let why = match trouble {
            Trouble::LineTooLong => return self.line_too_long(),
            Trouble::LineEndless => "the line does not end",
            Trouble::TimedOut => "Autologout; idle for too long",
            Trouble::ShuttingDown => "the server is stopping",
            Trouble::TooManyConnections => "too many connections; try again later",
            Trouble::PlaintextAfterStartTls => "nothing may be said in clear behind STARTTLS",
        };
        CommandReply::bye(why).reply("*")
    }
}

impl ImapServer {
    /// A conversation that begins. The site is what all conversations share, the peer who called.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer) -> ImapServer {
        let authenticator = Authenticator::new(&site, &peer);
        ImapServer {
            site,
            peer,
            state: ImapState::NotAuthenticated(authenticator),
            enabled: Enabled::default(),
            expecting: Expecting::default(),
            bad_commands: 0,
        }
    }

    /// A command is whole: understands it, obeys it, and answers.
    pub(crate) fn execute(&mut self, gathering: &IncomingCommand) -> Reply {
        let parsed = Tagged::parse_in(self.enabled.alphabet(), gathering.octets());
        let Tagged { tag, command } = match parsed {
            Ok(tagged) => tagged,
            Err(bad) => {
                let tag = bad
                    .tag
                    .map_or_else(|| "*".to_owned(), |tag| tag.to_string());
                return self.bad_command(&tag, &bad.error.to_string());
            }
        };
        self.bad_commands = 0;
        let (tag, telling) = (tag.to_string(), telling(&command));
        let answered = self.obey(&tag, command);
        self.conclude(&tag, telling, answered)
    }

    /// Every command has one function, which bears its name.
    fn obey(&mut self, tag: &str, command: Command) -> CommandResult {
        match command {
            Command::Capability => self.capability(),
            Command::Noop => self.noop(),
            Command::Logout => self.logout(),
            Command::Id(_) => self.id(),
            Command::StartTls => self.starttls(),
            Command::Authenticate { mechanism, initial } => {
                self.authenticate(tag, &mechanism, initial.as_deref())
            }
            Command::Login { user, password } => self.login(&Credentials { user, password }),
            Command::Enable(names) => self.enable(&names),
            Command::Select(mailbox) => self.select(&mailbox, false),
            Command::Examine(mailbox) => self.select(&mailbox, true),
            Command::Create { mailbox, uses } => self.create(&mailbox, &uses),
            Command::Delete(mailbox) => self.delete(&mailbox),
            Command::Rename { from, to } => self.rename(&from, &to),
            Command::Subscribe(mailbox) => self.subscribe(&mailbox),
            Command::Unsubscribe(mailbox) => self.unsubscribe(&mailbox),
            Command::List(list) => self.list(&list),
            Command::Lsub { reference, pattern } => self.lsub(&reference, &pattern),
            Command::Namespace => self.namespace(),
            Command::Status { mailbox, items } => self.status(&mailbox, &items),
            Command::Idle => self.idle(tag),
            Command::Check => self.check(),
            Command::Close => self.close(),
            Command::Unselect => self.unselect(),
            Command::Expunge { uids } => self.expunge(uids.as_ref()),
            Command::Search { uid, search } => self.search(tag, &search, uid),
            Command::Sort { uid, sort } => self.sort(&sort, uid),
            Command::Thread { uid, thread } => self.thread(&thread, uid),
            Command::Fetch { uid, set, items } => self.fetch(tag, &set, items, uid),
            Command::Store {
                uid,
                set,
                change,
                silent,
            } => self.store(&set, &change, silent, uid),
            Command::Copy { uid, set, mailbox } => self.copy(&set, &mailbox, uid),
            Command::Move { uid, set, mailbox } => self.r#move(&set, &mailbox, uid),
            Command::Append(_) => Err(CommandReply::bad(
                "expected a literal, which is the message",
            )),
        }
    }

    /// Ends a command: what it says, what else is new, and the tagged line.
    pub(crate) fn conclude(
        &mut self,
        tag: &str,
        telling: PendingUpdates,
        answered: CommandResult,
    ) -> Reply {
        let answer = answered.unwrap_or_else(|refusal| refusal);
        if !answer.takes_news() {
            return answer.reply(tag);
        }
        match self.news_now(telling) {
            Ok(news) => answer.with(news).reply(tag),
            Err(goodbye) => goodbye.reply(tag),
        }
    }

    /// What is new in the selected mailbox; or the goodbye, when it cannot be known any more.
    pub(crate) fn news_now(&mut self, telling: PendingUpdates) -> Result<Vec<u8>, CommandReply> {
        let ImapState::Selected(_, view) = &mut self.state else {
            return Ok(Vec::new());
        };
        // RFC 9051 §7.5.2: what is told unasked has the UID with it.
        let uid = telling.uid || self.enabled.imap4rev2();
        view.sync(PendingUpdates { uid, ..telling })
            .map_err(|lost| match lost {
                Lost::NewUidValidity => {
                    CommandReply::bye("the mailbox began anew; select it again")
                }
                // RFC 2180 §3.3. PendingUpdates that its messages were expunged would be a lie if it was renamed.
                Lost::Deleted => CommandReply::bye("the selected mailbox was deleted or renamed"),
                Lost::Store(error) => {
                    log::error!("{}: {error}", self.peer.address);
                    CommandReply::bye("the selected mailbox cannot be read any more")
                }
            })
    }

    /// Whose mail it is.
    pub(crate) fn account(&self) -> Result<&Account, CommandReply> {
        match &self.state {
            ImapState::Authenticated(account) | ImapState::Selected(account, _) => Ok(account),
            ImapState::NotAuthenticated(_) => {
                Err(CommandReply::bad("expected LOGIN or AUTHENTICATE first"))
            }
        }
    }

    /// The selected mailbox.
    pub(crate) fn view(&mut self) -> Result<&mut View, CommandReply> {
        match &mut self.state {
            ImapState::Selected(_, view) => Ok(view),
            ImapState::Authenticated(_) => {
                Err(CommandReply::bad("expected SELECT or EXAMINE first"))
            }
            ImapState::NotAuthenticated(_) => {
                Err(CommandReply::bad("expected LOGIN or AUTHENTICATE first"))
            }
        }
    }

    /// Says what was expected and where. A peer that speaks something else altogether is let go.
    fn bad_command(&mut self, tag: &str, why: &str) -> Reply {
        self.bad_commands += 1;
        if self.bad_commands >= limits::BAD_COMMANDS {
            return CommandReply::bye("too many bad commands").reply(tag);
        }
        CommandReply::bad(why).reply(tag)
    }

    /// The line is gone, and with it the command that it belonged to.
    fn line_too_long(&mut self) -> Reply {
        match mem::take(&mut self.expecting) {
            Expecting::Command(gathering) => {
                let most = self.site.limits.line_length;
                let why = format!("expected a line of at most {most} octets");
                self.bad_command(&gathering.tag(), &why)
            }
            Expecting::Refused(tag, answer) => answer.reply(&tag),
            Expecting::Authenticate(tag, _) => self.bad_command(&tag, "the answer is too long"),
            Expecting::Append(appending) => self.append_end(*appending, b"too long"),
            Expecting::Done(idling) => self.done(&idling, b"too long"),
        }
    }
}

/// When a command ends, may message numbers change, and do FETCH responses carry the UID?
fn telling(command: &Command) -> PendingUpdates {
    match command {
        // RFC 3501 §7.4.1: not during FETCH, STORE, SEARCH. A UID FETCH is answered as it is sent,
        // with the numbers of before.
        Command::Fetch { uid, .. } => PendingUpdates {
            expunge: false,
            uid: *uid,
        },
        // RFC 5256 §3 says the same of SORT and THREAD.
        Command::Store { uid, .. }
        | Command::Search { uid, .. }
        | Command::Sort { uid, .. }
        | Command::Thread { uid, .. } => PendingUpdates {
            expunge: *uid,
            uid: *uid,
        },
        Command::Copy { uid, .. } | Command::Move { uid, .. } => PendingUpdates {
            expunge: true,
            uid: *uid,
        },
        Command::Expunge { uids } => PendingUpdates {
            expunge: true,
            uid: uids.is_some(),
        },
        _ => PendingUpdates::ALL,
    }
}
