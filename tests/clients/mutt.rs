//! mutt, as a student types it.

use std::fs;

use crate::desk::Desk;

#[test]
#[ignore = "needs mutt"]
fn mutt_sends_files_reads_flags_and_deletes() {
    let desk = Desk::new();
    desk.write(
        ".muttrc",
        "set ssl_ca_certificates_file=$CA ssl_starttls=yes ssl_force_tls=yes
        set imap_user=alice imap_pass=wonderland pop_user=alice pop_pass=wonderland
        set smtp_url=smtps://alice:wonderland@localhost:$smtps/ from=alice@pillarbox.test
        set folder=imaps://alice@localhost:$imaps/
        set record=imaps://alice@localhost:$imaps/Sent
        set confirmcreate=no confirmappend=no delete=yes quit=yes wait_key=no sleep_time=0\n",
    );
    desk.run("echo text | mutt -s 'by mutt' -a config.ini -- bob@pillarbox.test");
    assert_eq!(desk.with_text("mail/bob", "by mutt").len(), 1);
    assert_eq!(desk.with_text("mail/alice/.Sent", "by mutt").len(), 1);
    let count = |desk: &Desk| {
        fs::read_dir(desk.0.path().join("mail/alice/cur"))
            .unwrap()
            .count()
    };
    let keys =
        "<first-entry><display-message><exit><last-entry><delete-message><sync-mailbox><quit>";
    let mut left = None;
    for url in [
        "imaps://alice@localhost:$imaps/INBOX",
        "imap://alice@localhost:$imap/INBOX",
        "pops://alice@localhost:$pop3s/",
        "pop://alice@localhost:$pop3/",
    ] {
        desk.run(&format!(
            "script -qec \"mutt -f {url} -e 'push {keys}'\" /dev/null < /dev/null"
        ));
        let now = count(&desk);
        assert!(
            left.is_none_or(|left| now == left - 1),
            "{url} deleted nothing"
        );
        left = Some(now);
    }
    let read = fs::read_dir(desk.0.path().join("mail/alice/cur")).unwrap();
    let seen = read.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .path()
            .to_string_lossy()
            .ends_with('S')
    });
    assert!(seen.count() >= 1);
}
