//! Whole slides against a rebuild written with the oracle.

use origami_pyramid::chroma::{Between, ChromaSource};
use origami_pyramid::{Plane, Pyramid, Size, Subsampling, TileId, Ycc, luma, oracle, residual};
use std::collections::HashMap;

/// What turns a predicted tile into the tile.
enum Correction {
    None,
    Residual(Plane<Vec<u8>>),
    Blank([u8; 3]),
}

fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn correction_of(pyramid: &Pyramid, id: TileId) -> Correction {
    match (id.x + id.y) % 4 {
        2 => return Correction::None,
        3 => return Correction::Blank([id.x as u8, 77, id.y as u8]),
        _ => {}
    }
    let rect = pyramid.tile_rect(id).unwrap();
    let (width, height) = (rect.width as usize, rect.height as usize);
    let noise = noise(width * height, id.x * 31 + id.y * 7 + id.z);
    Correction::Residual(Plane::new(noise, width, height, width))
}

/// A window of `plane` as a plane of its own.
fn crop(plane: &Plane<Vec<u8>>, x: usize, y: usize, width: usize, height: usize) -> Plane<Vec<u8>> {
    let rows = (y..y + height).flat_map(|y| plane.row(y)[x..x + width].to_vec()).collect();
    Plane::new(rows, width, height, width)
}

/// Luma of `id` from its own parent tile, recursively, one sample at a time.
fn expected_luma(pyramid: &Pyramid, id: TileId, root: &Ycc<Vec<u8>>, root_level: u32) -> Plane<Vec<u8>> {
    if id.z == root_level {
        let plane = root.luma();
        return Plane::new(plane.data().to_vec(), plane.width(), plane.height(), plane.stride());
    }
    let (left, top) = pyramid.origin_under(id, 1);
    let parent = expected_luma(pyramid, id.parent(1).unwrap(), root, root_level);
    let doubled = oracle::double(&parent.view());
    let rect = pyramid.tile_rect(id).unwrap();
    let mut out = crop(&doubled, left as usize, top as usize, rect.width as usize, rect.height as usize);
    match correction_of(pyramid, id) {
        Correction::None => {}
        Correction::Blank([luma, ..]) => out.fill(luma),
        Correction::Residual(residual) => {
            for y in 0..out.height() {
                for x in 0..out.width() {
                    out.row_mut(y)[x] = oracle::applied(out.row(y)[x], residual.row(y)[x]);
                }
            }
        }
    }
    out
}

/// Cb (0) or Cr (1) of the whole root level.
fn whole_chroma(pyramid: &Pyramid, roots: &[(TileId, Ycc<Vec<u8>>)], channel: usize) -> Plane<Vec<u8>> {
    let size = pyramid.level_size(roots[0].0.z).unwrap();
    let subsampling = roots[0].1.subsampling();
    let (across, down) = subsampling.factors();
    let (width, height) = subsampling.chroma_size(size.width as usize, size.height as usize);
    let mut whole = Plane::zeros(width, height);
    for (id, root) in roots {
        let at = pyramid.tile_rect(*id).unwrap();
        let from = root.chroma().unwrap()[channel];
        let (left, top) = (at.x as usize / across, at.y as usize / down);
        for (row, samples) in from.rows().enumerate() {
            whole.row_mut(top + row)[left..][..samples.len()].copy_from_slice(samples);
        }
    }
    whole
}

/// Rebuilds everything that is predicted from level `max - levels`.
fn check(size: Size, tile: u32, levels: u32, subsampling: Subsampling) {
    let pyramid = Pyramid::new(size, tile).unwrap();
    let max = pyramid.max_level();
    let root_level = max - levels.min(max);
    let zeros = |id: TileId| {
        let rect = pyramid.tile_rect(id).unwrap();
        (id, Ycc::zeros(rect.width as usize, rect.height as usize, subsampling))
    };
    let roots: Vec<(TileId, Ycc<Vec<u8>>)> = pyramid
        .tiles(root_level)
        .map(|id| {
            let (_, mut root) = zeros(id);
            let filled = noise(root.samples().len(), id.x * 17 + id.y);
            root.samples_mut().copy_from_slice(&filled);
            (id, root)
        })
        .collect();
    // The chroma of every level, from the root's down.
    let mut doubled: Vec<[Plane<Vec<u8>>; 2]> = Vec::new();
    if subsampling != Subsampling::Gray {
        doubled.push([0, 1].map(|channel| whole_chroma(&pyramid, &roots, channel)));
        for z in root_level..max {
            let finer =
                doubled[(z - root_level) as usize].each_ref().map(|plane| oracle::double(&plane.view()));
            doubled.push(finer);
        }
    }
    let aimed = |region, z| {
        let mut chroma = ChromaSource::default();
        chroma.aim(&pyramid, root_level, region, z, subsampling);
        for id in chroma.tiles(&pyramid) {
            let (_, near) = roots.iter().find(|(root, _)| *root == id).unwrap();
            chroma.place(&pyramid, id, near);
        }
        chroma
    };
    for (at, root) in &roots {
        let chroma = aimed(pyramid.rect_under(*at, max).unwrap(), max);
        let mut tiles: Vec<Vec<_>> =
            (root_level + 1..=max).map(|z| pyramid.tiles_under(*at, z).map(zeros).collect()).collect();
        chroma.carry_levels(&pyramid, &mut tiles);
        let mut made: HashMap<TileId, Plane<Vec<u8>>> = HashMap::new();
        for (id, rebuilt) in tiles.iter_mut().flatten() {
            let id = *id;
            let parent = made.get(&id.parent(1).unwrap()).map_or_else(|| root.luma(), Plane::view);
            luma::predict(&pyramid, id, &parent, &mut rebuilt.luma_mut());
            match correction_of(&pyramid, id) {
                Correction::None => {}
                Correction::Residual(plane) => residual::apply(&mut rebuilt.luma_mut(), &plane),
                Correction::Blank(colour) => rebuilt.fill(colour),
            }
            let expected = expected_luma(&pyramid, id, root, root_level);
            for y in 0..expected.height() {
                assert_eq!(rebuilt.luma().row(y), expected.row(y), "luma of {id}, row {y}");
            }
            made.insert(id, expected);
            if let Correction::Blank(_) = correction_of(&pyramid, id) {
                continue;
            }
            let rect = pyramid.tile_rect(id).unwrap();
            let (across, down) = subsampling.factors();
            // A tile aimed at alone must give the same samples.
            let (_, mut alone) = zeros(id);
            aimed(rect, id.z).carry(rect, id.z, &mut Between::default(), &mut alone);
            let Some(to) = rebuilt.chroma() else { continue };
            let expected = &doubled[(id.z - root_level) as usize];
            for ((to, alone), expected) in to.iter().zip(alone.chroma().unwrap()).zip(expected) {
                let (x, y) = (rect.x as usize / across, rect.y as usize / down);
                let expected = crop(expected, x, y, to.width(), to.height());
                for y in 0..to.height() {
                    assert_eq!(to.row(y), expected.row(y), "chroma of {id}, row {y}");
                    assert_eq!(alone.row(y), expected.row(y), "chroma of {id} alone, row {y}");
                }
            }
        }
    }
}

const SUBSAMPLINGS: [Subsampling; 4] =
    [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray];

#[test]
fn two_predicted_levels_of_every_subsampling_match_the_oracle() {
    for subsampling in SUBSAMPLINGS {
        check(Size::new(200, 150), 32, 2, subsampling);
        check(Size::new(131, 67), 16, 2, subsampling);
    }
}

#[test]
fn any_number_of_predicted_levels_matches_the_oracle() {
    for subsampling in SUBSAMPLINGS {
        for levels in [1, 3, 4, 5, 24] {
            check(Size::new(147, 82), 16, levels, subsampling);
        }
        check(Size::new(300, 260), 24, 5, subsampling);
    }
}

#[test]
fn odd_sizes_match_the_oracle() {
    for (width, height) in [(2, 1), (3, 1), (1, 9), (5, 5), (65, 33), (127, 129), (64, 64), (63, 1)] {
        for levels in [1, 2, 3, 24] {
            check(Size::new(width, height), 16, levels, Subsampling::S420);
        }
    }
}

#[test]
fn tiles_of_240_pixels_start_at_half_a_block() {
    check(Size::new(1000, 700), 240, 2, Subsampling::S420);
}
