//! The systemd unit of the server, if one is installed.

use super::descriptors::Need;
use super::finding::Finding;
use super::subject::Subject;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const CHECK: &str = "service";

/// Where systemd looks for units, the folder that wins first.
const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// The name of the unit in `deploy/`.
const UNIT: &str = "origami.service";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let Some(unit) = Unit::find(&FOLDERS.map(Path::new)) else { return Vec::new() };
    unit.judge(Need::of(subject), subject.config.stop_within)
}

/// What a unit says of its service.
#[derive(Debug, Default)]
struct Unit {
    path: PathBuf,
    /// The last value of each key in the section `[Service]`.
    values: BTreeMap<String, String>,
}

impl Unit {
    /// The unit in the first of `folders` that has it, with the changes beside it in all of them.
    fn find(folders: &[&Path]) -> Option<Self> {
        let path = folders.iter().map(|folder| folder.join(UNIT)).find(|path| path.is_file())?;
        let mut unit = Self { path: path.clone(), ..Self::default() };
        unit.add(&path);
        let mut changes: BTreeMap<_, PathBuf> = BTreeMap::new();
        for folder in folders.iter().rev() {
            let entries = fs::read_dir(folder.join(format!("{UNIT}.d"))).into_iter().flatten().flatten();
            let files =
                entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "conf"));
            changes.extend(files.map(|entry| (entry.file_name(), entry.path())));
        }
        for path in changes.values() {
            unit.add(path);
        }
        Some(unit)
    }

    /// Adds the values in a file; one that cannot be read adds none.
    fn add(&mut self, path: &Path) {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut is_service = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                is_service = line == "[Service]";
            } else if is_service
                && !line.starts_with(['#', ';'])
                && let Some((key, value)) = line.split_once('=')
            {
                self.values.insert(key.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// The hard limit of open files; `None` if the unit has none of its own.
    fn descriptors(&self) -> Option<u64> {
        let value = self.values.get("LimitNOFILE")?;
        let hard = value.rsplit(':').next().unwrap_or(value);
        if hard == "infinity" { Some(u64::MAX) } else { hard.parse().ok() }
    }

    /// How long the service may take to stop, where the unit says it in seconds.
    fn stops_within(&self) -> Option<Duration> {
        let value = self.values.get("TimeoutStopSec")?;
        value.trim_end_matches('s').parse().ok().map(Duration::from_secs)
    }

    fn judge(&self, need: Need, stop_within: Duration) -> Vec<Finding> {
        let path = self.path.display();
        let mut findings = Vec::new();
        if let Some(limit) = self.descriptors() {
            let mut finding =
                need.judge(CHECK, limit, "`LimitNOFILE=65536` in the unit: `systemctl edit origami`");
            finding.found = format!("{path}: {}", finding.found);
            findings.push(finding);
        }
        if let Some(time) = self.stops_within()
            && time <= stop_within
        {
            let seconds = stop_within.as_secs() + 10;
            findings.push(Finding::advice(
                CHECK,
                format!(
                    "{path}: it is killed after {} s, while requests may still be answered",
                    time.as_secs()
                ),
                format!("`TimeoutStopSec={seconds}s` in the unit, or a smaller `stop_within`"),
            ));
        }
        if findings.is_empty() {
            findings.push(Finding::ok(CHECK, format!("{path}: nothing to change")));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;
    use origami_server::Config;

    fn judged(folders: &[&Path]) -> Vec<(State, String)> {
        let subject = Subject::new(Config::new("nowhere"), false);
        let unit = Unit::find(folders).expect("a unit");
        let findings = unit.judge(Need::of(&subject), Duration::from_secs(10));
        findings.into_iter().map(|finding| (finding.state, finding.found)).collect()
    }

    #[test]
    fn limits_of_a_unit_are_judged_with_the_changes_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let [etc, lib] = ["etc", "lib"].map(|name| folder.path().join(name));
        for path in [&etc, &lib] {
            fs::create_dir(path).unwrap();
        }
        let folders = [&*etc, &*lib];
        assert!(Unit::find(&folders).is_none());
        let unit =
            "[Unit]\nLimitNOFILE=1\n[Service]\n# LimitNOFILE=2\nLimitNOFILE=65536\nTimeoutStopSec=20s\n";
        fs::write(lib.join(UNIT), unit).unwrap();
        let path = lib.join(UNIT).display().to_string();
        assert_eq!(judged(&folders), [(State::Ok, format!("{path}: 65,536 files may be open"))]);

        let changes = etc.join(format!("{UNIT}.d"));
        fs::create_dir(&changes).unwrap();
        fs::write(changes.join("a.conf"), "[Service]\nLimitNOFILE=64:128\nTimeoutStopSec=5\n").unwrap();
        let findings = judged(&folders);
        assert_eq!(findings[0].0, State::Problem, "{findings:?}");
        assert!(findings[0].1.contains("128 files may be open"), "{findings:?}");
        assert!(findings[1].1.contains("killed after 5 s"), "{findings:?}");
    }

    #[test]
    fn the_projects_own_unit_needs_no_change() {
        let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd");
        let findings = judged(&[&deploy]);
        assert!(findings.iter().all(|(state, _)| *state == State::Ok), "{findings:?}");
    }
}
