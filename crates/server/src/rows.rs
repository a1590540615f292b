//! Regions made a row of tiles at a time, each step on a worker. Between two steps a
//! region takes neither a worker nor room in the queue, however slow its client is.

use crate::admission::{Admission, Task};
use crate::costs::WorkKind;
use crate::error::{Busy, Error};
use crate::routes::AppState;
use crate::single_flight::SingleFlight;
use crate::urgency::Urgency;
use actix_web::rt::time::sleep;
use origami_pack::Pack;
use origami_pyramid::Rgb;
use origami_render::RegionRows;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How often a region whose first rows are sent asks for room in the queue.
const RETRY: Duration = Duration::from_millis(20);

/// The next finished rows of a region, and what makes the rows after them; no rows if
/// there are no more.
pub type NextRows = Result<(RegionRows, Option<Rgb>), Error>;

/// One step of a region, for a worker.
pub struct RowsStep {
    /// The pack that the region is of.
    pub pack: Arc<Pack>,
    /// The region as far as it was made.
    pub rows: RegionRows,
    /// Where the result goes. Closed if nobody waits for it any more.
    pub answer: oneshot::Sender<NextRows>,
}

/// The first rows of a region of `pack`, made on a worker.
///
/// # Errors
/// [`Error::Busy`] if the queue is full or the server is stopping; [`Error::Damaged`],
/// already logged, if a tile cannot be read.
pub async fn first_rows(state: &AppState, pack: &Arc<Pack>, rows: RegionRows, urgency: Urgency) -> NextRows {
    let admission = state.flights.queue.admit(WorkKind::of_rows(&rows), urgency)?;
    step(&state.flights, pack, rows, admission).await
}

/// The rows of a region of `pack` after those that were made already. As the client has
/// these, it waits for room in a full queue for as long as a request may take, and is not
/// refused at once.
///
/// # Errors
/// Those of [`first_rows`].
pub async fn next_rows(state: &AppState, pack: &Arc<Pack>, rows: RegionRows, urgency: Urgency) -> NextRows {
    let kind = WorkKind::of_rows(&rows);
    let admission = admitted_within(&state.flights, kind, urgency, state.request_limit).await?;
    step(&state.flights, pack, rows, admission).await
}

/// Admission for work of this `kind`, as soon as there is room for it within `limit`.
pub async fn admitted_within(
    flights: &SingleFlight,
    kind: WorkKind,
    urgency: Urgency,
    limit: Duration,
) -> Result<Admission, Error> {
    let started = Instant::now();
    loop {
        match flights.queue.admit(kind, urgency) {
            Err(Error::Busy(Busy::QueueFull)) if started.elapsed() < limit => sleep(RETRY).await,
            result => return result,
        }
    }
}

/// One admitted step of a region of `pack`.
pub async fn step(
    flights: &SingleFlight,
    pack: &Arc<Pack>,
    rows: RegionRows,
    admission: Admission,
) -> NextRows {
    let (answer, result) = oneshot::channel();
    let step = RowsStep { pack: Arc::clone(pack), rows, answer };
    flights.queue.push(Task::Rows(Box::new(step)), admission)?;
    // Without a result, the workers are gone.
    result.await.unwrap_or(Err(Error::Busy(Busy::Stopping)))
}
