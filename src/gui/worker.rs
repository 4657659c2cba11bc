//! A thread that does jobs one after the other, and tells the window what came of them.
//!
//! Orders go to it through one channel, news come back through another, each with a repaint of the
//! window. When the window drops its end, the thread ends behind the job that it is at; nobody waits
//! for it.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use eframe::egui::Context;

/// The window's end.
pub(super) struct Worker<Job, News> {
    jobs: Sender<Job>,
    news: Receiver<News>,
    thread: JoinHandle<()>,
}

/// The thread's end: how it tells its news.
pub(super) struct Reporter<News> {
    news: Sender<News>,
    window: Context,
}

impl<Job: Send + 'static, News: Send + 'static> Worker<Job, News> {
    /// Starts a thread of this name, which works until the channel of its jobs is closed.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub(super) fn start(
        name: &str,
        window: &Context,
        work: impl FnOnce(Receiver<Job>, Reporter<News>) + Send + 'static,
    ) -> io::Result<Worker<Job, News>> {
        let (jobs, orders) = mpsc::channel();
        let (news, heard) = mpsc::channel();
        let window = window.clone();
        let reporter = Reporter { news, window };
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(orders, reporter))?;
        Ok(Worker {
            jobs,
            news: heard,
            thread,
        })
    }

    /// Orders a job. One whose worker has ended is never done: its last news said why.
    pub(super) fn order(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// Waits until it has done everything, for what must be finished before the program ends.
    pub(super) fn finish(self) {
        drop(self.jobs);
        // If it died, its message is on the screen already.
        let _ = self.thread.join();
    }

    /// What it has told since the last time.
    pub(super) fn news(&self) -> impl Iterator<Item = News> + '_ {
        self.news.try_iter()
    }
}

impl<News> Reporter<News> {
    /// Tells the window, if there still is one.
    pub(super) fn report(&self, news: News) {
        let _ = self.news.send(news);
        self.window.request_repaint();
    }
}
