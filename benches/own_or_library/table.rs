//! Prints tables of alternatives that were measured in turns.

use origami_benches::turns::Runs;

/// One alternative.
pub struct Row<'r> {
    pub name: &'r str,
    pub runs: &'r Runs,
    /// Further columns, for which [`print`] is given the heads.
    pub details: String,
}

/// Median and 99th percentile of the wall-clock time and median processor time of one
/// of the `parts` of a run, in microseconds.
fn figures(runs: &Runs, parts: usize) -> [f64; 3] {
    [runs.wall(0.5), runs.wall(0.99), runs.cpu(0.5)].map(|us| us / parts as f64)
}

/// Prints a line for each alternative: its times in microseconds, then as multiples of
/// those of the first alternative, then its details. `parts` is how often one run does
/// what the title names.
pub fn print(title: &str, heads: &str, rows: &[Row<'_>], parts: usize) {
    println!("\n{title:62}      p50      p99      CPU    p50    CPU{heads}");
    let Some(first) = rows.first().map(|row| figures(row.runs, parts)) else { return };
    for Row { name, runs, details } in rows {
        let [p50, p99, cpu] = figures(runs, parts);
        let (wall, processor) = (p50 / first[0], cpu / first[2]);
        println!("  {name:60} {p50:8.3} {p99:8.3} {cpu:8.3} {wall:6.2} {processor:6.2}{details}");
    }
}
