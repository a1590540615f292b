//! The ids of requests, in answers and in errors.

use crate::client::Response;
use crate::packs::folder;
use crate::test_server::TestServer;
use std::collections::HashSet;

fn id(response: &Response) -> &str {
    response.header("x-request-id").expect("every answer has the id of its request")
}

#[test]
fn every_answer_has_an_id_of_its_own() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let mut ids = HashSet::new();
    for (method, path, status) in [
        ("GET", "/tiles/a/0/0/0", 200),
        ("GET", "/tiles/a/0/0/0", 200),
        ("HEAD", "/dzi/a.dzi", 200),
        ("GET", "/slides/a", 200),
        ("GET", "/nothing", 404),
        ("POST", "/slides", 405),
        ("OPTIONS", "/slides", 204),
    ] {
        let response = server.request(method, path, &[]);
        assert_eq!(response.status, status, "{method} {path}");
        assert!(ids.insert(id(&response).to_owned()), "{} twice", id(&response));
        let exposed = response.header("access-control-expose-headers").unwrap();
        assert!(exposed.contains("X-Request-Id"), "{exposed}");
    }
}

#[test]
fn the_id_that_a_proxy_gave_is_kept_and_one_that_could_do_harm_is_not() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    let given = "7f3d-4a.b_c~d:e+f/g=@h";
    let response = server.request("GET", "/tiles/a/0/0/0", &[&format!("X-Request-Id: {given}")]);
    assert_eq!(id(&response), given);
    for harmful in ["<script>", "a b", "a\"b", "{a}", "a\\b", &"a".repeat(129)] {
        let response = server.request("GET", "/nothing", &[&format!("X-Request-Id: {harmful}")]);
        assert_eq!(id(&response).len(), 32, "{harmful}");
        assert!(!response.text().contains(harmful), "{}", response.text());
    }
}

#[test]
fn an_error_says_which_request_it_was() {
    let packs = folder(&["a"]);
    let server = TestServer::start(packs.path());
    for (method, path) in [("GET", "/tiles/a/99/0/0"), ("GET", "/nothing"), ("POST", "/slides")] {
        let problem = server.request(method, path, &["X-Request-Id: one-of-many"]);
        assert_eq!(problem.json()["request_id"], "one-of-many", "{path}");
        let page = server.request(method, path, &["X-Request-Id: one-of-many", "Accept: text/html"]);
        assert!(page.text().contains("one-of-many"), "{}", page.text());
    }
}
