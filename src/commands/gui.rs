//! `pillarbox gui`: the desktop mail program.

use clap::Args;

use super::{CommandError, settings};
use crate::config::Config;

/// Open the desktop mail program
#[derive(Args, Clone, Debug)]
pub struct GuiArgs {
    /// Open this account of the configuration; can be repeated
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Also start the servers, inside the window
    #[arg(long)]
    pub serve: bool,
}

/// Opens the window, and returns when it is closed.
///
/// # Errors
/// When the configuration has no servers for it, or there is no screen.
#[cfg(feature = "gui")]
pub fn run(args: &GuiArgs, config: &Config) -> Result<(), CommandError> {
    use super::explain::texts;
    use crate::gui::{App, Start};

    let start = Start {
        settings: settings(config)?,
        accounts: args.accounts.clone(),
        texts: texts(config)?,
        config: config.clone(),
    };
    let serve = args.serve;
    let options = eframe::NativeOptions {
        viewport: eframe::egui::ViewportBuilder::default()
            .with_app_id("pillarbox")
            .with_inner_size(WINDOW)
            .with_min_inner_size(SMALLEST),
        ..eframe::NativeOptions::default()
    };
    let opened = eframe::run_native(
        "Pillarbox",
        options,
        Box::new(move |created| {
            let app = App::new(&created.egui_ctx, start);
            Ok(Box::new(if serve { app.with_servers() } else { app }))
        }),
    );
    opened.map_err(|error| {
        let error = error.to_string();
        let why = without_place(&error);
        CommandError::Job(format!(
            "the window cannot be opened: {why}; is there a screen, and does DISPLAY name it?"
        ))
    })
}

/// Removes the position in a library's source from an error: `os error at x11.rs:12: no display`.
#[cfg(feature = "gui")]
fn without_place(error: &str) -> &str {
    let after = error.split_once(".rs:").map(|(_, after)| after);
    let why = after.and_then(|after| after.split_once(": "));
    why.map_or(error, |(_, why)| why)
}

/// The initial size of the window in points: that of a small laptop's screen.
#[cfg(feature = "gui")]
const WINDOW: [f32; 2] = [1280.0, 800.0];

/// The minimum size of the window, which the panes need.
#[cfg(feature = "gui")]
const SMALLEST: [f32; 2] = [900.0, 560.0];

/// Fails, because this build has no window.
///
/// # Errors
/// Always.
#[cfg(not(feature = "gui"))]
pub fn run(_: &GuiArgs, config: &Config) -> Result<(), CommandError> {
    settings(config)?;
    Err(CommandError::Setup(
        "this build has no window; build it with cargo build --features gui".to_owned(),
    ))
}

#[cfg(all(test, feature = "gui"))]
mod tests {
    use super::*;

    #[test]
    fn the_position_in_a_library_is_removed_from_an_error() {
        let rows = [
            ("os error at a/x11.rs:12: no display: :9", "no display: :9"),
            ("No config found: X: BadMatch", "No config found: X: BadMatch"),
            ("x11.rs:12", "x11.rs:12"),
        ];
        for (error, why) in rows {
            assert_eq!(without_place(error), why);
        }
    }
}
