//! Luma and chroma of whole slides, compared with a rebuild that uses the oracle.

use origami_pyramid::chroma::{ChromaScratch, ChromaSource};
use origami_pyramid::{Plane, Point, Pyramid, Rect, Size, Subsampling, TileId, Ycc, luma, oracle, residual};
use std::collections::HashMap;

type Samples = Plane<Vec<u8>>;
type Tile = Ycc<Vec<u8>>;

/// What turns a predicted tile into the tile.
enum Correction {
    None,
    Residual(Samples),
    Blank([u8; 3]),
}

fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(len)
    .collect()
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
fn crop(plane: &Samples, window: Rect) -> Samples {
    let (width, height) = (window.width as usize, window.height as usize);
    let window = plane.window(window.x as usize, window.y as usize, width, height);
    let rows = window.rows().flat_map(<[u8]>::to_vec).collect();
    Plane::new(rows, width, height, width)
}

/// Luma of `id` from its own parent tile, recursively, one sample at a time.
fn expected_luma(pyramid: &Pyramid, id: TileId, root: &Tile, root_level: u32) -> Samples {
    if id.z == root_level {
        let plane = root.luma();
        return Plane::new(plane.data().to_vec(), plane.width(), plane.height(), plane.stride());
    }
    let Point { x, y } = pyramid.origin_under(id, 1);
    let parent = expected_luma(pyramid, id.parent(1).unwrap(), root, root_level);
    let doubled = oracle::double(&parent.view());
    let Size { width, height } = pyramid.tile_rect(id).unwrap().size();
    let mut out = crop(&doubled, Rect { x, y, width, height });
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
fn whole_chroma(pyramid: &Pyramid, roots: &[(TileId, Tile)], channel: usize) -> Samples {
    let subsampling = roots[0].1.subsampling();
    let (across, down) = subsampling.factors();
    let size = subsampling.chroma_size(pyramid.level_size(roots[0].0.z).unwrap());
    let mut whole = Plane::zeros(size.width as usize, size.height as usize);
    for (id, root) in roots {
        let at = pyramid.tile_rect(*id).unwrap();
        let from = root.chroma().unwrap()[channel];
        let corner = Point { x: at.x / across as u32, y: at.y / down as u32 };
        oracle::paste(&from, &mut whole, corner);
    }
    whole
}

/// A slide whose levels are predicted from noise in the root level.
struct Slide {
    pyramid: Pyramid,
    subsampling: Subsampling,
    root_level: u32,
    roots: Vec<(TileId, Tile)>,
    /// Cb and Cr of whole levels by the oracle, from the root's down; none for gray.
    chroma: Vec<[Samples; 2]>,
}

impl Slide {
    /// A slide with `levels` predicted levels, or all but level 0 if it has fewer.
    fn new(size: Size, tile: u32, levels: u32, subsampling: Subsampling) -> Self {
        let pyramid = Pyramid::new(size, tile).unwrap();
        let max = pyramid.max_level();
        let root_level = max - levels.min(max);
        let mut slide = Self { pyramid, subsampling, root_level, roots: Vec::new(), chroma: Vec::new() };
        for id in pyramid.tiles(root_level) {
            let mut root = slide.zeros(id);
            let filled = noise(root.samples().len(), id.x * 17 + id.y);
            root.samples_mut().copy_from_slice(&filled);
            slide.roots.push((id, root));
        }
        if subsampling != Subsampling::Gray {
            let mut planes = [0, 1].map(|channel| whole_chroma(&pyramid, &slide.roots, channel));
            for _ in root_level..max {
                let finer = planes.each_ref().map(|plane| oracle::double(&plane.view()));
                slide.chroma.push(std::mem::replace(&mut planes, finer));
            }
            slide.chroma.push(planes);
        }
        slide
    }

    fn zeros(&self, id: TileId) -> Tile {
        let rect = self.pyramid.tile_rect(id).unwrap();
        Ycc::zeros(rect.width as usize, rect.height as usize, self.subsampling)
    }

    /// The chroma source of `region` of level `z`, all of its tiles placed.
    fn chroma_source(&self, region: Rect, z: u32) -> ChromaSource {
        let mut source = ChromaSource::default();
        source.prepare(&self.pyramid, self.root_level, region, z, self.subsampling);
        for id in source.tiles(&self.pyramid) {
            let (_, tile) = self.roots.iter().find(|(root, _)| *root == id).unwrap();
            source.place(&self.pyramid, id, tile);
        }
        source
    }

    /// Rebuilds every tile under a root and compares it.
    fn check_tiles_under(&self, root_id: TileId, root: &Tile) {
        let (pyramid, max) = (&self.pyramid, self.pyramid.max_level());
        let mut tiles: Vec<Vec<(TileId, Tile)>> = Vec::new();
        for z in self.root_level + 1..=max {
            tiles.push(pyramid.tiles_under(root_id, z).map(|id| (id, self.zeros(id))).collect());
        }
        let source = self.chroma_source(pyramid.rect_under(root_id, max).unwrap(), max);
        source.upsample_levels(pyramid, &mut tiles);
        let mut rebuilt_luma: HashMap<TileId, Samples> = HashMap::new();
        for (id, tile) in tiles.iter_mut().flatten() {
            let id = *id;
            let parent = rebuilt_luma.get(&id.parent(1).unwrap()).map_or_else(|| root.luma(), Plane::view);
            luma::predict(pyramid, id, &parent, &mut tile.luma_mut());
            let correction = correction_of(pyramid, id);
            match &correction {
                Correction::None => {}
                Correction::Residual(plane) => residual::apply(&mut tile.luma_mut(), plane),
                Correction::Blank(colour) => tile.fill(*colour),
            }
            let expected = expected_luma(pyramid, id, root, self.root_level);
            for y in 0..expected.height() {
                assert_eq!(tile.luma().row(y), expected.row(y), "luma of {id}, row {y}");
            }
            rebuilt_luma.insert(id, expected);
            if !matches!(correction, Correction::Blank(_)) {
                self.check_chroma(id, tile);
            }
        }
    }

    /// Compares the chroma of `tile`, made with others, and that of the tile made
    /// alone with the oracle's.
    fn check_chroma(&self, id: TileId, tile: &Tile) {
        let rect = self.pyramid.tile_rect(id).unwrap();
        let mut alone = self.zeros(id);
        let source = self.chroma_source(rect, id.z);
        source.upsample(rect, id.z, &mut ChromaScratch::default(), &mut alone);
        let Some(planes) = tile.chroma() else { return };
        let (across, down) = self.subsampling.factors();
        let (x, y) = (rect.x / across as u32, rect.y / down as u32);
        let whole = &self.chroma[(id.z - self.root_level) as usize];
        for ((plane, alone), whole) in planes.iter().zip(alone.chroma().unwrap()).zip(whole) {
            let (width, height) = (plane.width() as u32, plane.height() as u32);
            let expected = crop(whole, Rect { x, y, width, height });
            for y in 0..plane.height() {
                assert_eq!(plane.row(y), expected.row(y), "chroma of {id}, row {y}");
                assert_eq!(alone.row(y), expected.row(y), "chroma of {id} alone, row {y}");
            }
        }
    }
}

/// Rebuilds everything that is predicted from level `max - levels`.
fn check(size: Size, tile: u32, levels: u32, subsampling: Subsampling) {
    let slide = Slide::new(size, tile, levels, subsampling);
    for (id, root) in &slide.roots {
        slide.check_tiles_under(*id, root);
    }
}

#[test]
fn two_predicted_levels_of_every_subsampling_match_the_oracle() {
    for subsampling in Subsampling::ALL {
        check(Size::new(200, 150), 32, 2, subsampling);
        check(Size::new(131, 67), 16, 2, subsampling);
    }
}

#[test]
fn any_number_of_predicted_levels_matches_the_oracle() {
    for subsampling in Subsampling::ALL {
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
