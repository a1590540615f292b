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
    process: ServerProcess,
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
        let mut process = ServerProcess { child, log: LogTail::default() };
        let url = lines.find_map(|line| {
            let url = listening_url(&line);
            if url.is_none() {
                process.log.push(line);
            }
            url
        });
        // A server whose log is not read blocks once the pipe is full.
        let log = process.log.clone();
        thread::spawn(move || lines.for_each(|line| log.push(line)));
        match url {
            Some(url) => Ok(Self { process, url }),
            None => bail!("{}", process.end_message()?),
        }
    }

    /// The id of the process.
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// Fails once the server has ended.
    pub fn check(&mut self) -> Result<()> {
        if self.process.child.try_wait()?.is_some() {
            bail!("{}", self.process.end_message()?);
        }
        Ok(())
    }
}

/// The process of a child server, and the end of its log.
struct ServerProcess {
    child: Child,
    log: LogTail,
}

impl ServerProcess {
    /// Waits for the end of the process and describes it, with the end of its log.
    fn end_message(&mut self) -> Result<String> {
        let status = self.child.wait()?;
        Ok(format!("the server ended ({status}): {}", self.log.joined()))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Nothing is lost: packs are only read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
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
