//! Tables of what was measured in turns.

use origami_benches::turns::Runs;

/// One alternative.
pub struct Row<'r> {
    pub name: &'r str,
    pub runs: &'r Runs,
    /// What else is told of it, below the heads that [`print`] is given.
    pub more: String,
}

/// One line for each alternative in microseconds, then what it takes in units of
/// the first one; `parts` is how often one run does what the title names.
pub fn print(title: &str, more: &str, rows: &[Row<'_>], parts: usize) {
    println!("\n{title:62}      p50      p99      CPU    p50    CPU{more}");
    let line = |runs: &Runs| [runs.wall(0.5), runs.wall(0.99), runs.cpu(0.5)].map(|us| us / parts as f64);
    let Some(first) = rows.first().map(|row| line(row.runs)) else { return };
    for row in rows {
        let [p50, p99, cpu] = line(row.runs);
        let (wall, processor) = (p50 / first[0], cpu / first[2]);
        let Row { name, more, .. } = row;
        println!("  {name:60} {p50:8.3} {p99:8.3} {cpu:8.3} {wall:6.2} {processor:6.2}{more}");
    }
}
