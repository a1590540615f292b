//! URLs nobody sends by accident, byte for byte.

use crate::client::request;
use crate::packs::folder;
use crate::running::Running;
use std::fs;

#[test]
fn hostile_urls_get_400_or_404_and_never_a_file() {
    let packs = folder(&["a"]);
    // A readable pack outside the folder and a hidden one inside.
    let outside = packs.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::copy(packs.path().join("a.origami"), outside.join("b.origami")).unwrap();
    fs::copy(packs.path().join("a.origami"), packs.path().join(".hidden.origami")).unwrap();
    fs::write(packs.path().join("secret"), "secret").unwrap();
    let server = Running::start(packs.path());

    let long = "a".repeat(8192);
    let ids: Vec<Vec<u8>> = [
        "..",
        ".",
        "../a",
        "../secret",
        "outside/b",
        "./a",
        "%2e%2e",
        "%2e%2e%2f",
        "%2e%2e%2fsecret",
        "..%2fsecret",
        "%252e%252e%252f",
        "%252e",
        "..%5csecret",
        "outside%2fb",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "%00",
        "a%00",
        "a%00.origami",
        "a.origami",
        "secret",
        ".hidden",
        "%ff%fe",
        "a%ff",
        "%",
        "%2",
        "%zz",
        "a%0d%0aX-Bad:1",
        "a%20",
        " ",
        "",
        "*",
        "a;b",
        "a%3f",
        "a%23",
        "%E2%80%AE",
        "..;",
        "~root",
        "$HOME",
        "{slide}",
        "CON",
        "file:%2f%2f%2fetc%2fpasswd",
    ]
    .iter()
    .map(|id| id.as_bytes().to_vec())
    .chain([long.into_bytes(), b"\xff\xfe".to_vec(), b"a\x00".to_vec()])
    .collect();
    for id in &ids {
        for (before, after) in [
            ("/tiles/", "/0/0/0.jpg"),
            ("/tiles/", "/0/0/0.png"),
            ("/dzi/", ".dzi"),
            ("/dzi/", "_files/0/0_0.jpg"),
            ("/slides/", ""),
            ("/slides/", "/thumbnail"),
            ("/slides/", "/thumbnail.png"),
            ("/slides/a/thumbnail.", ""),
            ("/view/", ""),
            ("/assets/", ""),
            ("/tiles/a/", "/0/0"),
            ("/tiles/a/0/", "/0"),
            ("/tiles/a/0/0/", ""),
            ("/tiles/a/0/0/0.", ""),
            ("/dzi/a_files/0/", ""),
        ] {
            let target = [before.as_bytes(), id, after.as_bytes()].concat();
            // The list itself is what an empty id leads to.
            if target == b"/slides/" {
                continue;
            }
            let answer = request(server.addr, "GET", &target, &[]);
            assert!(matches!(answer.status, 400 | 404), "{} for {}", answer.status, target.escape_ascii());
            assert!(!answer.body.windows(6).any(|part| part == b"secret"), "{}", target.escape_ascii());
        }
    }
    assert_eq!(server.metric("origami_packs_open"), 0.0);
}

#[test]
fn empty_parts_and_trailing_slashes_name_nothing() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for path in [
        "//",
        "/tiles",
        "/tiles/",
        "/tiles/a",
        "/tiles/a/0/0",
        "/tiles/a/0/0/",
        "/tiles/a/0/0/0/",
        "/tiles/a/0/0/0.jpg/",
        "/tiles//0/0/0",
        "/tiles/a//0/0",
        "//tiles/a/0/0/0",
        "/dzi/",
        "/dzi/a.dzi/",
        "/dzi/a_files/0/",
        "/dzi/a_files//0_0.jpg",
        "/slides/a/",
        "/slides//thumbnail",
        "/view/",
        "/assets/",
        "/metrics/",
        "/healthz/",
    ] {
        let answer = request(server.addr, "GET", path.as_bytes(), &[]);
        assert!(matches!(answer.status, 400 | 404), "{} for {path}", answer.status);
    }
}

#[test]
fn the_server_answers_after_all_that_is_no_http() {
    let packs = folder(&["a"]);
    let server = Running::start(packs.path());
    for target in
        [b"\x00\x01\x02".as_slice(), b"http://[::1", b"/ HTTP/9.9\r\n", &[0xff; 4000], &[b'/'; 200_000]]
    {
        let mut stream = crate::client::connect(server.addr);
        // The server may hang up in the middle of it.
        let _ = std::io::Write::write_all(&mut stream, &[b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat());
        drop(stream);
    }
    assert_eq!(request(server.addr, "GET", b"/tiles/a/0/0/0", &[]).status, 200);
}
