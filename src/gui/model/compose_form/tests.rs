// A test fails by panicking.
#![allow(clippy::unwrap_used)]

use super::*;

const MESSAGE: &[u8] = b"From: Bob <bob@here.test>\r\nTo: alice@here.test, \"Doe, Jo\" <jo@there.test>\r\n\
    Cc: carol@here.test\r\nSubject: Tea\r\nMessage-ID: <2@here.test>\r\nReferences: <1@here.test>\r\n\r\n\
    At five?\r\n> At four.\r\n";

fn place() -> MessageLocation {
    MessageLocation {
        account: "alice@here.test".to_owned(),
        folder: "INBOX".to_owned(),
        uid: 7,
    }
}

#[test]
fn an_answer_goes_to_who_wrote_and_quotes() {
    let writing = ComposeForm::answer(
        place(),
        &ParsedMessage::of(MESSAGE),
        "alice@here.test",
        ReplyTo::Sender,
    );
    assert_eq!(
        (writing.to.as_str(), writing.cc.as_str()),
        ("Bob <bob@here.test>", "")
    );
    assert_eq!(writing.subject, "Re: Tea");
    assert_eq!(writing.text, "\n\nBob wrote:\n> At five?\n>> At four.\n");
    assert_eq!(writing.about, Some((place(), Relation::Answers)));
    assert_eq!(writing.answered.as_deref(), Some("2@here.test"));
    assert_eq!(writing.references, ["1@here.test", "2@here.test"]);
}

#[test]
fn an_answer_to_all_leaves_oneself_out() {
    let reading = ParsedMessage::of(MESSAGE);
    let to_all = ComposeForm::answer(place(), &reading, "alice@here.test", ReplyTo::All);
    assert_eq!(to_all.cc, "\"Doe, Jo\" <jo@there.test>, carol@here.test");
    // One's own message is answered to those it went to.
    let own = ComposeForm::answer(place(), &reading, "BOB@here.test", ReplyTo::All);
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
fn a_message_is_passed_on_with_its_files() {
    let mut reading = ParsedMessage::of(MESSAGE);
    reading
        .attachments
        .push(Attachment::new("tea.csv", b"1".to_vec()));
    let writing = ComposeForm::forward(place(), &reading);
    assert!(
        writing.text.contains("From: Bob <bob@here.test>\n")
            && writing.text.ends_with("> At four.\n")
    );
    assert_eq!(writing.files, reading.attachments);
    assert!(writing.to.is_empty() && writing.answered.is_none());
}
