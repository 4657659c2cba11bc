//! A window without a screen, and the servers that it talks to.

use std::cell::RefCell;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{
    DroppedFile, Event, Key, Modifiers, Rect, ViewportCommand, ViewportEvent, ViewportId,
};
use egui_kittest::kittest::{NodeT, Queryable, by};
use egui_kittest::{Harness, Node};
use pillarbox::client::{ClientSettings, Endpoint, Security};
use pillarbox::config::Config;
use pillarbox::gui::{App, Start};
use pillarbox::mail::net::Taps;
use pillarbox::mail::store::{Delivery, Store};
use pillarbox::server::Services;
use pillarbox::teaching::explain::Texts;
use tempfile::TempDir;

use crate::common::programs::free_ports;

/// How long to wait for what must come.
const PATIENCE: Duration = Duration::from_secs(60);

/// The lab: a folder with its mail, and servers that can be killed.
pub(crate) struct Lab {
    folder: TempDir,
    servers: Option<Services>,
    config: Option<Config>,
    ports: [u16; 3],
}

/// The ports that a window talks to, in the order of [`Lab::ports`].
const SERVICES: [&str; 3] = ["smtps", "pop3s", "imaps"];

impl Lab {
    pub(crate) fn open() -> Lab {
        Lab::at([0; 3])
    }

    /// One whose servers may come back: nobody is given their ports meanwhile.
    pub(crate) fn on_kept_ports() -> Lab {
        Lab::at(free_ports())
    }

    fn at(ports: [u16; 3]) -> Lab {
        let mut lab = Lab {
            folder: tempfile::tempdir().unwrap(),
            servers: None,
            config: None,
            ports,
        };
        lab.start();
        lab
    }

    /// Opens the servers, on the same ports as before.
    pub(crate) fn start(&mut self) {
        let [smtps, pop3s, imaps] = self.ports;
        let text = format!(
            "[ports]\nsmtp = 0\nsubmission =\nlmtp =\npop3 =\nimap =\nsmtps = {smtps}\n\
             pop3s = {pop3s}\nimaps = {imaps}\n[limits]\nlogin_delay = 0\n"
        );
        let config = Config::parse("config.ini", &text, self.path()).unwrap();
        let servers = Services::open(&config, Taps::default()).unwrap();
        self.config = Some(config);
        let servers = servers.with_grace(Duration::from_millis(1));
        let port = |name: &str| {
            servers
                .address(name)
                .as_ref()
                .map(SocketAddr::port)
                .unwrap()
        };
        self.ports = SERVICES.map(port);
        self.servers = Some(servers);
    }

    /// Ends the servers, whoever talks to them.
    pub(crate) fn kill(&mut self) {
        self.servers = None;
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What the window is given of the servers.
    pub(crate) fn settings(&self, ca: PathBuf) -> ClientSettings {
        let [smtp, pop3, imap] = self.ports;
        let endpoint = |port| {
            let mut endpoint = Endpoint::new("127.0.0.1", port, Security::Tls, &ca);
            endpoint.timeout = Duration::from_secs(60);
            endpoint
        };
        let accounts = [
            ("alice", "wonderland"),
            ("bob", "builder"),
            ("carol", "chimney"),
        ];
        let passwords = accounts.map(|(name, password)| (name.to_owned(), password.to_owned()));
        ClientSettings {
            smtp: endpoint(smtp),
            pop3: endpoint(pop3),
            imap: endpoint(imap),
            domain: "pillarbox.test".to_owned(),
            passwords: passwords.into_iter().collect(),
        }
    }

    /// A window on these servers, with these accounts open.
    pub(crate) fn window(&self, accounts: &[&str]) -> Window {
        self.window_trusting(&self.path().join("certs/ca.pem"), accounts)
    }

    /// A window that trusts this CA.
    pub(crate) fn window_trusting(&self, ca: &Path, accounts: &[&str]) -> Window {
        Window::open(self.start_of_window(ca, accounts))
    }

    /// What such a window starts with.
    pub(crate) fn start_of_window(&self, ca: &Path, accounts: &[&str]) -> Start {
        Start {
            settings: self.settings(ca.to_owned()),
            accounts: accounts.iter().map(|name| (*name).to_owned()).collect(),
            texts: Texts::compiled_in(),
            config: self.config.clone().unwrap(),
        }
    }

    /// Delivers a message, as a server would.
    pub(crate) fn deliver(&self, account: &str, message: &str) {
        let inbox = self.store().account(account).unwrap().inbox().unwrap();
        let mut delivery = Delivery::begin(vec![inbox]).unwrap();
        std::io::Write::write_all(&mut delivery, message.as_bytes()).unwrap();
        delivery.commit().unwrap();
    }

    /// The messages in a folder of an account, as text.
    pub(crate) fn stored(&self, account: &str, folder: &str) -> Vec<String> {
        let account = self.store().account(account).unwrap();
        let mailbox = match folder {
            "INBOX" => account.inbox(),
            name => account.mailbox(name),
        };
        let mailbox = mailbox.unwrap();
        let snapshot = mailbox.refresh().unwrap();
        let read = |message| {
            let mut text = Vec::new();
            mailbox
                .open(message)
                .unwrap()
                .read_to_end(&mut text)
                .unwrap();
            String::from_utf8_lossy(&text).into_owned()
        };
        snapshot
            .messages
            .iter()
            .map(|message| read(message))
            .collect()
    }

    fn store(&self) -> &std::sync::Arc<Store> {
        self.servers.as_ref().unwrap().store()
    }

    /// A file to attach.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// The window. What is named is a control's accessible name.
pub(crate) struct Window(Harness<'static>);

impl Window {
    pub(crate) fn open(start: Start) -> Window {
        let app = Rc::new(RefCell::new(None));
        let opened = Rc::clone(&app);
        let harness = Harness::builder()
            .with_size([1280.0, 800.0])
            .allow_missing_glyphs()
            .with_context_setup(move |context| {
                *opened.borrow_mut() = Some(App::new(context, start));
            })
            .build_ui(move |ui| {
                if let Some(app) = &mut *app.borrow_mut() {
                    App::show(app, ui);
                }
            });
        Window(harness)
    }

    /// Draws the window until this is there.
    pub(crate) fn until(&mut self, what: &str, mut there: impl FnMut(&mut Window) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.0.step();
            if there(self) {
                return;
            }
            assert!(
                Instant::now() < end,
                "waited in vain for {what}\n{}",
                self.seen()
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// All that a screen reader would find, for the message of a test that fails.
    fn seen(&self) -> String {
        let all = self.0.root().query_all(by().recursive(true));
        let said = all.map(|node| {
            let node = NodeT::accesskit_node(&node);
            let words = node.label().or(node.value()).unwrap_or_default();
            format!("{:?}: {words}", node.role())
        });
        said.filter(|line| !line.ends_with(": "))
            .collect::<Vec<String>>()
            .join("\n")
    }

    /// Is there something whose name, or text, has this in it?
    pub(crate) fn shows(&self, text: &str) -> bool {
        let has = |node: &Node<'_>| {
            let node = NodeT::accesskit_node(node);
            let has = |found: Option<String>| found.is_some_and(|found| found.contains(text));
            has(node.label()) || has(node.value())
        };
        self.0
            .root()
            .query_all(by().recursive(true))
            .any(|node| has(&node))
    }

    /// Waits until something shows this text.
    pub(crate) fn sees(&mut self, text: &str) {
        self.until(text, |window| window.shows(text));
    }

    /// Waits until nothing shows this text any more.
    pub(crate) fn misses(&mut self, text: &str) {
        self.until(&format!("no {text}"), |window| !window.shows(text));
    }

    /// Waits for a control that can be used, and clicks on it.
    pub(crate) fn click(&mut self, name: &str) {
        self.until(name, |window| window.can_use(name));
        self.control(name).unwrap().scroll_to_me();
        self.0.run_steps(4);
        self.control(name).unwrap().click();
        self.0.step();
        self.0.step();
    }

    /// Is there a control of this name that can be used?
    pub(crate) fn can_use(&self, name: &str) -> bool {
        let found = self.control(name);
        found.is_some_and(|node| !NodeT::accesskit_node(&node).is_disabled())
    }

    /// The control of this name; of several the first.
    fn control<'a>(&'a self, name: &'a str) -> Option<Node<'a>> {
        let found: Vec<Node<'a>> = self.0.root().query_all_by_label(name).collect();
        let is_text = |node: &&Node<'a>| NodeT::accesskit_node(*node).role() == Role::Label;
        let control = found.iter().position(|node| !is_text(&node)).unwrap_or(0);
        found.into_iter().nth(control)
    }

    /// Where the control of this name is drawn.
    pub(crate) fn place(&self, name: &str) -> Rect {
        self.control(name).unwrap().rect()
    }

    /// The name of the control that has the keyboard.
    pub(crate) fn focused(&self) -> Option<String> {
        let mut all = self.0.root().query_all(by().recursive(true));
        let focused = all.find(|node| NodeT::accesskit_node(node).is_focused())?;
        NodeT::accesskit_node(&focused).label()
    }

    /// Gives the keyboard to the control of this name.
    pub(crate) fn focus(&mut self, name: &str) {
        self.control(name).unwrap().focus();
        self.0.step();
        self.0.step();
    }

    /// Chooses an entry of a drop-down, which may have to be scrolled to.
    pub(crate) fn choose(&mut self, drop_down: &str, entry: &str) {
        self.click(drop_down);
        self.until(entry, |window| window.entry(entry).is_some());
        self.entry(entry).unwrap().click_accesskit();
        self.0.step();
        self.0.step();
        // The pointer closes the list by being elsewhere; who has none, by Escape.
        if self.entry(entry).is_some() {
            self.key(Modifiers::NONE, Key::Escape);
        }
    }

    /// An entry of a drop-down that is open.
    fn entry<'a>(&'a self, name: &'a str) -> Option<Node<'a>> {
        let root = self.0.root();
        root.query_all_by_role_and_label(Role::Button, name).next()
    }

    /// Clicks on the row of the list that begins so.
    pub(crate) fn click_row(&mut self, begin: &str) {
        let row = |window: &Window| {
            let rows = window.0.root().query_all_by_role(Role::Row);
            let mut labels = rows.filter_map(|row| NodeT::accesskit_node(&row).label());
            labels.find(|label| label.contains(begin))
        };
        self.until(begin, |window| row(window).is_some());
        let name = row(self).unwrap();
        self.click(&name);
    }

    /// The names of the rows that are seen.
    pub(crate) fn rows(&self) -> Vec<String> {
        let rows = self.0.root().query_all_by_role(Role::Row);
        rows.filter_map(|row| NodeT::accesskit_node(&row).label())
            .collect()
    }

    /// Types into the field of this name, in the place of what stands there.
    pub(crate) fn fill(&mut self, name: &str, text: &str) {
        let is_field = |node: &Node<'_>| {
            let node = NodeT::accesskit_node(node);
            matches!(
                node.role(),
                Role::TextInput
                    | Role::MultilineTextInput
                    | Role::PasswordInput
                    | Role::SearchInput
            )
        };
        self.until(name, |window| {
            window
                .0
                .root()
                .query_all_by_label(name)
                .any(|node| is_field(&node))
        });
        let find = |window: &Window| {
            let mut found = window.0.root().query_all_by_label(name);
            found.find(is_field).unwrap().focus();
        };
        find(self);
        self.0.step();
        self.key(Modifiers::COMMAND, Key::A);
        match text {
            "" => self.0.key_press(Key::Delete),
            text => self.0.event(Event::Text(text.to_owned())),
        }
        self.0.step();
    }

    /// Drops a file on the window.
    pub(crate) fn drop(&mut self, file: impl DroppedFile + Send + Sync + 'static) {
        let files = &mut self.0.input_mut().dropped_files;
        files.push(std::sync::Arc::new(file));
        self.0.step();
        self.0.input_mut().dropped_files.clear();
    }

    /// Closes the window, as its X does; `true` when it closes at once.
    pub(crate) fn close(&mut self) -> bool {
        let viewports = &mut self.0.input_mut().viewports;
        let root = viewports.get_mut(&ViewportId::ROOT).unwrap();
        root.events.push(ViewportEvent::Close);
        self.0.step();
        let viewports = &mut self.0.input_mut().viewports;
        let root = viewports.get_mut(&ViewportId::ROOT).unwrap();
        root.events.clear();
        !self.commands().contains(&ViewportCommand::CancelClose)
    }

    /// Waits until the window wants to close by itself, and sees that nothing holds it.
    pub(crate) fn closes(&mut self, last_click: &str) {
        self.until(last_click, |window| window.can_use(last_click));
        self.control(last_click).unwrap().click();
        self.until("its end", |window| {
            window.commands().contains(&ViewportCommand::Close)
        });
        assert!(self.close());
    }

    /// What the window asked the screen for in its last frame.
    fn commands(&self) -> &[ViewportCommand] {
        &self.0.output().viewport_output[&ViewportId::ROOT].commands
    }

    /// Presses a key.
    pub(crate) fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.0.key_press_modifiers(modifiers, key);
        self.0.step();
        self.0.step();
    }

    /// Hands over at once what was typed while the window could not be drawn.
    pub(crate) fn at_once(&mut self, events: Vec<Event>) {
        self.0.input_mut().events.extend(events);
        self.0.step();
    }

    /// Reads the pop-up that comes, which says this, and closes it.
    pub(crate) fn pop_up(&mut self, text: &str) {
        self.until("a pop-up", |window| window.control("OK").is_some());
        assert!(self.shows(text), "no {text} in:\n{}", self.seen());
        self.click("OK");
        self.until("its end", |window| window.control("OK").is_none());
    }
}
