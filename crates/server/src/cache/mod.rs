//! What is kept between requests: encoded tiles, weighed in bytes, built once
//! however many ask. Decoded parents have their own cache, in the pack crate.

mod tiles;

pub use tiles::TileCache;

use crate::metrics::CacheMetrics;
use moka::notification::RemovalCause;

/// Bytes an entry costs beyond its payload: key, handle and the cache's own
/// bookkeeping.
const ENTRY_OVERHEAD: usize = 160;

/// Weight of an entry with `payload` bytes.
fn weight(payload: usize) -> u32 {
    u32::try_from(payload + ENTRY_OVERHEAD).unwrap_or(u32::MAX)
}

fn count_eviction(metrics: &CacheMetrics, cause: RemovalCause) {
    if cause == RemovalCause::Size {
        metrics.evictions.inc();
    }
}

fn measure(metrics: &CacheMetrics, bytes: u64, entries: u64) {
    metrics.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    metrics.entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
}

#[cfg(test)]
pub mod tests {
    use origami_codec::{Encoder, SharedHeader};
    use origami_pack::{LevelSpec, Metadata, Mode, Pack, PackSpec, PackWriter, Table};
    use origami_pyramid::{Pyramid, Subsampling, TileId, Ycc};
    use std::path::Path;

    /// A pack of 8 x 8 families without any residuals.
    pub fn pack(folder: &Path) -> Pack {
        let pyramid = Pyramid::new(8192, 8192, 256).unwrap();
        let top = pyramid.max_level();
        let mut jpeg = vec![0; 1 << 20];
        let mut encoder = Encoder::new().unwrap();
        let len =
            encoder.encode(&mut Ycc::zeros(8, 8, Subsampling::Gray), 80, &mut jpeg).expect("a small tile");
        let table = SharedHeader::of(&jpeg[..len]).unwrap();
        let level = |z| LevelSpec {
            mode: if z + 2 > top { Mode::Luma } else { Mode::Stored },
            quality: 80,
            header: None,
            table: (z + 2 > top).then_some(0),
        };
        let levels = (0..=top).map(level).collect();
        let spec = PackSpec {
            pyramid,
            subsampling: Subsampling::S420,
            levels,
            tables: vec![Table::Residuals(table)],
        };
        let mut writer = PackWriter::create(&folder.join("a.origami"), spec, false).unwrap();
        for z in 0..=top {
            let (columns, rows) = pyramid.grid(z).unwrap();
            for id in (0..rows).flat_map(|y| (0..columns).map(move |x| TileId { z, x, y })) {
                if z + 2 > top { writer.empty(id) } else { writer.blank(id, [200, 128, 128]) }
            }
        }
        let path = writer.finish(&Metadata::default()).unwrap().publish().unwrap();
        Pack::open(&path).unwrap()
    }
}
