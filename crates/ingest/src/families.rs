//! Processes families on worker threads and consumes the results in order.

use crate::PackSlideError;
use crossbeam::channel::bounded;
use origami_pyramid::Family;
use origami_quality::work::{Stop, WorkError};
use rayon::ThreadPool;
use std::collections::VecDeque;

/// Families in flight for each worker: enough that one slow family does not
/// leave the others idle.
const IN_FLIGHT_PER_WORKER: usize = 4;

/// Runs `work` for each of `families` on `workers`, and `consume` with the results
/// on this thread, in the order of the families.
///
/// The first error of either ends it, as does `stop`; a panic of either is
/// propagated. It returns when no family is in flight any more.
pub(crate) fn in_order<T: Send>(
    workers: &ThreadPool,
    stop: &Stop<'_>,
    mut families: impl Iterator<Item = Family>,
    work: impl Fn(Family) -> Result<T, PackSlideError> + Sync,
    mut consume: impl FnMut(Family, T) -> Result<(), PackSlideError>,
) -> Result<(), PackSlideError> {
    let work = &work;
    let max_in_flight = IN_FLIGHT_PER_WORKER * workers.current_num_threads();
    let mut in_flight = VecDeque::with_capacity(max_in_flight);
    workers.in_place_scope_fifo(|scope| {
        // An error here also stops the families in flight.
        stop.unless_failed(|| -> Result<(), PackSlideError> {
            loop {
                while in_flight.len() < max_in_flight
                    && let Some(family) = families.next()
                {
                    let (sender, receiver) = bounded(1);
                    scope.spawn_fifo(move |_| {
                        let result = stop.check().map_err(PackSlideError::from).and_then(|()| work(family));
                        // Sending fails if an error has ended the loop.
                        drop(sender.send(result));
                    });
                    in_flight.push_back((family, receiver));
                }
                let Some((family, receiver)) = in_flight.pop_front() else { return Ok(()) };
                // A worker that panics sends nothing. The panic is resumed at the end of the scope.
                let Ok(result) = receiver.recv() else { return Err(WorkError::Interrupted.into()) };
                let result = result?;
                stop.check()?;
                consume(family, result)?;
            }
        })
    })
}
