//! `pillarbox gui`: the desktop mail program.

use clap::Args;

use super::{CommandError, settings};
use crate::config::Config;

/// Open the desktop mail program
#[derive(Args, Clone, Debug)]
pub struct GuiArgs {
    /// Open this account at once; its password is in the configuration. Can be repeated
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Start the servers of the configuration inside the window, too
    #[arg(long)]
    pub serve: bool,
}

/// Opens the window, and returns when it is closed.
///
/// # Errors
/// When the configuration names no servers, or there is no screen to open a window on.
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
        // In front of it stands where in the library that was.
        let why = error.rsplit(": ").next().unwrap_or_default();
        CommandError::Job(format!(
            "no window can be opened: {why}; is there a screen, and does DISPLAY name it?"
        ))
    })
}

/// The window's size at first, in points: that of a small laptop's screen.
#[cfg(feature = "gui")]
const WINDOW: [f32; 2] = [1280.0, 800.0];

/// Smaller than this, the panes have no room.
#[cfg(feature = "gui")]
const SMALLEST: [f32; 2] = [900.0, 560.0];

/// Says that there is no window in this build.
///
/// # Errors
/// Always.
#[cfg(not(feature = "gui"))]
pub fn run(_: &GuiArgs, config: &Config) -> Result<(), CommandError> {
    settings(config)?;
    Err(CommandError::Setup(
        "this build has no window: build it with cargo build --features gui".to_owned(),
    ))
}
