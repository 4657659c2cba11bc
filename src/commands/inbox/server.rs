//! The inbox on its server, by IMAP or by POP3: the same questions, asked in either language.

use super::table::Row;
use crate::client::{Bounded, ClientError, Endpoint, ImapClient, Pop3Client};
use crate::limits;
use crate::mail::message::{Flag, FlagChange, Flags};
use crate::mail::protocol::imap::{FetchItem, Section, SectionText, SequenceSet};

/// A server where somebody has logged in.
pub(super) enum Server {
    /// INBOX is open.
    Imap(Box<ImapClient>),
    /// Its mailbox is locked for us.
    Pop3(Box<Pop3Client>),
}

impl Server {
    /// Connects, logs in and opens the inbox.
    pub(super) fn open(
        endpoint: &Endpoint,
        pop3: bool,
        account: &str,
        password: &str,
    ) -> Result<Server, ClientError> {
        if pop3 {
            let mut client = Pop3Client::connect(endpoint)?;
            client.login(account, password)?;
            return Ok(Server::Pop3(Box::new(client)));
        }
        let mut client = ImapClient::connect(endpoint)?;
        client.login(account, password)?;
        client.select("INBOX")?;
        Ok(Server::Imap(Box::new(client)))
    }

    /// How many messages there are.
    pub(super) fn count(&mut self) -> Result<u32, ClientError> {
        match self {
            Server::Imap(client) => Ok(client.mailbox().map_or(0, |mailbox| mailbox.exists)),
            Server::Pop3(client) => Ok(client.stat()?.messages),
        }
    }

    /// What the list shows of each.
    pub(super) fn rows(&mut self) -> Result<Vec<Row>, ClientError> {
        match self {
            Server::Imap(client) => imap_rows(client),
            Server::Pop3(client) => pop3_rows(client),
        }
    }

    /// The message with this number, whole.
    pub(super) fn message(&mut self, number: u32) -> Result<Vec<u8>, ClientError> {
        let mut message = Bounded::new(limits::READABLE);
        match self {
            Server::Imap(client) => {
                let uid = uid(client, number)?;
                client.fetch_body(uid, &mut message)?
            }
            Server::Pop3(client) => client.retr(number, &mut message)?,
        };
        Ok(message.into_inner())
    }

    /// Marks a message as read, where that can be.
    pub(super) fn mark_read(&mut self, number: u32) -> Result<(), ClientError> {
        let Server::Imap(client) = self else {
            return Ok(());
        };
        let seen: Flags = [Flag::Seen].into_iter().collect();
        let uids = SequenceSet::from_sorted(&[uid(client, number)?]);
        client.store(&uids, FlagChange::Add(seen)).map(drop)
    }

    /// Says goodbye. All is done by then, so that it fails does not matter.
    pub(super) fn close(self) {
        let _ = match self {
            Server::Imap(client) => client.logout(),
            Server::Pop3(client) => client.quit(),
        };
    }
}

fn imap_rows(client: &mut ImapClient) -> Result<Vec<Row>, ClientError> {
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
    let items = [
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Rfc822Size,
        header,
    ];
    let messages = client.fetch(&SequenceSet::all(), &items)?;
    let row = |message: &crate::client::imap::Fetched| Row {
        number: message.number,
        header: message.section().unwrap_or_default().to_vec(),
        arrived: message.internal_date().map(Into::into),
        octets: message.size().unwrap_or(0),
        flags: message.flags(),
    };
    Ok(messages.iter().map(row).collect())
}

fn pop3_rows(client: &mut Pop3Client) -> Result<Vec<Row>, ClientError> {
    let listed = client.list()?;
    let numbers: Vec<u32> = listed.iter().map(|(number, _)| *number).collect();
    let headers = client.top_each(&numbers, 0)?;
    let row = |((number, octets), header): (_, Result<_, _>)| {
        Ok(Row {
            number,
            header: header?,
            arrived: None,
            octets,
            flags: None,
        })
    };
    listed.into_iter().zip(headers).map(row).collect()
}

/// The UID of the message with this number; 0, which none has, if there is no such message.
fn uid(client: &mut ImapClient, number: u32) -> Result<u32, ClientError> {
    let messages = client.fetch(&SequenceSet::all(), &[FetchItem::Uid])?;
    let message = messages.iter().find(|message| message.number == number);
    Ok(message.map_or(0, crate::client::imap::Fetched::uid))
}
