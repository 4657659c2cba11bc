//! Envelopes as text and back, and the reports that a sender is owed.

use super::*;
use proptest::prelude::*;

fn recipient() -> impl Strategy<Value = Recipient> {
    let states = prop::sample::select(vec![
        DeliveryState::Waiting,
        DeliveryState::Sent,
        DeliveryState::Delivered,
        DeliveryState::Expanded,
        DeliveryState::Failed,
    ]);
    let text = || prop::option::of("[!-~][ -~]{0,20}[!-~]");
    let flags = any::<(bool, bool, bool, bool, bool)>();
    ("[a-zé\"+]{1,8}", states, flags, any::<u32>(), 0..4_000_000_000_000_i64, text(), text())
        .prop_map(|(local, state, flags, attempts, next, orcpt, reply)| {
            let local = local.replace('"', "x");
            let mut to = Recipient::new(Address::parse(&format!("{local}@b.test")).unwrap());
            let (success, failure, delay) = (flags.0, flags.1, flags.2);
            to.notify = flags.3.then_some(Notify { success, failure, delay });
            to.next = Timestamp::from_millisecond(next).unwrap();
            (to.state, to.reported, to.attempts) = (state, flags.4, attempts);
            (to.orcpt, to.hop) = (orcpt.clone(), orcpt);
            reply.inspect(|reply| to.note(reply));
            to
        })
}

proptest! {
    #![proptest_config(crate::limits::random_cases(256))]
    #[test]
    fn what_is_written_is_read_back(
        from in prop::option::of("[a-z]{1,9}"),
        flags in any::<(bool, bool, bool, bool)>(),
        envid in prop::option::of("[!-~]{1,9}"),
        recipients in prop::collection::vec(recipient(), 0..4),
    ) {
        let mut envelope = Envelope::new(ReversePath::Null);
        if let Some(from) = from {
            let address = Address::parse(&format!("{from}@a.test")).unwrap();
            envelope.from = ReversePath::Address(address);
        }
        (envelope.eight_bit, envelope.utf8) = (flags.0, flags.1);
        envelope.ret = flags.2.then_some(if flags.3 { Ret::Full } else { Ret::Headers });
        (envelope.authenticated, envelope.envid) = (envid.clone(), envid);
        envelope.recipients = recipients;
        prop_assert_eq!(Envelope::parse(&envelope.to_string()), Ok(envelope));
    }
}

#[test]
fn a_reply_cannot_write_another_line() {
    let mut to = Recipient::new(Address::parse("b@b.test").unwrap());
    to.note("250 \r\nstate: sent\u{1b}");
    assert_eq!(to.to_string().lines().count(), 5);
    assert!(to.to_string().ends_with("\nreply: 250  state: sent\u{fffd}\n"), "{to}");
    assert!(to.to_string().contains("state: waiting\n"));
}

#[test]
fn each_mistake_names_its_line() {
    let rows = [
        ("from: <>", "from: and received: are required"),
        ("from: alice@a.test", "line 1: \"from: alice@a.test\": not understood"),
        ("\nto: <x>", "line 2: \"to: <x>\": not understood"),
        ("nothing", "line 1: \"nothing\": not a setting"),
        ("to: <a@b.test>\nstate: lost", "line 2: \"state: lost\": not understood"),
    ];
    for (text, expected) in rows {
        assert_eq!(Envelope::parse(text).unwrap_err(), expected);
    }
}

#[test]
fn which_states_owe_a_report() {
    let rows = [
        ("<a@a.test>", "failed", None, true),
        ("<a@a.test>", "sent", None, false),
        ("<a@a.test>", "sent", Some("SUCCESS"), true),
        ("<a@a.test>", "delivered", None, false),
        ("<a@a.test>", "delivered", Some("SUCCESS"), true),
        ("<a@a.test>", "expanded", Some("SUCCESS,DELAY"), true),
        ("<>", "delivered", Some("SUCCESS"), false),
        ("<a@a.test>", "failed", Some("SUCCESS"), false),
        ("<a@a.test>", "failed", Some("NEVER"), false),
        ("<>", "failed", Some("FAILURE"), false),
        ("<a@a.test>", "waiting", Some("SUCCESS,FAILURE,DELAY"), false),
    ];
    for (from, state, notify, expected) in rows {
        let notify = notify.map(|words| format!("notify: {words}\n")).unwrap_or_default();
        let text = format!(
            "from: {from}\nreceived: 2026-01-01T00:00:00Z\nto: <b@b.test>\n{notify}state: {state}\n"
        );
        let envelope = Envelope::parse(&text).unwrap();
        assert_eq!(envelope.owes_report(&envelope.recipients[0]), expected, "{text}");
    }
}
