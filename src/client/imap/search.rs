//! The commands that find messages in the open mailbox, by UID: SEARCH (RFC 3501 §6.4.4), ESEARCH
//! (RFC 4731), SORT and THREAD (RFC 5256).

use super::ImapClient;
use crate::client::ClientError;
use crate::mail::protocol::imap::response::{Response, SearchResults, Threaded};
use crate::mail::protocol::imap::search::{Algorithm, Criterion, Returns, SearchCharset};
use crate::mail::protocol::imap::{Command, Search, SearchKey, Sort, Thread};

impl ImapClient {
    /// Returns the UIDs of the messages that match all keys.
    ///
    /// # Errors
    /// When no mailbox is open, or the server does not support a key.
    pub fn search(&mut self, keys: Vec<SearchKey>) -> Result<Vec<u32>, ClientError> {
        let responses = self.look_for(None, keys)?;
        Ok(collect(responses, |response| match response {
            Response::Search(uids) => Some(uids),
            _ => None,
        }))
    }

    /// Returns chosen facts about the messages that match all keys, for example only their number.
    ///
    /// # Errors
    /// As [`ImapClient::search`], and when the server does not offer ESEARCH.
    pub fn esearch(
        &mut self,
        returns: Returns,
        keys: Vec<SearchKey>,
    ) -> Result<SearchResults, ClientError> {
        let mut responses = self.look_for(Some(returns), keys)?.into_iter();
        let found = responses.find_map(|response| match response {
            Response::Esearch(found) => Some(found),
            _ => None,
        });
        // RFC 5182 §2.1: a search that only saves its result gets no response.
        Ok(found.unwrap_or_default())
    }

    /// Returns the UIDs of the messages that match all keys, sorted by the criteria.
    ///
    /// # Errors
    /// As [`ImapClient::search`], and when the server does not offer SORT.
    pub fn sort(
        &mut self,
        criteria: Vec<Criterion>,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<u32>, ClientError> {
        let sort = Sort { criteria, charset: SearchCharset::named("UTF-8"), keys };
        let (responses, _) = self.execute(&Command::Sort { uid: true, sort })?;
        Ok(collect(responses, |response| match response {
            Response::Sort(uids) => Some(uids),
            _ => None,
        }))
    }

    /// Returns the messages that match all keys, grouped into conversations.
    ///
    /// # Errors
    /// As [`ImapClient::search`], and when the server does not offer the algorithm.
    pub fn thread(
        &mut self,
        algorithm: Algorithm,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<Threaded>, ClientError> {
        let thread = Thread { algorithm, charset: SearchCharset::named("UTF-8"), keys };
        let (responses, _) = self.execute(&Command::Thread { uid: true, thread })?;
        Ok(collect(responses, |response| match response {
            Response::Thread(messages) => Some(messages),
            _ => None,
        }))
    }

    fn look_for(
        &mut self,
        returns: Option<Returns>,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<Response>, ClientError> {
        let mut search = Search { returns, charset: None, keys };
        if !search.to_string().is_ascii() {
            search.charset = Some(SearchCharset::named("UTF-8"));
        }
        Ok(self.execute(&Command::Search { uid: true, search })?.0)
    }
}

/// Collects the contents of the responses of one type.
fn collect<T>(responses: Vec<Response>, one: impl Fn(Response) -> Option<Vec<T>>) -> Vec<T> {
    responses.into_iter().filter_map(one).flatten().collect()
}
