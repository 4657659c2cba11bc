//! Collects the events of all connections in the order of time; one thread hands them to the sinks.
//!
//! The taps put events into a queue that is bounded in octets. When the sinks cannot keep up, the
//! recording of a connection ends with [`What::Lost`]; the conversation never waits.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::annotate::Annotator;
use super::event::{Connection, Event, What};
use super::sink::{Sink, Sinks};
use super::tap::RecordingTap;
use crate::limits;
use crate::mail::net::{self, ConnectionInfo, TapSource, Taps};

/// Records connections through its taps; by default nothing. Cheap to clone.
#[derive(Clone, Default)]
pub struct Recorder {
    recording: Option<Arc<RecorderThread>>,
}

/// The queue, and the thread that empties it.
struct RecorderThread {
    shared: Arc<Shared>,
    /// Disconnected when the thread has ended; `None` when a caller has waited for that.
    writer: Mutex<Option<Receiver<()>>>,
}

impl Recorder {
    /// Records to these sinks; without a sink, nothing.
    ///
    /// # Errors
    /// When there is no thread left.
    pub fn new(sinks: Vec<Box<dyn Sink>>) -> io::Result<Recorder> {
        if sinks.is_empty() {
            return Ok(Recorder::default());
        }
        let sinks = Sinks(sinks);
        let shared = Arc::new(Shared { wants_crossed: sinks.wants_crossed(), ..Shared::default() });
        let queue = Arc::clone(&shared);
        let (end, writer) = channel();
        thread::Builder::new().name("recorder".to_owned()).spawn(move || {
            // Dropped after the sinks, even if one of them panics.
            let _end: Sender<()> = end;
            write(&queue, sinks);
        })?;
        let recording = RecorderThread { shared, writer: Mutex::new(Some(writer)) };
        Ok(Recorder { recording: Some(Arc::new(recording)) })
    }

    /// The taps of this recorder, for servers and clients.
    #[must_use]
    pub fn taps(&self) -> Taps {
        match &self.recording {
            Some(recording) => Taps::from_source(Arc::clone(recording) as Arc<dyn TapSource>),
            None => Taps::default(),
        }
    }

    /// Waits until all events are written, but no longer than [`limits::RECORDING_GRACE`]. Later
    /// events are not recorded. A program calls it before it ends.
    pub fn finish(&self) {
        let Some(recording) = &self.recording else {
            return;
        };
        recording.finish(limits::RECORDING_GRACE);
    }
}

impl RecorderThread {
    fn finish(&self, patience: Duration) {
        self.shared.close();
        // The lock is held meanwhile: a second caller has to wait for the same.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(ended) = writer.take() else { return };
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            log::warn!("what was recorded last could not be written in time and is missing");
        }
    }
}

impl Drop for RecorderThread {
    fn drop(&mut self) {
        self.finish(limits::RECORDING_GRACE);
    }
}

impl TapSource for RecorderThread {
    fn tap(&self, connection: &ConnectionInfo<'_>) -> Box<dyn net::Tap> {
        let number = self.shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let connection = Connection {
            number,
            ours: connection.ours,
            protocol: connection.protocol,
            service: connection.service.to_owned(),
            client: connection.client,
            server: connection.server,
            thread: thread::current().name().unwrap_or_default().to_owned(),
        };
        Box::new(RecordingTap::new(Arc::clone(&self.shared), connection))
    }
}

/// What the taps and the recorder's thread share.
#[derive(Default)]
pub(super) struct Shared {
    wants_crossed: bool,
    connections: AtomicU64,
    queue: Mutex<EventQueue>,
    filled: Condvar,
}

#[derive(Default)]
struct EventQueue {
    events: VecDeque<Event>,
    /// The memory of the events in octets, with those that are being written.
    size: usize,
    /// The memory of the events that are being written.
    taken: usize,
    latest: Option<SystemTime>,
    closed: bool,
}

impl Shared {
    pub(super) fn wants_crossed(&self) -> bool {
        self.wants_crossed
    }

    /// Adds an event that happens now. Returns `false` if there was no room: then nothing more of this
    /// connection is recorded.
    pub(super) fn push(&self, connection: &Arc<Connection>, what: What) -> bool {
        let mut queue = self.queue();
        if queue.closed {
            return false;
        }
        let fits = queue.size <= limits::RECORDING;
        let what = if fits { what } else { What::Lost };
        queue.size += what.size();
        // The clock may be set back; the times of events must not go back with it.
        let now = SystemTime::now();
        let time = queue.latest.map_or(now, |latest| latest.max(now));
        queue.latest = Some(time);
        queue.events.push_back(Event { time, connection: Arc::clone(connection), what });
        drop(queue);
        self.filled.notify_one();
        fits
    }

    fn close(&self) {
        self.queue().closed = true;
        self.filled.notify_one();
    }

    /// Waits for events and takes as many as are written at once; none at the end. Their memory counts
    /// until the next call.
    fn next(&self) -> Vec<Event> {
        let mut queue = self.queue();
        queue.size -= std::mem::take(&mut queue.taken);
        let idle = |queue: &mut EventQueue| queue.events.is_empty() && !queue.closed;
        let waited = self.filled.wait_while(queue, idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
        let mut events = Vec::new();
        while queue.taken < limits::RECORDED_AT_ONCE
            && let Some(event) = queue.events.pop_front()
        {
            queue.taken += event.size();
            events.push(event);
        }
        events
    }

    fn queue(&self) -> MutexGuard<'_, EventQueue> {
        // A thread that panicked with the lock was adding an event, at worst.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The work of the recorder's thread.
fn write(shared: &Shared, mut sinks: Sinks) {
    let mut annotator = Annotator::default();
    loop {
        let events = shared.next();
        if events.is_empty() {
            return;
        }
        // Sinks that fail are dropped one by one; all of them together never fail.
        let _ = annotator.tell(&events, &mut sinks);
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::mail::net::Side;
    use crate::teaching::explain::Explained;

    /// The ends of a connection that is not made.
    const END: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1));

    #[test]
    fn what_is_being_written_counts_until_it_is() {
        let shared = Shared::default();
        let connection = Arc::new(Connection {
            number: 1,
            ours: Side::Client,
            protocol: None,
            service: "smtp".to_owned(),
            client: END,
            server: END,
            thread: String::new(),
        });
        let say = |octets: usize| {
            let octets = vec![b'x'; octets];
            let by = Side::Client;
            shared.push(&connection, What::Said { by, octets })
        };
        assert!(say(limits::RECORDING));
        assert_eq!(shared.next().len(), 1);
        assert!(!say(1), "the sinks have it all still");
        assert_eq!(shared.next().len(), 1);
        for _ in 0..limits::RECORDING / limits::RECORDED_AT_ONCE {
            assert!(say(limits::RECORDED_AT_ONCE), "it is written");
        }
        assert!(!say(1));
        assert_eq!(shared.next().len(), 1, "as much as is written at once");
        assert!(!say(1), "it is not written yet");
        assert_eq!(shared.next().len(), 1);
        assert!(say(1));
    }

    /// Waits until the test lets it go on.
    struct Slow(Receiver<()>, Sender<Event>);

    impl Sink for Slow {
        fn name(&self) -> String {
            "a slow disk".to_owned()
        }

        fn take(&mut self, event: &Event, _explained: Option<&Explained>) -> io::Result<()> {
            self.0.recv().map_err(io::Error::other)?;
            self.1.send(event.clone()).map_err(io::Error::other)
        }
    }

    #[test]
    fn the_end_does_not_wait_for_ever() {
        let ((go, gate), (send, receive)) = (channel(), channel());
        let recorder = Recorder::new(vec![Box::new(Slow(gate, send))]).unwrap();
        let info = ConnectionInfo {
            ours: Side::Client,
            service: "smtp",
            protocol: None,
            client: END,
            server: END,
        };
        let tap = recorder.taps().tap(&info).unwrap();
        let recording = Arc::clone(recorder.recording.as_ref().unwrap());
        recording.finish(Duration::from_millis(10));
        assert!(receive.try_recv().is_err());
        drop((go, tap));
        recording.finish(Duration::from_secs(60));
    }
}
