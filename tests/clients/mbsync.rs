//! isync's mbsync: a mailbox and its copy on another machine are the same, whoever changes what.

use crate::desk::Desk;

#[test]
#[ignore = "needs isync"]
fn mbsync_carries_both_ways_and_then_has_nothing_to_do() {
    let desk = Desk::new();
    let settings = "IMAPStore far\nHost localhost\nPort PORT\nUser bob\nPass builder\n\
        SSLType SECURITY\nCertificateFile CA\n\nMaildirStore near\nPath near/\nInbox near/INBOX\n\
        SubFolders Verbatim\n\nChannel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\n\
        Remove Both\nExpunge Both\nSyncState *\n"
        .replace("CA", desk.0.ca().to_str().unwrap());
    for (name, security, protocol) in [("tls", "IMAPS", "imaps"), ("starttls", "STARTTLS", "imap")]
    {
        let port = desk.0.port(protocol).to_string();
        desk.write(
            name,
            &settings
                .replace("SECURITY", security)
                .replace("PORT", &port),
        );
    }
    // The first run takes all; then each side has something new, changed and deleted.
    desk.run("mkdir near; mbsync -c tls -a");
    let imap = "curl -sS --cacert $CA --user bob:builder imaps://localhost:$imaps";
    desk.run(&format!(
        "{imap}/ -X 'CREATE Archive'; {imap}/INBOX -X 'COPY 1:3 Archive'
        {imap}/INBOX -X 'STORE 2 +FLAGS (\\Flagged)'
        cd near/INBOX; first=$(ls new/*U=1:*); mv $first cur/$(basename ${{first%,*}}),S
        rm new/*U=3:*
        mkdir -p ../Drafts/{{cur,new,tmp}}; printf 'Subject: made here\\n\\ntext\\n' > ../Drafts/new/1.1.x"
    ));
    desk.run("mbsync -c starttls -a");
    desk.run("ls near/INBOX/cur/*U=1:2,S near/INBOX/cur/*U=2:2,F; test $(ls near/Archive/new | wc -l) = 3");
    assert_eq!(desk.with_text("mail/bob/.Drafts", "made here").len(), 1);
    let flags = desk.run(&format!("{imap}/INBOX -X 'FETCH 1:3 (UID FLAGS)'"));
    for line in [
        "UID 1 FLAGS (\\Seen)",
        "UID 2 FLAGS (\\Flagged)",
        "UID 4 FLAGS ()",
    ] {
        assert!(flags.contains(line), "{line}: {flags}");
    }
    let files =
        "find near -type f | grep -v mbsyncstate | sort; find $HOME/mail -path '*cur/*' | sort";
    let before = desk.run(files);
    desk.run("mbsync -c tls -a");
    assert_eq!(desk.run(files), before);
}
