//! The window *Security of the connection*: TLS or not, the server's certificate, and why that is trusted or not.

use eframe::egui::{Context, Grid, Id, Label, RichText, Ui, Window};
use lucide_icons::Icon;

use super::model::conversations::ObservedConnection;
use super::model::security::{CertificateInfo, ConnectionSecurity};
use super::widgets;

/// The icon for the protection of a connection.
pub(super) fn picture(security: &ConnectionSecurity) -> Icon {
    match &security.secured {
        _ if security.is_broken() => Icon::ShieldAlert,
        Some(_) => Icon::Lock,
        None => Icon::LockOpen,
    }
}

/// Draws the window while it is open.
pub(super) fn show(window: &Context, open: &mut bool, connection: &ObservedConnection) {
    // A margin at the top edge.
    let mut room = window.content_rect();
    room.min.y += 2.0 * widgets::STEP;
    Window::new("Security of the connection")
        .id(Id::unique("lock"))
        .open(open)
        .collapsible(false)
        .resizable(false)
        .default_width(528.0)
        // Beside the window *States*.
        .default_pos([736.0, 16.0])
        .constrain_to(room)
        .show(window, |ui| show_security(ui, connection));
}

fn show_security(ui: &mut Ui, connection: &ObservedConnection) {
    let security = &connection.security;
    let palette = widgets::palette(ui);
    let colour = if security.is_broken() { palette.wrong } else { palette.accent };
    ui.horizontal_wrapped(|ui| {
        let icon = widgets::icon(picture(security));
        ui.label(icon.size(24.0).color(colour));
        ui.label(RichText::new(security.sentence()).strong());
    });
    let ends = &connection.connection;
    let name = format!("{} at {}", ends.service, ends.server);
    let mut rows = vec![("Connection", name)];
    if let Some(secured) = &security.secured {
        rows.push(("Version", secured.version.clone()));
        rows.push(("Cipher", secured.cipher.clone()));
    }
    facts(ui, "connection", &rows);
    if let Some(info) = &security.certificate {
        ui.separator();
        certificate(ui, info);
    }
}

fn certificate(ui: &mut Ui, info: &CertificateInfo) {
    ui.label(RichText::new("The server’s certificate").strong());
    let rows = [
        ("Belongs to", info.subject.clone()),
        ("For", info.names.join(", ")),
        ("Signed by", info.issuer.clone()),
        ("Valid", format!("{} to {}", info.not_before, info.not_after)),
        ("SHA-256", info.fingerprint.clone()),
    ];
    facts(ui, "certificate", &rows);
    ui.separator();
    if info.what_to_do().is_empty() {
        ui.label(RichText::new("Why it is trusted").strong());
        ui.label(info.why());
    } else {
        ui.label(RichText::new("Why it is not trusted").strong());
        widgets::error(ui, &info.why());
        ui.label(RichText::new("What to do").strong());
        ui.label(info.what_to_do());
    }
}

fn facts(ui: &mut Ui, id: &str, rows: &[(&str, String)]) {
    let faint = widgets::palette(ui).faint;
    Grid::new(id).num_columns(2).spacing([16.0, widgets::HALF]).min_row_height(0.0).show(
        ui,
        |ui| {
            for (name, fact) in rows {
                ui.label(RichText::new(*name).color(faint));
                ui.add(Label::new(fact).wrap());
                ui.end_row();
            }
        },
    );
}
