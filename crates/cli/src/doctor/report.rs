//! What was found, as text for people and as JSON.

use super::finding::{Finding, State};
use super::subject::Subject;
use crate::columns::{shortened, wrapped_lines};
use crate::output::Styled;
use anstyle::{AnsiColor, Style};
use origami_units::text::Line;
use serde_json::{Value, json};

/// Columns of a state, and of the name of a check.
const STATE: usize = 9;
const CHECK: usize = 18;

/// Below this number of columns, what is said stands under the name of the check.
const WIDE: usize = 60;

/// Files that are named; JSON has all of them.
const MAX_FILES: usize = 5;

/// The report in lines of at most `columns`, except for commands that are longer.
pub fn text(findings: &[Finding], columns: usize) -> Vec<Styled> {
    let mut parts = Vec::new();
    for finding in findings {
        add(&mut parts, finding, columns);
    }
    let summary = wrapped_lines(columns, "", "", &summary(findings)).join("\n");
    parts.push(plain(format!("\n{summary}")));
    parts
}

/// Adds the lines of one finding.
fn add(parts: &mut Vec<Styled>, finding: &Finding, columns: usize) {
    let Finding { check, state, .. } = finding;
    let is_wide = columns >= WIDE;
    let indent = " ".repeat(if is_wide { STATE + CHECK } else { 2 });
    parts.push(Styled { style: style(*state), text: format!("{:<STATE$}", state.name()) });
    let lines = body(finding, &indent, columns).join("\n");
    parts.push(plain(if is_wide {
        format!("{check:<CHECK$}{}\n", lines.trim_start())
    } else {
        format!("{check}\n{lines}\n")
    }));
}

/// What is said of a finding, each line indented.
fn body(finding: &Finding, indent: &str, columns: usize) -> Vec<String> {
    let mut lines = wrapped_lines(columns, indent, indent, &Line(&finding.found).to_string());
    let room = columns.saturating_sub(indent.len() + 2);
    for file in finding.files.iter().take(MAX_FILES) {
        // Only words that are too long lose a part, such as paths.
        let words: Vec<_> = file.split(' ').map(|word| shortened(word, room)).collect();
        lines.extend(wrapped_lines(
            columns,
            &format!("{indent}- "),
            &format!("{indent}  "),
            &words.join(" "),
        ));
    }
    if let more @ 1.. = finding.files.len().saturating_sub(MAX_FILES) {
        lines.push(format!("{indent}- and {more} more"));
    }
    if let Some(remedy) = &finding.remedy {
        let remedy = Line(remedy).to_string();
        lines.extend(wrapped_lines(columns, &format!("{indent}-> "), &format!("{indent}   "), &remedy));
    }
    lines
}

fn plain(text: String) -> Styled {
    Styled { style: Style::new(), text }
}

fn style(state: State) -> Style {
    match state {
        State::Ok => AnsiColor::Green.on_default(),
        State::Unknown => Style::new().dimmed(),
        State::Advice => AnsiColor::Yellow.on_default(),
        State::Problem => AnsiColor::Red.on_default().bold(),
    }
}

/// How many findings there are of each state.
fn summary(findings: &[Finding]) -> String {
    let counts = State::ALL.into_iter().filter_map(|state| match (count(findings, state), state) {
        (0, _) => None,
        (1, State::Problem) => Some("1 problem".to_owned()),
        (count, State::Problem) => Some(format!("{count} problems")),
        (count, state) => Some(format!("{count} {}", state.name())),
    });
    format!("{} checks: {}", findings.len(), counts.collect::<Vec<_>>().join(", "))
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

/// The report for programs.
pub fn json(subject: &Subject, findings: &[Finding]) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "packs": subject.config.packs.display().to_string(),
        "advice": count(findings, State::Advice),
        "problems": count(findings, State::Problem),
        "checks": findings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::width;
    use origami_units::text::is_control;

    fn findings() -> Vec<Finding> {
        let words = "words that go on and on ".repeat(9);
        vec![
            Finding::ok("clock", "right"),
            Finding::unknown("page cache", words.clone()),
            Finding::advice("derivative cache", words.clone(), words.clone()),
            Finding::problem("packs", "\u{1b}[31m", "mv 'a\nb' c")
                .with_files((0..7).map(|n| format!("{n}\u{202e}{}", "x".repeat(200))).collect()),
        ]
    }

    fn shown(columns: usize) -> String {
        text(&findings(), columns).into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn reports_fit_wide_and_narrow_terminals() {
        for columns in [40, 59, 60, 80] {
            let report = shown(columns);
            let widest = report.lines().map(width).max();
            assert!(widest <= Some(columns), "{widest:?} in\n{report}");
        }
    }

    #[test]
    fn control_characters_in_findings_are_escaped() {
        let report = shown(80);
        assert!(!report.contains(|c| is_control(c) && c != '\n'), "{report:?}");
        assert!(report.contains(r"\u{1b}[31m") && report.contains(r"mv 'a\nb' c"), "{report}");
    }

    #[test]
    fn only_the_first_files_are_named_and_the_others_counted() {
        let report = shown(80);
        assert!(
            report.contains("- 4") && !report.contains("- 5") && report.contains("- and 2 more"),
            "{report}"
        );
        assert!(report.ends_with("\n4 checks: 1 ok, 1 unknown, 1 advice, 1 problem"), "{report}");
    }

    #[test]
    fn states_stand_in_colours_and_what_is_said_in_none() {
        let parts = text(&findings(), 80);
        let coloured = parts.iter().filter(|part| part.style != Style::new());
        let coloured: Vec<_> = coloured.map(|part| part.text.trim_end()).collect();
        assert_eq!(coloured, ["ok", "unknown", "advice", "problem"]);
    }
}
