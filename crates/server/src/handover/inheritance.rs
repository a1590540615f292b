//! The sockets that a process was started with.

use super::message;
use listenfd::ListenFd;
use sd_notify::NotifyState;
use std::env;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;
use tracing::{debug, warn};

/// The name that a socket unit gives to the socket of operators (`FileDescriptorName=`).
const ADMIN: &str = "admin";

/// What a server was given when it was started: nothing, sockets of systemd, or those of the
/// server whose place it takes.
#[derive(Debug, Default)]
pub struct Inheritance {
    main: Option<TcpListener>,
    admin: Option<TcpListener>,
    predecessor: Option<UnixStream>,
}

impl Inheritance {
    /// What this process was given. To be called once, before there are other threads: it
    /// changes the environment.
    ///
    /// # Errors
    /// If a socket is not a listening one of TCP, or the server that runs has gone.
    pub fn take() -> io::Result<Self> {
        if env::var_os(message::VARIABLE).is_some_and(|value| value == message::STANDARD_INPUT) {
            let stream = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
            let mut listeners = message::receive(&stream)?.into_iter();
            let (main, admin) = (listeners.next(), listeners.next());
            return Ok(Self { main, admin, predecessor: Some(stream) });
        }
        Self::of_systemd()
    }

    fn of_systemd() -> io::Result<Self> {
        let names = env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut sockets = ListenFd::from_env();
        let mut given = Self::default();
        for (index, name) in names.split(':').chain([""; 2]).enumerate().take(sockets.len()) {
            let place = if name == ADMIN { &mut given.admin } else { &mut given.main };
            if place.is_some() {
                return Err(io::Error::new(
                    ErrorKind::InvalidInput,
                    "systemd passed several sockets for one listener; the second one of the socket unit needs \
                     FileDescriptorName=admin",
                ));
            }
            *place = sockets.take_tcp_listener(index)?;
        }
        Ok(given)
    }

    /// The socket of slides: the one that was given, or a new one that listens on `address`. What
    /// systemd gives is right wherever it listens; what a predecessor gives is right if its
    /// address still is.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn main(&mut self, address: SocketAddr) -> io::Result<TcpListener> {
        let given = self.main.take();
        self.listen(given, address)
    }

    /// The socket of operators, as [`Self::main`]; none if there is no `address` and none was
    /// given by systemd.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn admin(&mut self, address: Option<SocketAddr>) -> io::Result<Option<TcpListener>> {
        let given = self.admin.take();
        match address {
            Some(address) => self.listen(given, address).map(Some),
            None => Ok(given.filter(|_| self.predecessor.is_none())),
        }
    }

    fn listen(&self, given: Option<TcpListener>, address: SocketAddr) -> io::Result<TcpListener> {
        match given {
            Some(given) if self.predecessor.is_none() || is_at(&given, address) => Ok(given),
            _ => TcpListener::bind(address),
        }
    }

    /// Tells whoever started this process that it answers requests.
    pub fn ready(self) {
        let Self { predecessor, .. } = self;
        if let Some(stream) = &predecessor
            && let Err(cause) = message::send_ready(stream)
        {
            warn!(%cause, "the server whose place this one takes has gone already");
        }
        notify(&[NotifyState::MainPid(process::id()), NotifyState::Ready]);
    }
}

/// Whether `listener` is what listening on `address` would give; port 0 is any.
fn is_at(listener: &TcpListener, address: SocketAddr) -> bool {
    listener.local_addr().is_ok_and(|actual| {
        actual.ip() == address.ip() && (address.port() == 0 || actual.port() == address.port())
    })
}

/// Tells systemd about the state of this process, if it is a service that may tell.
pub fn notify(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        debug!(%cause, "systemd cannot be notified");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: &str = "127.0.0.1:0";

    fn listener() -> TcpListener {
        TcpListener::bind(ANY).unwrap()
    }

    fn address(listener: &TcpListener) -> SocketAddr {
        listener.local_addr().unwrap()
    }

    #[test]
    fn sockets_of_systemd_are_taken_wherever_they_listen() {
        let (main, admin) = (listener(), listener());
        let given = [&main, &admin].map(address);
        let mut inheritance = Inheritance { main: Some(main), admin: Some(admin), predecessor: None };
        let elsewhere = "127.0.0.1:1".parse().unwrap();
        assert_eq!(address(&inheritance.main(elsewhere).unwrap()), given[0]);
        assert_eq!(inheritance.admin(None).unwrap().as_ref().map(address), Some(given[1]));
    }

    #[test]
    fn a_socket_of_the_predecessor_is_taken_only_if_its_address_is_still_the_one_to_listen_on() {
        let old = listener();
        let (at, elsewhere) = (address(&old), address(&listener()));
        let inheritance = |wanted| {
            let predecessor = Some(UnixStream::pair().unwrap().0);
            let main = Some(old.try_clone().unwrap());
            address(&Inheritance { main, admin: None, predecessor }.main(wanted).unwrap())
        };
        assert_eq!(inheritance(at), at);
        assert_eq!(inheritance(ANY.parse().unwrap()), at, "any port will do");
        assert_eq!(inheritance(elsewhere), elsewhere);
    }

    #[test]
    fn a_socket_of_operators_that_is_no_longer_wanted_is_closed() {
        let predecessor = Some(UnixStream::pair().unwrap().0);
        let mut inheritance = Inheritance { main: None, admin: Some(listener()), predecessor };
        assert!(inheritance.admin(None).unwrap().is_none());
    }
}
