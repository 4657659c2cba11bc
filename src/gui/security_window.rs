//! The lock of a connection, opened: how it is protected, by whose certificate, and why that is
//! trusted or not.

use eframe::egui::{Context, Grid, Id, RichText, Ui, Window};
use lucide_icons::Icon;

use super::model::conversations::ObservedConnection;
use super::model::security::{CertificateInfo, ConnectionSecurity};
use super::widgets;

/// The picture of a lock.
pub(super) fn picture(lock: &ConnectionSecurity) -> Icon {
    match &lock.secured {
        _ if lock.is_broken() => Icon::ShieldAlert,
        Some(_) => Icon::Lock,
        None => Icon::LockOpen,
    }
}

/// Draws the window while it is open.
pub(super) fn show(window: &Context, open: &mut bool, conversation: &ObservedConnection) {
    // Not at the very edge of the window.
    let mut room = window.content_rect();
    room.min.y += 2.0 * widgets::STEP;
    Window::new("Security of the connection")
        .id(Id::unique("lock"))
        .open(open)
        .collapsible(false)
        .resizable(false)
        .default_width(528.0)
        // Beside the window of the states.
        .default_pos([736.0, 16.0])
        .constrain_to(room)
        .show(window, |ui| lock(ui, conversation));
}

fn lock(ui: &mut Ui, conversation: &ObservedConnection) {
    let lock = &conversation.security;
    let palette = widgets::palette(ui);
    let colour = match lock.is_broken() {
        true => palette.wrong,
        false => palette.accent,
    };
    ui.horizontal_wrapped(|ui| {
        ui.label(widgets::icon(picture(lock)).size(24.0).color(colour));
        ui.label(RichText::new(lock.sentence()).strong());
    });
    let server = &conversation.connection;
    let mut rows = vec![(
        "Connection",
        format!("{} at {}", server.service, server.server),
    )];
    if let Some(secured) = &lock.secured {
        rows.push(("Version", secured.version.clone()));
        rows.push(("Cipher", secured.cipher.clone()));
    }
    facts(ui, "connection", &rows);
    if let Some(card) = &lock.card {
        ui.separator();
        certificate(ui, card);
    }
}

fn certificate(ui: &mut Ui, card: &CertificateInfo) {
    ui.label(RichText::new("The server’s certificate").strong());
    let rows = [
        ("Belongs to", card.subject.clone()),
        ("For", card.names.join(", ")),
        ("Signed by", card.issuer.clone()),
        ("Valid", format!("{} to {}", card.from, card.until)),
        ("SHA-256", card.fingerprint.clone()),
    ];
    facts(ui, "certificate", &rows);
    ui.separator();
    if card.what_to_do().is_empty() {
        ui.label(RichText::new("Why it is trusted").strong());
        ui.label(card.why());
    } else {
        ui.label(RichText::new("Why it is not trusted").strong());
        widgets::error(ui, &card.why());
        ui.label(RichText::new("What to do").strong());
        ui.label(card.what_to_do());
    }
}

fn facts(ui: &mut Ui, id: &str, rows: &[(&str, String)]) {
    let faint = widgets::palette(ui).faint;
    Grid::new(id)
        .num_columns(2)
        .spacing([16.0, widgets::HALF])
        .min_row_height(0.0)
        .show(ui, |ui| {
            for (name, fact) in rows {
                ui.label(RichText::new(*name).color(faint));
                ui.add(eframe::egui::Label::new(fact).wrap());
                ui.end_row();
            }
        });
}
