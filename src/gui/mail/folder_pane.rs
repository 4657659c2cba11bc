//! The pane with the accounts and their folders.

use eframe::egui::{
    Button, Color32, Key, RichText, ScrollArea, Stroke, Ui, WidgetInfo, accesskit::Role, vec2,
};
use lucide_icons::Icon;

use super::open_account::OpenAccount;
use crate::gui::model::folders::{INBOX, MailFolder};
use crate::gui::widgets;
use crate::mail::protocol::imap::SpecialUse;

/// What was clicked in the pane.
pub(super) enum FolderClick {
    /// Show the account with this index.
    Account(usize),
    /// Open this folder of the account that is shown.
    Folder(String),
    /// Open another account.
    SignIn,
    /// Sign out of the account that is shown.
    SignOut,
    /// Create a folder with this name.
    NewFolder(String),
    /// Write a message.
    Write,
}

/// The pane.
#[derive(Default)]
pub(super) struct FolderPane {
    /// The name of a new folder, while it is typed.
    new_folder: Option<String>,
}

impl FolderPane {
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        accounts: &[OpenAccount],
        open: usize,
    ) -> Option<FolderClick> {
        let mut click = None;
        if widgets::primary(ui, Icon::SquarePen, "New message").clicked() {
            click = Some(FolderClick::Write);
        }
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for (at, account) in accounts.iter().enumerate() {
                ui.add_space(widgets::STEP);
                if account_button(ui, account, at == open) {
                    click = Some(FolderClick::Account(at));
                }
                if at == open {
                    click = self.folders(ui, account).or(click.take());
                }
            }
            ui.add_space(widgets::STEP * 2.0);
            ui.horizontal_wrapped(|ui| {
                if widgets::icon_button(ui, Icon::FolderPlus, "New folder").clicked() {
                    self.new_folder = Some(String::new());
                }
                if widgets::icon_button(ui, Icon::UserPlus, "Another account").clicked() {
                    click = Some(FolderClick::SignIn);
                }
                if widgets::icon_button(ui, Icon::LogOut, "Sign out").clicked() {
                    click = Some(FolderClick::SignOut);
                }
            });
        });
        click
    }

    fn folders(&mut self, ui: &mut Ui, account: &OpenAccount) -> Option<FolderClick> {
        let mut click = None;
        for folder in &account.folders {
            let chosen = account.list.folder.as_deref() == Some(&*folder.name);
            let clicked = row(ui, folder, chosen);
            if clicked && folder.opens {
                click = Some(FolderClick::Folder(folder.name.clone()));
            }
        }
        if let Some(name) = &mut self.new_folder {
            let field = widgets::field(ui, "Name of the new folder", name);
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            if field.lost_focus() {
                if entered && !name.trim().is_empty() {
                    click = Some(FolderClick::NewFolder(name.trim().to_owned()));
                }
                self.new_folder = None;
            } else {
                field.request_focus();
            }
        }
        click
    }
}

fn account_button(ui: &mut Ui, account: &OpenAccount, open: bool) -> bool {
    let address = account.address();
    let text = RichText::new(&address).small().strong().color(widgets::palette(ui).faint);
    let response =
        ui.add(Button::new(text).fill(Color32::TRANSPARENT).stroke(Stroke::NONE).truncate());
    response.widget_info(|| {
        WidgetInfo::selected(Role::RadioButton, true, open, format!("Account {address}"))
    });
    response.on_hover_text(address).clicked()
}

fn row(ui: &mut Ui, folder: &MailFolder, chosen: bool) -> bool {
    let palette = widgets::palette(ui);
    let (icon_colour, ground) = if chosen {
        (palette.accent, palette.chosen)
    } else {
        (palette.faint, Color32::TRANSPARENT)
    };
    let mut label = RichText::new(&folder.label);
    let mut unread = RichText::default();
    let mut name = format!("Folder {}", folder.label);
    if folder.unread > 0 {
        label = label.strong();
        unread = RichText::new(folder.unread.to_string());
        name.push_str(&format!(", {} unread", folder.unread));
    }
    let indent = RichText::new("  ".repeat(folder.depth));
    let icon = widgets::icon(picture(folder)).color(icon_colour);
    let button = Button::new((indent, icon, label))
        .fill(ground)
        .stroke(Stroke::NONE)
        .min_size(vec2(ui.available_width(), 0.0))
        .truncate()
        .right_text(unread.color(palette.accent).strong());
    let response = ui.add_enabled(folder.opens, button);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, folder.opens, chosen, &name));
    response.clicked()
}

fn picture(folder: &MailFolder) -> Icon {
    match &folder.special_use {
        _ if folder.name == INBOX => Icon::Inbox,
        Some(SpecialUse::Archive) => Icon::Archive,
        Some(SpecialUse::Drafts) => Icon::File,
        Some(SpecialUse::Junk) => Icon::OctagonAlert,
        Some(SpecialUse::Sent) => Icon::Send,
        Some(SpecialUse::Trash) => Icon::Trash2,
        _ => Icon::Folder,
    }
}
