//! Runs targets: iterations, limits, and keeping what fails.

use crate::tally::without_numbers;
use crate::{ALLOCATOR, Bytewise, Random, Tally};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fmt, fs, io};

/// Something that is given bytes.
pub trait Target {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// Most bytes that an execution may have allocated at a time.
    fn most_memory(&self) -> usize;

    /// The input of an iteration: a good one, changed.
    fn input(&mut self, random: &mut Random) -> Vec<u8>;

    /// `input`, which may be any bytes, changed further: as good ones are, or
    /// by `bytewise` between whatever frames and checksums it has. May come out
    /// empty.
    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8>;

    /// Runs the code under test on `input`, which may be any bytes: what it is
    /// for (a size, a parent, a model) it says itself.
    ///
    /// # Errors
    /// If an invariant is broken: which one.
    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String>;
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// After this time.
    Time(Duration),
    /// After so many executions. Their time is then not judged.
    Executions(u64),
}

/// How to run a target.
#[derive(Clone, Debug)]
pub struct FuzzOptions {
    /// Decides, with the number of the iteration, the mutations.
    pub seed: u64,
    /// The first iteration.
    pub first: u64,
    /// When to stop.
    pub limit: Limit,
    /// Where failing inputs go; it is made when there is one.
    pub folder: PathBuf,
}

/// An execution that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    target: &'static str,
    seed: u64,
    iteration: u64,
    what: String,
    /// Where its input is.
    saved: PathBuf,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, iteration, what, saved } = self;
        write!(
            f,
            "{target}: {what}\n  again: origami-fuzz {target} --seed {seed} --iteration {iteration}\n"
        )?;
        write!(f, "  input: {}", saved.display())
    }
}

/// Failures that are kept; each is of another kind.
const MAX_FAILURES: usize = 10;
/// Most processor time of an execution, without instrumentation.
pub const MAX_TIME: Duration = Duration::from_secs(1);

/// Runs `target` until the limit. Returns what became of the executions, and
/// those that failed: the first of each kind, `MAX_FAILURES` at most.
///
/// # Errors
/// If an input cannot be saved.
pub fn run(target: &mut dyn Target, options: &FuzzOptions) -> io::Result<(Tally, Vec<Failure>)> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|panic| {
        if let Ok(mut last) = LAST_PANIC.lock() {
            *last = panic.to_string().replace('\n', " ");
        }
    }));
    let result = run_all(target, options);
    std::panic::set_hook(hook);
    result
}

static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

fn run_all(target: &mut dyn Target, options: &FuzzOptions) -> io::Result<(Tally, Vec<Failure>)> {
    let (mut tally, mut failures) = (Tally::default(), Vec::<Failure>::new());
    let started = Instant::now();
    for iteration in options.first.. {
        let done = match options.limit {
            Limit::Time(time) => started.elapsed() >= time,
            Limit::Executions(count) => tally.executions == count,
        };
        if done || failures.len() == MAX_FAILURES {
            break;
        }
        let input = target.input(&mut Random::of(options.seed, iteration));
        let most_time = matches!(options.limit, Limit::Time(_)).then_some(MAX_TIME);
        if let Err(what) = judge(target, &input, most_time, &mut tally) {
            let kind = without_numbers(&what);
            if failures.iter().any(|known| without_numbers(&known.what) == kind) {
                continue;
            }
            fs::create_dir_all(&options.folder)?;
            let (name, seed) = (target.name(), options.seed);
            let saved = options.folder.join(format!("{name}-{seed}-{iteration}"));
            fs::write(&saved, &input)?;
            let failure = Failure { target: name, seed, iteration, what, saved };
            eprintln!("{failure}");
            failures.push(failure);
        }
    }
    tally.elapsed = started.elapsed();
    Ok((tally, failures))
}

/// Runs `target` on `input` and judges the execution: its result, its memory
/// and, if there is a `most_time`, its processor time.
///
/// # Errors
/// If it panicked, broke an invariant of the target or took too much: which.
pub fn judge(
    target: &mut dyn Target,
    input: &[u8],
    most_time: Option<Duration>,
    tally: &mut Tally,
) -> Result<(), String> {
    tally.executions += 1;
    ALLOCATOR.reset_peak_usage();
    let before = ALLOCATOR.current_usage();
    let started = Instant::now();
    let result = catch_unwind(AssertUnwindSafe(|| target.execute(input, tally)));
    let elapsed = started.elapsed();
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    tally.slowest = tally.slowest.max(elapsed);
    tally.peak = tally.peak.max(peak);
    let Ok(result) = result else {
        let panic = LAST_PANIC.lock().map(|last| last.clone()).unwrap_or_default();
        return Err(format!("panic: {panic}"));
    };
    result?;
    if peak > target.most_memory() {
        return Err(format!("{peak} bytes of memory for an input of {} bytes", input.len()));
    }
    // On a busy machine all sorts of things take long; processor time tells.
    if let Some(most) = most_time
        && elapsed > most
    {
        let before = processor_time();
        target.execute(input, &mut Tally::default())?;
        let time = processor_time().saturating_sub(before);
        if time > most {
            return Err(format!("{time:.1?} for an input of {} bytes", input.len()));
        }
    }
    Ok(())
}

/// The processor time of this process so far, in ticks of 10 ms; where the
/// system does not tell, none.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}
