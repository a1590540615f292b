//! Work on families: on worker threads, with what comes of it in order.

use crate::PackSlideError;
use crossbeam::channel::bounded;
use origami_pyramid::Family;
use origami_quality::work::{Stop, WorkError};
use rayon::ThreadPool;
use std::collections::VecDeque;

/// Families in flight for each worker: enough that one slow family does not
/// leave the others idle.
const WINDOW: usize = 4;

/// Does `work` for each of `families` on the threads of `workers`, and has `take`
/// take the results on this thread, in the order of the families.
///
/// The first error of either ends it, as does `stop`; a panic goes on from here.
/// What is in flight then is waited for.
pub(crate) fn in_order<T: Send>(
    workers: &ThreadPool,
    stop: &Stop<'_>,
    mut families: impl Iterator<Item = Family>,
    work: impl Fn(Family) -> Result<T, PackSlideError> + Sync,
    mut take: impl FnMut(Family, T) -> Result<(), PackSlideError>,
) -> Result<(), PackSlideError> {
    let work = |family: Family| -> Result<T, PackSlideError> {
        stop.check()?;
        work(family)
    };
    let work = &work;
    let window = WINDOW * workers.current_num_threads();
    // The families in flight, of which the first is taken next.
    let mut flying = VecDeque::with_capacity(window);
    workers.in_place_scope_fifo(|scope| {
        // What fails here also stops the families in flight.
        stop.unless_failed(|| -> Result<(), PackSlideError> {
            loop {
                while flying.len() < window
                    && let Some(family) = families.next()
                {
                    let (result, done) = bounded(1);
                    // Nobody waits for it any more after an error.
                    scope.spawn_fifo(move |_| drop(result.send(work(family))));
                    flying.push_back((family, done));
                }
                let Some((family, done)) = flying.pop_front() else { return Ok(()) };
                // A panic left no result; it goes on at the end of the scope.
                let Ok(result) = done.recv() else { return Err(WorkError::Interrupted.into()) };
                let result = result?;
                stop.check()?;
                take(family, result)?;
            }
        })
    })
}
