//! `origami health` against servers that are ready, are not, and do not answer.

use crate::binary::{self, Outcome};
use crate::server::Server;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::thread::{self, JoinHandle};

fn health(arguments: &[&str]) -> Command {
    binary::command([&["health"], arguments].concat())
}

/// A server of one small pack.
fn server() -> Server {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/golden/v3-luma.origami");
    let folder = tempfile::tempdir().unwrap();
    fs::copy(golden, folder.path().join("a.origami")).unwrap();
    Server::start(folder.path())
}

#[test]
fn a_server_that_takes_requests_is_ready_and_alive() {
    let server = server();
    let url = format!("http://{}", server.address());
    for (arguments, said) in [
        (&[&*url][..], "is ready"),
        (&[&*url, "--live"], "is alive"),
        (&[server.address()], "is ready"),
        (&[&format!("{url}/"), "--timeout", "5s"], "is ready"),
    ] {
        let outcome = Outcome::run(&mut health(arguments)).expect_success();
        assert_eq!(outcome.stdout, format!("{url} {said}\n"));
    }
}

#[test]
fn the_variables_of_a_server_say_where_it_is_asked() {
    let server = server();
    let (_, port) = server.address().rsplit_once(':').unwrap();
    let anywhere = format!("0.0.0.0:{port}");
    for (name, value) in [("ORIGAMI_LISTEN", &anywhere), ("ORIGAMI_ADMIN_LISTEN", &anywhere)] {
        let outcome = Outcome::run(health(&[]).env(name, value)).expect_success();
        assert_eq!(outcome.stdout, format!("http://{} is ready\n", server.address()));
    }
    let mut both = health(&[]);
    both.env("ORIGAMI_LISTEN", "127.0.0.1:1").env("ORIGAMI_ADMIN_LISTEN", server.address());
    Outcome::run(&mut both).expect_success();
    Outcome::run(health(&[]).env("ORIGAMI_LISTEN", "127.0.0.1:0"))
        .expect_error(&["ORIGAMI_LISTEN=127.0.0.1:0", "give the URL"]);
}

#[test]
fn a_proxy_in_the_environment_is_not_asked() {
    let server = server();
    let mut command = health(&[server.address()]);
    for name in ["http_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        command.env(name, "http://127.0.0.1:1");
    }
    Outcome::run(&mut command).expect_success();
}

#[test]
fn a_server_that_is_gone_is_not_healthy() {
    let mut server = server();
    let address = server.address().to_owned();
    Outcome::run(&mut health(&[&address])).expect_success();
    server.terminate();
    server.wait().expect_no_errors();
    Outcome::run(&mut health(&[&address])).expect_error(&[&address, "/readyz: Connection refused"]);
}

#[test]
fn a_server_that_does_not_answer_is_not_healthy() {
    // Connections wait to be accepted, which nobody does.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let outcome = Outcome::run(&mut health(&[&address, "--timeout", "200ms"]));
    outcome.expect_error(&["/readyz: no answer within 200ms"]);
}

/// Answers one request with `response`; returns its address, and its first line when it is over.
fn answering(response: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let thread = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(&stream);
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        let mut line = String::new();
        while reader.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        (&stream).write_all(response.as_bytes()).unwrap();
        first
    });
    (address, thread)
}

#[test]
fn a_server_that_is_not_ready_says_why() {
    for (response, said) in [
        (
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n{\"detail\":\"the server is stopping\"}",
            "503: the server is stopping",
        ),
        (
            "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\nstopping\npacks: \u{1b}[31mgone\n",
            r"503: stopping; packs: \u{1b}[31mgone",
        ),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "302"),
        ("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "404"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "readyz: "),
    ] {
        let (address, server) = answering(response);
        let outcome = Outcome::run(&mut health(&[&address]));
        outcome.expect_error(&[said]);
        assert!(outcome.stderr.lines().count() == 1 && outcome.stdout.is_empty(), "{}", outcome.stderr);
        assert_eq!(server.join().unwrap(), "GET /readyz HTTP/1.1\r\n");
    }
}

#[test]
fn wrong_arguments_are_refused() {
    Outcome::run(&mut health(&["https://slides.example"])).expect_error(&["only http://"]);
    for timeout in ["0", "2", "soon"] {
        let outcome = Outcome::run(&mut health(&["--timeout", timeout]));
        assert_eq!(outcome.code, Some(2), "{timeout}: {}", outcome.stderr);
    }
}
