//! The demos show everything that the original system could say.

use pillarbox::teaching::script::{Caller, ClientEvent, PlayEvent, Sites, connect, perform};
use regex::Regex;

use super::scripts;

/// The chapter "Protocols" of the original report: the commands and replies that it implemented,
/// each as an expression for a line that one of our demos has.
const ORIGINAL: [(&str, &[&str]); 4] = [
    (
        "smtp C",
        &[
            "^EHLO localhost$",
            "^AUTH LOGIN$",
            "^MAIL FROM:<.+>$",
            "^RCPT TO:<.+>$",
            "^DATA$",
            "^NOOP$",
            "^VRFY .+$",
            "^RSET$",
            "^QUIT$",
        ],
    ),
    (
        "pop3 C",
        &[
            "^USER .+$",
            "^PASS .+$",
            "^STAT$",
            "^LIST$",
            "^LIST .+$",
            "^RETR .+$",
            "^NOOP$",
            "^DELE .+$",
            "^RSET$",
            "^QUIT$",
        ],
    ),
    (
        "imap C",
        &[
            "^a\\d+ LOGIN .+ .+$",
            "^a\\d+ SELECT INBOX$",
            "^a\\d+ CAPABILITY$",
            "^a\\d+ LIST INBOX$",
            "^a\\d+ DELETE inbox$",
            "^a\\d+ FETCH .+$",
            "^a\\d+ SUBSCRIBE .+$",
            "^a\\d+ UNSUBSCRIBE .+$",
            "^a\\d+ CLOSE$",
            "^a\\d+ COPY .+$",
            "^a\\d+ LOGOUT$",
        ],
    ),
    (
        "S",
        &[
            "^250[- ].*Hello, I am delighted to meet you$",
            "^250 .*Ok",
            "^354 End data with <CR><LF>.<CR><LF>$",
            "^221 .*Bye$",
            "^334 ",
            "^\\+OK Send PASS$",
            "^\\+OK Welcome$",
            "^-ERR \\[AUTH\\] Username and password not accepted$",
            "^\\+OK \\d+ \\d+$",
            "^-ERR Message number out of range$",
            "^\\+OK",
            "^\\+OK Message marked for deletion$",
            "^\\+OK Farewell$",
            "^a\\d+ OK .*LOGIN completed$",
            "^\\* \\d+ EXISTS$",
            "^\\* \\d+ FETCH ",
            "^a\\d+ NO .*login failure: username or password rejected$",
        ],
    ),
];

#[test]
fn the_demos_show_everything_that_the_original_could_say() {
    let mut said: Vec<(String, String)> = Vec::new();
    for (_, script) in scripts() {
        let sites = Sites::open(&script).unwrap();
        let mut open = |caller: &Caller| connect(&sites.endpoint(caller)?, caller.protocol);
        let shown = perform(&script, &mut open, &mut |event| {
            if let PlayEvent::Client(caller, did) = event {
                let (who, octets) = match did {
                    ClientEvent::Sent(octets) => (format!("{} C", caller.protocol.name()), octets),
                    ClientEvent::Received(line) => ("S".to_owned(), line),
                    _ => return Ok(()),
                };
                let text = String::from_utf8_lossy(octets);
                said.extend(
                    text.lines().map(|line| (who.replace("submission", "smtp"), line.to_owned())),
                );
            }
            Ok(())
        });
        shown.unwrap();
    }
    for (who, expressions) in ORIGINAL {
        for expression in expressions {
            let expression = Regex::new(expression).unwrap();
            let found = said.iter().any(|(by, line)| by == who && expression.is_match(line));
            assert!(found, "no demo has {who}: {expression}");
        }
    }
}
