//! Offices that relay to each other.

use std::fmt::Write;

use tempfile::TempDir;

use super::lab::{Lab, free_ports, until};
use super::{FAST, folder};

/// An office for this domain, on these ports.
fn office(folder: &TempDir, domain: &str, ports: (u16, u16), more: &str) -> Lab {
    let (name, _) = domain.split_once('.').unwrap();
    let server = format!("[server]\ndomain = {domain}\nhostname = mail.{domain}\n");
    let accounts = "[accounts]\nalice = wonderland\nbob = builder\ngate = keeper\n";
    let text = format!("{server}{accounts}{FAST}{more}");
    Lab::open_at(&folder.path().join(name), ports.0, ports.1, &text)
}

/// A relay to this port, where `gate` may send for anybody.
fn relay(port: u16) -> String {
    format!(
        "[relay]\nhost = localhost\nport = {port}\nuser = gate\npassword = keeper\ngateways = gate\n"
    )
}

fn hops(message: &str) -> usize {
    message.matches("\nReceived: ").count()
}

#[test]
fn two_offices_exchange_mail() {
    let (folder, [to_a, to_b]) = (folder(), free_ports());
    let a = office(&folder, "a.test", (to_a, 0), &format!("[routes]\nb.test = 127.0.0.1:{to_b}\n"));
    let b = office(&folder, "b.test", (to_b, 0), &format!("[routes]\na.test = 127.0.0.1:{to_a}\n"));
    a.send(&["bob@b.test"], "Subject: eight bits\n\nGrüße\n");
    let message = b.mail("bob", 1).remove(0);
    assert!(message.ends_with("Subject: eight bits\r\n\r\nGrüße\r\n"), "{message}");
    assert!(message.starts_with("Return-Path: <alice@a.test>\r\nReceived: from mail.a.test"));
    assert_eq!(hops(&message), 2);
    assert!(
        message.contains("with ESMTPS ") && message.contains("(using TLSv1.3 with cipher "),
        "the route is protected where it can be: {message}"
    );

    let mut large = "Subject: twenty million octets\n\n".to_owned();
    for number in 0..20_000_000 / 72 {
        writeln!(large, "{number:071}").unwrap();
    }
    b.send(&["bob@a.test"], &large);
    let message = a.mail("bob", 1).remove(0);
    assert!(message.replace("\r\n", "\n").ends_with(&large));

    b.send(&["nobody@a.test"], "Subject: lost\n\n?\n");
    let bounce = b.mail("alice", 1).remove(0);
    assert!(bounce.contains("550 5.1.1") && bounce.contains("Subject: lost"), "{bounce}");
    a.drained();
    b.drained();
}

#[test]
fn a_third_in_between_adds_its_hop() {
    let folder = folder();
    let b = office(&folder, "b.test", (0, 0), "");
    let route = format!("b.test = 127.0.0.1:{}\n", b.port("smtp"));
    let c =
        office(&folder, "c.test", (0, 0), &format!("[relay]\ngateways = gate\n[routes]\n{route}"));
    let a = office(&folder, "a.test", (0, 0), &relay(c.port("smtps")));
    a.send(&["bob@b.test"], "Subject: far\n\n.\n");
    let message = b.mail("bob", 1).remove(0);
    assert_eq!(hops(&message), 3, "{message}");
    assert!(message.contains("from mail.c.test"), "{message}");
    assert!(message.contains("from mail.a.test"), "{message}");
}

#[test]
fn a_loop_ends_in_one_bounce() {
    let (folder, [to_a, to_c]) = (folder(), free_ports());
    let a = office(&folder, "a.test", (0, to_a), &relay(to_c));
    let c = office(&folder, "c.test", (0, to_c), &relay(to_a));
    a.send(&["bob@b.test"], "Subject: round\n\nand round\n");
    let bounce = a.mail("alice", 1).remove(0);
    assert!(bounce.contains("Status: 5.4.6\r\n"), "{bounce}");
    a.drained();
    c.drained();
    assert_eq!(a.mail_now("alice").len(), 1);
    assert!(c.mail_now("alice").is_empty());
}

#[test]
fn a_route_is_protected_where_it_can_be_and_where_it_must() {
    let folder = folder();
    // Elsewhere, with certificates that nobody here trusts.
    let b = Lab::open(&folder.path().join("elsewhere/b"), "[server]\ndomain = b.test\n");
    let route = |words| format!("[routes]\nb.test = 127.0.0.1:{} {words}\n", b.port("smtp"));
    let a = office(&folder, "a.test", (0, 0), &route(""));
    a.send(&["bob@b.test"], "Subject: open\n\n?\n");
    let message = b.mail("bob", 1).remove(0);
    assert!(message.contains("with ESMTP id"), "{message}");
    a.close();

    let a = office(&folder, "a.test", (0, 0), &route("starttls"));
    a.send(&["bob@b.test"], "Subject: closed\n\n?\n");
    let reply = until("a failed attempt", || {
        let envelope = a.spool().load(a.spool().ids().unwrap().first()?).unwrap()?;
        envelope.recipients[0].reply.clone()
    });
    assert!(reply.contains("certificate that is not trusted"), "{reply}");
    assert_eq!(b.mail_now("bob").len(), 1);
}
