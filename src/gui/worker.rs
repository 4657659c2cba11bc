//! Threads that work for the window, which itself never waits for a network or a disk.
//!
//! A [`Worker`] runs closures, one after the other, on a state of its own such as a connection; what a closure returns
//! is shown in a panel. A [`WorkerThread`] takes jobs that are values: such jobs can be compared and named, and report
//! while they run. Both ask for a repaint when there is something to show, and end when the window drops its end; the
//! window does not wait for that.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use eframe::egui::Context;

use super::popup::Popups;

/// A closure that works on the state of a worker.
type Task<State, Panel> = Box<dyn FnOnce(&mut State) -> ShowResult<Panel> + Send>;

/// Shows the result of a task in its panel.
pub(super) type ShowResult<Panel> = Box<dyn FnOnce(&mut Panel, &mut Popups) + Send>;

/// A thread with a state, to which a panel gives tasks.
pub(super) struct Worker<State, Panel>(Option<WorkerThread<Task<State, Panel>, ShowResult<Panel>>>);

impl<State: Send + 'static, Panel: 'static> Worker<State, Panel> {
    /// Starts a thread of this name. If the system has no thread left, this is logged, and tasks are never run.
    pub(super) fn start(name: &str, window: &Context, mut state: State) -> Worker<State, Panel> {
        let thread = WorkerThread::start(
            name,
            window,
            move |tasks: Receiver<Task<State, Panel>>, reporter| {
                for task in tasks {
                    reporter.report(task(&mut state));
                }
            },
        );
        if let Err(error) = &thread {
            log::error!("no thread is left for the worker “{name}”: {error}");
        }
        Worker(thread.ok())
    }

    /// True if the thread could be started.
    pub(super) fn is_running(&self) -> bool {
        self.0.is_some()
    }

    /// Runs `work` in the worker's thread, and then `show` with its result in the window's thread.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut State) -> T + Send + 'static,
        show: impl FnOnce(&mut Panel, &mut Popups, T) + Send + 'static,
    ) {
        if let Some(thread) = &self.0 {
            thread.order(Box::new(move |state| {
                let result = work(state);
                Box::new(move |panel, popups| show(panel, popups, result))
            }));
        }
    }

    /// The results that have come since the last call; the panel calls each of them with itself.
    pub(super) fn results(&self) -> Vec<ShowResult<Panel>> {
        self.0.iter().flat_map(WorkerThread::updates).collect()
    }

    /// Waits until every task has run and the state is dropped.
    pub(super) fn finish(&mut self) {
        if let Some(thread) = self.0.take() {
            drop(thread.jobs);
            // If the thread panicked, its message is on the terminal already.
            let _ = thread.thread.join();
        }
    }
}

/// The window's end of a thread that takes jobs and sends updates.
pub(super) struct WorkerThread<Job, Update> {
    jobs: Sender<Job>,
    updates: Receiver<Update>,
    thread: JoinHandle<()>,
}

/// The thread's end, with which it sends updates.
pub(super) struct Reporter<Update> {
    updates: Sender<Update>,
    window: Context,
}

impl<Job: Send + 'static, Update: Send + 'static> WorkerThread<Job, Update> {
    /// Starts a thread of this name, which works until the channel of its jobs is closed.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(
        name: &str,
        window: &Context,
        work: impl FnOnce(Receiver<Job>, Reporter<Update>) + Send + 'static,
    ) -> io::Result<WorkerThread<Job, Update>> {
        let (jobs, ordered) = mpsc::channel();
        let (sent, updates) = mpsc::channel();
        let reporter = Reporter { updates: sent, window: window.clone() };
        let thread =
            thread::Builder::new().name(name.to_owned()).spawn(move || work(ordered, reporter))?;
        Ok(WorkerThread { jobs, updates, thread })
    }

    /// Orders a job. If the thread has ended, its last update said why, and the job is dropped.
    pub(super) fn order(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// The updates that have come since the last call.
    pub(super) fn updates(&self) -> impl Iterator<Item = Update> + '_ {
        self.updates.try_iter()
    }
}

impl<Update> Reporter<Update> {
    /// Sends an update to the window, if it is still open.
    pub(super) fn report(&self, update: Update) {
        let _ = self.updates.send(update);
        self.window.request_repaint();
    }
}
