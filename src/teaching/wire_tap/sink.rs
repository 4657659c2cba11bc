//! Where a recorder's events go: a journal, a capture, a window.

use std::io;

use super::annotate::{AnnotatedLine, Annotator, Explaining};
use super::event::Event;
use crate::teaching::explain::Explained;

/// A receiver of events. After an error it gets nothing more.
pub trait Sink: Send {
    /// Its name, for the warning when it fails: `the capture lab.pcapng`.
    fn name(&self) -> String;

    /// True if it needs the octets as they crossed the socket ([`What::Crossed`](super::What::Crossed)).
    fn wants_crossed(&self) -> bool {
        false
    }

    /// What it wants to be explained.
    fn explaining(&self) -> Explaining {
        Explaining::Nothing
    }

    /// Takes a line that is whole now. It comes before the event that completes it.
    ///
    /// # Errors
    /// The disk's.
    fn line(&mut self, _line: &AnnotatedLine<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Takes more whole lines of a body: each of them means the same as the line before.
    ///
    /// # Errors
    /// The disk's.
    fn body(&mut self, _lines: &AnnotatedLine<'_>) -> io::Result<()> {
        Ok(())
    }

    /// Takes an event; one of TLS comes with its explanation.
    ///
    /// # Errors
    /// The disk's.
    fn take(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()>;

    /// Writes what it has taken, so that it can be read.
    ///
    /// # Errors
    /// The disk's.
    fn flush(&mut self, _annotator: &Annotator) -> io::Result<()> {
        Ok(())
    }
}

/// A sink that calls a function in the recorder's thread with each event.
pub struct Live<F>(
    /// The function.
    pub F,
);

impl<F: FnMut(&Event) + Send> Sink for Live<F> {
    fn name(&self) -> String {
        "what is shown".to_owned()
    }

    fn take(&mut self, event: &Event, _explained: Option<&Explained>) -> io::Result<()> {
        (self.0)(event);
        Ok(())
    }
}

/// Several sinks as one. A sink that fails, because the disk is full, is dropped with a warning.
pub(super) struct Sinks(pub(super) Vec<Box<dyn Sink>>);

impl Sinks {
    fn each(&mut self, mut tell: impl FnMut(&mut dyn Sink) -> io::Result<()>) -> io::Result<()> {
        self.0.retain_mut(|sink| match tell(&mut **sink) {
            Ok(()) => true,
            Err(error) => {
                let name = sink.name();
                log::warn!("{name} ends here, the conversations go on: {error}");
                false
            }
        });
        Ok(())
    }
}

impl Sink for Sinks {
    fn name(&self) -> String {
        "the recording".to_owned()
    }

    fn wants_crossed(&self) -> bool {
        self.0.iter().any(|sink| sink.wants_crossed())
    }

    fn explaining(&self) -> Explaining {
        let wanted = self.0.iter().map(|sink| sink.explaining());
        wanted.fold(Explaining::Nothing, Explaining::and)
    }

    fn line(&mut self, line: &AnnotatedLine<'_>) -> io::Result<()> {
        self.each(|sink| sink.line(line))
    }

    fn body(&mut self, lines: &AnnotatedLine<'_>) -> io::Result<()> {
        self.each(|sink| sink.body(lines))
    }

    fn take(&mut self, event: &Event, explained: Option<&Explained>) -> io::Result<()> {
        self.each(|sink| sink.take(event, explained))
    }

    fn flush(&mut self, annotator: &Annotator) -> io::Result<()> {
        self.each(|sink| sink.flush(annotator))
    }
}
