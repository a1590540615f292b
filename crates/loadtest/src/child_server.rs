//! The server as a child process: this program again, with the command `serve`,
//! so that its processor time and memory are not mixed with the client's.

use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The number of last log lines reported when the server ends by itself.
const MAX_LOG_LINES: usize = 5;

/// A child that serves on a free loopback port until it is dropped.
pub struct ChildServer {
    child: Child,
    log: LogTail,
    /// Where it listens.
    pub url: String,
}

impl ChildServer {
    /// Serves `folder` with further `arguments` of `origami serve` and waits
    /// until it listens.
    pub fn start(folder: &Path, arguments: &[OsString]) -> Result<Self> {
        let binary = std::env::current_exe().context("cannot find this binary")?;
        let mut child = Command::new(binary)
            .arg("serve")
            .arg(folder)
            .args(arguments)
            // Other log levels among the arguments must not hide the address.
            .args(["--listen", "127.0.0.1:0", "--log", "warn,origami_server=info"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut lines = stderr.lines().map_while(Result::ok);
        let log = LogTail::default();
        let url = lines.find_map(|line| {
            let url = listening_url(&line);
            if url.is_none() {
                log.push(line);
            }
            url
        });
        let Some(url) = url else { bail!("{}", end_message(&mut child, &log)?) };
        let tail = log.clone();
        thread::spawn(move || lines.for_each(|line| tail.push(line)));
        Ok(Self { child, log, url })
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails once the server has ended.
    pub fn check(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            bail!("{}", end_message(&mut self.child, &self.log)?);
        }
        Ok(())
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        // Nothing is lost: packs are only read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for the end of `child` and describes it, with the end of its log.
fn end_message(child: &mut Child, log: &LogTail) -> Result<String> {
    let status = child.wait()?;
    Ok(format!("the server ended ({status}): {}", log.joined()))
}

/// The URL in the log line that says where the server listens. Other lines may
/// contain names that look like one.
fn listening_url(line: &str) -> Option<String> {
    let (_, url) = line.split_once(": listening on ")?;
    let socket: SocketAddr = url.strip_prefix("http://")?.parse().ok()?;
    socket.ip().is_loopback().then(|| url.to_owned())
}

/// The last lines of a log.
#[derive(Clone, Default)]
struct LogTail(Arc<Mutex<VecDeque<String>>>);

impl LogTail {
    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push_back(line);
        if lines.len() > MAX_LOG_LINES {
            lines.pop_front();
        }
    }

    fn joined(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let messages: Vec<&str> = lines.iter().map(|line| line.trim_start_matches("origami: ")).collect();
        messages.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_log_is_not_taken_for_the_address_of_the_server() {
        let start = "2026-01-01T00:00:00.000000Z  INFO origami_server::server: ";
        let url = "http://127.0.0.1:8080";
        assert_eq!(listening_url(&format!("{start}listening on {url}")).as_deref(), Some(url));
        for other in [
            "slide found id=\"a\" path=/packs/: listening on a.origami",
            "ignored path=/packs/: listening on http://192.0.2.1:80",
            "stopping",
        ] {
            assert_eq!(listening_url(&format!("{start}{other}")), None, "{other}");
        }
    }
}
