//! The worker that hands a message in by SMTP: one for each message, gone when it is sent.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use eframe::egui::Context;

use crate::client::{ClientError, SendOutcome, SmtpClient};
use crate::gui::model::account::MailAccount;
use crate::gui::worker::{Reporter, Worker};
use crate::mail::message::Draft;

/// Octets between two reports of the progress: some hundred for a large message.
const STEP: u64 = 64 * 1024;

/// What the worker tells of its message.
pub(super) enum SendingUpdate {
    /// So much of it is on its way, from 0 to 1.
    Progress(f32),
    /// It was taken: by whom it was refused, each with the reason, and the message as it travelled.
    Sent(Vec<(String, String)>, Vec<u8>),
    /// It was not.
    Failed(String),
}

/// A message that is being sent. The worker has all it needs from the start: there are no jobs.
pub(super) type Sending = Worker<(), SendingUpdate>;

/// Starts to send.
pub(super) fn start(account: MailAccount, draft: Draft, window: &Context) -> io::Result<Sending> {
    Worker::start("send", window, move |_, reporter| {
        let message = draft.to_bytes();
        let sent = send(&account, &draft, &message, &reporter);
        reporter.report(match sent {
            Ok(sent) => {
                let refused = sent.refused.into_iter();
                let refused = refused.map(|(who, why)| (who, why.to_string()));
                SendingUpdate::Sent(refused.collect(), message)
            }
            Err(error) => SendingUpdate::Failed(error.to_string()),
        });
    })
}

fn send(
    account: &MailAccount,
    draft: &Draft,
    message: &[u8],
    reporter: &Reporter<SendingUpdate>,
) -> Result<SendOutcome, ClientError> {
    let mut client = SmtpClient::connect(&account.settings.smtp)?;
    client.login(account.login(), &account.password)?;
    let mut message = Watched {
        message: Cursor::new(message),
        told: 0,
        reporter,
    };
    let sent = client.send(draft.from.address(), &draft.recipients(), &mut message)?;
    // The message was taken: what the server says to QUIT does not matter.
    let _ = client.quit();
    Ok(sent)
}

/// A message that tells how much of it was read.
struct Watched<'a> {
    message: Cursor<&'a [u8]>,
    told: u64,
    reporter: &'a Reporter<SendingUpdate>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.message.read(buffer)?;
        let (at, all) = (self.message.position(), self.message.get_ref().len());
        if at >= self.told + STEP {
            self.told = at;
            self.reporter
                .report(SendingUpdate::Progress(at as f32 / all as f32));
        }
        Ok(read)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.told = 0;
        self.message.seek(to)
    }
}
