//! Packs and folders as arguments of all commands, and what is said of arguments that are
//! neither.

use crate::binary::{self, Outcome, command_on, files, packed, run_on};
use crate::server::Server;
use origami_fixtures::picture::Picture;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use tempfile::TempDir;

/// A folder with `slide.png`, and its pack as each of `packs` below the folder `packs`.
fn folder_of(packs: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let slide = folder.path().join("slide.png");
    fs::write(&slide, Picture::gradient(300, 200).png()).unwrap();
    let pack = packed(&slide, &folder.path().join("made"), &["--no-report"]);
    for name in packs {
        let path = folder.path().join("packs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&pack, path).unwrap();
    }
    folder
}

const NAMES: [&str; 3] = ["a.origami", "case-1/HE.origami", "case-1/Ki67.origami"];

#[test]
fn verify_checks_all_packs_of_a_folder_and_counts_them() {
    let folder = folder_of(&NAMES);
    let packs = folder.path().join("packs");
    let outcome = run_on("verify", &packs).expect_success();
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{}", outcome.stdout);
    assert!(lines[1].contains("case-1/HE.origami: good"), "{}", outcome.stdout);
    assert_eq!(lines[3], "3 packs: 3 good, 0 damaged");
    fs::write(packs.join("case-1/HE.origami"), "x").unwrap();
    let outcome = run_on("verify", &packs);
    outcome.expect_error(&["case-1/HE.origami", "1 of 3 packs are damaged", "pack their slides again"]);
    assert!(outcome.stdout.ends_with("3 packs: 2 good, 1 damaged\n"), "{}", outcome.stdout);
}

#[test]
fn a_pack_that_cannot_be_read_is_not_called_damaged() {
    let folder = folder_of(&NAMES);
    let packs = folder.path().join("packs");
    std::os::unix::fs::symlink("nowhere", packs.join("b.origami")).unwrap();
    let outcome = run_on("verify", &packs);
    outcome.expect_error(&["b.origami: ", "1 of 4 packs cannot be read"]);
    assert!(outcome.stdout.ends_with("4 packs: 3 good, 0 damaged, 1 unreadable\n"), "{}", outcome.stdout);
    fs::write(packs.join("case-1/HE.origami"), "").unwrap();
    let outcome = run_on("verify", &packs);
    outcome.expect_error(&["file is empty", "1 of 4 packs are damaged"]);
    assert!(outcome.stdout.ends_with("4 packs: 2 good, 1 damaged, 1 unreadable\n"), "{}", outcome.stdout);
}

#[test]
fn inspect_prints_a_list_for_a_folder_and_one_description_for_a_pack() {
    let folder = folder_of(&NAMES);
    let packs = folder.path().join("packs");
    let text = run_on("inspect", &packs).expect_success().stdout;
    assert_eq!(text.matches("300 x 200 px").count(), 3, "{text}");
    let list = binary::inspect(&packs);
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
    assert_eq!(binary::inspect(&packs.join("a.origami"))["width"], 300);
    fs::write(packs.join("a.origami"), "x").unwrap();
    let outcome = Outcome::run(command_on("inspect", &packs).arg("--json"));
    outcome.expect_error(&["a.origami", "1 of 3 packs cannot be read"]);
    let list: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(list[0]["error"].is_string() && list[1]["width"] == 300, "{list}");
}

#[test]
fn compare_takes_folders_and_refuses_one_slide_for_several_packs() {
    let folder = folder_of(&NAMES);
    let packs = folder.path().join("packs");
    let outcome = Outcome::run(command_on("compare", &packs).arg("--json")).expect_success();
    let list: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 3, "{list}");
    let slide = folder.path().join("slide.png");
    Outcome::run(command_on("compare", &packs).arg("--source").arg(slide))
        .expect_error(&["--source is for one pack, but there are 3"]);
}

#[test]
fn compare_goes_on_after_a_pack_that_cannot_be_read() {
    let folder = folder_of(&NAMES);
    let packs = folder.path().join("packs");
    fs::write(packs.join("a.origami"), "x").unwrap();
    let parts = ["a.origami", "1 of 3 packs cannot be compared"];
    let outcome = run_on("compare", &packs);
    outcome.expect_error(&parts);
    assert!(outcome.stdout.contains("case-1/HE.origami"), "{}", outcome.stdout);
    let outcome = Outcome::run(command_on("compare", &packs).arg("--json"));
    outcome.expect_error(&parts);
    let list: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert!(list[0]["error"].is_string() && list[1]["totals"].is_object(), "{list}");
}

#[test]
fn export_makes_missing_folders_and_writes_a_file_for_each_pack() {
    let folder = folder_of(&NAMES);
    let (packs, output) = (folder.path().join("packs"), folder.path().join("new/exported"));
    let export = |output: &Path, more: &[&str]| {
        Outcome::run(command_on("export", &packs).arg("-o").arg(output).args(more))
    };
    export(&output, &[]).expect_success();
    assert_eq!(files(&output), ["a.dzi", "a_files", "case-1"]);
    assert_eq!(files(&output.join("case-1")), ["HE.dzi", "HE_files", "Ki67.dzi", "Ki67_files"]);
    export(&output, &[]).expect_error(&["a.dzi: already there", "--force", "3 of 3 packs were not exported"]);
    export(&output, &["--format", "tif"]).expect_success();
    assert_eq!(files(&output.join("case-1"))[1], "HE.tif");
    export(&folder.path().join("one.szi"), &[]).expect_error(&["is one file, but there are 3 packs"]);

    let one = packs.join("a.origami");
    let output = folder.path().join("x/y/skin.szi");
    Outcome::run(command_on("export", &one).arg("-o").arg(&output)).expect_success();
    assert_eq!(files(&folder.path().join("x/y")), ["skin.szi"]);
    let outcome = Outcome::run(command_on("export", &one).arg("-o").arg(folder.path().join("z/")));
    assert!(outcome.expect_success().stdout.contains("z/a.dzi: "));
}

#[test]
fn arguments_that_are_no_packs_say_what_to_do() {
    let folder = folder_of(&[]);
    let slide = folder.path().join("slide.png");
    let (empty, missing) = (folder.path().join("empty"), folder.path().join("missing"));
    fs::create_dir(&empty).unwrap();
    for name in ["verify", "inspect", "compare", "export", "serve", "bench"] {
        let outcome = |argument: &Path| {
            let mut command = command_on(name, argument);
            if name == "export" {
                command.arg("-o").arg(folder.path().join("x.dzi"));
            }
            Outcome::run(&mut command)
        };
        let packing = format!("`origami pack {}`", slide.display());
        outcome(&slide).expect_error(&["is a slide, not a pack: pack it first with", &packing]);
        let path = missing.to_str().unwrap();
        outcome(&missing).expect_error(&[path, "there is no such folder or pack", "`origami pack "]);
        if name != "serve" {
            outcome(&empty).expect_error(&["no packs in this folder", "`origami pack SLIDE -o "]);
        }
    }
    fs::rename(&slide, empty.join("slide.png")).unwrap();
    run_on("verify", &empty).expect_error(&["but slides (slide.png)", "pack them first with `origami pack "]);
}

#[test]
fn a_folder_of_slides_is_served_with_the_advice_to_pack_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("слайд.png"), Picture::gradient(64, 64).png()).unwrap();
    let mut server = Server::start(folder.path());
    assert_eq!(server.json("/slides")["total"], 0);
    server.terminate();
    let log = server.wait().log;
    let advice = log.iter().find(|line| line.contains("WARN") && line.contains("pack them first with"));
    assert!(advice.is_some_and(|line| line.contains("слайд.png")), "{log:#?}");
}

#[test]
fn a_single_pack_is_served_alone() {
    let folder = folder_of(&["a.origami", "b.origami"]);
    let server = Server::start(&folder.path().join("packs/a.origami"));
    let list = server.json("/slides");
    assert_eq!((&list["total"], &list["slides"][0]["id"]), (&1.into(), &"a".into()));
}

#[test]
fn a_port_in_use_leads_to_another_one() {
    let folder = folder_of(&["a.origami"]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let mut command = command_on("serve", &folder.path().join("packs"));
    Outcome::run(command.args(["--listen", &address]))
        .expect_error(&[&format!("cannot listen on {address}"), "choose another port, as in --listen"]);
}
