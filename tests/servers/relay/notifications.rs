//! What a sender asks to be told (RFC 3461), from RCPT to the report in the mailbox.

use pillarbox::mail::protocol::smtp::Params;
use tempfile::TempDir;

use super::hop::Hop;
use super::lab::{Lab, free_port};
use super::{FAST, folder};

const ACCOUNTS: &str = "[accounts]\nalice = wonderland\nbob = builder\ngate = keeper\n\
                        [aliases]\nstaff = alice, bob\nbuilder = bob\n";

/// An office for this domain, whose SMTP port is this.
fn office(folder: &TempDir, domain: &str, smtp: u16, more: &str) -> Lab {
    let (name, _) = domain.split_once('.').unwrap();
    let server = format!("[server]\ndomain = {domain}\nhostname = mail.{domain}\n");
    let text = format!("{server}{ACCOUNTS}{FAST}{more}");
    Lab::open_at(&folder.path().join(name), smtp, 0, &text)
}

/// Alice sends to these recipients, each with what she asks for him.
fn send(lab: &Lab, to: &[(&str, &str)]) {
    let mut client = lab.alice();
    assert!(client.extension("DSN").is_some());
    let params = Params::new().with("ENVID", Some("QQ+2B3"));
    let params = params.with("RET", Some("FULL"));
    client.mail("alice@a.test", params).unwrap();
    for (address, notify) in to {
        let params = Params::new().with("ORCPT", Some("rfc822;x+3Dy@z.test"));
        let params = match *notify {
            "" => params,
            notify => params.with("NOTIFY", Some(notify)),
        };
        client.rcpt_with(address, params).unwrap();
    }
    let message = b"Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@a>\r\n\r\nTea?\r\n";
    client.data(&mut &message[..]).unwrap();
    client.quit().unwrap();
}

fn assert_has(report: &str, lines: &[&str]) {
    for line in lines {
        assert!(report.contains(line), "{line:?} in {report}");
    }
}

#[test]
fn who_asked_hears_of_each_delivery_here_and_nobody_else_does() {
    let folder = folder();
    let lab = office(&folder, "a.test", 0, "");
    send(
        &lab,
        &[
            ("bob@a.test", "SUCCESS,FAILURE"),
            ("Builder@a.test", "SUCCESS"),
            ("staff@a.test", "SUCCESS"),
            ("postmaster@a.test", "NEVER"),
            ("alice+tea@a.test", "FAILURE,DELAY"),
            ("gate@a.test", ""),
        ],
    );
    lab.drained();
    let mail = lab.mail("alice", 2);
    let (reports, others): (Vec<_>, Vec<_>) =
        mail.iter().partition(|message| message.contains("report-type=delivery-status"));
    assert_eq!((reports.len(), others.len()), (1, 1));
    let recipient = |address: &str, action: &str| {
        format!(
            "Original-Recipient: rfc822; x=y@z.test\r\nFinal-Recipient: rfc822; {address}\r\n\
             Action: {action}\r\nStatus: 2.0.0\r\n"
        )
    };
    assert_has(
        reports[0],
        &[
            "Return-Path: <>\r\n",
            "Subject: Your message was delivered\r\n",
            "Original-Envelope-Id: QQ+3\r\nReporting-MTA: dns; mail.a.test\r\n",
            &recipient("bob@a.test", "delivered"),
            // An alias for one is not given away (RFC 3461 §5.2.7.4).
            &recipient("Builder@a.test", "delivered"),
            &recipient("staff@a.test", "expanded"),
            "Content-Type: text/rfc822-headers\r\n",
        ],
    );
    assert_eq!(reports[0].matches("Action: ").count(), 3);
    assert_eq!(lab.mail_now("bob").len(), 1, "a report is no second copy");
}

/// The `250` is a promise of the report, too: it is on the disk by then.
#[test]
fn a_report_that_was_not_written_yet_is_written_after_a_crash() {
    let folder = folder();
    let mut lab = office(&folder, "a.test", 0, "");
    lab.stop_sending();
    send(&lab, &[("bob@a.test", "SUCCESS")]);
    assert_eq!(lab.mail_now("bob").len(), 1);
    assert!(lab.mail_now("alice").is_empty());
    assert_eq!(lab.spool().ids().unwrap().len(), 1);
    lab.close();

    let lab = office(&folder, "a.test", 0, "");
    assert_has(&lab.mail("alice", 1)[0], &["Action: delivered\r\n"]);
    lab.drained();
    assert_eq!(lab.mail_now("bob").len(), 1, "delivered once");
    assert_eq!(lab.mail_now("alice").len(), 1, "told once");
}

#[test]
fn never_is_never_and_a_hop_without_dsn_is_where_the_trace_ends() {
    let folder = folder();
    let hop = Hop::answering(|line| match line {
        line if line.starts_with("RCPT TO:<no") => Some("550 5.1.1 No".to_owned()),
        _ => None,
    });
    let route = format!("[routes]\nb.test = 127.0.0.1:{}\n", hop.port);
    let lab = office(&folder, "a.test", 0, &route);
    send(
        &lab,
        &[
            ("no1@b.test", "NEVER"),
            ("no2@b.test", "SUCCESS,DELAY"),
            ("bob@b.test", "SUCCESS"),
            ("bob@a.test", "SUCCESS"),
        ],
    );
    let taken = hop.next();
    assert!(!taken.mail.contains("ENVID"), "{}", taken.mail);
    assert_eq!(taken.rcpt, ["RCPT TO:<bob@b.test>"]);
    lab.drained();
    let reports = lab.mail_now("alice");
    assert_eq!(reports.len(), 1);
    assert_has(
        &reports[0],
        &[
            "Final-Recipient: rfc822; bob@b.test\r\nAction: relayed\r\n",
            "Final-Recipient: rfc822; bob@a.test\r\nAction: delivered\r\n",
        ],
    );
    assert!(!reports[0].contains("@b.test\r\nAction: failed"));
}

/// a (submission) → c (where a logs in, so DSN is offered) → b (where nobody does, so it is not).
#[test]
fn what_was_asked_goes_from_hop_to_hop_and_the_last_that_knows_answers() {
    let (folder, to_a) = (folder(), free_port());
    let b = office(&folder, "b.test", 0, "");
    let routes = format!(
        "[relay]\ngateways = gate\n[routes]\nb.test = 127.0.0.1:{}\na.test = 127.0.0.1:{to_a}\n",
        b.port("smtp")
    );
    let c = office(&folder, "c.test", 0, &routes);
    let relay = format!(
        "[relay]\nhost = localhost\nport = {}\nuser = gate\npassword = keeper\n",
        c.port("smtps")
    );
    let a = office(&folder, "a.test", to_a, &relay);
    send(&a, &[("bob@b.test", "SUCCESS"), ("bob@c.test", "SUCCESS")]);
    assert_eq!(b.mail("bob", 1).len(), 1);
    let report = a.mail("alice", 1).remove(0);
    assert_has(
        &report,
        &[
            "Original-Envelope-Id: QQ+3\r\nReporting-MTA: dns; mail.c.test\r\n",
            "Original-Recipient: rfc822; x=y@z.test\r\n",
            "Final-Recipient: rfc822; bob@b.test\r\nAction: relayed\r\n",
            "Final-Recipient: rfc822; bob@c.test\r\nAction: delivered\r\n",
        ],
    );
    for lab in [&a, &b, &c] {
        lab.drained();
    }
    assert_eq!(a.mail_now("alice").len(), 1, "one server answers");
}
