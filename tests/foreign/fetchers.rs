//! Programs that carry a mailbox away: offlineimap, getmail, fetchmail.

use crate::desk::{Desk, MESSAGE};

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
    assert!(!again.contains("message") && !again.contains("flag"), "{again}");
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
            fetchmail -f settings --pidfile $HOME/pid --nodetach --silent; grep -q '^Subject: ' fetched",
        );
    }
    // Exit status 1: there was no mail.
    desk.run("export FETCHMAILHOME=$HOME/state; fetchmail -f settings --pidfile $HOME/pid --nodetach --silent || test $? = 1");
    assert_eq!(desk.with_text("mail/carol", "Subject").len(), 0);
}

#[test]
#[ignore = "needs getmail6"]
fn getmail_finds_nothing_new_the_second_time() {
    let desk = Desk::new();
    for (kind, protocol, more) in [
        ("SimpleIMAPSSLRetriever", "imaps", "mailboxes = (\"INBOX\",)"),
        ("SimplePOP3SSLRetriever", "pop3s", ""),
    ] {
        let (port, ca) = (desk.0.port(protocol), desk.0.ca());
        let ca = ca.display();
        desk.write(
            &format!("getmail/{protocol}"),
            &format!(
                "[retriever]\ntype = {kind}\nserver = localhost\nport = {port}\nusername = carol\n\
                password = chimney\nca_certs = {ca}\n{more}\n[destination]\n\
                type = MDA_external\npath = /bin/sh\nallow_root_commands = true\n\
                arguments = (\"-c\", \"cat > $(mktemp -p $HOME/{protocol}/new)\")\n[options]\nread_all = false\n"
            ),
        );
        desk.run(&format!("mkdir -p {protocol}/{{cur,new,tmp}}"));
        let here = desk.with_text("mail/carol", "").len();
        let getmail = format!("getmail --getmaildir=$HOME/getmail --rcfile={protocol}");
        desk.run(&getmail);
        assert_eq!(desk.with_text(protocol, "Subject: ").len(), here);
        let again = desk.run(&getmail);
        assert!(again.contains(" 0 messages (0 bytes) retrieved"), "{again}");
        assert_eq!(desk.with_text(protocol, "").len(), here);
    }
}

#[test]
#[ignore = "needs fetchmail"]
fn fetchmail_idles_and_fetches_what_comes() {
    let desk = Desk::new();
    desk.write("message", MESSAGE);
    let (port, ca) = (desk.0.port("imaps"), desk.0.ca());
    let ca = ca.display();
    desk.write(
        "settings",
        &format!(
            "poll localhost protocol imap port {port} user carol password chimney idle keep \
            fetchall ssl sslcertck sslcertfile {ca} mda \"cat >> fetched\"\n"
        ),
    );
    desk.run(
        "export FETCHMAILHOME=$HOME; touch fetched
        fetchmail -f settings --pidfile $HOME/pid --nodetach > said 2>&1 & pid=$!
        until grep -q '^Subject: ' fetched; do kill -0 $pid; sleep 0.05; done
        until grep -q 'by-hand@client.test' fetched; do kill -0 $pid
        curl -sS smtp://localhost:$smtp --mail-from bob@pillarbox.test --mail-rcpt carol@pillarbox.test \
            --crlf -T message; sleep 0.5; done
        kill $pid; wait $pid || true",
    );
}
