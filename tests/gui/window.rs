//! A window without a screen, driven by the accessible names of its controls.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use eframe::egui::accesskit::Role;
use eframe::egui::{
    DroppedFile, Event, Key, Modifiers, Rect, ViewportCommand, ViewportEvent, ViewportId,
};
use egui_kittest::kittest::{NodeT, Queryable, by};
use egui_kittest::{Harness, Node};
use pillarbox::gui::{App, Start};

/// How long a test waits for what the window must show.
const PATIENCE: Duration = Duration::from_secs(60);

/// A window without a screen. Its controls are found by their accessible names.
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
            assert!(Instant::now() < end, "waited in vain for {what}\n{}", self.seen());
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
        said.filter(|line| !line.ends_with(": ")).collect::<Vec<String>>().join("\n")
    }

    /// Is there something whose name, or text, has this in it?
    pub(crate) fn shows(&self, text: &str) -> bool {
        let has = |node: &Node<'_>| {
            let node = NodeT::accesskit_node(node);
            let has = |found: Option<String>| found.is_some_and(|found| found.contains(text));
            has(node.label()) || has(node.value())
        };
        self.0.root().query_all(by().recursive(true)).any(|node| has(&node))
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
        self.control(name).unwrap_or_else(|| panic!("no {name} in:\n{}", self.seen())).rect()
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
        // A real pointer closes the list by leaving it; here Escape does.
        if self.entry(entry).is_some() {
            self.key(Modifiers::NONE, Key::Escape);
        }
    }

    /// An entry of a drop-down that is open.
    fn entry<'a>(&'a self, name: &'a str) -> Option<Node<'a>> {
        let root = self.0.root();
        root.query_all_by_role_and_label(Role::Button, name).next()
    }

    /// Clicks on the row of the list that contains this text.
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

    /// The names of the visible rows.
    pub(crate) fn rows(&self) -> Vec<String> {
        let rows = self.0.root().query_all_by_role(Role::Row);
        rows.filter_map(|row| NodeT::accesskit_node(&row).label()).collect()
    }

    /// Replaces the text in the field of this name.
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
            window.0.root().query_all_by_label(name).any(|node| is_field(&node))
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

    /// Closes the window, as its X does; returns true if it closes at once.
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

    /// Clicks on this button, and waits until the window closes by itself.
    pub(crate) fn closes(&mut self, last_click: &str) {
        self.until(last_click, |window| window.can_use(last_click));
        self.control(last_click).unwrap().click();
        self.until("its end", |window| window.commands().contains(&ViewportCommand::Close));
        assert!(self.close());
    }

    /// The commands of the last frame to the screen.
    fn commands(&self) -> &[ViewportCommand] {
        &self.0.output().viewport_output[&ViewportId::ROOT].commands
    }

    /// Presses a key.
    pub(crate) fn key(&mut self, modifiers: Modifiers, key: Key) {
        self.0.key_press_modifiers(modifiers, key);
        self.0.step();
        self.0.step();
    }

    /// Delivers at once what was typed while the window could not be drawn.
    pub(crate) fn at_once(&mut self, events: Vec<Event>) {
        self.0.input_mut().events.extend(events);
        self.0.step();
    }

    /// Waits for a pop-up, checks that it contains this text, and closes it.
    pub(crate) fn pop_up(&mut self, text: &str) {
        self.until("a pop-up", |window| window.control("OK").is_some());
        assert!(self.shows(text), "no {text} in:\n{}", self.seen());
        self.click("OK");
        self.until("its end", |window| window.control("OK").is_none());
    }
}

/// What tests do again and again: in the classroom, and with a message that is written.
impl Window {
    /// The window in the classroom, with Alice's name and this password typed.
    pub(crate) fn classroom(mut self, password: &str) -> Window {
        self.click("Classroom");
        self.fill("User name", "alice");
        self.fill("Password", password);
        self
    }

    /// In the classroom, ticks the box of a protocol, which logs in: `POP3`.
    pub(crate) fn tick(&mut self, protocol: &str) {
        self.click(protocol);
        self.pop_up(&format!("Logged in to the {protocol} server."));
    }

    /// In the classroom, logs in by SMTP and sends Alice a message in which a line looks like a command.
    pub(crate) fn send_dummy(&mut self) {
        self.click("Login");
        self.pop_up("User name and password are correct");
        self.fill("Recipients", "alice");
        self.fill("Subject", "Dummy");
        self.fill("Content", "Some dummy text.\n.\nMAIL FROM:<x@y>\n");
        self.click("Send");
        self.pop_up("The message has been sent.");
    }

    /// In the classroom, chooses a command, writes its argument and sends it.
    pub(crate) fn say(&mut self, verb: &str, argument: &str) {
        self.choose("Command", verb);
        self.fill("Argument", argument);
        self.click("Clear the conversation");
        self.click("Send Command");
    }

    /// Types the account and its password at the card where one signs in, and signs in.
    pub(crate) fn sign_in(&mut self, account: &str, password: &str) {
        self.fill("Account", account);
        self.fill("Password", password);
        self.click("Sign in");
    }

    /// Sends the message that is written.
    pub(crate) fn send(&mut self) {
        self.click("Send message");
        self.pop_up("The message has been sent.");
    }
}
