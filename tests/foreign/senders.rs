//! Programs that only send: msmtp and swaks, by every door.

use std::fs;

use crate::desk::{Desk, MESSAGE};

#[test]
#[ignore = "needs msmtp and swaks"]
fn msmtp_and_swaks_send_by_every_door() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    for (port, starttls) in [("$smtps", "off"), ("$submission", "on"), ("$smtp", "on")] {
        for mechanism in ["plain", "login"] {
            desk.run(&format!(
                "msmtp -C /dev/null --host=localhost --port={port} --tls=on \
                --tls-starttls={starttls} --tls-trust-file=$CA --auth={mechanism} --user=bob \
                --passwordeval='echo builder' --from=bob@pillarbox.test alice@pillarbox.test < message"
            ));
        }
    }
    let stored = desk.with_text("mail/alice", "by-hand@client.test");
    assert_eq!(stored.len(), 6);
    for path in stored {
        let text = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
        assert!(text.ends_with("\n\n.a dot\n..\nFrom the start\nthe end\n"), "{text}");
    }
    let swaks = "swaks --silent 2 --auth-user bob --auth-password builder -f bob@pillarbox.test";
    desk.run(&format!(
        "{swaks} -t alice@pillarbox.test -s localhost:$submission -tls --attach @message"
    ));
    desk.run(&format!(
        "{swaks} -t alice@pillarbox.test,carol@pillarbox.test -s localhost:$smtps -tlsc --pipeline"
    ));
    desk.run("swaks --silent 2 -f x@elsewhere.test -t carol@pillarbox.test -s localhost:$smtp");
    // Exit status 24: no recipient was accepted.
    desk.run(
        "swaks --silent 3 -f x@elsewhere.test -t x@other.test -s localhost:$smtp || test $? = 24",
    );
    assert_eq!(desk.with_text("mail/carol", "This is a test mailing").len(), 2);
}
