//! Whether the kernel does what `huge_pages` says.

use super::finding::Finding;
use super::subject::Subject;
use std::fs;

const CHECK: &str = "huge pages";

/// What the kernel does of itself.
const SETTING: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let Ok(text) = fs::read_to_string(SETTING) else { return Vec::new() };
    vec![judge(subject.config.huge_pages, chosen(&text))]
}

/// The word in brackets: `always [madvise] never`.
fn chosen(text: &str) -> &str {
    text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or(text.trim(), |(word, _)| word)
}

fn judge(wanted: bool, kernel: &str) -> Finding {
    let finding = if wanted && kernel == "never" {
        Finding::advice(
            CHECK,
            "huge_pages = true, but the kernel has none to give",
            format!("`huge_pages = false`, or `echo madvise > {SETTING}`"),
        )
    } else if wanted {
        Finding::advice(
            CHECK,
            format!(
                "huge_pages = true, and the kernel gives them ({kernel}): cold tiles usually take longer"
            ),
            "`huge_pages = false`, unless `origami bench --tune` has shown that they help here",
        )
    } else {
        Finding::ok(CHECK, format!("the server refuses them (kernel: {kernel})"))
    };
    finding.measured("kernel", kernel)
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn the_word_in_brackets_is_what_the_kernel_does() {
        assert_eq!(chosen("always [madvise] never\n"), "madvise");
        assert_eq!(chosen("never\n"), "never");
    }

    #[test]
    fn huge_pages_that_the_kernel_does_not_have_lead_to_advice() {
        assert_eq!(judge(true, "never").state, State::Advice);
        assert_eq!(judge(true, "madvise").state, State::Advice);
        for kernel in ["always", "madvise", "never"] {
            assert_eq!(judge(false, kernel).state, State::Ok);
        }
    }
}
