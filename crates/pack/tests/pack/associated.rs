//! Associated images and descriptions: written, read, verified, and refused if malformed.

use crate::common::forge::{Parts, range, seal};
use crate::common::{Plan, Via};
use origami_pack::{
    MAX_DESCRIPTION, MAX_IMAGE, MAX_IMAGES, MemoryStorage, Metadata, Pack, PackError, Unpublished, verify,
};
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// Kinds of sections.
const IMAGE: u32 = 17;
const DESCRIPTION: u32 = 21;
/// Number of the first section after those that every pack has.
const ADDED: usize = 5;

/// Bytes that begin like a JPEG.
fn jpeg(len: usize) -> Vec<u8> {
    let bytes = (0..len).map(|at| (at * 7) as u8).collect::<Vec<u8>>();
    [&[0xff, 0xd8, 0xff][..], &bytes].concat()
}

/// A complete pack in `folder` whose metadata are the software's name.
fn unpublished(folder: &Path) -> Unpublished {
    let metadata = Metadata { software: "test".into(), ..Metadata::default() };
    Plan::luma(40, 30).begin(&folder.join("slide.origami")).finish(&metadata).unwrap()
}

/// The bytes of a pack after `change`.
fn changed(change: impl FnOnce(&mut Unpublished)) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let mut unpublished = unpublished(folder.path());
    change(&mut unpublished);
    fs::read(unpublished.publish().unwrap()).unwrap()
}

fn open(bytes: Vec<u8>) -> Pack {
    Pack::from_storage(Path::new("slide.origami"), Arc::new(MemoryStorage::new(bytes))).unwrap()
}

/// A pack with these sections after those that every pack has.
fn forged(sections: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut parts = Parts::of(&Plan::luma(40, 30).bytes());
    for (kind, bytes) in sections {
        parts.add(*kind, 0, bytes);
    }
    parts.build()
}

/// The section of an image, of a name that may be none.
fn image(name: &[u8], jpeg: &[u8]) -> Vec<u8> {
    let mut section = name.to_vec();
    section.resize(32, 0);
    let crc = crc32fast::hash(&section);
    [&section[..], &crc.to_le_bytes(), jpeg].concat()
}

/// What is wrong with the images and the description of the pack `bytes`, which opens.
/// `verify` has to report the same.
fn problem(bytes: Vec<u8>) -> PackError {
    let pack = open(bytes);
    let problems = verify::verify(&pack, |_| {}).problems;
    let error = pack
        .associated()
        .and_then(|images| images.iter().try_for_each(|image| pack.associated_jpeg(image).map(|_| ())))
        .and_then(|()| pack.description())
        .expect_err("something malformed");
    assert!(problems.iter().any(|problem| problem.to_string() == error.to_string()), "{problems:?}: {error}");
    error
}

#[test]
fn what_was_added_is_read_from_any_storage() {
    let folder = tempfile::tempdir().unwrap();
    let mut unpublished = unpublished(folder.path());
    let label = jpeg(1000);
    unpublished.add_associated("label", &label).unwrap();
    unpublished.add_description("Aperio Image Library\r\nµ|MPP = 0.499").unwrap();
    unpublished.add_associated("macro-2", &jpeg(0)).unwrap();
    let path = unpublished.publish().unwrap();
    for via in Via::ALL {
        let pack = via.open(&path).unwrap();
        assert!(pack.has_associated());
        let images = pack.associated().unwrap();
        let names: Vec<&str> = images.iter().map(|image| &image.name[..]).collect();
        assert_eq!(names, ["label", "macro-2"]);
        assert_eq!(images[0].len as usize, label.len());
        assert!(pack.associated_jpeg(&images[0]).unwrap() == label);
        assert_eq!(pack.associated_jpeg(&images[1]).unwrap(), jpeg(0));
        assert_eq!(fs::read(&path).unwrap()[images[0].offset as usize..][..label.len()], label);
        assert_eq!(pack.description().unwrap().unwrap(), "Aperio Image Library\r\nµ|MPP = 0.499");
        assert_eq!(pack.metadata().software, "test");
        let report = verify::verify(&pack, |_| {});
        assert!(report.problems.is_empty(), "{:?}", report.problems);
    }
}

#[test]
fn metadata_can_be_replaced_before_and_after_images_are_added() {
    let final_metadata = Metadata { software: "final".into(), ..Metadata::default() };
    let first = changed(|pack| {
        pack.set_metadata(&final_metadata).unwrap();
        pack.add_associated("label", &jpeg(10)).unwrap();
    });
    let last = changed(|pack| {
        pack.add_associated("label", &jpeg(10)).unwrap();
        pack.set_metadata(&Metadata { icc: "x".repeat(5000), ..Metadata::default() }).unwrap();
        pack.set_metadata(&final_metadata).unwrap();
    });
    assert!(first == last);
    let pack = open(first);
    assert_eq!(pack.metadata(), &final_metadata);
    assert!(verify::verify(&pack, |_| {}).problems.is_empty());
}

#[test]
fn a_pack_without_any_has_none_and_its_old_bytes() {
    let bytes = changed(|_| {});
    // The order and number of the sections are those of every pack.
    assert!(Parts::of(&bytes).build() == bytes && Parts::of(&bytes).sections.len() == ADDED);
    let pack = open(bytes);
    assert!(pack.associated().unwrap().is_empty() && !pack.has_associated());
    assert_eq!(pack.description().unwrap(), None);
}

#[test]
fn images_count_for_the_content_hash() {
    let plain = open(changed(|_| {})).content_hash();
    let [one, other] = [1, 2].map(|len| {
        let bytes = changed(|pack| pack.add_associated("label", &jpeg(len)).unwrap());
        open(bytes).content_hash()
    });
    assert!(plain != one && one != other);
}

#[test]
fn malformed_sections_are_named_by_readers_and_by_verify() {
    let label = (IMAGE, image(b"label", &jpeg(5)));
    let many = (0..=MAX_IMAGES).map(|n| (IMAGE, image(format!("i{n}").as_bytes(), &jpeg(1))));
    let long = vec![b'x'; MAX_DESCRIPTION + 1];
    for (sections, expected) in [
        (vec![(IMAGE, b"short".to_vec())], "shorter than a name"),
        (vec![(IMAGE, image(b"label", &jpeg(MAX_IMAGE)))], "longer than 16 MiB"),
        (vec![(IMAGE, image(b"", &jpeg(5)))], "a name of other characters"),
        (vec![(IMAGE, image(b"Label", &jpeg(5)))], "a name of other characters"),
        (vec![(IMAGE, image(b"a\0b", &jpeg(5)))], "a name of other characters"),
        (vec![(IMAGE, image(b"label", b"GIF89a"))], "not a JPEG"),
        (vec![label.clone(), label], "a name that another one has"),
        (many.collect(), "more than 16 of them"),
        (vec![(DESCRIPTION, Vec::new())], "empty"),
        (vec![(DESCRIPTION, long)], "longer than 64 KiB"),
        (vec![(DESCRIPTION, b"\xff\xfe".to_vec())], "not UTF-8"),
        (vec![(DESCRIPTION, b"a".to_vec()), (DESCRIPTION, b"b".to_vec())], "a second one"),
    ] {
        let error = problem(forged(&sections));
        assert_eq!(error.kind(), "section", "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn damage_is_found_before_anything_is_used() {
    let valid = forged(&[(IMAGE, image(b"label", &jpeg(50))), (DESCRIPTION, b"a text".to_vec())]);
    let (label, text) = (range(&valid, ADDED), range(&valid, ADDED + 1));
    for (at, what) in
        [(label.start, "name of"), (label.end - 1, "associated image"), (text.start, "description")]
    {
        let mut bytes = valid.clone();
        bytes[at] ^= 1;
        seal(&mut bytes);
        let pack = open(bytes);
        let images = pack.associated();
        let read = images.and_then(|images| pack.associated_jpeg(&images[0]));
        let error = read.and_then(|_| pack.description()).unwrap_err();
        assert_eq!(error.kind(), "checksum");
        assert!(error.to_string().contains(what), "{what}: {error}");
        assert!(!verify::verify(&pack, |_| {}).problems.is_empty(), "{what}");
    }
}

#[test]
fn limits_are_kept_by_writers() {
    let folder = tempfile::tempdir().unwrap();
    let mut pack = unpublished(folder.path());
    for n in 0..MAX_IMAGES {
        pack.add_associated(&format!("image-{n}"), &jpeg(n)).unwrap();
    }
    pack.add_description(&"x".repeat(MAX_DESCRIPTION)).unwrap();
    let refused = catch_unwind(AssertUnwindSafe(|| pack.add_associated("one-more", &jpeg(1))));
    assert!(refused.is_err(), "17 images");
    let published = open(fs::read(pack.publish().unwrap()).unwrap());
    assert_eq!(published.associated().unwrap().len(), MAX_IMAGES);
    for (name, bytes) in [("Label", jpeg(1)), ("label", b"GIF89a".to_vec()), ("image-1", jpeg(1))] {
        let folder = tempfile::tempdir().unwrap();
        let mut pack = unpublished(folder.path());
        pack.add_associated("image-1", &jpeg(1)).unwrap();
        let refused = catch_unwind(AssertUnwindSafe(|| pack.add_associated(name, &bytes)));
        assert!(refused.is_err(), "{name}");
    }
}
