//! After a login, and after one that was refused: what may be a password, and what is none.

use pillarbox::mail::protocol::Protocol;
use pillarbox::teaching::explain::{Observer, Texts};

use super::observer;

#[test]
fn what_is_said_behind_a_refused_login_is_masked() {
    let rows = [
        (Protocol::Smtp, "S: 220|C: AUTH LOGIN|C: YWxpY2U=|S: 503 no|C: c2VjcmV0|S: 500 what"),
        (Protocol::Smtp, "S: 220|C: AUTH LOGIN|S: 504 no|C: YWxpY2U=|C: c2VjcmV0"),
        (Protocol::Pop3, "S: +OK|C: AUTH NOSUCH|S: -ERR no|C: c2VjcmV0|S: -ERR what"),
        (
            Protocol::Imap,
            "S: * OK|C: a AUTHENTICATE NOSUCH|S: a NO no|C: c2VjcmV0|S: c2VjcmV0 BAD what",
        ),
        (
            Protocol::Imap,
            "S: * OK|C: a LOGIN alice|C: secret|C: b NOOP|S: a BAD no|S: secret BAD what",
        ),
        (Protocol::Imap, "S: * OK|C: LOGIN {5+}|C: alice {6+}|C: secret|S: secret BAD what"),
        (Protocol::Imap, "S: * OK|C: a LGNI {5+}|C: alice {6+}|C: secret|S: a BAD what"),
        (Protocol::Submission, "S: 220|C: ATUHH PLAIN|C: YWxpY2U=|C: c2VjcmV0|S: 500 what"),
    ];
    for (protocol, conversation) in rows {
        let mut observer = observer(protocol);
        for line in conversation.split('|') {
            let (mark, line) = line.split_at(3);
            let explained = match mark {
                "C: " => observer.client(line.as_bytes()),
                _ => observer.server(line.as_bytes()),
            };
            let masked = explained.masked(line.as_bytes());
            let masked = String::from_utf8_lossy(&masked);
            let leaks = masked.contains("secret") || masked.contains("c2VjcmV0");
            assert!(!leaks, "{masked} {:?}", explained.fault);
        }
    }
}

#[test]
fn what_is_said_behind_a_login_that_went_well_is_no_password() {
    let mut observer = observer(Protocol::Imap);
    observer.server(b"* OK hi");
    observer.client(b"a LOGIN alice wonderland");
    observer.server(b"a OK welcome");
    assert!(!observer.client(b"b NOSUCH").has_secret());
    observer.client(b"c LOGIN alice");
    let masked = observer.client(b"wonderland");
    assert_eq!((masked.has_secret(), masked.entry.name.as_str()), (true, "behind-login"));
    observer.client(b"d NOOP");
    assert!(!observer.client(b"e NOSUCH").has_secret());
}

#[test]
fn a_login_with_a_slip_of_the_finger_shows_no_password() {
    let rows = [
        (Protocol::Smtp, "AUTHPLAIN secret", "AUTH********"),
        (Protocol::Smtp, "AUHT PLAIN secret", "AUHT ********"),
        (Protocol::Smtp, "AUTH=PLAIN secret", "AUTH********"),
        (Protocol::Smtp, "PASS secret", "PASS ********"),
        (Protocol::Smtp, "NOSUCH letter", "NOSUCH letter"),
        (Protocol::Smtp, "MAL FROM:<a@b.c>", "MAL FROM:<a@b.c>"),
        (Protocol::Submission, "NOSUCH a secret", "NOSUCH ********"),
        (Protocol::Pop3, "USER dave secret", "USER dave ********"),
        (Protocol::Pop3, "USER dave", "USER dave"),
        (Protocol::Pop3, "PASSWORD secret", "PASS********"),
        (Protocol::Pop3, "NOSUCH secret", "NOSUCH ********"),
        (Protocol::Pop3, "LIST", "LIST"),
        (Protocol::Imap, "a LOGN dave secret", "a LOGN ********"),
        (Protocol::Imap, "a  LOGIN dave secret", "a  LOGIN ********"),
        (Protocol::Imap, " a LOGIN dave secret", " a LOGIN ********"),
        (Protocol::Imap, "aLOGIN dave secret", "aLOGIN ********"),
        (Protocol::Imap, "a LOGIN:dave:secret", "a LOGIN********"),
        (Protocol::Imap, "a NOSUCH secret", "a NOSUCH ********"),
        (Protocol::Imap, "a NOSUCH", "a NOSUCH"),
        // Whoever meant another command sees what was said.
        (Protocol::Submission, "EHOL client.test", "EHOL client.test"),
        (Protocol::Submission, "RCTP TO:<b@c.d>", "RCTP TO:<b@c.d>"),
        (Protocol::Pop3, "RETTR 1", "RETTR 1"),
        (Protocol::Imap, "a SELCT INBOX", "a SELCT INBOX"),
        (Protocol::Imap, "FETCH 1 BODY[]", "FETCH 1 BODY[]"),
        (Protocol::Imap, "LOGIN dave secret", "LOGIN ********"),
    ];
    for (protocol, line, shown) in rows {
        let mut observer = Observer::new(protocol, Texts::compiled_in());
        observer.server(b"220 hi");
        let explained = observer.client(line.as_bytes());
        let masked = explained.masked(line.as_bytes());
        assert_eq!(String::from_utf8_lossy(&masked), shown, "{protocol:?}");
    }
}
