//! Reading the settings again while the server runs (SIGHUP).

use crate::advice;
use crate::settings::{Flags, Settings, table};
use origami_server::{Config, RunningSettings};
use tracing::{error, info, warn};

/// Reads the settings of a server again.
pub struct Reload {
    flags: Flags,
    /// The settings with which the server runs, apart from those that need a new process.
    current: Config,
    running: RunningSettings,
}

impl Reload {
    /// For a server that was started with `flags`, which gave it the settings `current`.
    pub fn new(flags: Flags, current: Config, running: RunningSettings) -> Self {
        Self { flags, current, running }
    }

    /// Reads them from where they came from, and has the server take over what it can. If they
    /// cannot be read, all stay as they are. Says which changed.
    pub fn run(&mut self) {
        match Settings::of_process(&self.flags) {
            Ok(settings) => self.change(&settings.config),
            Err(problem) => {
                self.running.keep();
                error!(
                    problem = advice::message(&problem),
                    "the settings cannot be read again; those before stay as they are"
                );
            }
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
