//! Header fields of messages, beyond those that are cached.

use std::io::BufReader;
use std::ops::Range;
use std::sync::Arc;

use crate::mail::message::{BodyPart, Header};
use crate::mail::store::{Message, StoreError};
use crate::server::imap::messages::mailbox_reader::MailboxReader;
use crate::server::imap::messages::message_cache::KEPT_FIELDS;

impl MailboxReader {
    /// Returns a header with all the message's fields of these names, and perhaps others. For
    /// [`KEPT_FIELDS`] alone no file is opened a second time.
    pub(crate) fn header_with(
        &self,
        message: &Message,
        names: &[impl AsRef<str>],
    ) -> Result<Arc<Header>, StoreError> {
        let is_kept = |name: &str| {
            let mut kept = KEPT_FIELDS.iter();
            kept.any(|kept| kept.eq_ignore_ascii_case(name))
        };
        let header = self.header(message)?;
        if names.iter().all(|name| is_kept(name.as_ref())) {
            return Ok(Arc::clone(&header.fields));
        }
        self.header_at(message, 0..header.end).map(Arc::new)
    }

    /// Returns the message's own header, all of it. This reads the file.
    pub(crate) fn whole_header(&self, message: &Message) -> Result<Header, StoreError> {
        let end = self.header(message)?.end;
        self.header_at(message, 0..end)
    }

    /// Returns the header in this range of a message: its own, or that of a part. This reads the file.
    pub(crate) fn header_at(
        &self,
        message: &Message,
        range: Range<u64>,
    ) -> Result<Header, StoreError> {
        let mut header = BufReader::new(self.slice(message, range)?);
        let part = BodyPart::read(&mut header).map_err(|error| self.failed(message, error))?;
        Ok(part.fields)
    }
}
