//! A running `origami serve`.

use crate::binary;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longest time between SIGTERM and the end of an idle server.
const STOPS_WITHIN: Duration = Duration::from_secs(10);

/// A server on a free port of this machine. Dropping it stops it with SIGTERM
/// and insists on a graceful end and a log without errors.
pub struct Served {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    reader: Option<JoinHandle<()>>,
    agent: ureq::Agent,
    base: String,
}

/// What was answered.
pub struct Answer {
    pub status: u16,
    headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body in UTF-8")
    }
}

impl Served {
    /// Serves the packs in `folder` and waits until the address is known.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// As [`Self::start`], with further options.
    pub fn start_with(folder: &Path, options: &[&str]) -> Self {
        let mut command = binary::command(["serve", "--listen", "127.0.0.1:0"]);
        command.arg(folder).args(options);
        Self::of(command)
    }

    /// As [`Self::start`], by a shell that lets it have so many descriptors.
    pub fn start_with_descriptors(folder: &Path, most: u32) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {most} && exec \"$@\""), "sh", binary::path()]);
        command.args(["serve", "--listen", "127.0.0.1:0"]).arg(folder);
        binary::clear_settings(&mut command);
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a piped log")).lines();
        let mut seen = Vec::new();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("no address in {seen:?}")).unwrap();
            let address = line.split_once("listening on ").map(|(_, address)| address.trim().to_owned());
            seen.push(line);
            if let Some(address) = address {
                break address;
            }
        };
        let log = Arc::new(Mutex::new(seen));
        let kept = Arc::clone(&log);
        let reader =
            std::thread::spawn(move || lines.for_each(|line| kept.lock().unwrap().push(line.unwrap())));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        Self { child, log, reader: Some(reader), agent, base: address }
    }

    /// Answers to a GET of `target`, whatever the status.
    #[track_caller]
    pub fn get(&self, target: &str) -> Answer {
        self.try_get(target).unwrap_or_else(|error| panic!("{target}: {error}"))
    }

    /// As [`Self::get`], or what went wrong below HTTP.
    pub fn try_get(&self, target: &str) -> Result<Answer, ureq::Error> {
        let mut response = self.agent.get(format!("{}{target}", self.base)).call()?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.body_mut().with_config().limit(64 << 20).read_to_vec()?,
        })
    }

    /// The body of a GET that has to succeed.
    #[track_caller]
    pub fn body(&self, target: &str) -> Vec<u8> {
        let answer = self.get(target);
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        answer.body
    }

    /// All samples of `/metrics`, by name with labels.
    pub fn metrics(&self) -> HashMap<String, f64> {
        let answer = self.get("/metrics");
        let samples = answer.text().lines().filter(|line| !line.starts_with('#'));
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

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        binary::signal(self.pid(), "TERM");
    }

    /// Waits for the end: the exit status and the whole log.
    pub fn ended(&mut self) -> (Option<i32>, Vec<String>) {
        let deadline = Instant::now() + STOPS_WITHIN;
        let status = loop {
            match self.child.try_wait().expect("a child") {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    self.child.kill().unwrap();
                    panic!("the server did not stop within {STOPS_WITHIN:?} of SIGTERM");
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a log in UTF-8");
        }
        (status.code(), self.log.lock().unwrap().clone())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.reader.is_none() {
            return;
        }
        if std::thread::panicking() {
            // The test's own failure is what matters.
            let _ = self.child.kill();
            let _ = self.child.wait();
            return;
        }
        self.terminate();
        let (code, log) = self.ended();
        assert_eq!(code, Some(0), "{log:#?}");
        let bad = log.iter().find(|line| line.contains("ERROR") || line.contains("panicked"));
        assert_eq!(bad, None);
        assert!(log.last().is_some_and(|line| line.ends_with("stopped")), "{log:#?}");
    }
}
