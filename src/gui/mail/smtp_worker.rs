//! Sending a message: a worker submits it by SMTP and ends. The account that sent it keeps a copy then.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use eframe::egui::Context;

use super::imap_jobs::ImapJob;
use super::open_account::{AccountEffects, OpenAccount};
use crate::client::{ClientError, SmtpClient};
use crate::gui::model::account::MailAccount;
use crate::gui::model::compose_form::{ComposeForm, Relation};
use crate::gui::popup::Popups;
use crate::gui::worker::{Reporter, WorkerThread};
use crate::mail::message::{Draft, Flag, FlagChange, Flags};
use crate::mail::protocol::imap::SpecialUse;

/// The number of bytes between two reports of the progress.
const REPORT: u64 = 64 * 1024;

/// A message on its way to the SMTP server.
pub(super) struct OutgoingMessage {
    worker: WorkerThread<(), SmtpUpdate>,
    /// What was written; it is shown again if the message cannot be sent.
    form: ComposeForm,
    pub(super) subject: String,
    /// The part that was sent, from 0 to 1.
    pub(super) progress: f32,
}

/// What the worker reports.
enum SmtpUpdate {
    /// The part that was sent, from 0 to 1.
    Progress(f32),
    /// The server accepted the message, or refused it for this reason.
    Ended(Result<AcceptedMessage, String>),
}

/// A message that the server has accepted.
struct AcceptedMessage {
    /// The recipients that were refused, each with the reason.
    refused: Vec<(String, String)>,
    /// The message as it was sent.
    bytes: Vec<u8>,
}

impl OutgoingMessage {
    /// Starts to send. The worker has all that it needs, and gets no jobs.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(
        account: MailAccount,
        draft: Draft,
        form: ComposeForm,
        window: &Context,
    ) -> io::Result<OutgoingMessage> {
        let subject = draft.subject.clone();
        let worker = WorkerThread::start("send", window, move |_, reporter| {
            let sent = send(&account, &draft, &reporter);
            let sent = sent.map_err(|error| error.to_string());
            reporter.report(SmtpUpdate::Ended(sent));
        })?;
        Ok(OutgoingMessage { worker, form, subject, progress: 0.0 })
    }

    /// Takes in the worker's updates; returns its result when it has ended.
    fn update(&mut self) -> Option<Result<AcceptedMessage, String>> {
        for update in self.worker.updates() {
            match update {
                SmtpUpdate::Progress(progress) => self.progress = progress,
                SmtpUpdate::Ended(result) => return Some(result),
            }
        }
        None
    }
}

impl OpenAccount {
    /// Takes in what became of the messages on their way. One that could not be sent is returned to be corrected.
    pub(super) fn update_outgoing(&mut self, popups: &mut Popups, effects: &mut AccountEffects) {
        for mut message in std::mem::take(&mut self.outgoing) {
            match message.update() {
                None => self.outgoing.push(message),
                Some(Ok(accepted)) => {
                    popups.sent(&accepted.refused);
                    let seen = Flags::from(Flag::Seen);
                    self.keep(&SpecialUse::Sent, seen, accepted.bytes, None);
                    effects.follow_ups.extend(follow_ups(&message.form));
                }
                Some(Err(why)) => {
                    popups.bad("The message was not sent", why);
                    effects.returned.push(message.form);
                }
            }
        }
    }
}

/// The jobs for the messages from which a sent message was made: an answered one is marked, a draft is removed.
fn follow_ups(form: &ComposeForm) -> Vec<ImapJob> {
    let mut jobs = Vec::new();
    if let Some((place, relation)) = &form.about {
        let mut flags = Flags::new();
        match relation {
            Relation::Reply => flags.set(Flag::Answered),
            Relation::Forward => flags.set_keyword("$Forwarded"),
        }
        jobs.push(ImapJob::Mark(place.clone(), FlagChange::Add(flags)));
    }
    if let Some(draft) = &form.draft_location {
        jobs.push(ImapJob::Discard(draft.clone()));
    }
    jobs
}

fn send(
    account: &MailAccount,
    draft: &Draft,
    reporter: &Reporter<SmtpUpdate>,
) -> Result<AcceptedMessage, ClientError> {
    let bytes = draft.to_bytes();
    let mut client = SmtpClient::connect(&account.settings.smtp)?;
    client.login(account.login(), &account.password)?;
    let mut message = SentBytes { message: Cursor::new(&bytes), reported: 0, reporter };
    let sent = client.send(draft.from.address(), &draft.recipients(), &mut message)?;
    // The message was accepted, so the answer to QUIT does not matter.
    let _ = client.quit();
    let refused = sent.refused.into_iter();
    let refused = refused.map(|(who, why)| (who, why.to_string())).collect();
    Ok(AcceptedMessage { refused, bytes })
}

/// A message that reports what part of it was read.
struct SentBytes<'a> {
    message: Cursor<&'a [u8]>,
    reported: u64,
    reporter: &'a Reporter<SmtpUpdate>,
}

impl Read for SentBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.message.read(buffer)?;
        let position = self.message.position();
        if position >= self.reported + REPORT {
            self.reported = position;
            let size = self.message.get_ref().len();
            let part = position as f32 / size as f32;
            self.reporter.report(SmtpUpdate::Progress(part));
        }
        Ok(read)
    }
}

impl Seek for SentBytes<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reported = 0;
        self.message.seek(to)
    }
}
