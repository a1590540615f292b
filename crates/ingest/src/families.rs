//! All tiles of a slide: families on worker threads, the coarser levels and
//! the writing on the caller's, in order.

use crate::coarse::Coarse;
use crate::encode::{EncodedFamily, Plan, TileEncoder};
use crate::sink::Sink;
use crate::{Event, PackSlideError};
use crossbeam::channel::bounded;
use crossbeam::queue::SegQueue;
use origami_pyramid::{Family, Rgb, TileId, mean};
use origami_quality::work::WorkError;
use rayon::ThreadPool;
use std::collections::VecDeque;

/// Families in flight for each worker: enough that one slow family does not
/// leave the others idle.
const WINDOW: usize = 4;

/// Encodes the whole source of `plan` into `sink`, with `workers` besides this
/// thread.
pub(crate) fn encode(plan: &Plan<'_>, workers: &ThreadPool, sink: &mut Sink) -> Result<(), PackSlideError> {
    let (pyramid, run) = (plan.pyramid, plan.run);
    let mut encoder = plan.encoder()?;
    let Some(root) = pyramid.root_level() else {
        return encode_tiny(plan, &mut *encoder, sink);
    };
    let mut coarse = Coarse::new(pyramid, root);
    let (width, _) = pyramid.level_size(root).expect("the root level");
    let (columns, _) = pyramid.grid(root).expect("the root level");
    // One row of roots, which fills up from the left.
    let mut row = Rgb::filled(1, 1, [0; 3]);
    let mut write = |family: Family, encoded: EncodedFamily| -> Result<(), PackSlideError> {
        run.stop.check()?;
        encoded.tiles.iter().try_for_each(|tile| sink.write(tile))?;
        let at = pyramid.family_rect(family, 2).expect("a family of this pyramid");
        if family.x == 0 {
            row.resize(width as usize, at.height as usize);
        }
        let size = (at.width as usize, at.height as usize);
        row.copy((at.x as usize, 0), &encoded.root, (0, 0), size);
        if family.x + 1 == columns {
            let mut halved = Rgb::filled(1, 1, [0; 3]);
            mean::halve(&row, &mut halved);
            coarse.push(halved, &mut *encoder, sink)?;
        }
        let fine = pyramid.family_rect(family, 0).expect("a family of this pyramid");
        (run.progress)(Event::Packed(u64::from(fine.width) * u64::from(fine.height)));
        Ok(())
    };
    // Encoders and pixels that no worker uses at the moment.
    let idle = SegQueue::new();
    let make = |family: Family| -> Result<EncodedFamily, PackSlideError> {
        run.stop.check()?;
        let (mut encoder, mut pixels) = match idle.pop() {
            Some(ready) => ready,
            None => (plan.encoder()?, Rgb::filled(1, 1, [0; 3])),
        };
        let region = pyramid.family_rect(family, 0).expect("a family of this pyramid");
        run.source.read(region, &mut pixels)?;
        let encoded = encoder.family(family, &pixels)?;
        idle.push((encoder, pixels));
        Ok(encoded)
    };
    let make = &make;
    let window = WINDOW * workers.current_num_threads();
    // The families in flight, of which the first is written next.
    let mut flying = VecDeque::with_capacity(window);
    let mut families = pyramid.families();
    workers.in_place_scope_fifo(|scope| {
        // What fails here also stops the families in flight, which are waited for.
        run.stop.unless_failed(|| -> Result<(), PackSlideError> {
            loop {
                while flying.len() < window
                    && let Some(family) = families.next()
                {
                    let (result, done) = bounded(1);
                    // Nobody waits for it any more after an error.
                    scope.spawn_fifo(move |_| drop(result.send(make(family))));
                    flying.push_back((family, done));
                }
                let Some((family, done)) = flying.pop_front() else { return Ok(()) };
                // A panic left no result; it goes on at the end of the scope.
                let Ok(encoded) = done.recv() else { return Err(WorkError::Interrupted.into()) };
                write(family, encoded?)?;
            }
        })
    })
}

/// A slide of at most 2x2 px, which has no families.
fn encode_tiny(
    plan: &Plan<'_>,
    encoder: &mut dyn TileEncoder,
    sink: &mut Sink,
) -> Result<(), PackSlideError> {
    let id = TileId { z: plan.pyramid.max_level(), x: 0, y: 0 };
    let whole = plan.pyramid.tile_rect(id).expect("every pyramid has a first tile");
    let mut pixels = Rgb::filled(1, 1, [0; 3]);
    plan.run.source.read(whole, &mut pixels)?;
    Coarse::new(plan.pyramid, plan.pyramid.level_count()).push(pixels, encoder, sink)
}
