//! Reading the settings again while the server runs (SIGHUP).

use crate::settings::{Flags, Settings, table};
use crate::{advice, log};
use origami_server::{Config, RunningSettings};
use tracing::{error, info, warn};

/// Reads the settings of a server again.
pub struct Reload {
    flags: Flags,
    /// The settings with which the server runs, apart from those that need a new process.
    current: Config,
    /// What is logged.
    log: String,
    running: RunningSettings,
}

impl Reload {
    /// For a server that was started with `flags`, which gave it these `settings`.
    pub fn new(flags: Flags, settings: Settings, running: RunningSettings) -> Self {
        let log = settings.log().to_owned();
        Self { flags, current: settings.config, log, running }
    }

    /// Reads them from where they came from, and has the server take over what it can. If they
    /// cannot be read, all stay as they are. Says which changed.
    pub fn run(&mut self) {
        match Settings::here(&self.flags) {
            Ok(settings) => {
                self.change_log(settings.log());
                self.change(&settings.config);
            }
            Err(problem) => {
                self.running.keep();
                error!(
                    problem = advice::message(&problem),
                    "the settings cannot be read again; those before stay as they are"
                );
            }
        }
    }

    fn change_log(&mut self, filter: &str) {
        if self.log == filter {
            return;
        }
        // Said before it changes, or it might not be logged any more.
        info!(setting = "log", before = self.log, now = filter, "setting changed");
        match log::set_filter(filter) {
            Ok(()) => filter.clone_into(&mut self.log),
            Err(problem) => error!(problem, "what is logged stays as it was"),
        }
    }

    fn change(&mut self, config: &Config) {
        self.running.change(config);
        let mut changed = 0;
        for setting in &table::SETTINGS {
            let (before, now) = (setting.get(&self.current), setting.get(config));
            if before == now {
                continue;
            }
            if !RunningSettings::CHANGEABLE.contains(&setting.key) {
                warn!(
                    setting = setting.key,
                    before,
                    now,
                    "this setting takes effect with the next start, or with an upgrade (SIGUSR2)"
                );
                continue;
            }
            changed += 1;
            info!(setting = setting.key, before, now, "setting changed");
            // Its own text always means something.
            let _ = setting.set(&mut self.current, &now);
        }
        info!(changed, "settings read again");
    }
}
