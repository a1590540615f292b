//! Whether the clock can be right.

use super::finding::Finding;
use super::subject::{File, Subject};
use origami_units::count;
use std::path::Path;
use std::time::{Duration, SystemTime};

const CHECK: &str = "clock";

/// 2026-01-01, before which no compiler could compile this program: no clock that is right shows
/// less.
const WRITTEN: Duration = Duration::from_secs(1_767_225_600);

/// How far the clocks of file servers may be ahead of this machine's.
const TOLERANCE: Duration = Duration::from_secs(10);

/// What systemd's client leaves once it has set the clock by another machine's.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

const DAY: u64 = 24 * 3600;

pub fn check(subject: &Subject) -> Vec<Finding> {
    let newest =
        subject.files.iter().filter_map(|file| Some((file.modified?, file))).max_by_key(|(time, _)| *time);
    vec![judge(SystemTime::now(), newest, Path::new(SYNCHRONISED).exists())]
}

/// What is said of a clock that shows `now`, where `newest` is the pack that was written last, and
/// when.
fn judge(now: SystemTime, newest: Option<(SystemTime, &File)>, is_synchronised: bool) -> Finding {
    let remedy = "`timedatectl set-ntp true`";
    let written = SystemTime::UNIX_EPOCH + WRITTEN;
    if let Ok(behind) = written.duration_since(now)
        && !behind.is_zero()
    {
        let days = behind.as_secs().div_ceil(DAY);
        return Finding::problem(CHECK, format!("it is at least {days} days behind"), remedy);
    }
    if let Some((time, file)) = newest
        && let Ok(ahead) = time.duration_since(now + TOLERANCE)
        && !ahead.is_zero()
    {
        let found = format!(
            "a pack was written {} s from now: this clock or another one is wrong",
            count::text(ahead.as_secs())
        );
        return Finding::advice(
            CHECK,
            found,
            format!("{remedy}, here and on the machine that wrote the pack"),
        )
        .with_files(vec![file.path.display().to_string()]);
    }
    let how = if is_synchronised { "set by a time server" } else { "nothing contradicts it" };
    Finding::ok(CHECK, how).measured("synchronised", is_synchronised)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn clocks_that_cannot_be_right_are_named() {
        let now = SystemTime::UNIX_EPOCH + WRITTEN + Duration::from_secs(DAY);
        let file = File { path: "a.origami".into(), bytes: 1, device: 0, mode: 0, modified: None };
        let at = |seconds| Some((now + Duration::from_secs(seconds), &file));
        assert_eq!(judge(now, at(0), true).found, "set by a time server");
        assert_eq!(judge(now, at(9), false).found, "nothing contradicts it");
        let later = judge(now, at(3610), true);
        assert_eq!(later.state, State::Advice);
        assert!(later.found.starts_with("a pack was written 3,600 s from now"), "{later:?}");
        let behind = judge(SystemTime::UNIX_EPOCH, None, true);
        assert_eq!((behind.state, &*behind.found), (State::Problem, "it is at least 20454 days behind"));
    }
}
