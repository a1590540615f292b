//! `origami bench --tune`: which settings suit this machine.
//!
//! Successive halving: every arm is one set of settings, the first is what the
//! server would take anyway. In each round all arms walk the same walks in
//! turn, so that whatever else the machine does hits all of them, and those
//! that did worse drop out. The last round is the best arm against the first.

use super::arguments::Arguments;
use super::report::Report;
use super::run;
use crate::settings::{Flags, Settings, duration, file};
use crate::text::Line;
use crate::{interruption, output};
use anyhow::{Context, Result, anyhow, bail};
use clap::{Args as _, Command, FromArgMatches as _};
use origami_server::Config;
use serde_json::json;
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;
use std::time::Duration;

/// Time for everything if none is given.
const DURATION: Duration = Duration::from_secs(180);
/// Least time in which anything could be seen.
const LEAST: Duration = Duration::from_secs(5);
/// Rounds, which share the time equally.
const ROUNDS: u32 = 4;
/// Time of one walk to aim at, and most walks of an arm in one round.
const WALK: Duration = Duration::from_secs(2);
const MOST_WALKS: u32 = 8;
/// Most CPU per tile, as a ratio to the first arm's.
const CPU_LIMIT: f64 = 1.05;
/// Least gain that is one, however quiet the machine.
const LEAST_GAIN: f64 = 0.05;
/// Most refused or missing tiles, as a share above the first arm's.
const REFUSED_LIMIT: f64 = 0.001;

/// Changes to what the server would take anyway, and how it did with them.
#[derive(Clone)]
struct Arm {
    changes: Vec<(&'static str, String)>,
    /// One for each walk of the present round.
    walks: Vec<Walked>,
}

#[derive(Clone, Copy)]
struct Walked {
    /// p99 of tiles from their view, in milliseconds.
    p99: f64,
    cpu_seconds: f64,
    tiles: u64,
    /// Tiles that were not answered 200, as a share.
    missing: f64,
}

impl Walked {
    fn of(report: &Report) -> Self {
        let record = &report.record;
        let wanted = record.wanted().max(1) as f64;
        Self {
            p99: record.all_tiles().quantile(0.99),
            cpu_seconds: report.used.map_or(0.0, |(before, after)| after.cpu_seconds - before.cpu_seconds),
            tiles: record.answered(),
            missing: (wanted - record.served() as f64) / wanted,
        }
    }
}

impl Arm {
    fn new(changes: Vec<(&'static str, String)>) -> Self {
        Self { changes, walks: Vec::new() }
    }

    fn name(&self) -> String {
        match &self.changes[..] {
            [] => "as it is".to_owned(),
            changes => changes.iter().map(|(key, text)| file::line(key, text)).collect::<Vec<_>>().join(", "),
        }
    }

    fn p99(&self) -> f64 {
        median(self.walks.iter().map(|walk| walk.p99))
    }

    fn cpu_micros(&self) -> f64 {
        let tiles: u64 = self.walks.iter().map(|walk| walk.tiles).sum();
        1e6 * self.walks.iter().map(|walk| walk.cpu_seconds).sum::<f64>() / tiles.max(1) as f64
    }

    fn missing(&self) -> f64 {
        self.walks.iter().map(|walk| walk.missing).sum::<f64>() / self.walks.len().max(1) as f64
    }

    /// Median over the walks of p99 as a ratio to `first` on the same walk.
    fn ratio(&self, first: &Self) -> f64 {
        median(self.walks.iter().zip(&first.walks).map(|(mine, other)| mine.p99 / other.p99.max(1e-3)))
    }

    /// Why it cannot be chosen, whatever its latency.
    fn fault(&self, first: &Self) -> Option<&'static str> {
        if self.missing() > first.missing() + REFUSED_LIMIT {
            return Some("refuses more tiles");
        }
        (self.cpu_micros() > CPU_LIMIT * first.cpu_micros()).then_some("costs more CPU")
    }

    /// What arms are ordered by.
    fn score(&self, first: &Self) -> f64 {
        if self.fault(first).is_some() { f64::INFINITY } else { self.ratio(first) }
    }

    /// How far its own p99 strays from walk to walk, as a share: the median
    /// distance from the median.
    fn noise(&self) -> f64 {
        let middle = self.p99();
        median(self.walks.iter().map(|walk| (walk.p99 - middle).abs())) / middle.max(1e-3)
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => 0.0,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
}

/// The arms of the first round: `base` and everything that differs from it in
/// one setting.
fn arms(base: &Config, processors: usize) -> Vec<Arm> {
    let numbers = |values: &[usize]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
    let sizes = |values: &[&str]| values.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let switch = |now: bool| vec![(!now).to_string()];
    let tried = [
        (
            "workers",
            numbers(&[processors.saturating_sub(1).max(1), processors, processors + 1, 2 * processors]),
        ),
        ("http_threads", numbers(&[1, processors.div_ceil(2), processors])),
        ("speculate", switch(base.speculate)),
        ("prefetch", sizes(&["0", "64MiB", "256MiB"])),
        ("pin", switch(base.pin)),
        ("huge_pages", switch(base.huge_pages)),
    ];
    let mut arms = vec![Arm::new(Vec::new())];
    for (key, mut values) in tried {
        let now = Settings::value(base, key);
        values.retain(|value| *value != now);
        values.dedup();
        arms.extend(values.into_iter().map(|value| Arm::new(vec![(key, value)])));
    }
    arms
}

/// The best value of every setting that did better than the first arm, together.
fn together(arms: &[Arm]) -> Option<Arm> {
    let first = &arms[0];
    let mut better: Vec<&Arm> = arms[1..].iter().filter(|arm| arm.score(first) < 1.0).collect();
    better.sort_by(|a, b| a.score(first).total_cmp(&b.score(first)));
    let mut changes: Vec<(&'static str, String)> = Vec::new();
    for (key, text) in better.iter().flat_map(|arm| &arm.changes) {
        if changes.iter().all(|(taken, _)| taken != key) {
            changes.push((key, text.clone()));
        }
    }
    (changes.len() > 1).then(|| Arm::new(changes))
}

/// What came out.
struct Outcome {
    /// All that was tried, with the round it last walked in, best first; "as it
    /// is" leads.
    table: Vec<(u32, Arm)>,
    /// The last rival of what is.
    best: Arm,
    first: Arm,
    /// Walks the best arm won of all in the last round.
    won: usize,
    taken: bool,
    noise: f64,
}

/// Tries settings for the time given and writes the best where it is asked to.
pub fn tune(arguments: &Arguments) -> Result<()> {
    let interrupted = interruption::watch()?;
    let total = arguments.duration.unwrap_or(DURATION);
    if total < LEAST {
        bail!("--duration {}: tuning needs {} at least", duration::text(total), duration::text(LEAST));
    }
    let base = base(arguments)?;
    if let Some(path) = &arguments.write {
        // Rather now than after three minutes.
        file::editable(path)?;
    }
    let processors = available_parallelism().map_or(1, usize::from);
    let outcome = halve(arguments, arms(&base, processors), total, &interrupted)?;
    if arguments.json {
        output::print_json(&json(&outcome))?;
    } else {
        output::print_lines(text(&outcome))?;
    }
    match &arguments.write {
        Some(path) if outcome.taken => {
            file::write(path, &outcome.best.changes)?;
            output::tell(format_args!("{} is written", path.display()));
        }
        Some(path) => output::tell(format_args!("{} is left as it was", path.display())),
        None if outcome.taken => output::tell("--write origami.toml would keep it"),
        None => {}
    }
    Ok(())
}

/// The settings a server started here would have.
fn base(arguments: &Arguments) -> Result<Config> {
    let command = Flags::augment_args(Command::new("serve").no_binary_name(true));
    let matches = command.clone().try_get_matches_from(&arguments.serve).map_err(|error| {
        // The parser drops colours, also those of an argument, unless they are escaped.
        let shown = arguments.serve.iter().map(|text| Line(text.to_string_lossy()).to_string());
        let text = command.try_get_matches_from(shown).err().unwrap_or(error).to_string();
        // What is wrong comes first; below it is how to use another command.
        let wrong: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        anyhow!("options after --: {}", wrong.join(" ").trim_start_matches("error: "))
    })?;
    let flags = Flags::from_arg_matches(&matches)?;
    let environment: Vec<_> = std::env::vars_os().collect();
    Ok(Settings::resolve(&flags, &environment, Path::new(""))?.config)
}

fn halve(
    arguments: &Arguments,
    mut arms: Vec<Arm>,
    total: Duration,
    interrupted: &AtomicBool,
) -> Result<Outcome> {
    let mut out: Vec<(u32, Arm)> = Vec::new();
    let mut seed = arguments.seed;
    for round in 1..=ROUNDS {
        let share = total / ROUNDS / u32::try_from(arms.len())?;
        let walks = (share.as_millis() / WALK.as_millis()).clamp(1, u128::from(MOST_WALKS)) as u32;
        arms.iter_mut().for_each(|arm| arm.walks.clear());
        output::tell(format_args!(
            "round {round} of {ROUNDS}: {} settings, {walks} walks of {:.1} s each",
            arms.len(),
            (share / walks).as_secs_f64()
        ));
        for walk in 0..walks {
            // Who goes first changes, or it would always find the machine as
            // the last left it.
            for turn in 0..arms.len() {
                let at = (turn + walk as usize) % arms.len();
                let walked = walked(arguments, &arms[at], share / walks, seed, interrupted)
                    .with_context(|| arms[at].name())?;
                arms[at].walks.push(walked);
            }
            seed += 1;
        }
        let joined = if round == 1 { together(&arms) } else { None };
        let first = arms[0].clone();
        arms[1..].sort_by(|a, b| a.score(&first).total_cmp(&b.score(&first)));
        if round == ROUNDS {
            break;
        }
        // Beside the first: half of the others, of which one is left for the last round.
        let rivals = if round + 1 == ROUNDS { 1 } else { (arms.len() - 1).div_ceil(2) };
        for dropped in arms.drain(1 + rivals.min(arms.len() - 1)..) {
            out.push((round, dropped));
        }
        arms.extend(joined);
    }
    let (first, best) = (arms[0].clone(), arms[1].clone());
    let won = best.walks.iter().zip(&first.walks).filter(|(best, first)| best.p99 < first.p99).count();
    let noise = first.noise().max(LEAST_GAIN);
    let nearly_all = won + 1 >= best.walks.len() && won > best.walks.len() / 2;
    let taken = nearly_all && best.score(&first) < 1.0 - noise;
    out.reverse();
    let table = arms.into_iter().map(|arm| (ROUNDS, arm)).chain(out).collect();
    Ok(Outcome { table, best, first, won, taken, noise })
}

fn walked(
    arguments: &Arguments,
    arm: &Arm,
    duration: Duration,
    seed: u64,
    interrupted: &AtomicBool,
) -> Result<Walked> {
    let option = |(key, text): &(&str, String)| OsString::from(format!("--{}={text}", key.replace('_', "-")));
    let mut arguments = arguments.clone();
    arguments.serve.extend(arm.changes.iter().map(option));
    arguments.duration = Some(duration);
    arguments.warmup = Duration::ZERO;
    arguments.seed = seed;
    let report = run::measure(&arguments, interrupted, false)?;
    Ok(Walked::of(&report))
}

fn verdict(outcome: &Outcome) -> String {
    let Outcome { best, first, won, taken, noise, .. } = outcome;
    let percent = |ratio: f64| 100.0 * ratio;
    let gain = percent(1.0 - best.ratio(first));
    let walks = best.walks.len();
    let name = best.name();
    if *taken {
        let (cpu, of) = (best.cpu_micros(), first.cpu_micros());
        return format!(
            "best: {name}: p99 {gain:.0} % lower (better in {won} of {walks} walks; noise {:.0} %), {cpu:.0} us of CPU a tile against {of:.0}",
            percent(*noise)
        );
    }
    let why = match best.fault(first) {
        Some(fault) => fault.to_owned(),
        None => format!(
            "p99 {gain:.0} % lower and better in {won} of {walks} walks is within the noise of {:.0} %",
            percent(*noise)
        ),
    };
    format!("keep what is: the best rival, {name}, is not clearly better ({why})")
}

fn text(outcome: &Outcome) -> String {
    let mut text = format!(
        "{:>5}  {:>8}  {:>6}  {:>12}  {:>6}  {}\n",
        "round", "p99, ms", "ratio", "CPU/tile, us", "ratio", "settings"
    );
    // Ratios are to "as it is" of the same round, which only the last has kept;
    // the others' are left to their order.
    for (round, arm) in &outcome.table {
        let ratios = if *round == ROUNDS {
            let first = &outcome.first;
            (
                format!("{:.2}", arm.ratio(first)),
                format!("{:.2}", arm.cpu_micros() / first.cpu_micros().max(1e-9)),
            )
        } else {
            (String::new(), String::new())
        };
        text.push_str(&format!(
            "{round:>5}  {:>8.1}  {:>6}  {:>12.0}  {:>6}  {}\n",
            arm.p99(),
            ratios.0,
            arm.cpu_micros(),
            ratios.1,
            arm.name()
        ));
    }
    text.push('\n');
    text.push_str(&verdict(outcome));
    text
}

fn json(outcome: &Outcome) -> serde_json::Value {
    let arm = |(round, arm): &(u32, Arm)| {
        json!({
            "round": round,
            "settings": arm.changes.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "p99_ms": arm.p99(),
            "cpu_us_per_tile": arm.cpu_micros(),
            "walks": arm.walks.len(),
        })
    };
    json!({
        "tried": outcome.table.iter().map(arm).collect::<Vec<_>>(),
        "best": outcome.best.changes.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        "ratio": outcome.best.ratio(&outcome.first),
        "noise": outcome.noise,
        "won": outcome.won,
        "taken": outcome.taken,
        "verdict": verdict(outcome),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(changes: &[(&'static str, &str)], p99: &[f64], cpu: f64) -> Arm {
        let changes = changes.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
        let walk = |p99: &f64| Walked { p99: *p99, cpu_seconds: cpu, tiles: 1000, missing: 0.0 };
        Arm { changes, walks: p99.iter().map(walk).collect() }
    }

    #[test]
    fn every_arm_of_the_first_round_changes_one_setting_to_something_else() {
        let base = Config::new("packs");
        let arms = arms(&base, 2);
        assert!(arms[0].changes.is_empty());
        for arm in &arms[1..] {
            let [(key, text)] = &arm.changes[..] else { panic!("{}", arm.name()) };
            assert_ne!(*text, Settings::value(&base, key), "{key}");
        }
        for key in ["workers", "http_threads", "speculate", "prefetch", "pin", "huge_pages"] {
            assert!(arms.iter().any(|arm| arm.changes.iter().any(|(changed, _)| *changed == key)), "{key}");
        }
    }

    #[test]
    fn what_did_better_alone_is_tried_together() {
        let arms = [
            arm(&[], &[10.0, 10.0], 0.3),
            arm(&[("workers", "3")], &[9.0, 9.0], 0.3),
            arm(&[("workers", "4")], &[8.0, 8.0], 0.3),
            arm(&[("pin", "true")], &[7.0, 7.0], 0.3),
            arm(&[("speculate", "false")], &[5.0, 5.0], 0.4),
            arm(&[("prefetch", "0")], &[11.0, 11.0], 0.2),
        ];
        let joined = together(&arms).unwrap();
        assert_eq!(joined.name(), "pin = true, workers = 4", "more CPU and more latency are left out");
    }

    #[test]
    fn ratios_are_taken_walk_by_walk() {
        let first = arm(&[], &[10.0, 100.0, 20.0], 0.3);
        let other = arm(&[], &[9.0, 90.0, 18.0], 0.3);
        assert!((other.ratio(&first) - 0.9).abs() < 1e-9, "a slow moment hits both");
        assert!(other.fault(&first).is_none());
        assert!((first.noise() - 0.5).abs() < 1e-9);
    }
}
