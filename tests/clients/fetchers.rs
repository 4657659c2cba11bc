//! Programs that carry a mailbox away: offlineimap, fetchmail.

use crate::desk::Desk;

#[test]
#[ignore = "needs offlineimap3"]
fn offlineimap_has_nothing_to_do_the_second_time() {
    let desk = Desk::new();
    let (port, ca) = (desk.0.port("imaps"), desk.0.ca());
    let ca = ca.display();
    desk.write(
        "settings",
        &format!(
            "[general]\naccounts = a\nmetadata = state\n[Account a]\nlocalrepository = near\n\
            remoterepository = far\n[Repository near]\ntype = Maildir\nlocalfolders = near\n\
            [Repository far]\ntype = IMAP\nremotehost = localhost\nremoteport = {port}\n\
            remoteuser = alice\nremotepass = wonderland\nsslcacertfile = {ca}\n"
        ),
    );
    let run = "offlineimap -c settings -o -u basic 2>&1";
    assert!(desk.run(run).contains("Copy message"));
    desk.run("f=$(ls near/INBOX/*/*U=1,*); mv $f near/INBOX/cur/$(basename ${f%,*}),FS; mkdir -p near/New/{cur,new,tmp}");
    desk.run(run);
    let again = desk.run(run);
    assert!(
        !again.contains("message") && !again.contains("flag"),
        "{again}"
    );
    assert!(desk.0.path().join("mail/alice/.New").is_dir());
}

#[test]
#[ignore = "needs fetchmail"]
fn fetchmail_fetches_each_message_once() {
    let desk = Desk::new();
    let secure = "ssl sslcertck sslcertfile";
    let upgraded = "sslproto TLS1.2+ sslcertck sslcertfile";
    for (protocol, port, security, keep) in [
        ("pop3", "pop3s", secure, "keep"),
        ("pop3", "pop3", upgraded, "keep fetchall"),
        ("imap", "imap", upgraded, "keep fetchall"),
        ("imap", "imaps", secure, "nokeep fetchall"),
    ] {
        let (port, ca) = (desk.0.port(port), desk.0.ca());
        let uidl = if protocol == "pop3" { "uidl" } else { "" };
        desk.write(
            "settings",
            &format!(
                "poll localhost protocol {protocol} port {port} {uidl} user carol password chimney \
                {keep} {security} {} mda \"cat >> fetched\"\n",
                ca.display()
            ),
        );
        desk.run(
            "export FETCHMAILHOME=$HOME/state; rm -f fetched; mkdir -p -m 700 state
            fetchmail -f settings --nodetach --silent; grep -q '^Subject: ' fetched",
        );
    }
    // Exit status 1: there was no mail.
    desk.run("export FETCHMAILHOME=$HOME/state; fetchmail -f settings --nodetach --silent || test $? = 1");
    assert_eq!(desk.with_text("mail/carol", "Subject").len(), 0);
}
