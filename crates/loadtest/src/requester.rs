//! Requests the tiles of views. Each requesting thread has a runtime of its own
//! and keeps the connections of its viewers busy.

use crate::http::{self, BodyLength, Connection, RequestFailure, Response};
use crate::load::LoadRun;
use crate::measurements::TileResult;
use crate::view::{TileRequest, View};
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

/// This many connections refused in a row mean that the server is gone.
const GONE_AFTER: u32 = 10;

/// Requests the tiles of all `views` that arrive. Returns when the last response
/// came.
pub fn request_views(run: Arc<LoadRun>, mut views: UnboundedReceiver<View>) -> Result<Instant> {
    http::block_on(async move {
        let requester = Rc::new(Requester { run, refused: Cell::new(0) });
        let mut viewers: HashMap<usize, Viewer> = HashMap::new();
        while let Some(view) = views.recv().await {
            let viewer = viewers.entry(view.viewer).or_insert_with(|| Viewer::new(&requester));
            if let Some(pending) = requester.enqueue(&viewer.queue, view)
                && pending.pacing == Pacing::Closed
            {
                pending.complete.notified().await;
            }
        }
        for viewer in viewers.values() {
            viewer.queue.close();
        }
        for connection in viewers.into_values().flat_map(|viewer| viewer.connections) {
            connection.await.expect("a connection does not panic");
        }
        Instant::now()
    })
}

/// A viewer with its connections, which are tasks of this thread.
struct Viewer {
    queue: Rc<ViewerQueue>,
    connections: Vec<JoinHandle<()>>,
}

impl Viewer {
    fn new(requester: &Rc<Requester>) -> Self {
        let queue = Rc::new(ViewerQueue::default());
        let connections = (0..requester.run.load.connections)
            .map(|_| tokio::task::spawn_local(request_queued(Rc::clone(requester), Rc::clone(&queue))))
            .collect();
        Self { queue, connections }
    }
}

/// Tiles that one viewer waits for and that no connection has taken yet.
#[derive(Default)]
struct ViewerQueue {
    tiles: RefCell<VecDeque<QueuedTile>>,
    wake: Notify,
    /// No more views will come.
    closed: Cell<bool>,
}

struct QueuedTile {
    request: TileRequest,
    view: Rc<PendingView>,
}

impl ViewerQueue {
    /// The next tile, as soon as there is one; `None` after the last.
    async fn next(&self) -> Option<QueuedTile> {
        loop {
            let next = self.tiles.borrow_mut().pop_front();
            if next.is_some() || self.closed.get() {
                return next;
            }
            self.wake.notified().await;
        }
    }

    fn close(&self) {
        self.closed.set(true);
        self.wake.notify_waiters();
    }
}

/// A view some of whose tiles have not arrived.
struct PendingView {
    /// When it was due, or enqueued if it had no due time.
    since: Instant,
    pacing: Pacing,
    /// Whether it is due after the warm-up.
    measured: bool,
    /// The number of tiles that have not arrived.
    missing: Cell<usize>,
    /// Whether a tile was not answered 200.
    incomplete: Cell<bool>,
    complete: Notify,
}

/// What decides when the next view begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pacing {
    /// A schedule.
    Open,
    /// The end of the view before it.
    Closed,
}

impl PendingView {
    /// Counts one tile. Returns whether it was the last.
    fn finish_tile(&self, result: &TileResult) -> bool {
        self.missing.set(self.missing.get() - 1);
        if !matches!(result, TileResult::Answered { status: 200, .. }) {
            self.incomplete.set(true);
        }
        let complete = self.missing.get() == 0;
        if complete {
            self.complete.notify_one();
        }
        complete
    }
}

/// What the connections of one thread share.
struct Requester {
    run: Arc<LoadRun>,
    /// Connections refused in a row.
    refused: Cell<u32>,
}

impl Requester {
    /// Enqueues the tiles of `view`; `None` if it has none.
    fn enqueue(&self, queue: &ViewerQueue, view: View) -> Option<Rc<PendingView>> {
        let now = Instant::now();
        let since = view.due.map_or(now, |due| self.run.start + due);
        let measured = since >= self.run.start + self.run.load.warmup;
        if measured {
            let mut measurements = self.run.measurements();
            if view.due.is_some() {
                measurements.lateness.add(now.saturating_duration_since(since));
            }
            measurements.views_without_new_tiles += u64::from(view.tiles.is_empty());
        }
        if view.tiles.is_empty() {
            return None;
        }
        let pending = Rc::new(PendingView {
            since,
            pacing: if view.due.is_some() { Pacing::Open } else { Pacing::Closed },
            measured,
            missing: Cell::new(view.tiles.len()),
            incomplete: Cell::new(false),
            complete: Notify::new(),
        });
        let tiles = view.tiles.into_iter().map(|request| QueuedTile { request, view: Rc::clone(&pending) });
        queue.tiles.borrow_mut().extend(tiles);
        queue.wake.notify_waiters();
        Some(pending)
    }

    /// Records the result of a tile of `view`, whose request was sent at `sent`.
    fn finish(&self, request: TileRequest, view: &PendingView, sent: Instant, result: &TileResult) {
        self.run.finished.fetch_add(1, Ordering::Relaxed);
        self.count_refusals(result);
        let complete = view.finish_tile(result);
        if !view.measured {
            return;
        }
        let now = Instant::now();
        let since = match view.pacing {
            Pacing::Open => view.since,
            Pacing::Closed => sent,
        };
        let mut measurements = self.run.measurements();
        measurements.add_tile(self.run.load.level_group(request), now - since, now - sent, result);
        if complete {
            measurements.views.add(now - view.since);
            measurements.incomplete_views += u64::from(view.incomplete.get());
        }
    }

    /// Notices when the server is gone.
    fn count_refusals(&self, result: &TileResult) {
        let TileResult::Failed(RequestFailure::Connect(cause)) = result else {
            self.refused.set(0);
            return;
        };
        self.refused.set(self.refused.get() + 1);
        if self.refused.get() >= GONE_AFTER {
            let _ = self.run.server_gone.set(cause.clone());
        }
    }
}

/// One connection of a viewer: requests the tiles in its queue, one after the
/// other.
async fn request_queued(requester: Rc<Requester>, queue: Rc<ViewerQueue>) {
    let load = &requester.run.load;
    let end = requester.run.start + load.end;
    let mut connection = Connection::new(&load.address);
    let mut path = String::new();
    while let Some(QueuedTile { request, view }) = queue.next().await {
        let sent = Instant::now();
        if sent >= end || requester.run.is_over() {
            requester.finish(request, &view, sent, &TileResult::Unsent);
            continue;
        }
        load.slides[request.slide].template.write_path(request.tile, &mut path);
        let deadline = end.min(sent + load.timeout);
        let result = match connection.get(&path, deadline.into()).await {
            Ok(Response { status, body: BodyLength(bytes) }) => TileResult::Answered { status, bytes },
            Err(RequestFailure::Timeout) if deadline == end => TileResult::Unfinished,
            Err(failure) => TileResult::Failed(failure),
        };
        requester.finish(request, &view, sent, &result);
    }
}
