//! Runs targets: iterations, limits, and saving the inputs that fail.

use crate::tally::without_numbers;
use crate::{ALLOCATOR, Bytewise, Random, Tally};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{fmt, fs, io};

/// Code under test, and how its inputs are made.
pub trait Target {
    /// Its name on the command line.
    fn name(&self) -> &'static str;

    /// The largest number of bytes that an execution may have allocated at a time.
    fn max_memory(&self) -> usize;

    /// Makes the input of an iteration: a valid one, mutated.
    fn input(&mut self, random: &mut Random) -> Vec<u8>;

    /// Mutates `input`, which may be any bytes, further: like a valid one, or with
    /// `bytewise` between its frames and checksums, which are corrected. The result
    /// may be empty.
    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8>;

    /// Runs the code under test on `input`, which may be any bytes. The input itself
    /// contains what it is decoded with (a size, or the number of a fixture).
    ///
    /// # Errors
    /// The invariant that is broken, if one is.
    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String>;
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// After this time.
    Time(Duration),
    /// After this number of executions, whose time is not judged.
    Executions(u64),
}

/// How to run a target.
#[derive(Clone, Debug)]
pub struct FuzzOptions {
    /// Determines the mutations, together with the number of the iteration.
    pub seed: u64,
    /// The first iteration.
    pub first: u64,
    /// When to stop.
    pub limit: Limit,
    /// Where to save failing inputs. The first one creates it.
    pub folder: PathBuf,
}

/// An execution that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    target: &'static str,
    seed: u64,
    iteration: u64,
    reason: String,
    /// The file with its input.
    saved: PathBuf,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { target, seed, iteration, reason, saved } = self;
        write!(
            f,
            "{target}: {reason}\n  again: origami-fuzz {target} --seed {seed} --iteration {iteration}\n"
        )?;
        write!(f, "  input: {}", saved.display())
    }
}

/// The number of failures, each of another kind, after which a run ends.
const MAX_FAILURES: usize = 10;
/// The largest processor time of an execution without instrumentation.
pub const MAX_TIME: Duration = Duration::from_secs(1);

/// The result of running a target.
#[derive(Debug)]
pub struct RunResult {
    /// The outcomes of all executions.
    pub tally: Tally,
    /// The first failure of each kind, up to a maximum number.
    pub failures: Vec<Failure>,
}

/// Runs `target` until the limit is reached or there are too many failures.
///
/// # Errors
/// If an input cannot be saved.
pub fn run(target: &mut dyn Target, options: &FuzzOptions) -> io::Result<RunResult> {
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

fn run_all(target: &mut dyn Target, options: &FuzzOptions) -> io::Result<RunResult> {
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
        let input = target.input(&mut Random::for_iteration(options.seed, iteration));
        let max_time = matches!(options.limit, Limit::Time(_)).then_some(MAX_TIME);
        let Err(reason) = judge(target, &input, max_time, &mut tally) else { continue };
        let kind = without_numbers(&reason);
        if failures.iter().any(|known| without_numbers(&known.reason) == kind) {
            continue;
        }
        let saved = options.save(target.name(), iteration, &input)?;
        let failure = Failure { target: target.name(), seed: options.seed, iteration, reason, saved };
        eprintln!("{failure}");
        failures.push(failure);
    }
    tally.elapsed = started.elapsed();
    Ok(RunResult { tally, failures })
}

impl FuzzOptions {
    /// Saves the input of an iteration. Returns its path.
    fn save(&self, target: &str, iteration: u64, input: &[u8]) -> io::Result<PathBuf> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{target}-{}-{iteration}", self.seed));
        fs::write(&path, input)?;
        Ok(path)
    }
}

/// Runs `target` on `input` and judges the execution: its result, its memory
/// and, if there is a `max_time`, its processor time.
///
/// # Errors
/// Why the execution failed: it panicked, broke an invariant of the target or
/// exceeded a limit.
pub fn judge(
    target: &mut dyn Target,
    input: &[u8],
    max_time: Option<Duration>,
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
    if peak > target.max_memory() {
        return Err(format!("{peak} bytes of memory for an input of {} bytes", input.len()));
    }
    // On a busy machine anything can take long, so processor time decides.
    if let Some(max_time) = max_time
        && elapsed > max_time
    {
        let before = processor_time();
        target.execute(input, &mut Tally::default())?;
        let time = processor_time().saturating_sub(before);
        if time > max_time {
            return Err(format!("{time:.1?} for an input of {} bytes", input.len()));
        }
    }
    Ok(())
}

/// The processor time of this process so far, in ticks of 10 ms; 0 where the
/// system does not provide it.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}
