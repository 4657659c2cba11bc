//! Screens as they look, line by line.

use std::io;

use pillarbox::teaching::script::{Caller, Difference, Script, Talk, perform};
use pillarbox::teaching::text::TextStyle;
use pillarbox::teaching::transcript::{Audience, Explain, PlayPace, Screen, ScreenOptions};

/// A server that sends these lines.
struct FakeServer(Vec<&'static str>);

impl Talk for FakeServer {
    fn send(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn receive_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        Ok((!self.0.is_empty()).then(|| self.0.remove(0).as_bytes().to_vec()))
    }

    fn start_tls(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An audience that gives these answers, the last one first.
struct TestAudience {
    answers: Vec<&'static str>,
    asked: Vec<String>,
}

impl Audience for TestAudience {
    fn wait(&mut self) -> io::Result<bool> {
        self.asked.push("⏎".to_owned());
        Ok(self.answers.pop().is_some())
    }

    fn ask(&mut self, question: &str) -> io::Result<Option<String>> {
        self.asked.push(question.to_owned());
        Ok(self.answers.pop().map(str::to_owned))
    }
}

/// The options of a play, and the answers of its audience.
struct Viewing {
    width: Option<usize>,
    pace: PlayPace,
    style: TextStyle,
    /// The last one first.
    answers: Vec<&'static str>,
    guesses: bool,
    explain: Explain,
}

const FAST: Viewing = Viewing {
    width: Some(40),
    pace: PlayPace::Fast,
    style: TextStyle::Plain,
    answers: Vec::new(),
    guesses: false,
    explain: Explain::Off,
};

/// Returns what the screen shows, and what the audience was asked.
fn watch(steps: &str, server: &[&'static str], seen: Viewing) -> (String, Vec<String>) {
    let script = format!("title: x\nprotocol: smtp\nsite: b.test\n{steps}\n");
    let script = Script::parse(&script).unwrap();
    let (mut out, server) = (Vec::new(), server.to_vec());
    let mut watcher = TestAudience { answers: seen.answers, asked: Vec::new() };
    let look = ScreenOptions {
        style: seen.style,
        width: &|| seen.width,
        pace: seen.pace,
        guesses: seen.guesses,
        explain: seen.explain,
        show_secrets: false,
        address: &|_| "192.0.2.1:25".to_owned(),
    };
    let mut screen = Screen::new(&mut out, &mut watcher, look);
    let mut open =
        |_: &Caller| -> io::Result<Box<dyn Talk>> { Ok(Box::new(FakeServer(server.clone()))) };
    let ended: Result<(), Difference> =
        perform(&script, &mut open, &mut |event| screen.show(event));
    ended.unwrap();
    screen.end().unwrap();
    (String::from_utf8(out).unwrap(), watcher.asked)
}

#[test]
fn forty_columns_are_enough() {
    let steps = "# A server greets first, and the client has to wait for that.\n\
        #   drawn\n# Then:\nS: ...\nC: EHLO a.very.long.name.of.a.client.example.com\n\
        ! client 2 at b.test\n! client 1\n! starttls\n! disconnect";
    let server = ["220 mail.example.com ESMTP with many many words"];
    let (screen, _) = watch(steps, &server, FAST);
    let expected = "\
▌ A server greets first, and the client
▌ has to wait for that.
▌   drawn
▌ Then:

   (connected to 192.0.2.1:25)
S: 220 mail.example.com ESMTP with many
     many words
C: EHLO
     a.very.long.name.of.a.client.exampl
     e.com

── client 2, smtp at b.test ────────────

── client 1, smtp ──────────────────────
── TLS from here on ────────────────────
   (the client closes without a goodbye)

";
    assert_eq!(screen, expected);
}

#[test]
fn colours_and_wide_lines() {
    let seen = Viewing { width: None, style: TextStyle::Coloured, ..FAST };
    let (screen, _) = watch("# Look.\nS: ...\nC: a\tb", &["250 \x1b[2J \u{202e}"], seen);
    let expected = "\x1b[33m▌\x1b[0m Look.\n\n\
        \x1b[2m   (connected to 192.0.2.1:25)\x1b[0m\n\
        \x1b[32mS: 250 \\u{1b}[2J \\u{202e}\x1b[0m\n\
        \x1b[1;36mC: a    b\x1b[0m\n\n";
    assert_eq!(screen, expected);
}

#[test]
fn what_is_too_long_is_cut() {
    let (screen, _) = watch(r"C\: \{100 line\r\n}end", &[], FAST);
    assert!(screen.ends_with(
        "C: line\nC: line\n   (and 95 more lines, 603 octets in\n    all)\n   (without a line ending)\n\n"
    ));
    assert_eq!(screen.matches("C: line\n").count(), 6);
    let (screen, _) = watch(r"C\: \{70000 x}\r\n", &[], FAST);
    assert!(screen.contains("x… (70000\n     octets)"), "{screen}");
    assert!(screen.lines().count() < 40, "{screen}");
}

#[test]
fn step_by_step_it_waits_until_the_audience_leaves() {
    let steps = "# Told.\nS: ...\nC: a\nS*: ...\nS: b\n! pause\nC: b";
    let stepping = |answers| Viewing { pace: PlayPace::Step, answers, ..FAST };
    let server = ["1", "2", "b"];
    let (_, asked) = watch(steps, &server, stepping(vec![""; 9]));
    assert_eq!(asked.len(), 5, "three lines, what S*: stands for, and the pause");
    let (_, asked) = watch(steps, &server, stepping(vec![""; 1]));
    assert_eq!(asked.len(), 2, "the second time the audience had left");
    let reading = Viewing { pace: PlayPace::Reading, answers: vec![""], ..FAST };
    assert_eq!(watch("! pause", &[], reading).1.len(), 1);
    assert!(watch("! pause", &[], FAST).1.is_empty());
}

#[test]
fn replies_are_guessed_once_each() {
    let steps = "S: ...\nC: a\nS: ...\nS: ...\nC: b\nS: ...\nC: c\nS: ...";
    let server = ["220 a", "250-b", "250 c", "354 d", "550 e"];
    let guessing =
        Viewing { width: None, guesses: true, answers: vec!["221", "250", "220"], ..FAST };
    let (screen, asked) = watch(steps, &server, guessing);
    assert_eq!(asked.len(), 4);
    let expected = "   (connected to 192.0.2.1:25)\nS: 220 a\n   ✓ right\nC: a\nS: 250-b\n   ✓ right\n\
        S: 250 c\nC: b\nS: 354 d\n   ✗ not what you guessed\nC: c\nS: 550 e\n\n4 of 6 points for 3 replies.\n";
    assert_eq!(screen, expected);
}
