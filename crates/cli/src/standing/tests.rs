use super::*;
use origami_pack::{Metadata, PackSpec, PackWriter, Unpublished};
use origami_pyramid::{Pyramid, Size, Subsampling};
use tempfile::TempDir;

/// A file `a.svs` and a pack that was made from it.
struct Packed {
    folder: TempDir,
    metadata: Metadata,
}

impl Packed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut packed = Self { folder, metadata: Metadata::default() };
        fs::write(packed.path("a.svs"), "slide").unwrap();
        packed.set_age("a.svs", 3600);
        packed.metadata.source.name = "a.svs".into();
        packed.metadata.source.bytes = 5;
        packed.metadata.source.sha256 = SlideFile::begin(&packed.path("a.svs"))
            .unwrap()
            .unwrap()
            .sha256(&Stop::new(&false.into()))
            .unwrap();
        packed.metadata.settings.mode = "exact".into();
        packed.write();
        packed
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the pack with its metadata.
    fn write(&self) {
        let pyramid = Pyramid::new(Size::square(16), 16).unwrap();
        let spec = PackSpec::stored(pyramid, Subsampling::S420, 80);
        let mut writer = PackWriter::create(&self.path("a.origami"), spec, true).unwrap();
        for id in (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z)) {
            writer.blank(id, [0; 3]);
        }
        writer.finish(&self.metadata).and_then(Unpublished::publish).unwrap();
    }

    /// Makes a file or folder look as if it was modified that long ago.
    fn set_age(&self, name: &str, seconds: u64) {
        let modified = SystemTime::now() - Duration::from_secs(seconds);
        fs::File::open(self.path(name)).unwrap().set_modified(modified).unwrap();
    }

    fn standing_with(&self, slide: &str, wanted: &Wanted) -> Standing {
        let (path, interrupted) = (self.path(slide), AtomicBool::new(false));
        let slide = SlideOnDisk::examine(&path, &interrupted).unwrap();
        slide.standing(&self.path("a.origami"), wanted).unwrap()
    }

    fn standing(&self, slide: &str) -> Standing {
        self.standing_with(slide, &wanted())
    }
}

fn wanted() -> Wanted {
    Wanted { mode: Mode::Exact, record: String::new(), source_name: SourceName::Keep }
}

#[test]
fn a_pack_of_the_same_file_and_options_is_current() {
    let mut packed = Packed::new();
    assert_eq!(packed.standing("a.svs"), Standing::Current);
    // As after a copy, the file is newer, but the same.
    packed.set_age("a.origami", 7200);
    assert_eq!(packed.standing("a.svs"), Standing::Current);
    // Of a slide whose name is hidden, only the content is known.
    packed.metadata.source.name.clear();
    packed.write();
    let hidden = Wanted { source_name: SourceName::Hide, ..wanted() };
    assert_eq!(packed.standing_with("a.svs", &hidden), Standing::Current);
    assert_eq!(packed.standing("a.svs"), Standing::Outdated(Reason::OtherOptions));
    fs::remove_file(packed.path("a.origami")).unwrap();
    assert_eq!(packed.standing("a.svs"), Standing::Absent);
}

#[test]
fn a_slide_that_has_changed_is_noticed_by_its_length_or_content() {
    let packed = Packed::new();
    packed.set_age("a.origami", 60);
    for content in ["other", "a longer one"] {
        fs::write(packed.path("a.svs"), content).unwrap();
        assert_eq!(packed.standing("a.svs"), Standing::Outdated(Reason::Changed), "{content}");
    }
}

#[test]
fn tiles_of_deep_zoom_that_have_changed_are_noticed() {
    let packed = Packed::new();
    packed.set_age("a.origami", 60);
    fs::create_dir_all(packed.path("a_files/3")).unwrap();
    assert_eq!(packed.standing("a.svs"), Standing::Outdated(Reason::Changed));
    packed.set_age("a_files/3", 3600);
    packed.set_age("a_files", 3600);
    assert_eq!(packed.standing("a.svs"), Standing::Current);
}

#[test]
fn only_slides_with_a_folder_of_data_have_a_companion() {
    let packed = Packed::new();
    for folder in ["a_files", "b", "_c_", "d"] {
        fs::create_dir(packed.path(folder)).unwrap();
    }
    for (slide, folder) in [("a.dzi", "a_files"), ("b.mrxs", "b"), ("c.vsi", "_c_")] {
        assert_eq!(companion(&packed.path(slide)), Some(packed.path(folder)), "{slide}");
    }
    assert_eq!(companion(&packed.path("d.svs")), None);
}

#[test]
fn other_options_make_another_pack() {
    let mut packed = Packed::new();
    for other in [
        Wanted { mode: Mode::Luma, ..wanted() },
        Wanted { record: "0badcafe".into(), ..wanted() },
        Wanted { source_name: SourceName::Hide, ..wanted() },
    ] {
        assert_eq!(packed.standing_with("a.svs", &other), Standing::Outdated(Reason::OtherOptions));
    }
    packed.metadata.settings.options = "0badcafe".into();
    packed.write();
    let same = Wanted { record: "0badcafe".into(), ..wanted() };
    assert_eq!(packed.standing_with("a.svs", &same), Standing::Current);
    assert_eq!(packed.standing("a.svs"), Standing::Outdated(Reason::OtherOptions));
}

#[test]
fn a_pack_of_another_slide_is_known_as_such() {
    let mut packed = Packed::new();
    for (name, content) in [("b.svs", "slide"), ("folder/a.svs", "another of that name")] {
        fs::create_dir_all(packed.path("folder")).unwrap();
        fs::write(packed.path(name), content).unwrap();
        packed.set_age(name, 3600);
        assert_eq!(packed.standing(name), Standing::OfAnother, "{name}");
    }
    // Nothing is known of the source of a generated slide.
    packed.metadata.source = SourceFile::default();
    packed.write();
    assert_eq!(packed.standing("a.svs"), Standing::OfAnother);
}

#[test]
fn an_older_slide_of_the_same_name_and_length_is_not_taken_for_the_one_that_is_packed() {
    let packed = Packed::new();
    fs::create_dir(packed.path("other")).unwrap();
    fs::write(packed.path("other/a.svs"), "SLIDE").unwrap();
    packed.set_age("other/a.svs", 3600);
    assert_eq!(packed.standing("other/a.svs"), Standing::OfAnother);
    assert_eq!(packed.standing("a.svs"), Standing::Current);
}

#[test]
fn a_newer_slide_of_the_same_name_is_told_from_the_one_that_is_packed() {
    let packed = Packed::new();
    packed.set_age("a.origami", 60);
    fs::create_dir(packed.path("other")).unwrap();
    for (name, content, holder) in [
        ("a.svs", "slide", Holder::ThisSlide),
        ("other/a.svs", "slide", Holder::ThisSlide),
        ("other/a.svs", "SLIDE", Holder::Namesake),
        ("other/a.svs", "a longer one", Holder::Namesake),
    ] {
        fs::write(packed.path(name), content).unwrap();
        let (path, interrupted) = (packed.path(name), AtomicBool::new(false));
        let slide = SlideOnDisk::examine(&path, &interrupted).unwrap();
        assert_eq!(slide.holder(&packed.path("a.origami")), holder, "{name}: {content}");
    }
}

#[test]
fn only_slides_with_a_name_and_a_length_in_common_are_namesakes() {
    let packed = Packed::new();
    let interrupted = AtomicBool::new(false);
    let files = [("1/a.svs", "one"), ("2/a.svs", "two"), ("3/a.svs", "three"), ("3/b.svs", "one")];
    let paths = files.map(|(name, content)| {
        let path = packed.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    });
    let mut slides: Vec<_> = paths.iter().map(|path| SlideOnDisk::examine(path, &interrupted)).collect();
    SlideOnDisk::compare_namesakes(&mut slides);
    let found: Vec<bool> = slides.iter().flatten().map(|slide| slide.has_namesake).collect();
    assert_eq!(found, [true, true, false, false]);
}

#[test]
fn a_damaged_pack_is_nobodys_and_is_made_anew() {
    let packed = Packed::new();
    let pack = packed.path("a.origami");
    let bytes = fs::read(&pack).unwrap();
    for damaged in [&bytes[..bytes.len() / 2], b"", b"no pack"] {
        fs::write(&pack, damaged).unwrap();
        assert_eq!(packed.standing("a.svs"), Standing::Outdated(Reason::Unreadable));
        let (slide, interrupted) = (packed.path("a.svs"), AtomicBool::new(false));
        let slide = SlideOnDisk::examine(&slide, &interrupted).unwrap();
        assert_eq!(slide.holder(&pack), Holder::Nobody);
    }
}
