//! Listening sockets that outlive a process: given by systemd, or by the server that runs
//! already to the one that takes its place.
//!
//! A server that is told to upgrade starts its program again, with the same arguments. The new
//! process has a Unix socket as its standard input, through which it gets the listening sockets,
//! and says on it when it answers requests. Only then does the old one stop. No connection is
//! refused meanwhile: the sockets, with the connections that wait in them, are the same. If the
//! new process ends or takes too long, the old one just goes on.

mod inheritance;
mod message;
mod successor;

pub use inheritance::{Inheritance, notify};
pub use successor::{Readiness, Successor};
