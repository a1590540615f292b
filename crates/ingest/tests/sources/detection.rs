//! Detection of a file's kind by its content.

use crate::common::{TiffKind, png, real_slide};
use crate::{TempFile, open_error, open_valid, small_tiff};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageBuffer, Rgb};
use origami_ingest::source::SourceProblem;
use std::env;
use std::path::Path;
use std::process::Command;
use turbojpeg::Subsamp;

fn picture() -> Vec<u8> {
    png(&ImageBuffer::from_pixel(1, 1, Rgb([9u8; 3])))
}

#[test]
fn errors_name_what_files_are_that_are_no_slides() {
    let missing = open_error(Path::new("no/such/slide.svs"));
    assert!(matches!(missing.problem, SourceProblem::Missing), "{missing}");
    let text = TempFile::new("notes.svs", b"Dear reader,\n");
    assert!(open_error(&text.path).to_string().contains("text"));
    assert!(matches!(open_error(text.folder.path()).problem, SourceProblem::Folder(0)));
    let empty = TempFile::new("empty.svs", b"");
    assert!(matches!(open_error(&empty.path).problem, SourceProblem::Empty));
    let zeros = TempFile::new("zeros.tif", &[0; 5000]);
    assert!(open_error(&zeros.path).to_string().contains("zeros"));
    let random = TempFile::new("random.bin", &[0x9c, 1, 2, 3, 0xfe, 0, 7, 8, 9]);
    assert!(open_error(&random.path).to_string().contains("9c 01 02 03"));
    for header in [
        &b"II*\0"[..],
        b"MM\0*",
        b"II+\0\x08\0\0\0",
        b"II*\0\0\0\0\0",
        b"PK\x03\x04",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
    ] {
        let file = TempFile::new("header-only", header);
        assert!(open_error(&file.path).to_string().contains("header-only"));
    }
}

#[test]
fn a_file_is_opened_by_its_content_whatever_its_name() {
    for (name, bytes, format) in [
        ("notes.txt", &picture(), "PNG picture"),
        ("slide.mrxs", &picture(), "PNG picture"),
        ("slide.dzi.zip", &small_tiff(TiffKind::Classic, Subsamp::Sub2x2), "TIFF, tiled JPEG"),
    ] {
        assert_eq!(open_valid(&TempFile::new(name, bytes).path).info().format, format, "{name}");
    }
}

#[test]
fn a_jpeg_is_a_picture_unless_its_name_makes_it_the_front_page_of_a_mirax_slide() {
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.encode(&[200; 192], 8, 8, ExtendedColorType::Rgb8).unwrap();
    assert_eq!(open_valid(&TempFile::new("picture.svs", &jpeg).path).info().format, "JPEG picture");
    // There are no data beside it, so OpenSlide does not read it either.
    let error = open_error(&TempFile::new("slide.MRXS", &jpeg).path);
    assert!(
        matches!(error.problem, SourceProblem::NotASlide(_) | SourceProblem::OpenSlideMissing { .. }),
        "{error}"
    );
}

/// A library that does not exist.
const NO_LIBRARY: &str = "/nowhere/libopenslide.so";

#[test]
fn without_openslide_the_error_names_the_package_and_native_slides_still_open() {
    if env::var_os("ORIGAMI_OPENSLIDE").is_none_or(|library| library != NO_LIBRARY) {
        run_without_openslide(
            "detection::without_openslide_the_error_names_the_package_and_native_slides_still_open",
        );
        return;
    }
    for name in ["hamamatsu-test3-DAPI-2-387.ndpi", "weaker-licence/tcga-cr-7395-01a-01-ts1.svs"] {
        let Some(path) = real_slide(name) else { continue };
        let error = open_error(&path);
        assert!(matches!(error.problem, SourceProblem::OpenSlideMissing { .. }), "{error}");
        let message = error.to_string();
        for part in [name, "libopenslide0", NO_LIBRARY, "ORIGAMI_OPENSLIDE"] {
            assert!(message.contains(part), "{part} is not in: {message}");
        }
    }
    if let Some(path) = real_slide("CMU-1-Small-Region.svs") {
        assert_eq!(open_valid(&path).info().format, "Aperio SVS, tiled JPEG");
    }
    open_valid(&TempFile::new("picture.png", &picture()).path);
}

/// Runs a test of this binary in a process of its own, since environment variables
/// belong to the process.
fn run_without_openslide(test: &str) {
    let output = Command::new(env::current_exe().unwrap())
        .env("ORIGAMI_OPENSLIDE", NO_LIBRARY)
        .args(["--exact", test, "--nocapture"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "no such test: {stdout}");
}
