//! A running `origami serve`.

use crate::binary;
use std::collections::HashMap;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Longest time between SIGTERM and the end of an idle server.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A server on a free port of this machine. Dropping it stops it with SIGTERM and requires a
/// graceful end and a log without errors.
pub struct Server {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    agent: ureq::Agent,
    base: String,
}

/// A complete response.
pub struct Response {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }
}

/// How a server ended.
pub struct Ended {
    /// The exit status; `None` if a signal ended it.
    pub code: Option<i32>,
    /// All lines of the log.
    pub log: Vec<String>,
}

impl Ended {
    /// Requires success and a log without errors.
    #[track_caller]
    pub fn expect_no_errors(&self) {
        assert_eq!(self.code, Some(0), "{:#?}", self.log);
        let error = self.log.iter().find(|line| line.contains("ERROR") || line.contains("internal error"));
        assert_eq!(error, None, "{:#?}", self.log);
    }
}

/// Reads the log up to the line with the address, which it returns; appends what it read to
/// `log`.
fn read_address(lines: &mut impl Iterator<Item = io::Result<String>>, log: &mut Vec<String>) -> String {
    loop {
        let line = lines.next().unwrap_or_else(|| panic!("no address in {log:?}")).unwrap();
        let address = line.split_once("listening on ").map(|(_, address)| address.trim().to_owned());
        log.push(line);
        if let Some(address) = address {
            return address;
        }
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}

impl Server {
    /// Serves the packs in `folder` and waits until the address is known.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// As [`Self::start`], with more options.
    pub fn start_with(folder: &Path, options: &[&str]) -> Self {
        let mut command = binary::command(["serve", "--listen", "127.0.0.1:0"]);
        command.arg(folder).args(options);
        Self::start_command(command)
    }

    /// As [`Self::start`], by a shell that limits its descriptors.
    pub fn start_with_descriptors(folder: &Path, max_descriptors: u32) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {max_descriptors} && exec \"$@\""), "sh", binary::path()]);
        command.args(["serve", "--listen", "127.0.0.1:0"]).arg(folder);
        binary::clear_settings(&mut command);
        Self::start_command(command)
    }

    /// As [`Self::start`], by a command that becomes the server.
    pub fn start_command(command: Command) -> Self {
        Self::start_command_into(command, Stdio::null())
    }

    /// As [`Self::start_command`], with this standard output.
    pub fn start_command_into(mut command: Command, stdout: Stdio) -> Self {
        command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a piped log")).lines();
        let mut beginning = Vec::new();
        let base = read_address(&mut lines, &mut beginning);
        let log = Arc::new(Mutex::new(beginning));
        let reader = thread::spawn({
            let log = Arc::clone(&log);
            move || lines.for_each(|line| log.lock().unwrap().push(line.unwrap()))
        });
        Self { child, log, reader: Some(reader), agent: agent(), base }
    }

    /// The response to a GET of `target`, whatever the status.
    #[track_caller]
    pub fn get(&self, target: &str) -> Response {
        self.try_get(target).unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    /// As [`Self::get`], or the error of the connection.
    pub fn try_get(&self, target: &str) -> Result<Response, ureq::Error> {
        self.get_by(&self.agent, target, &[])
    }

    /// As [`Self::try_get`], on a connection of its own.
    pub fn try_get_anew(&self, target: &str) -> Result<Response, ureq::Error> {
        self.get_by(&agent(), target, &[])
    }

    /// As [`Self::get`], with these headers.
    #[track_caller]
    pub fn get_with(&self, target: &str, headers: &[(&str, &str)]) -> Response {
        self.get_by(&self.agent, target, headers).unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    fn get_by(
        &self,
        agent: &ureq::Agent,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, ureq::Error> {
        let request = agent.get(format!("{}{target}", self.base));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let mut response = request.call()?;
        Ok(Response {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().with_config().limit(64 << 20).read_to_vec()?,
        })
    }

    /// The body of a GET that has to succeed.
    #[track_caller]
    pub fn body(&self, target: &str) -> Vec<u8> {
        let response = self.get(target);
        assert_eq!(response.status, 200, "{target}: {}", String::from_utf8_lossy(&response.body));
        response.body
    }

    /// The JSON of a GET that has to succeed.
    #[track_caller]
    pub fn json(&self, target: &str) -> serde_json::Value {
        serde_json::from_slice(&self.body(target)).expect("a JSON body")
    }

    /// All samples of `/metrics`, by their names with labels.
    pub fn metrics(&self) -> HashMap<String, f64> {
        let response = self.get("/metrics");
        let samples = response.text().lines().filter(|line| !line.starts_with('#'));
        samples
            .map(|line| {
                let (name, value) = line.rsplit_once(' ').expect("a name and a value");
                (name.to_owned(), value.parse().expect("a number"))
            })
            .collect()
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The lines of the log so far, those of processes that took its place included.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// Waits until lines that contain `text` have been logged so many `times`, and returns the last
    /// of these.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str, times: usize) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let log = self.log();
            if let Some(line) = log.iter().filter(|line| line.contains(text)).nth(times - 1) {
                return line.clone();
            }
            assert!(Instant::now() < limit, "{text:?} is not logged {times} times: {log:#?}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// How it ended, after it handed over to another process, which has been told to end.
    pub fn handed_over(mut self) -> Ended {
        self.wait()
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        binary::signal(self.pid(), "TERM");
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> Ended {
        let deadline = Instant::now() + STOPS_WITHIN;
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    self.child.kill().unwrap();
                    panic!("the server did not stop within {STOPS_WITHIN:?} of SIGTERM");
                }
                None => thread::sleep(Duration::from_millis(10)),
            }
        };
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a log in UTF-8");
        }
        Ended { code: status.code(), log: self.log.lock().unwrap().clone() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.reader.is_none() {
            return;
        }
        if thread::panicking() {
            // The test's own failure is what matters.
            let _ = self.child.kill();
            let _ = self.child.wait();
            return;
        }
        self.terminate();
        let ended = self.wait();
        ended.expect_no_errors();
        let log = ended.log;
        assert!(log.last().is_some_and(|line| line.ends_with("stopped")), "{log:#?}");
    }
}
