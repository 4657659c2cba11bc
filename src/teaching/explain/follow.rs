//! The contract between the [`Observer`](super::Observer) and the part of it that knows one protocol.

use super::annotation_builder::AnnotationBuilder;
use super::dialogue_state::DialogueState;
use super::line::ObservedLine;
use crate::mail::net::Side;

/// Follows a conversation in one protocol.
pub(super) trait Follow {
    /// Takes a line of the client.
    fn client(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    );

    /// Takes a line of the server.
    fn server(
        &mut self,
        dialogue: &mut DialogueState,
        line: &ObservedLine<'_>,
        builder: &mut AnnotationBuilder<'_>,
    );

    /// The octets of the client that are still to come, if their number was announced.
    /// A new line must begin after the last of them wherever they end. A password must not be among them:
    /// it would be torn.
    fn announced(&self) -> Option<u64> {
        None
    }

    /// TLS has begun, and with it a fresh conversation.
    fn tls(&mut self);

    /// Passes over whole lines of a body at the front of what this side says, but not over the body's
    /// last line. Returns how many octets that are.
    fn pass_over(&mut self, by: Side, octets: &[u8]) -> usize;

    /// A copy with the same memory.
    fn twin(&self) -> Box<dyn Follow + Send>;
}
