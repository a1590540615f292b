//! A server of our own: this program again, with the command `serve`, as a child
//! process, so that processor time and memory are its own and not the client's.

use anyhow::{Context, Result, bail};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Lines of the log that are told when the server ends by itself.
const TOLD: usize = 5;

/// A child that serves on a free loopback port until it is dropped.
pub struct ChildServer {
    child: Child,
    log: Arc<Mutex<VecDeque<String>>>,
}

impl ChildServer {
    /// Serves `folder` with further `arguments` of `origami serve` and waits
    /// until it listens; also its address.
    pub fn start(folder: &Path, arguments: &[OsString]) -> Result<(Self, String)> {
        let binary = std::env::current_exe().context("cannot find this binary")?;
        let mut child = Command::new(binary)
            .arg("serve")
            .arg(folder)
            .args(arguments)
            // What it is asked to log must not decide whether its address is seen.
            .args(["--listen", "127.0.0.1:0", "--log", "warn,origami_server=info"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let mut lines = stderr.lines().map_while(Result::ok);
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let url = lines.find_map(|line| {
            let url = address(&line);
            if url.is_none() {
                keep(&log, line);
            }
            url
        });
        let kept = Arc::clone(&log);
        thread::spawn(move || lines.for_each(|line| keep(&kept, line)));
        let mut own = Self { child, log };
        match url {
            Some(url) => Ok((own, url)),
            None => bail!("{}", own.last_words()?),
        }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails once the server has ended.
    pub fn check(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            bail!("{}", self.last_words()?);
        }
        Ok(())
    }

    fn last_words(&mut self) -> Result<String> {
        let status = self.child.wait()?;
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = log.iter().map(|line| line.trim_start_matches("origami: ")).collect();
        Ok(format!("the server ended ({status}): {}", lines.join("; ")))
    }
}

/// Where the server listens, if that is what this line of its log says. Others
/// may hold names that say anything.
fn address(line: &str) -> Option<String> {
    let (_, url) = line.split_once(": listening on ")?;
    let socket: SocketAddr = url.strip_prefix("http://")?.parse().ok()?;
    socket.ip().is_loopback().then(|| url.to_owned())
}

fn keep(log: &Mutex<VecDeque<String>>, line: String) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    log.push_back(line);
    if log.len() > TOLD {
        log.pop_front();
    }
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        // It has nothing to lose: packs are only read.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_log_is_not_taken_for_the_server_s_address() {
        let start = "2026-01-01T00:00:00.000000Z  INFO origami_server::server: ";
        let url = "http://127.0.0.1:8080";
        assert_eq!(address(&format!("{start}listening on {url}")).as_deref(), Some(url));
        for other in [
            "slide found id=\"a\" path=/packs/: listening on a.origami",
            "ignored path=/packs/: listening on http://192.0.2.1:80",
            "stopping",
        ] {
            assert_eq!(address(&format!("{start}{other}")), None, "{other}");
        }
    }
}
