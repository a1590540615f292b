//! The process that is to take this one's place.

use super::message;
use std::env;
use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a new process may take until it answers requests.
const LIMIT: Duration = Duration::from_secs(60);

/// How long a process that has closed its socket may take to end.
const LAST_MOMENTS: Duration = Duration::from_millis(500);

/// A process that was started to take this one's place. It is ended when this is dropped, unless
/// it was let go.
#[derive(Debug)]
pub struct Successor {
    child: Option<Child>,
    stream: UnixStream,
}

impl Successor {
    /// Starts this program again, as it was started, and passes it `listeners`. The program is
    /// looked up anew, so that it is the one that was installed meanwhile.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(listeners: &[&TcpListener]) -> io::Result<Self> {
        let mut arguments = env::args_os();
        let program = arguments.next().unwrap_or_else(|| OsString::from("origami"));
        Self::start_program(Command::new(program).args(arguments), listeners)
    }

    fn start_program(command: &mut Command, listeners: &[&TcpListener]) -> io::Result<Self> {
        let (here, there) = UnixStream::pair()?;
        message::send(&here, listeners)?;
        let input = Stdio::from(OwnedFd::from(there));
        let child = command.env(message::VARIABLE, message::STANDARD_INPUT).stdin(input).spawn()?;
        Ok(Self { child: Some(child), stream: here })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// What tells when it is ready, for a thread that can wait.
    ///
    /// # Errors
    /// If there are no descriptors left.
    pub fn readiness(&self) -> io::Result<Readiness> {
        Ok(Readiness(self.stream.try_clone()?))
    }

    /// Lets it live when this process ends.
    pub fn let_go(mut self) {
        self.child = None;
    }

    /// Ends it, unless it is about to end by itself, and says how it ended, for the log.
    pub fn end(mut self) -> String {
        let Some(mut child) = self.child.take() else { return String::new() };
        let limit = Instant::now() + LAST_MOMENTS;
        while Instant::now() < limit {
            if let Ok(Some(status)) = child.try_wait() {
                return status.to_string();
            }
            thread::sleep(Duration::from_millis(5));
        }
        let _ = child.kill();
        child.wait().map_or_else(|cause| cause.to_string(), |status| status.to_string())
    }
}

impl Drop for Successor {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Tells when a new process is ready.
#[derive(Debug)]
pub struct Readiness(UnixStream);

impl Readiness {
    /// Waits until it answers requests.
    ///
    /// # Errors
    /// If it ends before, or takes longer than a minute.
    pub fn wait(self) -> io::Result<()> {
        message::receive_ready(&self.0, LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Successor {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        Successor::start_program(Command::new("/bin/sh").args(["-c", script]), &[&listener]).unwrap()
    }

    #[test]
    fn a_process_that_says_so_is_ready_and_lives_on() {
        let successor = start("echo ready >&0; exec sleep 60");
        successor.readiness().unwrap().wait().unwrap();
        let id = successor.id();
        assert!(id > 0);
        assert_eq!(successor.end(), "signal: 9 (SIGKILL)");
    }

    #[test]
    fn a_process_that_ends_is_not_ready() {
        let successor = start("exit 3");
        assert!(successor.readiness().unwrap().wait().is_err());
        assert_eq!(successor.end(), "exit status: 3");
    }

    #[test]
    fn a_process_that_is_given_up_is_ended() {
        let successor = start("exec sleep 60");
        let readiness = successor.readiness().unwrap();
        drop(successor);
        assert!(readiness.wait().is_err(), "it is gone");
    }

    #[test]
    fn a_program_that_is_not_there_cannot_be_started() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(Successor::start_program(&mut Command::new("/nowhere/origami"), &[&listener]).is_err());
    }
}
