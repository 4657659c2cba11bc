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
    let count = |desk: &Desk| fs::read_dir(desk.0.path().join("mail/alice/cur")).unwrap().count();
    let keys =
        "<first-entry><display-message><exit><last-entry><delete-message><sync-mailbox><quit>";
    let mut left = None;
    for url in [
        "imaps://alice@localhost:$imaps/INBOX",
        "imap://alice@localhost:$imap/INBOX",
        "pops://alice@localhost:$pop3s/",
        "pop://alice@localhost:$pop3/",
    ] {
        desk.run(&format!("script -qec \"mutt -f {url} -e 'push {keys}'\" /dev/null < /dev/null"));
        let now = count(&desk);
        assert!(left.is_none_or(|left| now == left - 1), "{url} deleted nothing");
        left = Some(now);
    }
    let read = fs::read_dir(desk.0.path().join("mail/alice/cur")).unwrap();
    let seen = read.filter(|entry| entry.as_ref().unwrap().path().to_string_lossy().ends_with('S'));
    assert!(seen.count() >= 1);
}

#[test]
#[ignore = "needs mutt"]
fn mutt_flags_saves_searches_and_follows_threads() {
    let desk = Desk::new();
    desk.write(
        ".muttrc",
        "set ssl_ca_certificates_file=$CA ssl_starttls=yes ssl_force_tls=yes
        set imap_user=alice imap_pass=wonderland from=alice@pillarbox.test
        set folder=imaps://alice@localhost:$imaps/ spoolfile=+INBOX record=+Sent
        set smtp_url=smtp://alice:wonderland@localhost:$submission/
        set sort=threads ascii_chars=yes mark_old=no mail_check=0
        set confirmappend=no confirmcreate=no delete=yes quit=yes wait_key=no sleep_time=0\n",
    );
    // What mutt showed, on a terminal of its own.
    let mutt = |keys: &str| {
        desk.write("keys", &format!("push '{keys}'\n"));
        desk.run(
            "script -qec 'stty rows 50 cols 120; mutt -e \"source keys\"' /dev/null < /dev/null",
        )
    };
    let flagged = |folder: &str, flags: &str| {
        let mut messages = desk.with_text(folder, "");
        messages.retain(|path| path.to_str().unwrap().ends_with(&format!(":2,{flags}")));
        messages
    };
    let shown = mutt("<search>~s25<enter><read-thread><quit>");
    assert!(shown.contains("`->"), "no thread is drawn: {shown}");
    let read = flagged("mail/alice", "S");
    assert_eq!(read, desk.with_text("mail/alice", "left port 25 open"));
    // The server looks for what is after `=b`, in the text that base64 hides.
    mutt("<limit>=bDIGESTIVE<enter><tag-pattern>~A<enter><tag-prefix><flag-message><quit>");
    let found = flagged("mail/alice", "F");
    assert_eq!(found, desk.with_text("mail/alice", "Subject: The tea rota"));
    assert_eq!(found.len(), 1);
    mutt("<limit>~F<enter><save-message>=Filed<enter><sync-mailbox><quit>");
    assert!(flagged("mail/alice", "F").is_empty());
    assert_eq!(flagged("mail/alice/.Filed", "F").len(), 1);
}
