//! The inbox on its server: the same requests by IMAP or by POP3.

use super::table::InboxRow;
use crate::client::imap::Fetched;
use crate::client::{BoundedBuffer, ClientError, Endpoint, ImapClient, Pop3Client};
use crate::limits;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::{FetchItem, Section, SectionText, SequenceSet};

/// A connection to an inbox, logged in.
pub(super) enum InboxServer {
    /// IMAP, with INBOX open.
    Imap(Box<ImapClient>),
    /// POP3, with the mailbox locked for us.
    Pop3(Box<Pop3Client>),
}

impl InboxServer {
    /// Connects by POP3 and logs in.
    pub(super) fn open_pop3(
        endpoint: &Endpoint,
        account: &str,
        password: &str,
    ) -> Result<InboxServer, ClientError> {
        let mut client = Pop3Client::connect(endpoint)?;
        client.login(account, password)?;
        Ok(InboxServer::Pop3(Box::new(client)))
    }

    /// Connects by IMAP, logs in and opens INBOX.
    pub(super) fn open_imap(
        endpoint: &Endpoint,
        account: &str,
        password: &str,
    ) -> Result<InboxServer, ClientError> {
        let mut client = ImapClient::connect(endpoint)?;
        client.login(account, password)?;
        client.select("INBOX")?;
        Ok(InboxServer::Imap(Box::new(client)))
    }

    /// Returns the number of messages.
    pub(super) fn count(&mut self) -> Result<u32, ClientError> {
        match self {
            InboxServer::Imap(client) => Ok(client.mailbox().map_or(0, |mailbox| mailbox.exists)),
            InboxServer::Pop3(client) => Ok(client.stat()?.messages),
        }
    }

    /// Returns what the list shows of each message.
    pub(super) fn rows(&mut self) -> Result<Vec<InboxRow>, ClientError> {
        match self {
            InboxServer::Imap(client) => imap_rows(client),
            InboxServer::Pop3(client) => pop3_rows(client),
        }
    }

    /// Returns the whole message with this number.
    pub(super) fn message(&mut self, number: u32) -> Result<Vec<u8>, ClientError> {
        let mut message = BoundedBuffer::new(limits::READABLE);
        match self {
            InboxServer::Imap(client) => {
                let uid = uid(client, number)?;
                client.fetch_body(uid, &mut message)?
            }
            InboxServer::Pop3(client) => client.retr(number, &mut message)?,
        };
        Ok(message.into_inner())
    }

    /// Marks a message as read; POP3 has no such mark.
    pub(super) fn mark_read(&mut self, number: u32) -> Result<(), ClientError> {
        let InboxServer::Imap(client) = self else {
            return Ok(());
        };
        let seen: Flags = [Flag::Seen].into_iter().collect();
        let uids = SequenceSet::from_sorted(&[uid(client, number)?]);
        client.store(&uids, FlagChange::Add(seen))?;
        Ok(())
    }

    /// Ends the session. All work is done by then, so a failure does not matter.
    pub(super) fn close(self) {
        let _ = match self {
            InboxServer::Imap(client) => client.logout(),
            InboxServer::Pop3(client) => client.quit(),
        };
    }
}

fn imap_rows(client: &mut ImapClient) -> Result<Vec<InboxRow>, ClientError> {
    if client.mailbox().is_none_or(|mailbox| mailbox.exists == 0) {
        return Ok(Vec::new());
    }
    let fields = ["Date", "From", "Subject", "Content-Type"].map(str::to_owned);
    let header = FetchItem::BodySection {
        peek: true,
        section: Section {
            path: Vec::new(),
            text: Some(SectionText::HeaderFields(fields.to_vec())),
        },
        partial: None,
    };
    let items = [FetchItem::Flags, FetchItem::InternalDate, FetchItem::Rfc822Size, header];
    let messages = client.fetch(&SequenceSet::all(), &items)?;
    let row = |message: &Fetched| InboxRow {
        number: message.number,
        header: message.section().unwrap_or_default().to_vec(),
        arrived: message.internal_date().map(Into::into),
        octets: message.size().unwrap_or(0),
        flags: message.flags(),
    };
    Ok(messages.iter().map(row).collect())
}

fn pop3_rows(client: &mut Pop3Client) -> Result<Vec<InboxRow>, ClientError> {
    let listed = client.list()?;
    let numbers: Vec<u32> = listed.iter().map(|(number, _)| *number).collect();
    let headers = client.top_each(&numbers, 0)?;
    let row = |((number, octets), header): (_, Result<_, _>)| {
        Ok(InboxRow { number, header: header?, arrived: None, octets, flags: None })
    };
    listed.into_iter().zip(headers).map(row).collect()
}

/// Returns the UID of the message with this number, or 0, which no message has.
fn uid(client: &mut ImapClient, number: u32) -> Result<u32, ClientError> {
    let messages = client.fetch(&SequenceSet::all(), &[FetchItem::Uid])?;
    let message = messages.iter().find(|message| message.number == number);
    Ok(message.map_or(0, Fetched::uid))
}
