//! All tiles of a slide: families on worker threads, the coarser levels and
//! the writing on the caller's, in order.

use crate::coarse::Coarse;
use crate::encode::{EncodedFamily, Plan, TileEncoder};
use crate::sink::Sink;
use crate::source::Source;
use crate::{Event, Options, PackSlideError};
use crossbeam::channel::{Receiver, Sender, bounded};
use origami_pyramid::{Family, Pyramid, Rgb, TileId, mean};
use origami_quality::work::Stop;
use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

/// Families in flight for each worker: enough that one slow family does not
/// leave the others idle.
const WINDOW: usize = 4;

/// A family by its number in the order of writing.
type Job = (usize, Family);
/// A worker's panic travels with the results, so that the writer can end.
type Done = (usize, thread::Result<Result<EncodedFamily, PackSlideError>>);

/// Encodes the whole of `source` into `sink`.
pub(crate) fn encode(
    source: &dyn Source,
    plan: &Plan<'_>,
    options: &Options,
    stop: &Stop<'_>,
    sink: &mut Sink,
    progress: &(dyn Fn(Event) + Sync),
) -> Result<(), PackSlideError> {
    let pyramid = plan.pyramid;
    let mut encoder = plan.encoder()?;
    let Some(root) = pyramid.root_level() else {
        return encode_tiny(source, pyramid, &mut encoder, sink);
    };
    let mut coarse = Coarse::new(pyramid, root.checked_sub(1));
    let (width, _) = pyramid.level_size(root).expect("the root level");
    let (columns, _) = pyramid.grid(root).expect("the root level");
    // One row of roots, which fills up from the left.
    let mut row = Rgb::filled(1, 1, [0; 3]);
    let write = |family: Family, encoded: EncodedFamily| -> Result<(), PackSlideError> {
        stop.check()?;
        encoded.tiles.iter().try_for_each(|tile| sink.write(tile))?;
        let at = pyramid.family_rect(family, 2).expect("a family of this pyramid");
        if family.x == 0 {
            row.resize(width as usize, at.height as usize);
        }
        for y in 0..encoded.root.height() {
            let pixels = encoded.root.row(y);
            row.row_mut(y)[3 * at.x as usize..][..pixels.len()].copy_from_slice(pixels);
        }
        if family.x + 1 == columns {
            let mut halved = Rgb::filled(1, 1, [0; 3]);
            mean::halve(&row, &mut halved);
            for tile in coarse.push(halved, &mut encoder)? {
                sink.write(&tile)?;
            }
        }
        let fine = pyramid.family_rect(family, 0).expect("a family of this pyramid");
        progress(Event::Packed { pixels: u64::from(fine.width) * u64::from(fine.height) });
        Ok(())
    };
    let workers = options.workers.get();
    let window = WINDOW * workers;
    let (jobs, queue) = bounded::<Job>(window);
    let (results, done) = bounded::<Done>(window);
    thread::scope(|scope| {
        // On every way out of here the ends of the channels that are left go
        // first, so that workers stop before they are waited for.
        let (jobs, done) = (jobs, done);
        for _ in 0..workers {
            let encoder = plan.encoder()?;
            let (queue, results) = (queue.clone(), results.clone());
            thread::Builder::new()
                .name("origami-encode".into())
                .spawn_scoped(scope, move || work(source, pyramid, encoder, &queue, &results))
                .map_err(|error| PackSlideError::Threads { wanted: workers, error })?;
        }
        drop(results);
        in_order(pyramid.families(), window, &jobs, &done, write)
    })
}

/// A worker: reads and encodes families until there are no more.
fn work(
    source: &dyn Source,
    pyramid: Pyramid,
    mut encoder: TileEncoder<'_>,
    queue: &Receiver<Job>,
    results: &Sender<Done>,
) {
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    for (number, family) in queue {
        let encode = || {
            source.read(pyramid.family_rect(family, 0).expect("a family of this pyramid"), &mut pixels)?;
            encoder.family(family, &pixels)
        };
        let result = panic::catch_unwind(AssertUnwindSafe(encode));
        let panicked = result.is_err();
        // The writer may have hung up: it met an error and reports that.
        if results.send((number, result)).is_err() || panicked {
            return;
        }
    }
}

/// Hands out `families` and takes the results in the same order, with at most
/// `window` of them in flight. `jobs` holds that many, so handing out never
/// waits.
fn in_order(
    mut families: impl Iterator<Item = Family>,
    window: usize,
    jobs: &Sender<Job>,
    done: &Receiver<Done>,
    mut write: impl FnMut(Family, EncodedFamily) -> Result<(), PackSlideError>,
) -> Result<(), PackSlideError> {
    let mut flying: VecDeque<(Family, Option<EncodedFamily>)> = VecDeque::with_capacity(window);
    let mut written = 0;
    loop {
        while flying.len() < window
            && let Some(family) = families.next()
        {
            jobs.send((written + flying.len(), family)).expect("the caller keeps the queue open");
            flying.push_back((family, None));
        }
        if flying.is_empty() {
            return Ok(());
        }
        let (number, result) = done.recv().expect("a result or a panic for every family in flight");
        flying[number - written].1 = Some(result.unwrap_or_else(|panic| panic::resume_unwind(panic))?);
        while let Some((family, encoded)) = flying.pop_front_if(|(_, encoded)| encoded.is_some()) {
            write(family, encoded.expect("just checked"))?;
            written += 1;
        }
    }
}

/// A slide of at most 2x2 px, which has no families.
fn encode_tiny(
    source: &dyn Source,
    pyramid: Pyramid,
    encoder: &mut TileEncoder<'_>,
    sink: &mut Sink,
) -> Result<(), PackSlideError> {
    let id = TileId { z: pyramid.max_level(), x: 0, y: 0 };
    let whole = pyramid.tile_rect(id).expect("every pyramid has a first tile");
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    source.read(whole, &mut pixels)?;
    let tiles = Coarse::new(pyramid, Some(id.z)).push(pixels, encoder)?;
    tiles.iter().try_for_each(|tile| sink.write(tile))
}
