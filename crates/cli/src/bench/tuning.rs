//! `origami bench --tune`: tries settings of the server on this machine.

use super::Arguments;
use crate::settings::{Assignment, Flags, Settings, file, table};
use crate::{interruption, output};
use anyhow::Result;
use origami_loadtest::{SettingChange, TunableSettings, Tuning};

/// Tries settings and writes the best to the file that the arguments name.
pub fn run(arguments: &Arguments) -> Result<()> {
    let interrupted = interruption::watch()?;
    let options = arguments.load.options();
    let tuning = Tuning::new(&options).map_err(|error| arguments.load.explain(error))?;
    let present = Settings::here(&Flags::parse(&arguments.load.serve)?)?;
    if let Some(path) = &arguments.write {
        // Fails now rather than after minutes of tuning.
        file::editable(path)?;
    }
    let outcome = tuning
        .run(&present, &interrupted, &|round| output::eprint_line(round))
        .map_err(|error| arguments.load.explain(error))?;
    if arguments.json {
        output::print_json(&outcome.json())?;
    } else {
        output::print_lines(outcome.text())?;
    }
    match (&arguments.write, outcome.better()) {
        (Some(path), Some(changes)) => {
            let settings: Vec<_> = changes.iter().map(assignment).collect();
            file::write(path, &settings)?;
            output::eprint_line(format_args!("{} is written", path.display()));
        }
        (Some(path), None) => output::eprint_line(format_args!("{} is left as it was", path.display())),
        (None, Some(_)) => output::eprint_line("--write origami.toml would keep it"),
        (None, None) => {}
    }
    Ok(())
}

fn assignment(change: &SettingChange) -> Assignment {
    Assignment { key: change.key, text: change.value.clone() }
}

impl TunableSettings for Settings {
    fn value(&self, key: &str) -> String {
        table::find(key).map(|setting| setting.get(&self.config)).unwrap_or_default()
    }

    fn line(&self, key: &str, value: &str) -> String {
        file::line(key, value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use origami_server::Config;
    use std::path::Path;

    #[test]
    fn every_tuned_setting_is_one_of_the_server() {
        let present = Settings::resolve(&Flags::default(), &[], Path::new("no folder")).unwrap();
        for key in origami_loadtest::TUNED {
            let setting = table::find(key).expect(key);
            let value = present.value(key);
            assert!(!value.is_empty(), "{key}");
            setting.set(&mut Config::new("packs"), &value).unwrap();
        }
        assert_eq!(present.line("prefetch", "0"), "prefetch = \"0\"");
        assert_eq!(present.line("workers", "3"), "workers = 3");
    }
}
