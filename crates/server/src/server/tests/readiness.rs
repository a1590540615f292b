//! Tests of servers that are not ready.

use super::*;
use crossbeam::channel::bounded;
use prometheus::IntCounter;

#[test]
fn a_server_that_stops_is_not_ready_and_refuses_nothing_by_saying_so() {
    let server = Running::start(|_| {}, |renderer| renderer);
    assert_eq!(server.status("/readyz"), 200);
    server.state.stopping.store(true, Ordering::Relaxed);
    let unready = server.get("/readyz");
    assert!(
        unready.starts_with("HTTP/1.1 503 ") && unready.ends_with("the server is stopping\n"),
        "{unready}"
    );
    let refused = server.state.metrics.rejected.iter().map(IntCounter::get).sum::<u64>();
    assert_eq!(refused, 0);
    server.stop();
}

#[test]
fn a_server_whose_storage_hangs_is_not_ready_and_still_answers_operators() {
    let server = Running::start(
        |config| (config.readers, config.request_limit) = (2, Duration::from_millis(200)),
        |renderer| renderer,
    );
    let (answer, disk) = bounded::<()>(0);
    let hanging: Vec<_> = (0..2)
        .map(|_| {
            let (state, disk) = (server.state.clone(), disk.clone());
            thread::spawn(move || {
                System::new().block_on(async {
                    let slide = state.catalog.slide("a").await.unwrap();
                    let read = move |_: &Pack| Ok(disk.recv().is_err());
                    state.readers.read_associated(&slide.pack, read).await
                })
            })
        })
        .collect();
    let limit = Instant::now() + Duration::from_secs(60);
    while server.status("/readyz") == 200 {
        assert!(Instant::now() < limit, "it says that it is ready");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(server.get("/readyz").contains("the storage of packs does not answer"));
    assert!(server.get("/status").contains("the storage of packs does not answer"));
    assert!(server.get("/metrics").contains("\norigami_storage_waiting 2\n"));
    assert_eq!(server.status("/healthz"), 200);
    drop(answer);
    for reader in hanging {
        assert_eq!(reader.join().unwrap(), Ok(true));
    }
    assert_eq!(server.status("/readyz"), 200);
    server.stop();
}
