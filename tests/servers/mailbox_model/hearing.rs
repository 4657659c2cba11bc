//! Who hears what: every line that the servers say is compared with the model's.

use super::command::MAILBOXES;
use super::driver::Driver;
use super::world::Answer;

/// A client that hears something, and what.
struct Hearer {
    client: usize,
    answer: Answer,
    /// Is it this one that claims what is recent? `None`: this one or another.
    claims: Option<bool>,
}

impl Driver {
    /// Everybody who must be told something now is told exactly that: who gave the command, and those
    /// who idle.
    pub(crate) fn everybody_hears(&mut self, actor: Option<(usize, Answer)>) {
        let mut hearers: Vec<Hearer> = Vec::new();
        hearers.extend(actor.map(|(client, answer)| Hearer { client, answer, claims: Some(true) }));
        let acts = hearers.first().map(|hearer| hearer.client);
        for client in 0..self.wires.len() {
            if self.world.clients[client].idles && acts != Some(client) {
                let news = self.world.news(client, true, false);
                let answer = Answer { news, ..Answer::default() };
                hearers.push(Hearer { client, answer, claims: Some(true) });
            }
        }
        for mailbox in 0..MAILBOXES.len() {
            self.who_claims(mailbox, &mut hearers);
        }
        for hearer in &mut hearers {
            if Some(hearer.client) == acts {
                self.actor_hears(hearer)
            } else {
                self.idler_hears(hearer)
            }
        }
        for mailbox in 0..MAILBOXES.len() {
            self.one_claimed(mailbox, &hearers);
        }
    }

    fn is_in(&self, hearer: &Hearer, mailbox: usize) -> bool {
        let view = self.world.clients[hearer.client].view.as_ref();
        hearer.answer.news.is_some() && view.is_some_and(|view| view.mailbox == mailbox)
    }

    fn may_write(&self, hearer: &Hearer) -> bool {
        let view = self.world.clients[hearer.client].view.as_ref();
        view.is_some_and(|view| !view.read_only)
    }

    /// Where several hear of a new message at the same time, one that may write claims it as recent,
    /// and the model cannot know which.
    fn who_claims(&self, mailbox: usize, hearers: &mut [Hearer]) {
        let races = |hearer: &Hearer| self.is_in(hearer, mailbox) && !hearer.fresh().is_empty();
        let racers: Vec<&Hearer> = hearers.iter().filter(|hearer| races(hearer)).collect();
        if racers.len() < 2 || !racers.iter().any(|racer| self.may_write(racer)) {
            return;
        }
        let racing = hearers.iter_mut().filter(|hearer| races(hearer));
        racing.for_each(|hearer| hearer.claims = None);
    }

    /// All have heard: of those that may write, one has claimed what is new.
    fn one_claimed(&mut self, mailbox: usize, hearers: &[Hearer]) {
        let here = hearers.iter().filter(|hearer| self.is_in(hearer, mailbox));
        let here: Vec<&Hearer> = here.collect();
        let writers = here.iter().filter(|hearer| self.may_write(hearer));
        let writers: Vec<&&Hearer> = writers.collect();
        let racing = writers.iter().filter(|writer| !writer.fresh().is_empty());
        let claimed = racing.clone().filter(|writer| writer.claims == Some(true));
        let (racing, claimed) = (racing.count(), claimed.count());
        if racing > 0 && claimed != 1 {
            self.fail(&format!("{claimed} clients heard that a message is recent"));
        }
        let anyone = !writers.is_empty();
        for hearer in here {
            let view = self.world.clients[hearer.client].view.as_mut().unwrap();
            if hearer.claims == Some(true) {
                view.recent.extend(hearer.fresh());
            }
        }
        if anyone {
            self.world.mailboxes[mailbox].claim();
        }
    }

    /// Who gave a command hears all up to its end.
    fn actor_hears(&mut self, hearer: &mut Hearer) {
        let heard = match hearer.answer.tagged {
            Some(_) => self.until_tagged(hearer.client),
            None => self.lines(hearer),
        };
        self.compare(hearer, &heard);
    }

    /// Who idles hears as many lines as there must be; if that is not certain, he stops idling.
    fn idler_hears(&mut self, hearer: &mut Hearer) {
        let heard = if hearer.claims.is_some() {
            self.lines(hearer)
        } else {
            self.note(format!("client {}: DONE, to see who claims", hearer.client));
            self.wires[hearer.client].say("DONE");
            self.world.clients[hearer.client].idles = false;
            hearer.answer.tagged = Some("OK".to_owned());
            self.until_tagged(hearer.client)
        };
        self.compare(hearer, &heard);
    }

    fn lines(&mut self, hearer: &Hearer) -> Vec<String> {
        let count = hearer.expected(true).len();
        let mut heard = Vec::new();
        while heard.len() < count {
            let line = self.wires[hearer.client].line();
            if line.is_empty() {
                break;
            }
            heard.push(without_prose(&line));
        }
        heard
    }

    fn until_tagged(&mut self, client: usize) -> Vec<String> {
        let tag = format!("t{} ", self.tags[client]);
        let mut heard = Vec::new();
        loop {
            let line = self.wires[client].line();
            if let Some(end) = line.strip_prefix(&tag) {
                heard.push(without_prose(end));
                return heard;
            }
            if line.is_empty() {
                return heard;
            }
            heard.push(without_prose(&line));
        }
    }

    fn compare(&self, hearer: &mut Hearer, heard: &[String]) {
        let possible: Vec<bool> = match hearer.claims {
            Some(claims) => vec![claims],
            None => vec![true, false],
        };
        let expected = possible.iter().map(|claims| hearer.expected(*claims));
        let expected: Vec<Vec<String>> = expected.collect();
        match expected.iter().position(|lines| lines == heard) {
            Some(at) => hearer.claims = Some(possible[at]),
            None => self.fail(&format!(
                "client {} heard\n  {}\nwhere the model says\n  {}",
                hearer.client,
                heard.join("\n  "),
                expected[0].join("\n  ")
            )),
        }
    }
}

impl Hearer {
    fn fresh(&self) -> Vec<u32> {
        let news = self.answer.news.as_ref();
        news.map_or(Vec::new(), |news| news.fresh.clone())
    }

    /// All lines, the tagged one without its tag.
    fn expected(&self, claims: bool) -> Vec<String> {
        let mut lines = self.answer.first.clone();
        lines.extend(self.answer.news.iter().flat_map(|news| news.lines(claims)));
        lines.extend(self.answer.last.iter().cloned());
        lines.extend(self.answer.tagged.clone());
        lines
    }
}

/// A line up to its response code: what follows is for people (RFC 3501 §7.1).
fn without_prose(line: &str) -> String {
    let status = ["OK", "NO", "BAD", "BYE"];
    let untagged = line.strip_prefix("* ");
    let (star, rest) = match untagged {
        Some(rest) if rest.split(' ').next().is_some_and(|word| status.contains(&word)) => {
            ("* ", rest)
        }
        None if status.contains(&line.split(' ').next().unwrap_or("")) => ("", line),
        _ => return line.to_owned(),
    };
    match rest.split_once(" [").and_then(|(word, code)| Some((word, code.split_once(']')?.0))) {
        Some((word, code)) if !word.contains(' ') => format!("{star}{word} [{code}]"),
        _ => format!("{star}{}", rest.split(' ').next().unwrap_or("")),
    }
}
