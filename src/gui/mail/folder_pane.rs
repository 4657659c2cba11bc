//! The pane of the accounts and their folders.

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
    /// This account.
    Account(usize),
    /// This folder of the account that is open.
    Folder(String),
    /// Another account is wanted.
    SignIn,
    /// The account that is open is not wanted any more.
    SignOut,
    /// A folder of this name is wanted.
    NewFolder(String),
    /// A message is to be written.
    Write,
}

/// The name of a folder that is being made, while it is typed.
#[derive(Default)]
pub(super) struct FolderPane {
    making: Option<String>,
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
                    self.making = Some(String::new());
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
        if let Some(name) = &mut self.making {
            let field = widgets::field(ui, "Name of the new folder", name);
            let entered = ui.input(|input| input.key_pressed(Key::Enter));
            if field.lost_focus() {
                if entered && !name.trim().is_empty() {
                    click = Some(FolderClick::NewFolder(name.trim().to_owned()));
                }
                self.making = None;
            } else {
                field.request_focus();
            }
        }
        click
    }
}

fn account_button(ui: &mut Ui, account: &OpenAccount, open: bool) -> bool {
    let address = account.address();
    let text = RichText::new(&address)
        .small()
        .strong()
        .color(widgets::palette(ui).faint);
    let response = ui.add(
        Button::new(text)
            .fill(Color32::TRANSPARENT)
            .stroke(Stroke::NONE)
            .truncate(),
    );
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::RadioButton,
            true,
            open,
            format!("MailAccount {address}"),
        )
    });
    response.on_hover_text(address).clicked()
}

fn row(ui: &mut Ui, folder: &MailFolder, chosen: bool) -> bool {
    let palette = widgets::palette(ui);
    let unread = (folder.unread > 0).then(|| folder.unread.to_string());
    let label = RichText::new(&folder.label);
    let label = match &unread {
        Some(_) => label.strong(),
        None => label,
    };
    let indent = "  ".repeat(folder.depth);
    let picture = widgets::icon(picture(folder)).color(if chosen {
        palette.accent
    } else {
        palette.faint
    });
    let mut button = Button::new((RichText::new(indent), picture, label))
        .fill(if chosen {
            palette.chosen
        } else {
            Color32::TRANSPARENT
        })
        .stroke(Stroke::NONE)
        .min_size(vec2(ui.available_width(), 0.0))
        .truncate();
    if let Some(unread) = &unread {
        button = button.right_text(RichText::new(unread).color(palette.accent).strong());
    } else {
        button = button.right_text("");
    }
    let response = ui.add_enabled(folder.opens, button);
    let name = match folder.unread {
        0 => format!("MailFolder {}", folder.label),
        unread => format!("MailFolder {}, {unread} not read", folder.label),
    };
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
