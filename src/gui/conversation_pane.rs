//! The conversation pane below every view: the lines that clients and servers send, and beside them what the line under
//! the pointer, or the chosen line, means.

use std::sync::Arc;

use eframe::egui::{
    CentralPanel, ComboBox, Frame, Margin, Panel, RichText, ScrollArea, TextStyle, Ui,
    accesskit::Role,
};
use lucide_icons::Icon;

use super::model::conversations::{ConversationLine, Conversations, ObservedConnection};
use super::popup::Popups;
use super::recording::WindowRecording;
use super::saving::Saving;
use super::shortcuts::WindowAction;
use super::step_bar::{PendingLine, StepBar};
use super::{conversation_row, diagram_window, explanation_panel, security_window, widgets};
use crate::client::Gate;
use crate::teaching::explain::Texts;
use crate::teaching::wire_tap::Side;

/// The pane.
pub(super) struct ConversationPane {
    texts: Arc<Texts>,
    /// The connection that is shown alone.
    only: Option<u64>,
    /// The line that was chosen.
    chosen: Option<u64>,
    /// The line under the pointer.
    pointed: Option<u64>,
    /// Scroll to the chosen line.
    follow: bool,
    /// Show the octets of the line.
    octets: bool,
    /// The window *States* is open.
    states: bool,
    /// The window *Security of the connection* is open.
    security: bool,
    step_bar: StepBar,
    saving: Saving,
}

impl ConversationPane {
    pub(super) fn new(texts: Arc<Texts>, saving: Saving) -> ConversationPane {
        ConversationPane {
            texts,
            only: None,
            chosen: None,
            pointed: None,
            follow: false,
            octets: false,
            states: false,
            security: false,
            step_bar: StepBar::default(),
            saving,
        }
    }

    /// Draws the pane.
    pub(super) fn show(&mut self, ui: &mut Ui, recording: &WindowRecording, popups: &mut Popups) {
        self.saving.update(popups);
        let mut conversations = recording.conversations();
        self.toolbar(ui, recording, &mut conversations);
        let mut pending = None;
        if recording.gate().is_closed() {
            pending = self.step_bar.show(ui, recording.gate(), &conversations);
        }
        Panel::right("explanation")
            .frame(Frame::new().inner_margin(Margin::symmetric(8, 0)))
            .default_size(400.0)
            .size_range(220.0..=700.0)
            .show(ui, |ui| self.explanation(ui, &conversations, pending));
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| self.lines(ui, &conversations));
        self.windows(ui, &conversations);
        let focus = self.in_focus(&conversations);
        let focus = focus.map(|one| one.connection.number);
        drop(conversations);
        self.saving.show(ui.ctx(), focus, self.only);
    }

    /// Does what a key asks for.
    pub(super) fn act(&mut self, action: WindowAction, recording: &WindowRecording) {
        match action {
            WindowAction::LineBefore => self.step(recording, -1),
            WindowAction::LineAfter => self.step(recording, 1),
            WindowAction::States => self.states = !self.states,
            WindowAction::Security => self.security = !self.security,
            WindowAction::Octets => self.octets = !self.octets,
            WindowAction::Steps => switch_step_mode(recording.gate()),
            _ => {}
        }
    }

    /// Chooses the next line, or the one before. After the last line none is chosen.
    fn step(&mut self, recording: &WindowRecording, by: isize) {
        let conversations = recording.conversations();
        let lines = conversations.lines(Side::Client, self.only);
        let numbers: Vec<u64> = lines.map(|line| line.number).collect();
        let last = numbers.len().saturating_sub(1);
        let at = self.chosen.and_then(|one| numbers.iter().position(|number| *number == one));
        let to = at.map_or(last, |at| at.saturating_add_signed(by));
        self.chosen = numbers.get(to).copied();
        self.follow = true;
    }

    fn toolbar(
        &mut self,
        ui: &mut Ui,
        recording: &WindowRecording,
        conversations: &mut Conversations,
    ) {
        ui.horizontal_wrapped(|ui| {
            ui.label(widgets::icon(Icon::MessagesSquare));
            ui.label(RichText::new("Conversation").strong());
            self.filter(ui, conversations);
            if let Some(conversation) = self.in_focus(conversations) {
                let lock = &conversation.security;
                let button = widgets::button(ui, security_window::picture(lock), &lock.name());
                if button.on_hover_text(lock.sentence()).clicked() {
                    self.security = !self.security;
                }
            }
            if widgets::toggle(ui, Icon::Workflow, "States", self.states) {
                self.states = !self.states;
            }
            if widgets::toggle(ui, Icon::Binary, "Octets", self.octets) {
                self.octets = !self.octets;
            }
            let gate = recording.gate();
            if widgets::toggle(ui, Icon::Footprints, "Step by step", gate.is_closed()) {
                switch_step_mode(gate);
            }
            self.saving.menu(ui);
            if widgets::icon_button(ui, Icon::Eraser, "Clear the conversation").clicked() {
                conversations.clear();
                self.chosen = None;
            }
            if conversations.dropped() > 0 {
                let words = format!("{} older lines are no longer kept.", conversations.dropped());
                ui.label(RichText::new(words).small().color(widgets::palette(ui).faint));
            }
        });
    }

    fn filter(&mut self, ui: &mut Ui, conversations: &Conversations) {
        let all = "All connections".to_owned();
        let only = self.only.and_then(|number| conversations.connection(number));
        self.only = only.map(|one| one.connection.number);
        let chosen = only.map_or(all.clone(), name);
        let combo = ComboBox::from_id_salt("connections").selected_text(chosen).width(210.0);
        let shown = combo.show_ui(ui, |ui| {
            ui.selectable_value(&mut self.only, None, all);
            let connections: Vec<&ObservedConnection> =
                conversations.connections(Side::Client).collect();
            for conversation in connections.into_iter().rev() {
                let number = Some(conversation.connection.number);
                ui.selectable_value(&mut self.only, number, name(conversation));
            }
        });
        widgets::named(shown.response, Role::ComboBox, "Connections that are shown");
    }

    /// The connection that the windows *States* and *Security* are about: the one that is shown alone, that of the
    /// chosen line, or that of the last line.
    fn in_focus<'a>(&self, conversations: &'a Conversations) -> Option<&'a ObservedConnection> {
        let chosen = self.chosen.and_then(|number| conversations.line(number));
        let line = chosen.or_else(|| conversations.lines(Side::Client, None).last());
        let number = self.only.or(line.map(|line| line.connection));
        number.and_then(|number| conversations.connection(number))
    }

    fn lines(&mut self, ui: &mut Ui, conversations: &Conversations) {
        let lines: Vec<&ConversationLine> = conversations.lines(Side::Client, self.only).collect();
        if lines.is_empty() {
            let words = "No lines yet. What a click sends to a server is shown here, line by line, with the answers.";
            ui.label(RichText::new(words).color(widgets::palette(ui).faint));
            return;
        }
        let height = ui.text_style_height(&TextStyle::Monospace) + 2.0;
        ui.spacing_mut().item_spacing.y = 0.0;
        let mut area = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true);
        let mut numbers = lines.iter().map(|line| Some(line.number));
        if std::mem::take(&mut self.follow)
            && let Some(at) = numbers.position(|number| number == self.chosen)
        {
            area = area.vertical_scroll_offset((at as f32 - 2.0).max(0.0) * height);
        }
        let mut pointed = None;
        area.show_rows(ui, height, lines.len(), |ui, visible| {
            for line in lines.get(visible).unwrap_or_default() {
                let connection = conversations.connection(line.connection);
                let is_chosen = self.chosen == Some(line.number);
                let response = conversation_row::show(ui, line, connection, height, is_chosen);
                if response.hovered() {
                    pointed = Some(line.number);
                }
                if response.clicked() {
                    self.chosen = if is_chosen { None } else { Some(line.number) };
                }
            }
        });
        self.pointed = pointed;
    }

    fn explanation(
        &self,
        ui: &mut Ui,
        conversations: &Conversations,
        pending: Option<PendingLine>,
    ) {
        let area = ScrollArea::vertical().auto_shrink(false);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = widgets::HALF;
            ui.spacing_mut().interact_size.y = 0.0;
            // The line under the pointer comes first, then the line that waits, then the chosen line.
            let chosen = if pending.is_some() { None } else { self.chosen };
            let line = self.pointed.or(chosen);
            let line = line.and_then(|number| conversations.line(number));
            match (line, pending) {
                (Some(line), _) => explanation_panel::of_line(ui, &self.texts, line, self.octets),
                (None, Some(pending)) => {
                    explanation_panel::show(ui, &self.texts, &pending.octets, &pending.explained);
                }
                (None, None) => {
                    let words = "Point at a line, or choose one, to see what it means.";
                    ui.label(RichText::new(words).color(widgets::palette(ui).faint));
                    if let Some(conversation) = self.in_focus(conversations) {
                        diagram_window::legal_commands(ui, conversation);
                    }
                }
            }
        });
    }

    fn windows(&mut self, ui: &Ui, conversations: &Conversations) {
        let focus = self.in_focus(conversations);
        if let Some(conversation) = focus {
            if self.states {
                diagram_window::show(ui.ctx(), &mut self.states, &self.texts, conversation);
            }
            if self.security {
                security_window::show(ui.ctx(), &mut self.security, conversation);
            }
        }
    }
}

fn switch_step_mode(gate: &Gate) {
    if gate.is_closed() {
        gate.open();
    } else {
        gate.close();
    }
}

/// `#3 imaps, 127.0.0.1:2993`
fn name(conversation: &ObservedConnection) -> String {
    let connection = &conversation.connection;
    let ended = if conversation.ended { " (ended)" } else { "" };
    format!("#{} {}, {}{ended}", connection.number, connection.service, connection.server)
}
