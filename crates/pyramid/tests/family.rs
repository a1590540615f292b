//! Whole families against a rebuild written with the oracle.

use origami_pyramid::chroma::ChromaSource;
use origami_pyramid::{Plane, Pyramid, Subsampling, TileId, Ycc, family, oracle, residual};
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
fn luma(pyramid: &Pyramid, id: TileId, root: &Ycc<Vec<u8>>) -> Plane<Vec<u8>> {
    if pyramid.depth(id.z) == Some(2) {
        let plane = root.luma();
        return Plane::new(plane.data().to_vec(), plane.width(), plane.height(), plane.stride());
    }
    let (parent, (left, top)) = pyramid.parent(id).unwrap();
    let doubled = oracle::double(&luma(pyramid, parent, root).view());
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
    let (width, height) = pyramid.level_size(pyramid.root_level().unwrap()).unwrap();
    let subsampling = roots[0].1.subsampling();
    let (across, down) = subsampling.factors();
    let (width, height) = subsampling.chroma_size(width as usize, height as usize);
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

fn check(width: u32, height: u32, tile: u32, subsampling: Subsampling) {
    let pyramid = Pyramid::new(width, height, tile).unwrap();
    let roots: Vec<(TileId, Ycc<Vec<u8>>)> = pyramid
        .families()
        .map(|at| {
            let rect = pyramid.family_rect(at, 2).unwrap();
            let mut root = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
            let filled = noise(root.samples().len(), at.x * 17 + at.y);
            root.samples_mut().copy_from_slice(&filled);
            (pyramid.family_tiles(at, 2).next().unwrap(), root)
        })
        .collect();
    let doubled: Vec<[Plane<Vec<u8>>; 2]> = if subsampling == Subsampling::Gray {
        Vec::new()
    } else {
        let once = [0, 1].map(|channel| oracle::double(&whole_chroma(&pyramid, &roots, channel).view()));
        let twice = [0, 1].map(|channel| oracle::double(&once[channel].view()));
        vec![twice, once]
    };
    for (at, (_, root)) in pyramid.families().zip(&roots) {
        let mut chroma = ChromaSource::default();
        chroma.aim(&pyramid, pyramid.family_rect(at, 0).unwrap(), 0, subsampling);
        for id in chroma.tiles(&pyramid) {
            let (_, near) = roots.iter().find(|(root, _)| *root == id).unwrap();
            chroma.place(&pyramid, id, near);
        }
        let tiles = |depth| -> Vec<(TileId, Ycc<Vec<u8>>)> {
            let zeros = |id: TileId| {
                let rect = pyramid.tile_rect(id).unwrap();
                (id, Ycc::zeros(rect.width as usize, rect.height as usize, subsampling))
            };
            pyramid.family_tiles(at, depth).map(zeros).collect()
        };
        let (mut l1, mut l0) = (tiles(1), tiles(0));
        chroma.carry_levels(&pyramid, &mut l1, &mut l0);
        let mut made: HashMap<TileId, Plane<Vec<u8>>> = HashMap::new();
        for (id, rebuilt) in l1.iter_mut().chain(&mut l0) {
            let id = *id;
            let (parent, _) = pyramid.parent(id).unwrap();
            let parent = made.get(&parent).map_or_else(|| root.luma(), Plane::view);
            family::predict_luma(&pyramid, id, &parent, &mut rebuilt.luma_mut());
            match correction_of(&pyramid, id) {
                Correction::None => {}
                Correction::Residual(plane) => residual::apply(&mut rebuilt.luma_mut(), &plane),
                Correction::Blank(colour) => rebuilt.fill(colour),
            }
            let expected = luma(&pyramid, id, root);
            for y in 0..expected.height() {
                assert_eq!(rebuilt.luma().row(y), expected.row(y), "luma of {id}, row {y}");
            }
            made.insert(id, expected);
            if let Correction::Blank(_) = correction_of(&pyramid, id) {
                continue;
            }
            let (depth, rect) = (pyramid.depth(id.z).unwrap(), pyramid.tile_rect(id).unwrap());
            let (across, down) = subsampling.factors();
            // A tile aimed at alone must give the same samples.
            let mut alone = Ycc::zeros(rect.width as usize, rect.height as usize, subsampling);
            let mut source = ChromaSource::default();
            source.aim(&pyramid, rect, depth, subsampling);
            for id in source.tiles(&pyramid) {
                let (_, near) = roots.iter().find(|(root, _)| *root == id).unwrap();
                source.place(&pyramid, id, near);
            }
            source.carry(rect, depth, &mut Vec::new(), &mut alone);
            let Some(to) = rebuilt.chroma() else { continue };
            for ((to, alone), expected) in
                to.iter().zip(alone.chroma().unwrap()).zip(&doubled[depth as usize])
            {
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

#[test]
fn families_of_every_subsampling_match_the_oracle() {
    for subsampling in [Subsampling::S420, Subsampling::S422, Subsampling::S444, Subsampling::Gray] {
        check(200, 150, 32, subsampling);
        check(131, 67, 16, subsampling);
    }
}

#[test]
fn edge_families_with_odd_sizes_match_the_oracle() {
    for (width, height) in [(3, 1), (1, 9), (5, 5), (65, 33), (127, 129), (64, 64), (63, 1)] {
        check(width, height, 16, Subsampling::S420);
    }
}

#[test]
fn tiles_of_240_pixels_start_at_half_a_block() {
    check(1000, 700, 240, Subsampling::S420);
}
