//! Tests with directories that have only some tags.

use super::*;

/// An entry of a directory with one number.
enum Entry {
    Short(u16, u16),
    Fraction(u16, u32, u32),
}

/// A TIFF with one directory that has these entries.
fn tiff(entries: &[Entry]) -> Vec<u8> {
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((entries.len() as u16).to_le_bytes());
    let mut data: Vec<u8> = Vec::new();
    let data_start = 8 + 2 + 12 * entries.len() + 4;
    for entry in entries {
        match *entry {
            Entry::Short(tag, value) => {
                file.extend([tag, 3, 1, 0, value, 0].map(u16::to_le_bytes).as_flattened());
            }
            Entry::Fraction(tag, above, below) => {
                file.extend([tag, 5, 1, 0].map(u16::to_le_bytes).as_flattened());
                file.extend(((data_start + data.len()) as u32).to_le_bytes());
                data.extend([above, below].map(u32::to_le_bytes).as_flattened());
            }
        }
    }
    file.extend([0; 4]);
    file.extend(data);
    file
}

/// The pixel size across that a TIFF with these entries and this description has.
fn mpp(description: &str, entries: &[Entry]) -> Option<f64> {
    let file = MemoryStorage::new(tiff(entries));
    let directories = directories(&file).unwrap().directories;
    Scale::of_tiff(&file, &directories[0], description, None).mpp.map(|mpp| mpp.x)
}

/// Resolution tags with the same fraction across and down.
fn resolution(above: u32, below: u32) -> [Entry; 2] {
    [282, 283].map(|tag| Entry::Fraction(tag, above, below))
}

fn with_unit(above: u32, below: u32, unit: u16) -> [Entry; 3] {
    let [x, y] = resolution(above, below);
    [x, y, Entry::Short(296, unit)]
}

#[test]
fn the_unit_of_resolution_tags_is_the_inch_unless_said_otherwise() {
    assert_eq!(mpp("", &with_unit(40_000, 1, 3)), Some(0.25));
    assert_eq!(mpp("", &with_unit(50_800, 1, 2)), Some(0.5));
    assert_eq!(mpp("", &resolution(50_800, 1)), Some(0.5));
    assert_eq!(mpp("", &with_unit(50_800, 1, 1)), None);
    assert_eq!(mpp("", &[]), None);
}

#[test]
fn imagej_gives_the_unit_in_the_description() {
    let tags = with_unit(2_000_000, 1_000_000, 1);
    assert_eq!(mpp("ImageJ=1.53c\nunit=micron\n", &tags), Some(0.5));
    assert_eq!(mpp("ImageJ=1.53c\nunit=pixel\n", &tags), None);
}

#[test]
fn a_resolution_of_zero_by_zero_is_unknown_and_does_not_hide_the_description() {
    assert_eq!(mpp("", &with_unit(0, 0, 3)), None);
    assert_eq!(mpp("", &with_unit(0, 1, 3)), None);
    assert_eq!(mpp("Aperio|AppMag = 40|MPP = 0.2520", &with_unit(0, 0, 3)), Some(0.252));
}

#[test]
fn malformed_exif_metadata_say_nothing() {
    assert_eq!(Scale::of_exif(&tiff(&with_unit(50_800, 1, 2))).mpp.map(|mpp| mpp.x), Some(0.5));
    assert_eq!(Scale::of_exif(b"no exif"), Scale::default());
}

#[test]
fn exported_tiffs_keep_their_objective() {
    let file = MemoryStorage::new(tiff(&[]));
    let directories = directories(&file).unwrap().directories;
    let text = "source = a.svs\nmpp-x = 0.25\nmpp-y = 0.5\nobjective-power = 40";
    let Scale { mpp, objective } = Scale::of_tiff(&file, &directories[0], text, None);
    assert_eq!((mpp.map(|mpp| [mpp.x, mpp.y]), objective), (Some([0.25, 0.5]), Some(40.0)));
}
