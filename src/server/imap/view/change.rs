//! Changes of flags that the client makes itself.

use std::sync::Arc;

use super::View;
use crate::mail::message::{Flag, FlagChange};
use crate::mail::protocol::imap::Response;
use crate::mail::store::StoreError;

/// The result of a change of flags.
#[derive(Debug, Default)]
pub(crate) struct FlagsChanged {
    /// True if some of the messages are gone.
    pub(crate) some_gone: bool,
    /// The numbers of the other messages.
    pub(crate) changed: Vec<u32>,
    /// Those with flags that the client cannot expect, because another client changed them too.
    pub(crate) surprising: Vec<u32>,
    /// FLAGS responses for keywords that are new to the client, to be sent first.
    pub(crate) new_keywords: Vec<Response>,
}

impl View {
    /// Changes flags for the client. The caller tells it the result.
    pub(crate) fn change(
        &mut self,
        numbers: &[u32],
        change: &FlagChange,
    ) -> Result<FlagsChanged, StoreError> {
        let uids = self.uids(numbers);
        let snapshot = self.mailbox.store(&uids, change)?;
        let mut result =
            FlagsChanged { new_keywords: self.new_keywords(&snapshot), ..FlagsChanged::default() };
        for &number in numbers {
            let Some(known) = self.known.get_mut(number as usize - 1) else {
                continue;
            };
            let Some(message) = snapshot.uid(known.uid) else {
                result.some_gone = true;
                continue;
            };
            result.changed.push(number);
            if message.flags != known.flags.changed(change) {
                result.surprising.push(number);
            }
            *known = Arc::clone(message);
        }
        Ok(result)
    }

    /// Sets `\Seen` where it is not set, and returns those numbers, rising. FLAGS responses for keywords
    /// that have just come to the mailbox are added to the updates.
    pub(crate) fn mark_seen(
        &mut self,
        numbers: &[u32],
        updates: &mut Vec<Response>,
    ) -> Result<Vec<u32>, StoreError> {
        let is_unseen = |number: &u32| {
            let message = self.message(*number);
            message.is_some_and(|message| !message.flags.has(Flag::Seen))
        };
        let unseen: Vec<u32> = numbers.iter().copied().filter(is_unseen).collect();
        if !unseen.is_empty() {
            let changed = self.change(&unseen, &FlagChange::Add(Flag::Seen.into()))?;
            updates.extend(changed.new_keywords);
        }
        Ok(unseen)
    }
}
