//! Which octets of a command or a response are what, as the grammar finds them.

use super::command::{BadCommand, Tagged};
use super::cursor::{Cursor, Parsed, SpanRecorder};
use super::mailbox::Alphabet;
use super::response::Response;
use crate::mail::protocol::span::Span;

/// Parses a whole command, its literals in place, and returns its parts; of an invalid command, the
/// parts before the mistake.
pub fn command_spans(alphabet: Alphabet, bytes: &[u8]) -> (Result<Tagged, BadCommand>, Vec<Span>) {
    let recording = SpanRecorder::default();
    let mut cursor = Cursor::recording(bytes, &recording).with_names_in(alphabet);
    let command = Tagged::read(&mut cursor);
    (command, recording.into_spans())
}

/// Parses a whole response, its literals in place, and returns its parts; of an invalid response, the
/// parts before the mistake.
pub fn response_spans(alphabet: Alphabet, bytes: &[u8]) -> (Parsed<Response>, Vec<Span>) {
    let recording = SpanRecorder::default();
    let mut cursor = Cursor::recording(bytes, &recording).with_names_in(alphabet);
    let response = Response::read(&mut cursor);
    (response, recording.into_spans())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::protocol::span::tests::shown;

    #[test]
    fn each_row_is_a_command_and_its_parts() {
        let rows = [
            ("a1 NOOP", "tag a1, verb NOOP"),
            (
                "a1 FETCH 1:3,5 (FLAGS BODY.PEEK[1.HEADER]<0.9>)",
                "tag a1, verb FETCH, sequence-set 1:3,5, fetch-item FLAGS, fetch-item BODY.PEEK[1.HEADER]<0.9>",
            ),
            ("a fetch * all", "tag a, verb fetch, sequence-set *, fetch-item all"),
            (
                "a UID STORE 7 +FLAGS.SILENT (\\Seen $Junk)",
                "tag a, verb UID, verb STORE, sequence-set 7, store-item +FLAGS.SILENT, flag \\Seen, flag $Junk",
            ),
            (
                "a SEARCH NOT FROM \"al ice\" SINCE 1-Feb-1994 LARGER 9 2:*",
                "tag a, verb SEARCH, search-key NOT, search-key FROM, value \"al ice\", search-key SINCE, date 1-Feb-1994, search-key LARGER, size 9, sequence-set 2:*",
            ),
            (
                "a LOGIN {3}\r\nbob builder",
                "tag a, verb LOGIN, user-name {3}\r\nbob, password builder",
            ),
            ("a LIST \"\" *", "tag a, verb LIST, reference \"\", pattern *"),
            (
                "a LIST (SUBSCRIBED) \"\" (a %) RETURN (STATUS (SIZE))",
                "tag a, verb LIST, option SUBSCRIBED, reference \"\", pattern a, pattern %, option STATUS, status-item SIZE",
            ),
            (
                "a CREATE x (USE (\\Sent))",
                "tag a, verb CREATE, mailbox x, mailbox-attribute \\Sent",
            ),
            (
                "a STATUS INBOX (MESSAGES UNSEEN)",
                "tag a, verb STATUS, mailbox INBOX, status-item MESSAGES, status-item UNSEEN",
            ),
            (
                "a APPEND x (\\Seen) \"17-Jul-1996 02:44:25 -0700\" {9}",
                "tag a, verb APPEND, mailbox x, flag \\Seen, date \"17-Jul-1996 02:44:25 -0700\", literal {9}",
            ),
            ("a FETCH 1:x", "tag a, verb FETCH"),
            ("a FETCH 1 (FLAGZ)", "tag a, verb FETCH, sequence-set 1"),
            ("", ""),
        ];
        for (line, expected) in rows {
            assert_eq!(
                shown(line.as_bytes(), &command_spans(Alphabet::default(), line.as_bytes()).1),
                expected
            );
        }
    }

    #[test]
    fn each_row_is_a_response_and_its_parts() {
        let rows = [
            ("+ idling", "continuation +"),
            ("a1 OK done", "tag a1, status OK, text done"),
            (
                "* OK [UIDNEXT 4] Predicted",
                "untagged *, status OK, response-code UIDNEXT, number 4, text Predicted",
            ),
            ("a NO [X-NEW a b] No", "tag a, status NO, response-code X-NEW, value  a b, text No"),
            (
                "* CAPABILITY IMAP4rev1 IDLE",
                "untagged *, response-name CAPABILITY, capability IMAP4rev1, capability IDLE",
            ),
            (
                "* LIST (\\HasNoChildren) \".\" INBOX",
                "untagged *, response-name LIST, mailbox-attribute \\HasNoChildren, separator \".\", mailbox INBOX",
            ),
            ("* 3 EXISTS", "untagged *, number 3, response-name EXISTS"),
            ("* SEARCH 2 4", "untagged *, response-name SEARCH, number 2, number 4"),
            (
                "* 3 FETCH (UID 9 FLAGS (\\Seen) BODY[TEXT] {2}\r\nhi RFC822.SIZE 7)",
                "untagged *, number 3, response-name FETCH, fetch-item UID, number 9, fetch-item FLAGS, flag \\Seen, fetch-item BODY[TEXT], value {2}\r\nhi, fetch-item RFC822.SIZE, size 7",
            ),
            (
                "* STATUS INBOX (MESSAGES 2)",
                "untagged *, response-name STATUS, mailbox INBOX, status-item MESSAGES, number 2",
            ),
            (
                "* 3 FETCH (BODY[] {2}",
                "untagged *, number 3, response-name FETCH, fetch-item BODY[]",
            ),
        ];
        for (line, expected) in rows {
            assert_eq!(
                shown(line.as_bytes(), &response_spans(Alphabet::default(), line.as_bytes()).1),
                expected
            );
        }
    }
}
