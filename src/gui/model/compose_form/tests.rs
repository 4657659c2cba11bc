use super::*;

const MESSAGE: &[u8] = b"From: Bob <bob@here.test>\r\nTo: alice@here.test, \"Doe, Jo\" <jo@there.test>\r\n\
    Cc: carol@here.test\r\nSubject: Tea\r\nMessage-ID: <2@here.test>\r\nReferences: <1@here.test>\r\n\r\n\
    At five?\r\n> At four.\r\n";

fn place() -> MessageLocation {
    MessageLocation { account: "alice@here.test".to_owned(), folder: "INBOX".to_owned(), uid: 7 }
}

#[test]
fn a_reply_goes_to_the_sender_and_quotes() {
    let form = ComposeForm::reply(
        place(),
        &ParsedMessage::of(MESSAGE),
        "alice@here.test",
        ReplyTo::Sender,
    );
    assert_eq!((form.to.as_str(), form.cc.as_str()), ("Bob <bob@here.test>", ""));
    assert_eq!(form.subject, "Re: Tea");
    assert_eq!(form.text, "\n\nBob wrote:\n> At five?\n>> At four.\n");
    assert_eq!(form.about, Some((place(), Relation::Reply)));
    assert_eq!(form.in_reply_to.as_deref(), Some("2@here.test"));
    assert_eq!(form.references, ["1@here.test", "2@here.test"]);
}

#[test]
fn a_reply_to_all_leaves_oneself_out() {
    let message = ParsedMessage::of(MESSAGE);
    let to_all = ComposeForm::reply(place(), &message, "alice@here.test", ReplyTo::All);
    assert_eq!(to_all.cc, "\"Doe, Jo\" <jo@there.test>, carol@here.test");
    // A reply to one's own message goes to its recipients.
    let own = ComposeForm::reply(place(), &message, "BOB@here.test", ReplyTo::All);
    assert_eq!(own.to, "alice@here.test, \"Doe, Jo\" <jo@there.test>");
    assert_eq!(own.cc, "carol@here.test");
}

#[test]
fn a_subject_is_prefixed_once() {
    for (subject, expected) in [("Tea", "Re: Tea"), ("RE: Tea", "RE: Tea"), ("ré", "Re: ré")] {
        assert_eq!(prefixed("Re: ", subject), expected);
    }
}

#[test]
fn a_message_is_forwarded_with_its_files() {
    let mut message = ParsedMessage::of(MESSAGE);
    message.attachments.push(Attachment::new("tea.csv", b"1".to_vec()));
    let form = ComposeForm::forward(place(), &message);
    assert!(
        form.text.contains("From: Bob <bob@here.test>\n") && form.text.ends_with("> At four.\n")
    );
    assert_eq!(form.files, message.attachments);
    assert!(form.to.is_empty() && form.in_reply_to.is_none());
}
