//! The target for packs and their tiles.

pub(super) mod samples;

use crate::forge::PackParts;
use crate::mutation::mutate;
use crate::{Bytewise, Random, Tally, Target};
use origami_codec::{Coefficients, read_coefficients};
use origami_pack::{Entry, Identity, Mode, Pack, verify};
use origami_pyramid::TileId;
use origami_render::{ParentCache, Pools, Rebuilder, Uncached, decode};
use std::path::PathBuf;
use std::sync::Arc;

/// Opens and verifies packs, and looks up and rebuilds their tiles.
///
/// Most mutated packs have correct checksums. A tile has to be the same whether
/// parents are cached or not, and a tile that is rebuilt has to be a JPEG of its
/// size. If a pack and its tiles are verified without problems, all tiles have to
/// be rebuilt.
pub struct PackTarget {
    packs: Vec<Vec<u8>>,
    parts: Vec<PackParts>,
    folder: tempfile::TempDir,
    pools: Arc<Pools>,
    read: Coefficients,
}

impl PackTarget {
    /// Creates the target and its valid packs. It writes files to a temporary folder.
    ///
    /// # Panics
    /// If files cannot be written there.
    #[expect(clippy::new_without_default, reason = "this takes a while")]
    #[must_use]
    pub fn new() -> Self {
        let folder = folder();
        let packs = samples::packs(folder.path());
        Self {
            parts: packs.iter().map(|pack| PackParts::split(pack).expect("a valid pack")).collect(),
            packs,
            folder,
            pools: Pools::new(64 << 20),
            read: Coefficients::default(),
        }
    }

    /// Writes the bytes of a pack to a file.
    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join("mutated.origami");
        // Never in place: the previous file may still be mapped.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).expect("room for a pack");
        path
    }
}

impl Target for PackTarget {
    fn name(&self) -> &'static str {
        "pack"
    }

    fn max_memory(&self) -> usize {
        128 << 20
    }

    fn input(&mut self, random: &mut Random) -> Vec<u8> {
        // The last pack has the largest tiles and takes long.
        let count = if random.one_in(100) { self.packs.len() } else { self.packs.len() - 1 };
        let (at, other) = (random.below(count), random.below(count));
        if random.one_in(16) {
            let mut pack = self.packs[at].clone();
            mutate(random, &mut pack, &self.packs[other]);
            return pack;
        }
        let mut parts = self.parts[at].clone();
        parts.mutate(random, &self.parts[other]);
        parts.build()
    }

    fn mutate(&mut self, input: &[u8], random: &mut Random, bytewise: Bytewise) -> Vec<u8> {
        let Some(mut parts) = PackParts::split(input).filter(|_| !random.one_in(16)) else {
            let mut pack = input.to_vec();
            bytewise(&mut pack);
            return pack;
        };
        if random.one_in(3) {
            parts.mutate_bytewise(random, bytewise);
        } else {
            let other = random.choose(&self.parts);
            parts.mutate(random, other);
        }
        parts.build()
    }

    fn execute(&mut self, input: &[u8], tally: &mut Tally) -> Result<(), String> {
        let pack = match Pack::open(&self.write(input)) {
            Ok(pack) => pack,
            Err(error) => {
                tally.error(&error);
                return Ok(());
            }
        };
        tally.reach("opened");
        if pack.pyramid().tile_count() > input.len() as u64 {
            return Err("more tiles than index".into());
        }
        let tiles = self.rebuild_tiles(&pack, tally)?;
        let report = verify::verify(&pack, |_| {});
        let undecoded = decode(&pack, |_| {});
        let problems = report.problems.len() + undecoded.len();
        if report.problems.len() > verify::MAX_PROBLEMS || undecoded.len() > verify::MAX_PROBLEMS {
            return Err("more problems than are kept".into());
        }
        match (problems, tiles.failure) {
            (0, Some(failure)) => return Err(format!("verified, and yet: {failure}")),
            (0, None) => tally.reach("verified"),
            (_, Some(_)) => tally.reach("tiles failed, as verifying told"),
            (_, None) => tally.reach("all tiles were given, though verifying told of problems"),
        }
        if 2 * tiles.rebuilt >= pack.pyramid().tile_count() {
            tally.reach("most tiles were given");
        }
        Ok(())
    }
}

/// A folder for packs: in the one that TMPDIR names or, without that, in memory if
/// possible.
pub(super) fn folder() -> tempfile::TempDir {
    let folder = match std::env::var_os("TMPDIR") {
        Some(_) => tempfile::tempdir(),
        None => tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()),
    };
    folder.expect("a folder for packs")
}

/// The results of rebuilding the tiles of a pack.
struct RebuiltTiles {
    /// The number of tiles that were rebuilt.
    rebuilt: u64,
    /// The error of the first tile that was not.
    failure: Option<String>,
}

impl PackTarget {
    fn rebuilder(&self) -> Result<Rebuilder, String> {
        Rebuilder::new(Arc::clone(&self.pools)).map_err(|error| error.to_string())
    }

    /// Rebuilds all tiles.
    fn rebuild_tiles(&mut self, pack: &Pack, tally: &mut Tally) -> Result<RebuiltTiles, String> {
        let (mut one, mut other) = (self.rebuilder()?, self.rebuilder()?);
        let cache = ParentCache::new(16 << 20, Arc::clone(&self.pools));
        let cached = cache.of(pack);
        let mut tiles = RebuiltTiles { rebuilt: 0, failure: None };
        for (z, level) in (0..).zip(pack.levels()) {
            for id in pack.pyramid().tiles(z) {
                let entry = pack.entry(id).ok();
                let blob = entry.and_then(|entry| pack.blob(entry).ok().flatten());
                if blob.is_some_and(|blob| blob.is_empty() || blob.len() as u64 > pack.bytes()) {
                    return Err(format!("tile {id} has impossible bytes"));
                }
                let tile = one.tile(pack, id, &Uncached);
                let again = other.tile(pack, id, &cached);
                if tile.as_deref().ok() != again.as_deref().ok() {
                    return Err(format!("tile {id} is another with kept parents"));
                }
                match tile {
                    Ok(tile) => {
                        tiles.rebuilt += 1;
                        tally.reach(stage(level.mode, entry));
                        if level.header().is_some() {
                            self.check_built(pack, id, &tile)?;
                        }
                    }
                    Err(error) => {
                        tally.error(&error);
                        tiles.failure.get_or_insert_with(|| error.to_string());
                    }
                }
            }
        }
        Ok(tiles)
    }

    /// Checks that a tile that was built from coefficients is a JPEG of its size.
    fn check_built(&mut self, pack: &Pack, id: TileId, tile: &[u8]) -> Result<(), String> {
        let entry = pack.entry(id).map_err(|error| error.to_string())?;
        if pack.stored_len(id, entry).is_some() {
            return Ok(());
        }
        read_coefficients(tile, 1 << 20, &mut self.read)
            .map_err(|error| format!("tile {id} was built and is no JPEG: {error}"))?;
        let rect = pack.pyramid().tile_rect(id).ok_or("a tile outside its grid")?;
        let frame = self.read.frame();
        if (frame.width(), frame.height()) != (rect.width as usize, rect.height as usize) {
            return Err(format!("tile {id} was built in another size"));
        }
        Ok(())
    }
}

/// The stage of a tile of this mode and with this entry.
fn stage(mode: Mode, entry: Option<Entry>) -> &'static str {
    match (mode, entry) {
        (_, Some(Entry::Blank { .. })) => "tile: blank",
        (_, Some(Entry::Constant { .. })) => "tile: constant",
        (_, Some(Entry::Empty)) => "tile: empty",
        (_, Some(Entry::Blob { identity: Identity::Verbatim, .. })) => "tile: verbatim",
        (Mode::Stored, _) => "tile: stored",
        (Mode::Luma, _) => "tile: luma",
        (Mode::Exact, _) => "tile: exact",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_that_is_split_and_built_again_is_the_same() {
        let PackTarget { packs, parts, .. } = PackTarget::new();
        for (number, (pack, parts)) in packs.iter().zip(parts).enumerate() {
            assert!(parts.build() == *pack, "pack {number} has other bytes");
        }
    }
}
