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

use super::answer::{Answer, Answered};
use super::append::Appending;
use super::enabled::Enabled;
use super::idle::Idling;
use super::literal::Gathering;
use super::merge::Telling;
use super::view::{Lost, View};
use crate::limits;
use crate::mail::protocol::imap::{Command, Tagged};
use crate::mail::protocol::sasl::{Credentials, Exchange};
use crate::mail::store::Account;
use crate::server::{Door, Peer, Reply, Session, Site, Trouble};

/// The IMAP server's side of one conversation.
pub struct ImapServer {
    pub(super) site: Arc<Site>,
    pub(super) peer: Peer,
    pub(super) state: State,
    pub(super) enabled: Enabled,
    pub(super) expecting: Expecting,
    /// Commands in a row that were none.
    bad_commands: u32,
}

/// The states of RFC 3501 §3.
pub(super) enum State {
    /// Nobody has come through the door yet.
    NotAuthenticated(Door),
    /// Logged in.
    Authenticated(Account),
    /// Logged in, with a mailbox selected.
    Selected(Account, Box<View>),
}

/// What the next line, or the body that was asked for, belongs to.
pub(super) enum Expecting {
    /// A command, or the next piece of one.
    Command(Gathering),
    /// The rest of a command that is refused already, sent without waiting for us.
    Refused(String, Answer),
    /// The answer to a challenge of AUTHENTICATE.
    Authenticate(String, Exchange),
    /// The message of an APPEND, and the line end behind it.
    Append(Box<Appending>),
    /// `DONE`.
    Done(Idling),
}

impl Default for Expecting {
    fn default() -> Expecting {
        Expecting::Command(Gathering::default())
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
                self.conclude(&tag, Telling::ALL, answered)
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

    fn patience(&self) -> Option<Duration> {
        let stranger = matches!(self.state, State::NotAuthenticated(_));
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
            Trouble::PlaintextBehindStartTls => "nothing may be said in clear behind STARTTLS",
        };
        Answer::bye(why).reply("*")
    }
}

impl ImapServer {
    /// A conversation that begins. The site is what all conversations share, the peer who called.
    #[must_use]
    pub fn new(site: Arc<Site>, peer: Peer) -> ImapServer {
        let door = Door::new(&site, &peer);
        ImapServer {
            site,
            peer,
            state: State::NotAuthenticated(door),
            enabled: Enabled::default(),
            expecting: Expecting::default(),
            bad_commands: 0,
        }
    }

    /// A command is whole: understands it, obeys it, and answers.
    pub(super) fn execute(&mut self, gathering: &Gathering) -> Reply {
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
    fn obey(&mut self, tag: &str, command: Command) -> Answered {
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
            Command::Append(_) => Err(Answer::bad("expected a literal, which is the message")),
        }
    }

    /// Ends a command: what it says, what else is new, and the tagged line.
    pub(super) fn conclude(&mut self, tag: &str, telling: Telling, answered: Answered) -> Reply {
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
    pub(super) fn news_now(&mut self, telling: Telling) -> Result<Vec<u8>, Answer> {
        let State::Selected(_, view) = &mut self.state else {
            return Ok(Vec::new());
        };
        // RFC 9051 §7.5.2: what is told unasked has the UID with it.
        let uid = telling.uid || self.enabled.imap4rev2();
        view.sync(Telling { uid, ..telling })
            .map_err(|lost| match lost {
                Lost::NewUidValidity => Answer::bye("the mailbox began anew; select it again"),
                // RFC 2180 §3.3. Telling that its messages were expunged would be a lie if it was renamed.
                Lost::Deleted => Answer::bye("the selected mailbox was deleted or renamed"),
                Lost::Store(error) => {
                    log::error!("{}: {error}", self.peer.address);
                    Answer::bye("the selected mailbox cannot be read any more")
                }
            })
    }

    /// Whose mail it is.
    pub(super) fn account(&self) -> Result<&Account, Answer> {
        match &self.state {
            State::Authenticated(account) | State::Selected(account, _) => Ok(account),
            State::NotAuthenticated(_) => Err(Answer::bad("expected LOGIN or AUTHENTICATE first")),
        }
    }

    /// The selected mailbox.
    pub(super) fn view(&mut self) -> Result<&mut View, Answer> {
        match &mut self.state {
            State::Selected(_, view) => Ok(view),
            State::Authenticated(_) => Err(Answer::bad("expected SELECT or EXAMINE first")),
            State::NotAuthenticated(_) => Err(Answer::bad("expected LOGIN or AUTHENTICATE first")),
        }
    }

    /// Says what was expected and where. A peer that speaks something else altogether is let go.
    fn bad_command(&mut self, tag: &str, why: &str) -> Reply {
        self.bad_commands += 1;
        if self.bad_commands >= limits::BAD_COMMANDS {
            return Answer::bye("too many bad commands").reply(tag);
        }
        Answer::bad(why).reply(tag)
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
fn telling(command: &Command) -> Telling {
    match command {
        // RFC 3501 §7.4.1: not during FETCH, STORE, SEARCH. A UID FETCH is answered as it is sent,
        // with the numbers of before.
        Command::Fetch { uid, .. } => Telling {
            expunge: false,
            uid: *uid,
        },
        // RFC 5256 §3 says the same of SORT and THREAD.
        Command::Store { uid, .. }
        | Command::Search { uid, .. }
        | Command::Sort { uid, .. }
        | Command::Thread { uid, .. } => Telling {
            expunge: *uid,
            uid: *uid,
        },
        Command::Copy { uid, .. } | Command::Move { uid, .. } => Telling {
            expunge: true,
            uid: *uid,
        },
        Command::Expunge { uids } => Telling {
            expunge: true,
            uid: uids.is_some(),
        },
        _ => Telling::ALL,
    }
}
