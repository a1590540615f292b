//! How sockets get from one process to the next.

use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpListener;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// The variable that tells a process that its standard input is the socket of its predecessor.
pub const VARIABLE: &str = "ORIGAMI_PREDECESSOR";

/// The value of that variable.
pub const STANDARD_INPUT: &str = "stdin";

/// The most sockets that a message may have.
const MOST: usize = 2;

/// What a new process says when it answers requests.
const READY: &[u8; 6] = b"ready\n";

/// Sends the listening sockets: that of slides, then that of operators if there is one.
///
/// # Errors
/// If the other process has gone.
///
/// # Panics
/// With more than [`MOST`] sockets.
pub fn send(stream: &UnixStream, listeners: &[&TcpListener]) -> io::Result<()> {
    let sockets: Vec<BorrowedFd<'_>> = listeners.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    assert!(rights.push(SendAncillaryMessage::ScmRights(&sockets)), "there is room for them");
    // A message has at least one byte; it has the number of its sockets.
    let count = [u8::try_from(sockets.len()).unwrap_or(u8::MAX)];
    sendmsg(stream, &[IoSlice::new(&count)], &mut rights, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The sockets that [`send`] sent.
///
/// # Errors
/// If the other process has gone, or sent something else.
pub fn receive(stream: &UnixStream) -> io::Result<Vec<TcpListener>> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let mut count = [0];
    recvmsg(stream, &mut [IoSliceMut::new(&mut count)], &mut rights, RecvFlags::CMSG_CLOEXEC)?;
    let sockets = rights.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(sockets) => Some(sockets),
        _ => None,
    });
    let listeners: Vec<TcpListener> = sockets.flatten().map(OwnedFd::into).collect();
    if listeners.is_empty() || listeners.len() != usize::from(count[0]) {
        return Err(io::Error::new(ErrorKind::InvalidData, "the server that runs sent no sockets"));
    }
    Ok(listeners)
}

/// Says that this process answers requests.
///
/// # Errors
/// If the other process has gone.
pub fn send_ready(mut stream: &UnixStream) -> io::Result<()> {
    stream.write_all(READY)
}

/// Waits until the other process says that it answers requests, but no longer than `limit`.
///
/// # Errors
/// If it ends, is late, or says something else.
pub fn receive_ready(mut stream: &UnixStream, limit: Duration) -> io::Result<()> {
    stream.set_read_timeout(Some(limit))?;
    let mut said = [0; READY.len()];
    stream.read_exact(&mut said)?;
    if &said == READY { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    fn listener() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[test]
    fn sockets_arrive_in_their_order_and_listen() {
        let (here, there) = UnixStream::pair().unwrap();
        let (main, admin) = (listener(), listener());
        let addresses = [&main, &admin].map(|listener| listener.local_addr().unwrap());
        send(&here, &[&main, &admin]).unwrap();
        drop((main, admin));
        let received = receive(&there).unwrap();
        assert_eq!(received.iter().map(|one| one.local_addr().unwrap()).collect::<Vec<_>>(), addresses);
        for (listener, address) in received.iter().zip(addresses) {
            let _client = TcpStream::connect(address).unwrap();
            listener.accept().unwrap();
        }
    }

    #[test]
    fn a_process_that_ends_or_says_nothing_or_something_else_is_not_ready() {
        let limit = Duration::from_millis(20);
        let (here, there) = UnixStream::pair().unwrap();
        assert!(receive_ready(&here, limit).is_err(), "it is late");
        (&there).write_all(b"what??").unwrap();
        assert!(receive_ready(&here, limit).is_err(), "it says something else");
        send_ready(&there).unwrap();
        receive_ready(&here, limit).unwrap();
        drop(there);
        assert!(receive_ready(&here, limit).is_err(), "it has gone");
    }

    #[test]
    fn a_message_without_sockets_is_an_error() {
        let (here, there) = UnixStream::pair().unwrap();
        (&here).write_all(&[1]).unwrap();
        assert_eq!(receive(&there).unwrap_err().kind(), ErrorKind::InvalidData);
        drop(here);
        assert!(receive(&there).is_err());
    }
}
