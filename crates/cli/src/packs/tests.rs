use super::*;
use std::os::unix::fs::symlink;

/// A folder with files of these names that are neither packs nor slides, whose folders
/// are made too.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x").unwrap();
    }
    folder
}

fn error(path: &Path) -> String {
    format!("{:#}", expand(&[path.to_owned()]).unwrap_err())
}

#[test]
fn a_folder_stands_for_the_packs_in_it_and_below_without_hidden_ones() {
    let files = [
        "b.origami",
        "a/c.origami",
        ".d.origami",
        ".e/f.origami",
        "g.svs",
        "h_files/i.origami",
        "a/j k.origami",
    ];
    let folder = folder(&files);
    symlink(folder.path(), folder.path().join("a/circle")).unwrap();
    let list = expand(&[folder.path().to_owned()]).unwrap();
    let names: Vec<_> = list.packs.iter().map(|pack| pack.name.to_str().unwrap()).collect();
    assert_eq!(names, ["a/c.origami", "a/j k.origami", "b.origami"]);
    assert!(list.is_list && list.paths().all(|path| path.starts_with(folder.path())));
}

#[test]
fn one_pack_is_no_list_and_two_are() {
    let folder = folder(&["a.origami", "b.origami"]);
    let [a, b] = ["a.origami", "b.origami"].map(|name| folder.path().join(name));
    let one = expand(std::slice::from_ref(&a)).unwrap();
    assert_eq!((one.packs.len(), one.is_list), (1, false));
    assert_eq!(one.packs[0].name, Path::new("a.origami"));
    assert!(expand(&[a, b]).unwrap().is_list);
}

#[test]
fn what_is_no_pack_says_what_to_do() {
    let folder = folder(&["my slide.svs", "empty/x.txt", "slides/a.svs", "slides/b.tif"]);
    let slide = folder.path().join("my slide.svs");
    let text = error(&slide);
    assert!(text.contains("is a slide, not a pack: pack it first with `origami pack '"), "{text}");
    let text = error(&folder.path().join("empty"));
    assert!(text.contains("make some with `origami pack SLIDE -o "), "{text}");
    let text = error(&folder.path().join("slides"));
    assert!(text.contains("but slides (a.svs, b.tif): pack them first with `origami pack "), "{text}");
    let text = error(&folder.path().join("missing"));
    assert!(text.contains("missing: there is no such folder or pack"), "{text}");
}

#[test]
fn words_for_a_shell_are_quoted_where_they_have_to_be() {
    for (path, word) in [
        ("a/b-1.svs", "a/b-1.svs"),
        ("слайд.svs", "слайд.svs"),
        ("a b", "'a b'"),
        ("-rf.svs", "./-rf.svs"),
        ("-a b", "'./-a b'"),
    ] {
        assert_eq!(ShellWord(Path::new(path)).to_string(), word);
    }
    assert_eq!(ShellWord(Path::new("it's")).to_string(), r"'it'\''s'");
}
