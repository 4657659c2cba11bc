//! The model, continued: all mailboxes and clients, and what each command does to them.

use super::command::{Change, Command, Which};
use super::mailbox::{Flags, Mailbox, News, View};

/// Everything that there is.
pub struct World {
    pub mailboxes: Vec<Mailbox>,
    pub clients: Vec<Client>,
}

/// A client that is logged in.
#[derive(Clone, Default)]
pub struct Client {
    pub view: Option<View>,
    pub idles: bool,
}

/// The answer to a command.
#[derive(Default)]
pub struct Answer {
    /// Before and after the news.
    pub first: Vec<String>,
    pub news: Option<News>,
    pub last: Vec<String>,
    /// `OK`, and the response code if there is one. `None`: the command goes on.
    pub tagged: Option<String>,
}

/// A command's own lines, and how it ends.
type Outcome = (Vec<String>, String);

pub const GONE: &str = "NO [EXPUNGEISSUED]";

impl World {
    /// This client says this: what changes, and the answer.
    pub fn perform(&mut self, client: usize, command: &Command) -> Answer {
        if let Command::Fetch { which, items } = command {
            return self.fetch(client, which, items);
        }
        let (lines, tagged) = match command {
            Command::Idle => {
                self.clients[client].idles = true;
                (vec!["+ idling".to_owned()], None)
            }
            Command::Done => {
                self.clients[client].idles = false;
                (Vec::new(), Some("OK".to_owned()))
            }
            other => {
                let (lines, tagged) = self.outcome(client, other);
                (lines, Some(tagged))
            }
        };
        let (expunge, uid) = telling(command);
        let is_select = matches!(command, Command::Select { .. });
        let news = (!is_select).then(|| self.news(client, expunge, uid)).flatten();
        Answer { first: lines, news, last: Vec::new(), tagged }
    }

    /// What this client must be told of its mailbox.
    pub fn news(&mut self, client: usize, expunge: bool, uid: bool) -> Option<News> {
        let view = self.clients[client].view.as_mut()?;
        Some(view.sync(&self.mailboxes[view.mailbox], expunge, uid))
    }

    fn outcome(&mut self, client: usize, command: &Command) -> Outcome {
        match command {
            Command::Select { mailbox, read_only } => self.select(client, *mailbox, *read_only),
            Command::Status { mailbox } => (vec![self.status(*mailbox)], "OK".to_owned()),
            Command::Append { mailbox, flags, text } => {
                let truth = &mut self.mailboxes[*mailbox];
                let uid = truth.arrive(flags, text.len());
                (Vec::new(), format!("OK [APPENDUID {} {uid}]", truth.validity))
            }
            _ if self.clients[client].view.is_none() => (Vec::new(), "BAD".to_owned()),
            Command::Close => {
                if !self.view(client).read_only {
                    self.expunge(client, None);
                }
                self.deselect(client);
                (Vec::new(), "OK".to_owned())
            }
            Command::Unselect => {
                self.deselect(client);
                (Vec::new(), "OK".to_owned())
            }
            Command::Search { by_uid, key } => {
                let view = self.view(client);
                let found = (1..=view.count()).filter(|number| view.matches(*number, key));
                let told = found.map(|number| {
                    if *by_uid {
                        format!(" {}", view.message(number).uid)
                    } else {
                        format!(" {number}")
                    }
                });
                let line = format!("* SEARCH{}", told.collect::<String>());
                (vec![line], "OK".to_owned())
            }
            Command::Copy { which, to } => self.copy(client, which, *to),
            command if changes(command) && self.view(client).read_only => {
                (Vec::new(), "NO".to_owned())
            }
            Command::Store { which, change, silent } => self.store(client, which, change, *silent),
            Command::Move { which, to } => self.r#move(client, which, *to),
            Command::Expunge { only } => {
                self.expunge(client, only.as_ref());
                (Vec::new(), "OK".to_owned())
            }
            _ => (Vec::new(), "OK".to_owned()),
        }
    }

    pub(crate) fn view(&self, client: usize) -> &View {
        self.clients[client].view.as_ref().unwrap()
    }

    fn view_mut(&mut self, client: usize) -> &mut View {
        self.clients[client].view.as_mut().unwrap()
    }

    fn select(&mut self, client: usize, mailbox: usize, read_only: bool) -> Outcome {
        // Who selects the same mailbox again does not let go of it.
        self.mailboxes[mailbox].open();
        self.deselect(client);
        let truth = &mut self.mailboxes[mailbox];
        let (view, lines) = View::select(mailbox, truth, read_only);
        if !read_only {
            truth.claim();
        }
        self.clients[client].view = Some(view);
        let code = if read_only { "READ-ONLY" } else { "READ-WRITE" };
        (lines, format!("OK [{code}]"))
    }

    fn deselect(&mut self, client: usize) {
        if let Some(view) = self.clients[client].view.take() {
            self.mailboxes[view.mailbox].holders -= 1;
        }
    }

    fn status(&self, mailbox: usize) -> String {
        let truth = &self.mailboxes[mailbox];
        let unread = truth.messages.iter().filter(|m| !m.flags.contains("\\Seen"));
        format!(
            "* STATUS {} (MESSAGES {} RECENT {} UIDNEXT {} UNSEEN {})",
            super::command::MAILBOXES[mailbox],
            truth.messages.len(),
            truth.recent(),
            truth.next,
            unread.count()
        )
    }

    /// RFC 3501 §6.4.6; `.SILENT` keeps quiet only about what the client can work out itself.
    fn store(&mut self, client: usize, which: &Which, change: &Change, silent: bool) -> Outcome {
        let Some(numbers) = self.view(client).numbers(which) else {
            return (Vec::new(), "BAD".to_owned());
        };
        let told = self.change(client, &numbers, change, silent);
        let mailbox = self.view(client).mailbox;
        let mut lines = {
            let truth = self.mailboxes[mailbox].clone();
            self.view_mut(client).new_keywords(&truth)
        };
        let some_gone = told.len() < numbers.len();
        let told = told.into_iter().filter(|(_, tell)| *tell);
        lines.extend(told.map(|(number, _)| self.view(client).fetch_flags(number, which.by_uid)));
        let tagged = if some_gone && !which.by_uid { GONE } else { "OK" };
        (lines, tagged.to_owned())
    }

    /// Changes the flags of those that are there: their numbers, and whether to tell of them.
    pub(crate) fn change(
        &mut self,
        client: usize,
        numbers: &[u32],
        change: &Change,
        silent: bool,
    ) -> Vec<(u32, bool)> {
        let mailbox = self.view(client).mailbox;
        let mut told = Vec::new();
        for &number in numbers {
            let known = self.view(client).message(number).clone();
            let Some(message) = self.mailboxes[mailbox].find(known.uid) else {
                continue;
            };
            let after = change.of(&message.flags);
            self.mailboxes[mailbox].set(known.uid, after.clone());
            let surprising = after != change.of(&known.flags);
            self.view_mut(client).known[number as usize - 1].flags = after;
            told.push((number, !silent || surprising));
        }
        told
    }

    /// RFC 3501 §6.4.3: whatever is marked, by whomever; RFC 4315 §2.1: of these UIDs.
    fn expunge(&mut self, client: usize, only: Option<&super::command::Set>) {
        let mailbox = self.view(client).mailbox;
        let truth = &mut self.mailboxes[mailbox];
        let largest = truth.messages.last().map_or(0, |message| message.uid);
        let marked = truth.messages.iter().filter(|message| {
            let named = only.is_none_or(|set| set.contains(message.uid, largest));
            named && message.flags.contains("\\Deleted")
        });
        let uids: Vec<u32> = marked.map(|message| message.uid).collect();
        truth.remove(&uids);
    }

    /// The messages that COPY and MOVE are about; or how the command ends without them.
    fn transferred(&self, client: usize, which: &Which) -> Result<Vec<u32>, Outcome> {
        let view = self.view(client);
        let numbers = view.numbers(which).ok_or((Vec::new(), "BAD".to_owned()))?;
        let (uids, truth) = (view.uids(&numbers), &self.mailboxes[view.mailbox]);
        let there = uids.iter().filter(|uid| truth.find(**uid).is_some());
        let there: Vec<u32> = there.copied().collect();
        if there.len() < uids.len() && !which.by_uid {
            Err((Vec::new(), GONE.to_owned()))
        } else {
            Ok(there)
        }
    }

    fn copy(&mut self, client: usize, which: &Which, to: usize) -> Outcome {
        let uids = match self.transferred(client, which) {
            Ok(uids) => uids,
            Err(outcome) => return outcome,
        };
        let code = self.arrive_from(client, &uids, to);
        (Vec::new(), format!("OK{code}"))
    }

    /// RFC 6851: in the target it is as after COPY, and here as after EXPUNGE.
    fn r#move(&mut self, client: usize, which: &Which, to: usize) -> Outcome {
        let uids = match self.transferred(client, which) {
            Ok(uids) => uids,
            Err(outcome) => return outcome,
        };
        // A mailbox learns the keywords of all that comes at once.
        let from = self.view(client).mailbox;
        let messages = uids.iter().filter_map(|uid| self.mailboxes[from].find(*uid));
        let all: Flags = messages.flat_map(|message| message.flags.clone()).collect();
        self.mailboxes[to].learn(&all);
        let code = self.arrive_from(client, &uids, to);
        self.mailboxes[from].remove(&uids);
        let lines = if code.is_empty() { Vec::new() } else { vec![format!("* OK{code}")] };
        (lines, "OK".to_owned())
    }

    /// Copies come; ` [COPYUID …]`.
    fn arrive_from(&mut self, client: usize, uids: &[u32], to: usize) -> String {
        let from = self.view(client).mailbox;
        let mut copies = Vec::new();
        for uid in uids {
            let original = self.mailboxes[from].find(*uid).unwrap().clone();
            copies.push(self.mailboxes[to].arrive(&original.flags, original.octets));
        }
        if copies.is_empty() {
            return String::new();
        }
        let validity = self.mailboxes[to].validity;
        format!(" [COPYUID {validity} {} {}]", runs(uids), runs(&copies))
    }
}

/// May EXPUNGE be told with this command (RFC 3501 §7.4.1)? Do FETCH responses carry the UID?
fn telling(command: &Command) -> (bool, bool) {
    match command {
        Command::Store { which, .. } => (which.by_uid, which.by_uid),
        Command::Search { by_uid, .. } => (*by_uid, *by_uid),
        Command::Copy { which, .. } | Command::Move { which, .. } => (true, which.by_uid),
        Command::Expunge { only } => (true, only.is_some()),
        _ => (true, false),
    }
}

fn changes(command: &Command) -> bool {
    matches!(command, Command::Store { .. } | Command::Move { .. } | Command::Expunge { .. })
}

/// Rising numbers as COPYUID lists them: `1:3,5`.
fn runs(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}:{last}") }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(",")
}
