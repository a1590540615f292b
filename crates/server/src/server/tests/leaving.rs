//! Tests of clients that leave before they have their answer.

use super::*;
use crate::error::Busy;
use crossbeam::channel::{Receiver, Sender, bounded, unbounded};

/// A region that takes as much memory as one body may, if that is 1 MiB in all.
const REGION: &str = "/slides/a/region?w=400&h=400&format=raw";

/// A renderer whose rows wait until all are let through.
struct HeldRows {
    renderer: Renderer,
    begun: Sender<()>,
    held: Receiver<()>,
}

impl Build for HeldRows {
    fn build(&mut self, job: &Job) -> Result<Bytes, Error> {
        self.renderer.build(job)
    }

    fn rows(&mut self, pack: &Pack, rows: &mut RegionRows) -> Result<Option<Rgb>, Error> {
        let _ = self.begun.send(());
        let _ = self.held.recv();
        self.renderer.rows(pack, rows)
    }

    fn speculate(&mut self, job: &Job, speculation: &Speculation<'_>) {
        self.renderer.speculate(job, speculation);
    }
}

#[test]
fn a_client_that_asks_for_a_region_and_leaves_gets_no_second_one_while_the_first_is_being_made() {
    let ((begun, has_begun), (hold, held)) = (unbounded(), bounded(0));
    let server = Running::start(
        // The least that a server takes: 1 MiB of it is for bodies.
        |config| (config.workers, config.memory) = (1, 0),
        move |renderer| HeldRows { renderer, begun: begun.clone(), held: held.clone() },
    );
    let leaving = server.send(REGION);
    has_begun.recv().unwrap();
    drop(leaving);
    // Long enough for the server to notice.
    thread::sleep(Duration::from_millis(300));
    assert_eq!(server.status(REGION), 503);
    let refused = &server.state.metrics.rejected[Busy::PoolExhausted as usize];
    assert_eq!(refused.get(), 1, "it did not wait for the worker");
    drop(hold);
    let limit = Instant::now() + Duration::from_secs(60);
    while server.status(REGION) != 200 {
        assert!(Instant::now() < limit, "there is room again");
        thread::sleep(Duration::from_millis(10));
    }
    server.stop();
}
