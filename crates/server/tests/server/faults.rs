//! Packs that are cut, overwritten, replaced and removed while many clients ask
//! for their tiles.

use crate::client::{Answer, connect, get, send, try_receive};
use crate::packs::{finest_first, folder, generation, write_pack};
use crate::running::{Running, eventually};
use std::collections::HashMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

const CLIENTS: usize = 8;
const ROUNDS: usize = 6;
/// How long each state of the file is looked at.
const WHILE: Duration = Duration::from_millis(40);

/// Tags and bodies of all tiles of all states of one slide.
type Expected = HashMap<(String, String), Vec<u8>>;

/// The tiles of the slide, without its id.
fn tiles() -> Vec<String> {
    finest_first().map(|id| id.to_string()).collect()
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").expect("a tag").to_owned()
}

/// Adds what the slide `id` is served as now.
fn learn(addr: SocketAddr, id: &str, expected: &mut Expected) {
    for tile in tiles() {
        let answer = get(addr, &format!("/tiles/{id}/{tile}"));
        assert_eq!(answer.status, 200, "{tile}");
        expected.insert((tile, tag(&answer)), answer.body);
    }
}

fn ask(addr: SocketAddr, id: &str, tile: &str) -> io::Result<Answer> {
    let mut stream = connect(addr);
    send(&mut stream, "GET", format!("/tiles/{id}/{tile}").as_bytes(), &[]);
    try_receive(stream, "GET")
}

/// Does `harm` to the pack of slide `a`, again and again, while clients ask for
/// its tiles and those of slide `b`. `harm` gets the file, two good packs and
/// the number of the round; slide `a` has to end as the second of them.
fn storm(harm: impl Fn(&Path, &[Vec<u8>; 2], usize) -> io::Result<()>) {
    let elsewhere = folder(&[]);
    let good = [1, 2].map(|seed| {
        write_pack(elsewhere.path(), "a", seed);
        fs::read(elsewhere.path().join("a.origami")).unwrap()
    });
    let packs = folder(&[]);
    write_pack(packs.path(), "b", 3);
    let path = packs.path().join("a.origami");
    let mut expected = Expected::new();
    for pack in &good {
        fs::write(&path, pack).unwrap();
        let server = Running::start(packs.path());
        learn(server.addr, "a", &mut expected);
        learn(server.addr, "b", &mut expected);
    }
    replace(&path, &good[0]).unwrap();
    // Little memory, so that not everything is found in the cache.
    let server = Running::start_with(packs.path(), |config| config.memory = 32 << 20);
    let (over, served, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let all = tiles();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (over, served, refused, expected, all) = (&over, &served, &refused, &expected, &all);
            let addr = server.addr;
            scope.spawn(move || {
                for n in (client..).step_by(3).take_while(|_| !over.load(Relaxed)) {
                    let tile = &all[n % all.len()];
                    let other = ask(addr, "b", tile).expect("the other slide is untouched");
                    assert_eq!(other.status, 200, "tile {tile} of the other slide");
                    assert!(expected[&(tile.clone(), tag(&other))] == other.body, "other bytes in {tile}");
                    match ask(addr, "a", tile) {
                        Ok(answer) if answer.status == 200 => {
                            let known = expected.get(&(tile.clone(), tag(&answer)));
                            assert!(known == Some(&answer.body), "wrong bytes under a good tag: {tile}");
                            served.fetch_add(1, Relaxed);
                        }
                        Ok(answer) => {
                            assert!(matches!(answer.status, 404 | 500), "{} for {tile}", answer.status);
                            refused.fetch_add(1, Relaxed);
                        }
                        // Broken off before its end.
                        Err(_) => _ = refused.fetch_add(1, Relaxed),
                    }
                }
            });
        }
        let harmed = (0..ROUNDS).try_for_each(|round| harm(&path, &good, round));
        over.store(true, Relaxed);
        harmed.unwrap();
    });
    println!("{} answers were right, {} refused", served.into_inner(), refused.into_inner());
    let right = |tile: &String| {
        let answer = get(server.addr, &format!("/tiles/a/{tile}"));
        answer.status == 200 && {
            let known = &expected[&(tile.clone(), tag(&answer))];
            assert!(*known == answer.body, "wrong bytes afterwards: {tile}");
            true
        }
    };
    eventually("the new generation", || {
        let told = get(server.addr, "/slides/a");
        told.status == 200 && told.json()["generation"].as_str() == Some(generation(&good[1]).as_str())
    });
    eventually("the new pack's tiles", || all.iter().all(right));
}

/// Puts `pack` at `path` in one step.
fn replace(path: &Path, pack: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, pack)?;
    fs::rename(new, path)
}

/// Writes `bytes` over the file as it lies there.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)
}

#[test]
fn a_pack_truncated_under_load_is_never_served_wrong_and_heals() {
    storm(|path, good, round| {
        let lens = [0, 100, 4096, good[0].len() / 2, good[0].len() - 1, good[0].len() * 3 / 4];
        OpenOptions::new().write(true).open(path)?.set_len(lens[round] as u64)?;
        thread::sleep(WHILE);
        replace(path, &good[(round + 1) % 2])?;
        thread::sleep(WHILE);
        replace(path, &good[1])
    });
}

#[test]
fn a_pack_overwritten_with_garbage_under_load_is_never_served_wrong_and_heals() {
    storm(|path, good, round| {
        let mut garbage = good[round % 2].clone();
        // All of it, or all behind the header.
        let first = if round % 3 == 0 { 0 } else { 128 };
        for (n, byte) in garbage.iter_mut().enumerate().skip(first) {
            *byte ^= (n * 31 + round) as u8 | 1;
        }
        overwrite(path, &garbage)?;
        thread::sleep(WHILE);
        replace(path, &good[1])?;
        thread::sleep(WHILE);
        Ok(())
    });
}

#[test]
fn a_pack_overwritten_with_another_good_one_under_load_is_never_served_wrong() {
    storm(|path, good, _| {
        for pack in [&good[1], &good[0], &good[1]] {
            overwrite(path, pack)?;
            thread::sleep(WHILE);
        }
        // As `cp` does it: cut to nothing first.
        fs::write(path, &good[0])?;
        thread::sleep(WHILE);
        fs::write(path, &good[1])
    });
}

#[test]
fn a_pack_renamed_over_and_removed_under_load_is_never_served_wrong() {
    storm(|path, good, round| {
        replace(path, &good[round % 2])?;
        thread::sleep(WHILE);
        fs::remove_file(path)?;
        thread::sleep(WHILE);
        replace(path, &good[1])?;
        thread::sleep(WHILE);
        Ok(())
    });
}
