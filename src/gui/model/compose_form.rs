//! A message that is being written: what stands in the fields, and the draft that it makes.

use std::time::SystemTime;

use crate::client::ClientSettings;
use crate::mail::message::contact::NotAnAddress;
use crate::mail::message::{Attachment, Contact, Draft, ParsedMessage};
use crate::teaching::text::local_date;

/// What stands in the fields of the window in which one writes.
#[derive(Clone, Debug, Default)]
pub struct ComposeForm {
    /// Whom it is for, as it was typed.
    pub to: String,
    /// Who should know of it.
    pub cc: String,
    /// Who gets it without the others' knowing.
    pub bcc: String,
    /// What it is about.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The files that go along.
    pub files: Vec<Attachment>,
    /// The message that it answers, and the conversation before that.
    answered: Option<String>,
    references: Vec<String>,
    /// The message in Drafts that it was taken from, and that goes when it is sent or kept anew.
    pub kept: Option<MessageLocation>,
    /// The message that it answers or passes on, and what becomes of that: it is marked.
    pub about: Option<(MessageLocation, Relation)>,
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLocation {
    /// The address of the account whose folder it is: the numbers of another account mean other messages.
    pub account: String,
    /// The folder.
    pub folder: String,
    /// Which of the messages in it.
    pub uid: u32,
}

/// What a message is to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It answers it: `\Answered`.
    Answers,
    /// It passes it on: `$Forwarded` (RFC 5550 §5.9).
    Forwards,
}

/// Who gets an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// Who wrote.
    Sender,
    /// All who got it, too.
    All,
}

impl ComposeForm {
    /// An answer to a message, by the one with this address.
    #[must_use]
    pub fn answer(
        place: MessageLocation,
        reading: &ParsedMessage,
        me: &str,
        whom: ReplyTo,
    ) -> ComposeForm {
        let own = |contact: &&Contact| contact.address().eq_ignore_ascii_case(me);
        let (from, to) = (&reading.from, &reading.to);
        // Who answers his own message writes to those he wrote to.
        let to_whom = match from.iter().any(|from| own(&from)) {
            true => to,
            false if reading.reply_to.is_empty() => from,
            false => &reading.reply_to,
        };
        let mut writing = ComposeForm {
            to: listed(to_whom.iter()),
            subject: prefixed("Re: ", &reading.subject),
            text: quotation(reading),
            about: Some((place, Relation::Answers)),
            ..ComposeForm::following(reading)
        };
        if whom == ReplyTo::All {
            let named =
                |contact: &&Contact| to_whom.iter().any(|one| one.address() == contact.address());
            let others = to.iter().chain(&reading.cc);
            writing.cc = listed(others.filter(|contact| !own(contact) && !named(contact)));
        }
        writing
    }

    /// A message passed on, with its files.
    #[must_use]
    pub fn forward(place: MessageLocation, reading: &ParsedMessage) -> ComposeForm {
        let head = [
            ("From", listed(reading.from.iter())),
            ("To", listed(reading.to.iter())),
            ("Cc", listed(reading.cc.iter())),
            ("Date", reading.date.map(local_date).unwrap_or_default()),
            ("Subject", reading.subject.clone()),
        ];
        let present = head.iter().filter(|(_, value)| !value.is_empty());
        let head: String = present
            .map(|(name, value)| format!("{name}: {value}\n"))
            .collect();
        ComposeForm {
            subject: prefixed("Fwd: ", &reading.subject),
            text: format!(
                "\n\n-------- Forwarded message --------\n{head}\n{}",
                reading.text
            ),
            files: reading.attachments.clone(),
            about: Some((place, Relation::Forwards)),
            ..ComposeForm::default()
        }
    }

    /// A draft that is taken up again.
    #[must_use]
    pub fn draft_again(place: MessageLocation, reading: &ParsedMessage) -> ComposeForm {
        ComposeForm {
            to: listed(reading.to.iter()),
            cc: listed(reading.cc.iter()),
            bcc: listed(reading.bcc.iter()),
            subject: reading.subject.clone(),
            text: reading.text.clone(),
            files: reading.attachments.clone(),
            kept: Some(place),
            references: reading.references.clone(),
            answered: reading.references.last().cloned(),
            ..ComposeForm::default()
        }
    }

    fn following(reading: &ParsedMessage) -> ComposeForm {
        let conversation = reading.references.iter().chain(&reading.message_id);
        ComposeForm {
            answered: reading.message_id.clone(),
            references: conversation.cloned().collect(),
            ..ComposeForm::default()
        }
    }

    /// The message that this makes, written now.
    ///
    /// # Errors
    /// The first recipient that is no address.
    pub fn draft(&self, from: Contact, settings: &ClientSettings) -> Result<Draft, NotAnAddress> {
        let mut draft = Draft::new(from, &settings.domain);
        draft.to = settings.contacts(&self.to)?;
        draft.cc = settings.contacts(&self.cc)?;
        draft.bcc = settings.contacts(&self.bcc)?;
        draft.subject.clone_from(&self.subject);
        draft.text.clone_from(&self.text);
        draft.attachments.clone_from(&self.files);
        draft.in_reply_to.clone_from(&self.answered);
        draft.references.clone_from(&self.references);
        draft.date = SystemTime::now();
        Ok(draft)
    }

    /// Is there nothing in it that would be missed?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let fields = [&self.to, &self.cc, &self.bcc, &self.subject, &self.text];
        fields.iter().all(|field| field.trim().is_empty()) && self.files.is_empty()
    }

    /// The octets of the files.
    #[must_use]
    pub fn octets(&self) -> usize {
        self.files.iter().map(|file| file.bytes.len()).sum()
    }
}

fn listed<'a>(contacts: impl Iterator<Item = &'a Contact>) -> String {
    let written = contacts.map(|contact| match contact.name() {
        // A comma in a name would part it.
        Some(name) if name.contains([',', ';', '<', '"']) => {
            format!("\"{}\" <{}>", name.replace('"', ""), contact.address())
        }
        _ => contact.to_string(),
    });
    written.collect::<Vec<String>>().join(", ")
}

/// `Re: Tea`, and of `Re: Tea` the same.
fn prefixed(prefix: &str, subject: &str) -> String {
    let begin = subject.get(..prefix.trim_end().len()).unwrap_or_default();
    match begin.eq_ignore_ascii_case(prefix.trim_end()) {
        true => subject.to_owned(),
        false => format!("{prefix}{subject}"),
    }
}

/// The text of a message, each line behind `> ` (RFC 3676 §4.5).
fn quotation(reading: &ParsedMessage) -> String {
    let name = |contact: &Contact| contact.name().unwrap_or(contact.address()).to_owned();
    let who = reading
        .from
        .first()
        .map_or_else(|| "Somebody".to_owned(), name);
    let when = reading.date.map(local_date);
    let head = match when {
        Some(when) => format!("On {when}, {who} wrote:"),
        None => format!("{who} wrote:"),
    };
    let quoted = reading
        .text
        .trim_end()
        .lines()
        .map(|line| match line.starts_with('>') {
            true => format!(">{line}\n"),
            false => format!("> {line}\n"),
        });
    format!("\n\n{head}\n{}", quoted.collect::<String>())
}

#[cfg(test)]
mod tests;
