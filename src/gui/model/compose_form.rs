//! The fields of a compose window, and the draft that they make.

use std::time::SystemTime;

use crate::client::ClientSettings;
use crate::mail::message::contact::NotAnAddress;
use crate::mail::message::{Attachment, Contact, Draft, ParsedMessage};
use crate::teaching::text::local_date;

/// The fields of a compose window.
#[derive(Clone, Debug, Default)]
pub struct ComposeForm {
    /// The recipients as they were typed.
    pub to: String,
    /// Recipients of a copy.
    pub cc: String,
    /// Recipients of a blind copy.
    pub bcc: String,
    /// The subject.
    pub subject: String,
    /// The text.
    pub text: String,
    /// The attached files.
    pub files: Vec<Attachment>,
    /// The Message-ID of the message that this one answers.
    in_reply_to: Option<String>,
    /// The Message-IDs of the conversation.
    references: Vec<String>,
    /// The message in Drafts that this one continues. It is removed when this one is sent or kept.
    pub draft_location: Option<MessageLocation>,
    /// The message that this one answers or forwards. It is marked when this one is sent.
    pub about: Option<(MessageLocation, Relation)>,
}

/// Where a message is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageLocation {
    /// The address of the account. The same UID in another account is another message.
    pub account: String,
    /// The folder.
    pub folder: String,
    /// The UID in the folder.
    pub uid: u32,
}

/// How a new message is related to an older one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It answers the older one, which gets the flag `\Answered`.
    Reply,
    /// It forwards the older one, which gets the keyword `$Forwarded` (RFC 5550 §5.9).
    Forward,
}

/// The recipients of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyTo {
    /// The sender alone.
    Sender,
    /// The sender, and everyone who got the message.
    All,
}

impl ComposeForm {
    /// A reply to a message, by the account with the address `me`.
    #[must_use]
    pub fn reply(
        place: MessageLocation,
        message: &ParsedMessage,
        me: &str,
        to: ReplyTo,
    ) -> ComposeForm {
        let is_own = |contact: &Contact| contact.address().eq_ignore_ascii_case(me);
        // A reply to one's own message goes to its recipients.
        let recipients = if message.from.iter().any(is_own) {
            &message.to
        } else if message.reply_to.is_empty() {
            &message.from
        } else {
            &message.reply_to
        };
        let mut form = ComposeForm {
            to: written(recipients),
            subject: prefixed("Re: ", &message.subject),
            text: quotation(message),
            in_reply_to: message.message_id.clone(),
            references: message.references.clone(),
            about: Some((place, Relation::Reply)),
            ..ComposeForm::default()
        };
        form.references.extend(message.message_id.clone());
        if to == ReplyTo::All {
            let is_named = |contact: &Contact| {
                let mut addresses = recipients.iter().map(Contact::address);
                addresses.any(|address| address == contact.address())
            };
            let others = message.to.iter().chain(&message.cc);
            form.cc = written(others.filter(|one| !is_own(one) && !is_named(one)));
        }
        form
    }

    /// A message that is forwarded with its files.
    #[must_use]
    pub fn forward(place: MessageLocation, message: &ParsedMessage) -> ComposeForm {
        let fields = [
            ("From", written(&message.from)),
            ("To", written(&message.to)),
            ("Cc", written(&message.cc)),
            ("Date", message.date.map(local_date).unwrap_or_default()),
            ("Subject", message.subject.clone()),
        ];
        let mut text = "\n\n-------- Forwarded message --------\n".to_owned();
        for (name, value) in fields {
            if !value.is_empty() {
                text.push_str(&format!("{name}: {value}\n"));
            }
        }
        text.push_str(&format!("\n{}", message.text));
        ComposeForm {
            subject: prefixed("Fwd: ", &message.subject),
            text,
            files: message.attachments.clone(),
            about: Some((place, Relation::Forward)),
            ..ComposeForm::default()
        }
    }

    /// A draft that is continued.
    #[must_use]
    pub fn continued(place: MessageLocation, draft: &ParsedMessage) -> ComposeForm {
        ComposeForm {
            to: written(&draft.to),
            cc: written(&draft.cc),
            bcc: written(&draft.bcc),
            subject: draft.subject.clone(),
            text: draft.text.clone(),
            files: draft.attachments.clone(),
            draft_location: Some(place),
            references: draft.references.clone(),
            in_reply_to: draft.references.last().cloned(),
            about: None,
        }
    }

    /// The message that the fields make, dated now.
    ///
    /// # Errors
    /// The first recipient that is not an address.
    pub fn draft(&self, from: Contact, settings: &ClientSettings) -> Result<Draft, NotAnAddress> {
        let mut draft = Draft::new(from, &settings.domain);
        draft.to = settings.contacts(&self.to)?;
        draft.cc = settings.contacts(&self.cc)?;
        draft.bcc = settings.contacts(&self.bcc)?;
        draft.subject.clone_from(&self.subject);
        draft.text.clone_from(&self.text);
        draft.attachments.clone_from(&self.files);
        draft.in_reply_to.clone_from(&self.in_reply_to);
        draft.references.clone_from(&self.references);
        draft.date = SystemTime::now();
        Ok(draft)
    }

    /// True if every field is empty, and no file is attached.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let fields = [&self.to, &self.cc, &self.bcc, &self.subject, &self.text];
        fields.iter().all(|field| field.trim().is_empty()) && self.files.is_empty()
    }
}

/// Contacts as one types them, separated by commas.
fn written<'a>(contacts: impl IntoIterator<Item = &'a Contact>) -> String {
    let mut written = Vec::new();
    for contact in contacts {
        written.push(match contact.name() {
            // A comma in a name would end the contact.
            Some(name) if name.contains([',', ';', '<', '"']) => {
                format!("\"{}\" <{}>", name.replace('"', ""), contact.address())
            }
            _ => contact.to_string(),
        });
    }
    written.join(", ")
}

/// The subject with this prefix, unless it has it already: `Re: Tea` for both `Tea` and `Re: Tea`.
fn prefixed(prefix: &str, subject: &str) -> String {
    let word = prefix.trim_end();
    let begin = subject.get(..word.len()).unwrap_or_default();
    if begin.eq_ignore_ascii_case(word) { subject.to_owned() } else { format!("{prefix}{subject}") }
}

/// The text of a message as a quotation, with `>` before each line (RFC 3676 §4.5).
fn quotation(message: &ParsedMessage) -> String {
    let who = match message.from.first() {
        Some(contact) => contact.name().unwrap_or(contact.address()),
        None => "Somebody",
    };
    let mut text = match message.date.map(local_date) {
        Some(when) => format!("\n\nOn {when}, {who} wrote:\n"),
        None => format!("\n\n{who} wrote:\n"),
    };
    for line in message.text.trim_end().lines() {
        let mark = if line.starts_with('>') { ">" } else { "> " };
        text.push_str(&format!("{mark}{line}\n"));
    }
    text
}

#[cfg(test)]
mod tests;
