//! Decides whose turn it is after a line while a command waits for its answer. A client that speaks
//! too early speaks into something else: a handshake, a login, or the refusal of DATA.

use super::explained::Explained;
use super::state::ProtocolState;
use super::topic::Topic;
use crate::mail::protocol::span::Role;

/// True if the client goes on after this line of its own: in a message, a chunk, a literal.
pub(super) fn client_goes_on(line: &[u8], explained: &Explained) -> bool {
    let in_message = explained.after == ProtocolState::Data;
    let command = explained.command.as_deref();
    let chunk = command.is_some_and(|verb| verb.starts_with("BDAT"));
    // A line that is no command is a note; a line of a literal is a part of something, or a header
    // field.
    let part = matches!(explained.entry.topic, Topic::Part | Topic::Field);
    let in_literal = part && explained.before != ProtocolState::Login;
    // RFC 7888 §4: a client does not wait before such a literal.
    let literal = line.ends_with(b"+}");
    (in_message || chunk || in_literal || literal) && !explained.has(Role::FinalDot)
}

/// True if this line of the server asks the client to go on before the command is answered.
pub(super) fn client_is_asked(line: &[u8], explained: &Explained) -> bool {
    let goes_on =
        [ProtocolState::Data, ProtocolState::Login, ProtocolState::Idle, ProtocolState::Tls]
            .contains(&explained.after);
    // RFC 3501 §7.1.3: the answer to a line that has no valid tag has no tag.
    let begin = line.get(..5).unwrap_or_default();
    let untagged_bad = begin.eq_ignore_ascii_case(b"* BAD");
    goes_on || untagged_bad || explained.has(Role::Continuation)
}

#[cfg(test)]
mod tests {
    use crate::mail::protocol::Protocol;
    use crate::teaching::explain::{Observer, Texts};

    /// Follows lines of both sides; a flag after each line says whether the client waits then.
    fn check(protocol: Protocol, lines: &[(&str, bool)]) {
        let mut observer = Observer::new(protocol, Texts::compiled_in());
        assert!(observer.is_answer_due(), "for the greeting");
        for (line, due) in lines {
            match line.split_at(3) {
                ("C: ", line) => observer.client(line.as_bytes()),
                (_, line) => observer.server(line.as_bytes()),
            };
            assert_eq!(observer.is_answer_due(), *due, "{line}");
        }
    }

    #[test]
    fn a_client_of_smtp_waits_for_the_end_of_each_reply() {
        let lines = [
            ("S: 220 hi", false),
            ("C: EHLO x", true),
            ("S: 250-hi", true),
            ("S: 250 AUTH LOGIN", false),
            ("C: AUTH LOGIN", true),
            ("S: 334 VXNlcm5hbWU6", false),
            ("C: YWxpY2U=", true),
            ("S: 334 UGFzc3dvcmQ6", false),
            ("C: d29uZGVybGFuZA==", true),
            ("S: 235 2.7.0 Ok", false),
            ("C: MAIL FROM:<a@b>", true),
            ("S: 250 Ok", false),
            ("C: RCPT TO:<a@b>", true),
            ("S: 250 Ok", false),
            ("C: DATA", true),
            ("S: 354 go", false),
            ("C: Subject: x", false),
            ("C: ", false),
            ("C: .", true),
            ("S: 250 Ok", false),
        ];
        check(Protocol::Smtp, &lines);
    }

    #[test]
    fn a_client_of_pop3_waits_for_the_dot_of_a_list() {
        let lines = [
            ("S: +OK hi", false),
            ("C: CAPA", true),
            ("S: +OK", true),
            ("S: TOP", true),
            ("S: .", false),
            ("C: XYZZY", true),
            ("S: -ERR no", false),
        ];
        check(Protocol::Pop3, &lines);
    }

    #[test]
    fn a_client_of_imap_waits_for_its_tag_or_a_plus() {
        let lines = [
            ("S: * OK hi", false),
            ("C: a LOGIN {3}", true),
            ("S: + go on", false),
            ("C: bob {7+}", false),
            ("C: builder", true),
            ("S: * CAPABILITY IMAP4rev1", true),
            ("S: a OK done", false),
            ("C: b IDLE", true),
            ("S: + idling", false),
            ("S: * 2 EXISTS", false),
            ("C: DONE", true),
            ("S: b OK done", false),
            ("C: ", true),
            ("S: * BAD expected a tag", false),
        ];
        check(Protocol::Imap, &lines);
    }
}
