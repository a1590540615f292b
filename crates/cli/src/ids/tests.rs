use super::*;

/// The slide with a path such as `slides/a.svs`, whose extension is the last one.
fn slide(path: &str) -> NamedSlide {
    let name = path.rsplit('/').next().unwrap();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let [name, stem, path] = [name, stem, path].map(String::from);
    NamedSlide { folder: String::new(), stem, name, path }
}

/// The paths of the slides that have packs, by the packs' ids.
type Packs = HashMap<String, String>;

/// The ids of the slides with these paths, which are the same in reverse order.
fn ids_beside(packs: &Packs, paths: &[&str]) -> Vec<String> {
    let ids_of = |slides: &[NamedSlide]| {
        assign(slides, |id, number| match packs.get(id) {
            None => Holder::Nobody,
            Some(path) if *path == slides[number].path => Holder::ThisSlide,
            Some(_) => Holder::AnotherSlide,
        })
    };
    let mut slides: Vec<NamedSlide> = paths.iter().map(|path| slide(path)).collect();
    let ids = ids_of(&slides);
    slides.reverse();
    let mut reversed = ids_of(&slides);
    reversed.reverse();
    assert_eq!(ids, reversed, "the order of the arguments matters");
    let distinct: HashSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), paths.len(), "{ids:?}");
    ids
}

fn ids(paths: &[&str]) -> Vec<String> {
    ids_beside(&Packs::new(), paths)
}

/// The packs after all these slides were packed.
fn packs(paths: &[&str]) -> Packs {
    ids(paths).into_iter().zip(paths.iter().map(|&path| path.to_owned())).collect()
}

#[test]
fn a_slide_is_called_by_its_name_in_every_script() {
    assert_eq!(ids(&["слайд.svs", "HE 1.svs", "b.tif"]), ["слайд", "HE-1", "b"]);
}

#[test]
fn of_names_that_become_the_same_id_the_one_that_is_it_keeps_it() {
    let expected = [id::suffixed("HE-1", "HE 1.svs"), "HE-1".to_owned()];
    assert_eq!(ids(&["HE 1.svs", "HE-1.svs"]), expected);
}

#[test]
fn names_that_differ_in_their_extension_both_get_a_suffix() {
    let expected = ["a.svs", "a.tif"].map(|name| id::suffixed("a", name));
    assert_eq!(ids(&["a.svs", "a.tif"]), expected);
    let expected = ["HE 1.svs", "HE+1.svs"].map(|name| id::suffixed("HE-1", name));
    assert_eq!(ids(&["HE 1.svs", "HE+1.svs"]), expected);
}

#[test]
fn files_of_one_name_in_two_folders_are_told_apart_by_their_paths() {
    let paths = ["/x/a.svs", "/y/a.svs"];
    assert_eq!(ids(&paths), paths.map(|path| id::suffixed("a", path)));
}

#[test]
fn a_slide_keeps_its_id_from_run_to_run_whatever_comes_beside_it() {
    let first = packs(&["/x/HE 1.svs"]);
    let both = ["/x/HE 1.svs", "/x/HE-1.svs"];
    let expected = ["HE-1".to_owned(), id::suffixed("HE-1", "HE-1.svs")];
    assert_eq!(ids_beside(&first, &both), expected);
    assert_eq!(ids_beside(&first, &both[1..]), expected[1..]);
    let second: Packs = expected.into_iter().zip(both.map(String::from)).collect();
    for path in both {
        let id = &ids_beside(&second, &[path])[0];
        assert_eq!(second[id], path);
    }
    let three = packs(&["/x/a.svs", "/y/a.svs", "/y/a.tif"]);
    for (id, path) in &three {
        assert_eq!(ids_beside(&three, &[path.as_str()]), std::slice::from_ref(id));
    }
}

#[test]
fn folders_have_ids_of_their_own() {
    let mut slides = ["1/a.svs", "2/a.svs"].map(slide);
    slides[0].folder = "case-1".into();
    slides[1].folder = "case-1~left".into();
    assert_eq!(assign(&slides, |_, _| Holder::Nobody), ["case-1~a", "case-1~left~a"]);
}

#[test]
fn a_new_slide_does_not_take_the_pack_of_one_of_the_same_name_that_comes_after_it() {
    let slides = ["/new/HE.svs", "/old/HE.svs"].map(slide);
    let holder = |id: &str, number: usize| match (id, number) {
        ("HE", 0) => Holder::Namesake,
        ("HE", 1) => Holder::ThisSlide,
        _ => Holder::Nobody,
    };
    assert_eq!(assign(&slides, holder), [id::suffixed("HE", "HE.svs"), "HE".to_owned()]);
    // Alone, it is the slide that has changed.
    assert_eq!(assign(&slides[..1], holder), ["HE"]);
}

#[test]
fn a_pack_of_another_slide_is_never_replaced_even_if_all_suffixes_are_taken() {
    let slides = ["/x/a.svs"].map(slide);
    let others = [slides[0].plain(), slides[0].by_name(), slides[0].by_path()];
    let is_taken = |id: &str| others.iter().any(|other| other == id);
    let ids = assign(&slides, |id, _| if is_taken(id) { Holder::AnotherSlide } else { Holder::Nobody });
    assert!(ids[0].starts_with("a-") && !others.contains(&ids[0]), "{ids:?}");
}
