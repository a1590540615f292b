use super::*;
use origami_pack::Identity;
use origami_pyramid::Size;

fn spool(folder: &Path) -> Spool {
    Spool::new(&folder.join("made.origami"), Pyramid::new(Size::new(700, 523), 16).unwrap()).unwrap()
}

/// What is kept of a tile: any content can be that of any tile.
fn tile(number: u64, id: TileId) -> EncodedTile {
    let value = (number % 251) as u8;
    let content = match number % 6 {
        0 => Content::Blob(vec![value; number as usize % 100], Identity::Bytes),
        1 => Content::Blob(vec![value, 2, 3], Identity::Coefficients),
        2 => Content::Blob(vec![value; 700], Identity::Verbatim),
        3 => Content::Constant([-3, i16::from(value), i16::MIN]),
        4 => Content::Blank([value, 1, 255]),
        _ => Content::Empty,
    };
    EncodedTile { id, content, weight: number as u32, jpeg_bytes: 0, measured: None }
}

fn len(content: &Content) -> usize {
    if let Content::Blob(bytes, _) = content { bytes.len() } else { 0 }
}

#[test]
fn tiles_are_read_back_in_any_order_and_files_have_no_names() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = spool(folder.path());
    let pyramid = spool.pyramid;
    let ids: Vec<TileId> = (0..pyramid.level_count()).rev().flat_map(|z| pyramid.tiles(z)).collect();
    let tiles: Vec<EncodedTile> = (0..).zip(&ids).map(|(number, &id)| tile(number, id)).collect();
    tiles.iter().for_each(|tile| spool.write(tile).unwrap());
    for tile in tiles.iter().rev() {
        assert_eq!(spool.read(tile.id).unwrap(), tile.content, "{}", tile.id);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_records_of_a_level_are_those_of_its_tiles_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    // More tiles than are read at once, and others before and behind them.
    let pyramid = Pyramid::new(Size::new(1200, 1200), 16).unwrap();
    let mut spool = Spool::new(&folder.path().join("made.origami"), pyramid).unwrap();
    let z = pyramid.max_level();
    assert!(pyramid.grid(z).unwrap().count() > CHUNK);
    let ids: Vec<TileId> = (0..=z).flat_map(|z| pyramid.tiles(z)).collect();
    let tiles: Vec<EncodedTile> = (0..).zip(&ids).map(|(number, &id)| tile(number, id)).collect();
    tiles.iter().for_each(|tile| spool.write(tile).unwrap());
    for z in [z, z - 1, 0] {
        let records: Vec<(TileId, Record)> = spool.records(z).collect::<Result<_, _>>().unwrap();
        let expected: Vec<&EncodedTile> = tiles.iter().filter(|tile| tile.id.z == z).collect();
        let actual = records.iter().map(|(id, record)| (*id, record.weight));
        assert!(actual.eq(expected.iter().map(|tile| (tile.id, tile.weight))), "level {z}");
        let bytes: usize = expected.iter().map(|tile| len(&tile.content)).sum();
        assert_eq!(spool.level_bytes(z).unwrap(), bytes as u64, "level {z}");
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let pyramid = Pyramid::new(Size::new(70, 53), 16).unwrap();
    let error = Spool::new(&missing.join("made.origami"), pyramid).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains(missing.to_str().unwrap()), "{error}");
}

#[test]
fn a_full_disk_says_how_much_room_packing_needs_and_where() {
    let folder = tempfile::tempdir().unwrap();
    let mut spool = spool(folder.path());
    spool.bytes = File::options().write(true).open("/dev/full").unwrap();
    let id = TileId { z: 0, x: 0, y: 0 };
    let error = spool.write(&tile(2, id)).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("made.origami") && text.contains("plain"), "{text}");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("No space left"), "{error:?}");
}
