//! What is asked of a server, and the threads that ask: each has a runtime of its
//! own and keeps its viewers' connections busy.

use crate::address::ServerAddress;
use crate::http::{self, Connection, Length, RequestFailure};
use crate::record::{GROUPS, Measurements, TileResult};
use crate::slide::TargetSlide;
use crate::view::{Request, View};
use anyhow::Result;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

/// So many connections refused in a row mean that there is no server any more.
const GONE_AFTER: u32 = 10;

/// How a load is put on a server.
pub struct Load {
    pub address: Arc<ServerAddress>,
    pub slides: Arc<[TargetSlide]>,
    /// Connections of one viewer.
    pub connections: usize,
    /// Threads that ask for tiles; viewers are dealt out to them.
    pub threads: usize,
    /// Views wanted earlier than this are not counted.
    pub warmup: Duration,
    /// After this much time, tiles that have not come are given up.
    pub end: Duration,
    /// Longest wait for one answer.
    pub timeout: Duration,
}

/// What all threads of a run know.
pub struct LoadRun {
    pub load: Load,
    pub start: Instant,
    /// Tiles done with, for the progress bar.
    pub done: AtomicU64,
    record: Mutex<Measurements>,
    pub stop: AtomicBool,
    /// Why there is no server any more.
    pub gone: OnceLock<String>,
}

impl LoadRun {
    /// Begins now.
    pub fn new(load: Load) -> Self {
        let (done, stop, gone) = (AtomicU64::new(0), AtomicBool::new(false), OnceLock::new());
        Self { load, start: Instant::now(), done, record: Mutex::default(), stop, gone }
    }

    /// What has been counted so far.
    pub fn record(&self) -> MutexGuard<'_, Measurements> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is nothing more to ask for.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.gone.get().is_some()
    }
}

/// Asks for the tiles of every view that comes; when the last answer came.
pub fn ask(run: Arc<LoadRun>, mut views: UnboundedReceiver<View>) -> Result<Instant> {
    http::block_on(async move {
        let asker = Rc::new(Requester { run, refused: Cell::new(0) });
        let mut viewers: HashMap<usize, Rc<ViewerQueue>> = HashMap::new();
        let mut connections = Vec::new();
        while let Some(view) = views.recv().await {
            let viewer = viewers.entry(view.viewer).or_insert_with(|| {
                let viewer = Rc::new(ViewerQueue::default());
                for _ in 0..asker.run.load.connections {
                    let work = connection(Rc::clone(&asker), Rc::clone(&viewer));
                    connections.push(tokio::task::spawn_local(work));
                }
                viewer
            });
            if let Some(shown) = asker.show(viewer, view)
                && !shown.planned
            {
                shown.complete.notified().await;
            }
        }
        for viewer in viewers.values() {
            viewer.left.set(true);
            viewer.wake.notify_waiters();
        }
        for connection in connections {
            connection.await.expect("a connection does not panic");
        }
        Instant::now()
    })
}

/// What the connections of one thread share.
struct Requester {
    run: Arc<LoadRun>,
    /// Connections refused in a row.
    refused: Cell<u32>,
}

/// Tiles that one viewer waits for and no connection has taken yet.
#[derive(Default)]
struct ViewerQueue {
    queue: RefCell<VecDeque<(Request, Rc<Shown>)>>,
    wake: Notify,
    /// No view comes any more.
    left: Cell<bool>,
}

/// A view some of whose tiles have not come.
struct Shown {
    /// When it was wanted.
    since: Instant,
    /// Whether that was planned (open loop).
    planned: bool,
    counted: bool,
    missing: Cell<usize>,
    incomplete: Cell<bool>,
    complete: Notify,
}

impl Requester {
    /// Lines the tiles of `view` up; `None` if there are none.
    fn show(&self, viewer: &ViewerQueue, view: View) -> Option<Rc<Shown>> {
        let now = Instant::now();
        let since = view.due.map_or(now, |due| self.run.start + due);
        let counted = since >= self.run.start + self.run.load.warmup;
        if counted {
            let mut record = self.run.record();
            if view.due.is_some() {
                record.late.add(now.saturating_duration_since(since));
            }
            record.nothing_new += u64::from(view.tiles.is_empty());
        }
        if view.tiles.is_empty() {
            return None;
        }
        let shown = Rc::new(Shown {
            since,
            planned: view.due.is_some(),
            counted,
            missing: Cell::new(view.tiles.len()),
            incomplete: Cell::new(false),
            complete: Notify::new(),
        });
        let tiles = view.tiles.into_iter().map(|tile| (tile, Rc::clone(&shown)));
        viewer.queue.borrow_mut().extend(tiles);
        viewer.wake.notify_waiters();
        Some(shown)
    }

    /// Counts a tile that `shown` waited for.
    fn came(&self, (slide, tile): Request, shown: &Shown, sent: Instant, ended: &TileResult) {
        self.run.done.fetch_add(1, Ordering::Relaxed);
        if let TileResult::Failed(RequestFailure::Connect(cause)) = ended {
            self.refused.set(self.refused.get() + 1);
            if self.refused.get() >= GONE_AFTER {
                let _ = self.run.gone.set(cause.clone());
            }
        } else {
            self.refused.set(0);
        }
        shown.missing.set(shown.missing.get() - 1);
        shown.incomplete.set(shown.incomplete.get() || !matches!(ended, TileResult::Answered(200, _)));
        if shown.missing.get() == 0 {
            shown.complete.notify_one();
        }
        if !shown.counted {
            return;
        }
        let now = Instant::now();
        let wanted = if shown.planned { shown.since } else { sent };
        let halvings = self.run.load.slides[slide].pyramid.halvings(tile.z).unwrap_or(0) as usize;
        let mut record = self.run.record();
        record.tile(halvings.min(GROUPS.len() - 1), now - wanted, now - sent, ended);
        if shown.missing.get() == 0 {
            record.views.add(now - shown.since);
            record.incomplete += u64::from(shown.incomplete.get());
        }
    }
}

/// One of a viewer's connections: takes a tile, asks for it, and again.
async fn connection(asker: Rc<Requester>, viewer: Rc<ViewerQueue>) {
    let Load { address, slides, end, timeout, .. } = &asker.run.load;
    let end = asker.run.start + *end;
    let mut connection = Connection::new(address);
    let mut path = String::new();
    loop {
        let next = viewer.queue.borrow_mut().pop_front();
        let Some((request, shown)) = next else {
            if viewer.left.get() {
                return;
            }
            viewer.wake.notified().await;
            continue;
        };
        let sent = Instant::now();
        if sent >= end || asker.run.is_over() {
            asker.came(request, &shown, sent, &TileResult::Unsent);
            continue;
        }
        slides[request.0].template.path(request.1, &mut path);
        let deadline = end.min(sent + *timeout);
        let ended = match connection.get(&path, deadline.into()).await {
            Ok((status, Length(bytes))) => TileResult::Answered(status, bytes),
            Err(RequestFailure::Late) if deadline == end => TileResult::Unfinished,
            Err(failure) => TileResult::Failed(failure),
        };
        asker.came(request, &shown, sent, &ended);
    }
}
