//! The verbs that look for messages in the mailbox that is open (RFC 3501 §6.4.4, RFC 4731, RFC 5256),
//! by UID.

use super::ImapClient;
use crate::client::ClientError;
use crate::mail::protocol::imap::response::{Response, SearchResults, Threaded};
use crate::mail::protocol::imap::search::{Algorithm, Charset, Criterion, Returns};
use crate::mail::protocol::imap::{Command, Search, SearchKey, Sort, Thread};

impl ImapClient {
    /// The UIDs of the messages for which all these keys hold.
    ///
    /// # Errors
    /// When no mailbox is open, or the server cannot search for such.
    pub fn search(&mut self, keys: Vec<SearchKey>) -> Result<Vec<u32>, ClientError> {
        let responses = self.look_for(None, keys)?;
        Ok(told(responses, |response| match response {
            Response::Search(uids) => Some(uids),
            _ => None,
        }))
    }

    /// What is wanted to be known of the messages for which all these keys hold: how many there are,
    /// say, without a list of them.
    ///
    /// # Errors
    /// As of [`ImapClient::search`], and when the server does not offer ESEARCH.
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
        // RFC 5182 §2.1: who only saves hears nothing.
        Ok(found.unwrap_or_default())
    }

    /// The UIDs of the messages for which all these keys hold, in this order.
    ///
    /// # Errors
    /// As of [`ImapClient::search`], and when the server does not offer SORT.
    pub fn sort(
        &mut self,
        criteria: Vec<Criterion>,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<u32>, ClientError> {
        let sort = Sort {
            criteria,
            charset: Charset::named("UTF-8"),
            keys,
        };
        let (responses, _) = self.execute(&Command::Sort { uid: true, sort })?;
        Ok(told(responses, |response| match response {
            Response::Sort(uids) => Some(uids),
            _ => None,
        }))
    }

    /// The messages for which all these keys hold, as conversations.
    ///
    /// # Errors
    /// As of [`ImapClient::search`], and when the server does not offer the algorithm.
    pub fn thread(
        &mut self,
        algorithm: Algorithm,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<Threaded>, ClientError> {
        let thread = Thread {
            algorithm,
            charset: Charset::named("UTF-8"),
            keys,
        };
        let (responses, _) = self.execute(&Command::Thread { uid: true, thread })?;
        Ok(told(responses, |response| match response {
            Response::Thread(messages) => Some(messages),
            _ => None,
        }))
    }

    fn look_for(
        &mut self,
        returns: Option<Returns>,
        keys: Vec<SearchKey>,
    ) -> Result<Vec<Response>, ClientError> {
        let mut search = Search {
            returns,
            charset: None,
            keys,
        };
        if !search.to_string().is_ascii() {
            search.charset = Some(Charset::named("UTF-8"));
        }
        Ok(self.execute(&Command::Search { uid: true, search })?.0)
    }
}

/// What the responses of one sort tell.
fn told<T>(responses: Vec<Response>, one: impl Fn(Response) -> Option<Vec<T>>) -> Vec<T> {
    responses.into_iter().filter_map(one).flatten().collect()
}
