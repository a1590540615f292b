//! Packs and folders whose names keep them from being served.

use super::finding::Finding;
use super::subject::Subject;
use crate::packs::ShellWord;
use origami_pack::id;
use origami_server::{IgnoreReason, Ignored};

const CHECK: &str = "names";

pub fn check(subject: &Subject) -> Vec<Finding> {
    let Ok(survey) = &subject.survey else { return Vec::new() };
    vec![judge(&survey.ignored)]
}

fn judge(ignored: &[Ignored]) -> Finding {
    let Some(first) = ignored.first() else { return Finding::ok(CHECK, "every pack has a slide's id") };
    let (are, noun) = if ignored.len() == 1 { ("is", "pack or folder") } else { ("are", "packs or folders") };
    let files = ignored.iter().map(|Ignored { path, reason }| format!("{}: {reason}", path.display()));
    Finding::advice(CHECK, format!("{} {noun} {are} not served", ignored.len()), remedy(first))
        .with_files(files.collect())
        .measured("ignored", ignored.len())
}

/// The command that gives a pack or folder a name that can be an id.
fn remedy(Ignored { path, reason }: &Ignored) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let renamed = match reason {
        IgnoreReason::Name => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            format!("{}.{}", id::of_name(&stem), id::EXTENSION)
        }
        IgnoreReason::Folder => id::of_name(&name),
        IgnoreReason::SameId => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            format!("{}.{}", id::suffixed(&id::of_name(&stem), &name), id::EXTENSION)
        }
        IgnoreReason::TooDeep => {
            return "move the folders in it further up: eight around a pack are looked into".to_owned();
        }
    };
    let renamed = path.with_file_name(renamed);
    format!("`mv {} {}`", ShellWord(path), ShellWord(&renamed))
}

#[cfg(test)]
mod tests {
    use super::super::finding::State;
    use super::*;

    #[test]
    fn names_that_are_no_ids_lead_to_the_command_that_gives_them_one() {
        for (path, reason, expected) in [
            ("packs/a b.origami", IgnoreReason::Name, "`mv 'packs/a b.origami' packs/a-b.origami`"),
            ("packs/case 1", IgnoreReason::Folder, "`mv 'packs/case 1' packs/case-1`"),
        ] {
            let finding = judge(&[Ignored { path: path.into(), reason }]);
            assert_eq!(finding.state, State::Advice);
            assert_eq!(finding.remedy.unwrap(), expected);
            assert!(finding.files[0].starts_with(&format!("{path}: ")), "{:?}", finding.files);
        }
        let same = judge(&[Ignored { path: "packs/é.origami".into(), reason: IgnoreReason::SameId }]);
        assert!(same.remedy.unwrap().starts_with("`mv packs/é.origami packs/é-"));
    }
}
