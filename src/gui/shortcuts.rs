//! The keys of the window in one table, which is also shown as the list of keys (`?`).

use eframe::egui::{Context, Event, Grid, Key, Modifiers};
use lucide_icons::Icon;

use super::widgets;

/// What a key or a button asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WindowAction {
    Mail,
    Classroom,
    Servers,
    Conversation,
    LineBefore,
    LineAfter,
    States,
    Security,
    Steps,
    Octets,
    NewMessage,
    Reply,
    ReplyAll,
    Forward,
    Delete,
    Flag,
    Unread,
    Archive,
    Search,
    Down,
    Up,
    GrowDown,
    GrowUp,
    All,
    Refresh,
    NextAccount,
    Theme,
    Size,
    Help,
    Quit,
}

/// A key, its action, and the action in words. While the user types a text, keys without Ctrl or Alt do not count,
/// except F1 and F5; Ctrl+A does not count either.
type Shortcut = (Modifiers, Key, WindowAction, &'static str);

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const ALT: Modifiers = Modifiers::ALT;

const TABLE: [Shortcut; 35] = [
    (CTRL, Key::Num1, WindowAction::Mail, "Show the mail"),
    (CTRL, Key::Num2, WindowAction::Classroom, "Show the classroom"),
    (CTRL, Key::Num3, WindowAction::Servers, "Show the servers"),
    (CTRL, Key::Num0, WindowAction::Conversation, "Show or hide the conversation"),
    (ALT, Key::ArrowUp, WindowAction::LineBefore, "Explain the previous line of the conversation"),
    (ALT, Key::ArrowDown, WindowAction::LineAfter, "Explain the next line of the conversation"),
    (CTRL, Key::D, WindowAction::States, "Show the states of the protocol"),
    (CTRL, Key::L, WindowAction::Security, "Show how the connection is secured"),
    (CTRL, Key::J, WindowAction::Steps, "Step by step, or run freely"),
    (CTRL, Key::O, WindowAction::Octets, "Show the octets of a line"),
    (CTRL, Key::N, WindowAction::NewMessage, "Write a message"),
    (NONE, Key::C, WindowAction::NewMessage, "Write a message"),
    (NONE, Key::R, WindowAction::Reply, "Reply"),
    (NONE, Key::A, WindowAction::ReplyAll, "Reply to all"),
    (NONE, Key::F, WindowAction::Forward, "Forward"),
    (NONE, Key::Delete, WindowAction::Delete, "Delete"),
    (NONE, Key::Backspace, WindowAction::Delete, "Delete"),
    (NONE, Key::E, WindowAction::Archive, "Archive"),
    (NONE, Key::S, WindowAction::Flag, "Flag, or remove the flag"),
    (NONE, Key::U, WindowAction::Unread, "Mark as unread, or as read"),
    (NONE, Key::Slash, WindowAction::Search, "Search in the folder"),
    (CTRL, Key::F, WindowAction::Search, "Search in the folder"),
    (SHIFT, Key::ArrowDown, WindowAction::GrowDown, "Extend the selection down"),
    (SHIFT, Key::ArrowUp, WindowAction::GrowUp, "Extend the selection up"),
    (NONE, Key::ArrowDown, WindowAction::Down, "The next message"),
    (NONE, Key::J, WindowAction::Down, "The next message"),
    (NONE, Key::ArrowUp, WindowAction::Up, "The previous message"),
    (NONE, Key::K, WindowAction::Up, "The previous message"),
    (CTRL, Key::A, WindowAction::All, "Select all messages"),
    (NONE, Key::F5, WindowAction::Refresh, "Look for new mail now"),
    (CTRL, Key::Tab, WindowAction::NextAccount, "The next account"),
    (CTRL, Key::T, WindowAction::Theme, "Light or dark"),
    (CTRL, Key::P, WindowAction::Size, "Text for a desk or for a projector"),
    (NONE, Key::F1, WindowAction::Help, SHOW_THIS),
    (CTRL, Key::Q, WindowAction::Quit, "Close the window"),
];

/// The question mark does the same. egui does not know where it is on a keyboard.
const SHOW_THIS: &str = "Show this list, as ? does";

/// Keys that the compose window and the step bar handle themselves.
const ELSEWHERE: [(&str, &str); 2] = [
    ("Ctrl+Enter", "Send the message that is being written"),
    ("F10", "Step by step: send the next line"),
];

/// The actions of the keys that were pressed.
pub(super) fn pressed(window: &Context) -> Vec<WindowAction> {
    let typing = window.text_edit_focused();
    // These keys write nothing into a text.
    let writes_nothing = |row: &Shortcut| match row.0 {
        NONE => matches!(row.1, Key::F1 | Key::F5),
        CTRL => row.1 != Key::A,
        modifiers => modifiers == ALT,
    };
    let counts = |row: &&Shortcut| !typing || writes_nothing(row);
    let mut actions = Vec::new();
    window.input_mut(|input| {
        for (modifiers, key, action, _) in TABLE.iter().filter(counts) {
            if input.consume_key(*modifiers, *key) {
                actions.push(*action);
            }
        }
        let asks = |event: &Event| matches!(event, Event::Text(text) if text == "?");
        if !typing && input.events.iter().any(asks) {
            actions.push(WindowAction::Help);
        }
    });
    actions
}

/// The list of keys: each action once, with all its keys.
fn help() -> Vec<(String, &'static str)> {
    let mut help: Vec<(String, &'static str)> = Vec::new();
    for (modifiers, key, _, words) in &TABLE {
        let spelled = spelled(*modifiers, *key);
        match help.iter_mut().find(|(_, known)| known == words) {
            Some((keys, _)) => *keys = format!("{keys}, {spelled}"),
            None => help.push((spelled, words)),
        }
    }
    help.extend(ELSEWHERE.map(|(keys, words)| (keys.to_owned(), words)));
    help
}

/// Draws the list of all keys; returns false when it is closed.
pub(super) fn show_help(window: &Context) -> bool {
    let shown = widgets::modal(window, "keys").show(window, |ui| {
        ui.heading("Keys");
        ui.spacing_mut().interact_size.y = 0.0;
        let help = help();
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = 3.0 * widgets::STEP;
            for (number, rows) in help.chunks(help.len().div_ceil(2)).enumerate() {
                let grid = Grid::new(("keys", number)).striped(true);
                let grid = grid.num_columns(2).min_row_height(0.0);
                grid.spacing([2.0 * widgets::STEP, widgets::STEP]).show(ui, |ui| {
                    for (keys, words) in rows {
                        ui.monospace(keys);
                        ui.label(*words);
                        ui.end_row();
                    }
                });
            }
        });
        ui.add_space(widgets::HALF);
        ui.label(
            "Tab goes from control to control, Space and Enter press one, Escape leaves a text.",
        );
        widgets::closing_button(ui, Icon::Check, "Close").clicked()
    });
    !(shown.inner || shown.should_close())
}

/// `Ctrl+N`
fn spelled(modifiers: Modifiers, key: Key) -> String {
    let key = match key {
        Key::Slash => "/",
        key => key.name(),
    };
    match modifiers {
        CTRL => format!("Ctrl+{key}"),
        SHIFT => format!("Shift+{key}"),
        ALT => format!("Alt+{key}"),
        _ => key.to_owned(),
    }
}
