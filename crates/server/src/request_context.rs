//! What is known of the request that the current task, or the current thread, works for.
//!
//! It is at hand wherever a request is worked on, so that what looks tiles up, reads and waits
//! need not pass it on. Where there is no request, as in tests and in speculation, all of this
//! does nothing.

use crate::access_log::AccessFacts;
use crate::build_state::BuildWork;
use crate::metrics::TileSource;
use crate::request_id::RequestId;
use crate::traces::{ActiveSpan, RequestTrace};
use std::cell::Cell;
use std::time::{Duration, Instant};
use tokio::task::futures::TaskLocalFuture;
use tokio::task_local;

task_local! {
    static CURRENT: RequestContext;
}

/// What is known of one request.
pub struct RequestContext {
    /// Its id.
    pub id: RequestId,
    /// Its trace, if it is traced.
    pub trace: Option<RequestTrace>,
    facts: Cell<AccessFacts>,
}

impl RequestContext {
    /// The context of a request that nothing has been done for yet.
    pub fn new(id: RequestId, trace: Option<RequestTrace>) -> Self {
        Self { id, trace, facts: Cell::default() }
    }

    /// What has been noted for the access log.
    pub fn facts(&self) -> AccessFacts {
        self.facts.get()
    }

    fn note(&self, change: impl FnOnce(&mut AccessFacts)) {
        let mut facts = self.facts.get();
        change(&mut facts);
        self.facts.set(facts);
    }

    /// `work`, which works for this request.
    pub fn scope<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        CURRENT.scope(self, work)
    }
}

/// The id of the current request.
pub fn current_id() -> Option<RequestId> {
    CURRENT.try_with(|context| context.id.clone()).ok()
}

/// Calls `work` on a thread that works for the request with this id, if it is known.
pub fn with_id<T>(id: Option<RequestId>, work: impl FnOnce() -> T) -> T {
    match id {
        Some(id) => CURRENT.sync_scope(RequestContext::new(id, None), work),
        None => work(),
    }
}

/// Whether the current request is traced.
pub fn is_traced() -> bool {
    CURRENT.try_with(|context| context.trace.is_some()).unwrap_or(false)
}

/// A span of the current request, if that is traced. It is inside of the one that was begun last
/// and has not ended, and ends when it is dropped.
pub fn span(name: &'static str) -> Option<ActiveSpan> {
    CURRENT.try_with(|context| Some(context.trace.as_ref()?.begin_span(name))).ok().flatten()
}

/// Notes where the tile that answers the current request came from.
pub fn note_tile(source: TileSource) {
    let _ = CURRENT.try_with(|context| {
        context.note(|facts| *facts = AccessFacts { source: Some(source), is_tile: true, ..*facts });
    });
}

/// Notes where the image that answers the current request, and is no tile, came from.
pub fn note_picture(source: TileSource) {
    let _ = CURRENT.try_with(|context| context.note(|facts| facts.source = Some(source)));
}

/// Notes how long the current request, which joined a build at `joined`, waited for a worker:
/// until now, if there is no `work` yet.
pub fn note_queue_wait(joined: Instant, work: Option<&BuildWork>) {
    let _ = CURRENT.try_with(|context| {
        let begun = work.map_or_else(Instant::now, |work| work.begun);
        let wait = begun.saturating_duration_since(joined);
        context.note(|facts| facts.queue_wait = Some(facts.queue_wait.unwrap_or(Duration::ZERO) + wait));
    });
}
