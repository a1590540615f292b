//! Regions made and encoded a row of tiles at a time, each step on a worker. Between two
//! steps a region takes neither a worker nor room in the queue, however slow its client is.

use crate::admission::{Admission, Task};
use crate::build_state::BuildWork;
use crate::costs::WorkKind;
use crate::error::{Busy, Error};
use crate::request_context;
use crate::request_id::RequestId;
use crate::room::Share;
use crate::routes::AppState;
use crate::single_flight::SingleFlight;
use crate::urgency::Urgency;
use actix_web::rt::time::sleep;
use origami_pack::Pack;
use origami_pyramid::Rgb;
use origami_render::{RegionRows, RowEncoder, RowFormat};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tracing::warn;

/// How often a region whose first rows are sent tries again when the server is busy.
const RETRY: Duration = Duration::from_millis(20);

/// A region as far as it is made.
pub struct EncodingRows {
    /// What makes the pixels.
    pub rows: RegionRows,
    /// What encodes them, which has given its header already.
    pub encoder: RowEncoder,
    /// The format of that.
    pub format: RowFormat,
    /// The memory that all this takes. It is part of it, because a region whose client has
    /// left may still wait in the queue or be on a worker.
    pub share: Arc<Share>,
}

/// The next bytes of a region.
pub struct EncodedRows {
    /// The bytes; there may be none.
    pub bytes: Vec<u8>,
    /// Whether they are the last ones.
    pub is_end: bool,
}

/// The next bytes of a region, and what makes those after them.
pub type NextRows = Result<(EncodingRows, EncodedRows), Error>;

impl EncodingRows {
    /// Encodes the next `rows`, or the end if there are none.
    pub fn encode(&mut self, rows: Option<&Rgb>) -> EncodedRows {
        match rows {
            Some(rows) => EncodedRows { bytes: self.encoder.rows(rows), is_end: false },
            None => EncodedRows { bytes: self.encoder.end(), is_end: true },
        }
    }

    /// The kind of making and encoding the next rows.
    fn work(&self) -> WorkKind {
        WorkKind::of_rows(&self.rows, self.format)
    }
}

/// One step of a region, for a worker.
pub struct RowsStep {
    /// The pack that the region is of.
    pub pack: Arc<Pack>,
    /// The region as far as it was made.
    pub region: EncodingRows,
    /// Where the result goes. Closed if nobody waits for it any more.
    pub answer: oneshot::Sender<MadeStep>,
    /// The request that wants it, if it has no answer yet.
    pub request: Option<RequestId>,
}

/// What a worker made of a step.
pub struct MadeStep {
    /// The region as far as it is made now. After [`Busy::PoolExhausted`] the same step may
    /// be made again.
    pub region: EncodingRows,
    /// Its next bytes.
    pub encoded: Result<EncodedRows, Error>,
    /// What was done.
    pub work: BuildWork,
}

/// The first rows of a region of `pack`, made on a worker.
///
/// # Errors
/// [`Error::Busy`] if the queue is full, no buffer is free or the server is stopping;
/// [`Error::Damaged`], already logged, if a tile cannot be read.
pub async fn first_rows(
    state: &AppState,
    pack: &Arc<Pack>,
    region: EncodingRows,
    urgency: Urgency,
) -> NextRows {
    let admission = state.flights.queue.admit(region.work(), urgency)?;
    let MadeStep { region, encoded, .. } = step(&state.flights, pack, region, admission).await?;
    Ok((region, encoded?))
}

/// The rows of a region of `pack` after those that were made already. As the client has
/// these, and could only see that the rest is missing, a busy server tries again for as
/// long as a request may take.
///
/// # Errors
/// Those of [`first_rows`].
pub async fn next_rows(
    state: &AppState,
    pack: &Arc<Pack>,
    region: EncodingRows,
    urgency: Urgency,
) -> NextRows {
    rows_within(&state.flights, pack, region, urgency, state.live.request_limit.get()).await
}

/// As [`next_rows`], trying for as long as `limit`.
pub async fn rows_within(
    flights: &SingleFlight,
    pack: &Arc<Pack>,
    mut region: EncodingRows,
    urgency: Urgency,
    limit: Duration,
) -> NextRows {
    let (started, kind) = (Instant::now(), region.work());
    loop {
        let refused = match flights.queue.admit(kind, urgency) {
            Ok(admission) => {
                let made = step(flights, pack, region, admission).await?;
                region = made.region;
                match made.encoded {
                    Ok(encoded) => return Ok((region, encoded)),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let Error::Busy(reason @ (Busy::QueueFull | Busy::PoolExhausted)) = refused else {
            return Err(refused);
        };
        if started.elapsed() >= limit {
            let pack = pack.path().display();
            warn!(%pack, ?reason, waited = ?limit, "a region is cut off while it is sent");
            return Err(refused);
        }
        sleep(RETRY).await;
    }
}

/// One admitted step of a region of `pack`.
async fn step(
    flights: &SingleFlight,
    pack: &Arc<Pack>,
    region: EncodingRows,
    admission: Admission,
) -> Result<MadeStep, Error> {
    let (span, joined) = (request_context::span("build"), Instant::now());
    let (answer, made) = oneshot::channel();
    let request = request_context::current_id();
    let step = RowsStep { pack: Arc::clone(pack), region, answer, request };
    flights.queue.push(Task::Rows(Box::new(step)), admission)?;
    // Without a result, the workers are gone.
    let made = made.await.map_err(|_| Error::Busy(Busy::Stopping))?;
    request_context::note_queue_wait(joined, Some(&made.work));
    if let Some(span) = span {
        span.add_build(joined, Some(&made.work));
    }
    Ok(made)
}
