//! Views in, latencies out: threads that keep a viewer's connections busy.
//!
//! One thread keeps the time and hands each view over when it is due, whether
//! or not the server has answered the one before; a few others, each with a
//! runtime of its own, ask for the tiles.

use super::address::Address;
use super::http::{self, Connection, Failure};
use super::record::{Ended, GROUPS, Record};
use super::slide::Slide;
use super::view::{Request, View};
use anyhow::{Result, bail};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// So many connections refused in a row mean that there is no server any more.
const GONE_AFTER: u32 = 10;
/// How often the main thread looks after things.
const TICK: Duration = Duration::from_millis(20);

/// How a load is put on a server.
pub struct Load {
    pub address: Arc<Address>,
    pub slides: Arc<[Slide]>,
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
struct Run {
    load: Load,
    start: Instant,
    /// Tiles done with, for the progress bar.
    done: AtomicU64,
    stop: AtomicBool,
    /// Why there is no server any more.
    gone: OnceLock<String>,
}

impl Run {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.gone.get().is_some()
    }
}

/// What the main thread is told while a load runs.
pub trait Watcher {
    /// The first view that counts is due now.
    fn counting(&mut self) -> Result<()>;
    /// Called now and then with the time and tiles so far; an error ends the run.
    fn tick(&mut self, elapsed: Duration, tiles: u64) -> Result<()>;
}

/// Puts `views` on the server: all that was measured, and how long it took from
/// the first view that counts to the last answer.
pub fn run(
    load: Load,
    views: impl Iterator<Item = View> + Send,
    watcher: &mut impl Watcher,
) -> Result<(Record, Duration)> {
    let warmup = load.warmup;
    let (senders, receivers): (Vec<_>, Vec<_>) = (0..load.threads).map(|_| unbounded_channel()).unzip();
    if warmup.is_zero() {
        watcher.counting()?;
    }
    let run = Arc::new(Run {
        load,
        start: Instant::now(),
        done: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        gone: OnceLock::new(),
    });
    thread::scope(|scope| {
        let run = &run;
        let clock = scope.spawn(move || keep_time(run, views, &senders));
        let askers: Vec<_> = receivers
            .into_iter()
            .map(|receiver| scope.spawn(move || ask(Arc::clone(run), receiver)))
            .collect();
        let mut counting = warmup.is_zero();
        let mut watched = Ok(());
        while watched.is_ok() && !askers.iter().all(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(TICK);
            let elapsed = run.start.elapsed();
            if !counting && elapsed >= warmup {
                counting = true;
                watched = watcher.counting();
            }
            watched = watched.and_then(|()| watcher.tick(elapsed, run.done.load(Ordering::Relaxed)));
        }
        run.stop.store(watched.is_err(), Ordering::Relaxed);
        let mut record = Record::default();
        let mut last = run.start;
        for asker in askers {
            let (counted, ended) = asker.join().expect("an asker does not panic")?;
            record.merge(&counted);
            last = last.max(ended);
        }
        clock.join().expect("the clock does not panic");
        watched?;
        if let Some(cause) = run.gone.get() {
            let tiles = run.done.load(Ordering::Relaxed);
            bail!("{} is gone after {tiles} tiles: {cause}", run.load.address.url);
        }
        Ok((record, last.saturating_duration_since(run.start + warmup)))
    })
}

/// Hands over each view when it is due. The kernel wakes a sleeping thread
/// within a tenth of a millisecond, which timers of the runtime do not.
fn keep_time(run: &Run, views: impl Iterator<Item = View>, askers: &[UnboundedSender<View>]) {
    for view in views {
        if let Some(due) = view.due {
            loop {
                let wait = (run.start + due).saturating_duration_since(Instant::now());
                if wait.is_zero() || run.is_over() {
                    break;
                }
                thread::sleep(wait.min(5 * TICK));
            }
        }
        if run.is_over() || askers[view.viewer % askers.len()].send(view).is_err() {
            return;
        }
    }
}

/// Asks for the tiles of every view that comes: what was measured, and when the
/// last answer came.
fn ask(run: Arc<Run>, mut views: UnboundedReceiver<View>) -> Result<(Record, Instant)> {
    http::block_on(async move {
        let asker = Rc::new(Asker { run, record: RefCell::default(), refused: Cell::new(0) });
        let mut viewers: HashMap<usize, Rc<Viewer>> = HashMap::new();
        let mut connections = Vec::new();
        while let Some(view) = views.recv().await {
            let viewer = viewers.entry(view.viewer).or_insert_with(|| {
                let viewer = Rc::new(Viewer::default());
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
        (asker.record.take(), Instant::now())
    })
}

/// What the connections of one thread share.
struct Asker {
    run: Arc<Run>,
    record: RefCell<Record>,
    /// Connections refused in a row.
    refused: Cell<u32>,
}

/// Tiles that one viewer waits for and no connection has taken yet.
#[derive(Default)]
struct Viewer {
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

impl Asker {
    /// Lines the tiles of `view` up; `None` if there are none.
    fn show(&self, viewer: &Viewer, view: View) -> Option<Rc<Shown>> {
        let now = Instant::now();
        let since = view.due.map_or(now, |due| self.run.start + due);
        let counted = since >= self.run.start + self.run.load.warmup;
        if counted {
            let mut record = self.record.borrow_mut();
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
    fn came(&self, (slide, tile): Request, shown: &Shown, sent: Instant, ended: &Ended) {
        self.run.done.fetch_add(1, Ordering::Relaxed);
        if let Ended::Failed(Failure::Connect(cause)) = ended {
            self.refused.set(self.refused.get() + 1);
            if self.refused.get() >= GONE_AFTER {
                let _ = self.run.gone.set(cause.clone());
            }
        } else {
            self.refused.set(0);
        }
        shown.missing.set(shown.missing.get() - 1);
        shown.incomplete.set(shown.incomplete.get() || !matches!(ended, Ended::Answered(200, _)));
        if shown.missing.get() == 0 {
            shown.complete.notify_one();
        }
        if !shown.counted {
            return;
        }
        let now = Instant::now();
        let wanted = if shown.planned { shown.since } else { sent };
        let depth = self.run.load.slides[slide].pyramid.depth(tile.z).unwrap_or(0) as usize;
        let mut record = self.record.borrow_mut();
        record.tile(depth.min(GROUPS.len() - 1), now - wanted, now - sent, ended);
        if shown.missing.get() == 0 {
            record.views.add(now - shown.since);
            record.incomplete += u64::from(shown.incomplete.get());
        }
    }
}

/// One of a viewer's connections: takes a tile, asks for it, and again.
async fn connection(asker: Rc<Asker>, viewer: Rc<Viewer>) {
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
            asker.came(request, &shown, sent, &Ended::Unsent);
            continue;
        }
        slides[request.0].template.path(request.1, &mut path);
        let deadline = end.min(sent + *timeout);
        let ended = match connection.get(&path, deadline.into()).await {
            Ok(answer) => Ended::Answered(answer.status, answer.bytes),
            Err(Failure::Late) if deadline == end => Ended::Unfinished,
            Err(failure) => Ended::Failed(failure),
        };
        asker.came(request, &shown, sent, &ended);
    }
}
