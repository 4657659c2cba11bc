//! A next hop for tests: an SMTP or LMTP server on loopback that answers as it is told, and tells
//! all that it took.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How long to wait for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A message that the hop acknowledged, or would have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) mail: String,
    pub(crate) rcpt: Vec<String>,
    pub(crate) text: String,
    /// Was all of the `250` after the final dot sent?
    pub(crate) acknowledged: bool,
}

/// How a hop answers a line; `None`: as a good server does.
pub(crate) type Answer = dyn FnMut(&str) -> Option<String> + Send;

/// A next hop that listens.
pub(crate) struct Hop {
    pub(crate) port: u16,
    pub(crate) taken: Receiver<Taken>,
}

struct Conversation {
    stream: TcpStream,
    /// Octets that may yet be said before the connection is dropped.
    budget: Option<usize>,
}

impl Conversation {
    /// Says it; `false`: the connection is to be dropped.
    fn say(&mut self, text: &str) -> bool {
        let octets = text.as_bytes();
        let most = self.budget.unwrap_or(usize::MAX).min(octets.len());
        let sent = self.stream.write_all(&octets[..most]).is_ok();
        self.budget = self.budget.map(|budget| budget - most);
        sent && most == octets.len()
    }
}

impl Hop {
    /// A hop that takes everything.
    pub(crate) fn new() -> Hop {
        Hop::answering(|_| None)
    }

    /// A hop that answers so: it is asked with each line, with `.` at the end of a message, and
    /// with nothing for its greeting.
    pub(crate) fn answering(answer: impl FnMut(&str) -> Option<String> + Send + 'static) -> Hop {
        Hop::dropping(answer, |_| None)
    }

    /// A hop whose connections end after so many octets each.
    pub(crate) fn dropping(
        answer: impl FnMut(&str) -> Option<String> + Send + 'static,
        mut budget: impl FnMut(usize) -> Option<usize> + Send + 'static,
    ) -> Hop {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, taken) = channel();
        let answer: Arc<Mutex<Box<Answer>>> = Arc::new(Mutex::new(Box::new(answer)));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let stream = stream.unwrap();
                let (answer, tell) = (Arc::clone(&answer), tell.clone());
                let conversation = Conversation { stream, budget: budget(number) };
                thread::spawn(move || converse(conversation, &answer, &tell));
            }
        });
        Hop { port, taken }
    }

    /// The next message that it takes.
    pub(crate) fn next(&self) -> Taken {
        self.taken.recv_timeout(PATIENCE).unwrap()
    }
}

fn converse(mut to: Conversation, answer: &Mutex<Box<Answer>>, tell: &Sender<Taken>) -> Option<()> {
    let mut lines = BufReader::new(to.stream.try_clone().unwrap());
    let (mut mail, mut rcpt) = (String::new(), Vec::new());
    let asked = |line: &str, usual: &str| {
        let answered = (answer.lock().unwrap())(line);
        format!("{}\r\n", answered.unwrap_or_else(|| usual.to_owned()))
    };
    let on = |said: bool| said.then_some(());
    on(to.say(&asked("", "220 hop.test ESMTP")))?;
    loop {
        let line = read(&mut lines)?;
        let verb = line.get(..4).unwrap_or_default();
        let usual = match verb {
            "EHLO" | "LHLO" => "250-hop.test\r\n250-SIZE\r\n250 8BITMIME",
            "DATA" => "354 Go on",
            "QUIT" => "221 Bye",
            _ => "250 Ok",
        };
        let reply = asked(&line, usual);
        on(to.say(&reply))?;
        match verb {
            "MAIL" => (mail, rcpt) = (line, Vec::new()),
            "RCPT" if reply.starts_with('2') => rcpt.push(line),
            "DATA" if reply.starts_with('3') => {
                let mut text = String::new();
                loop {
                    let line = read(&mut lines)?;
                    if line == "." {
                        break;
                    }
                    text += &format!("{line}\n");
                }
                let reply = asked(".", "250 Taken");
                let acknowledged = to.say(&reply);
                let (mail, rcpt) = (mail.clone(), rcpt.clone());
                let taken = Taken { mail, rcpt, text, acknowledged };
                if reply.contains("250") {
                    let _ = tell.send(taken);
                }
                on(acknowledged)?;
            }
            "QUIT" => return None,
            _ => {}
        }
    }
}

fn read(lines: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line).ok()?;
    let line = String::from_utf8_lossy(&line).into_owned();
    line.strip_suffix("\r\n").map(str::to_owned)
}
