//! The connections of clients: how many, how fast, how long.
//!
//! Everything that a client can do to a connection without the server's consent is bounded here:
//! not finishing a request, not reading the response, leaving it idle, opening too many.

mod acceptor;
mod activity;
mod bucket;
mod clients;
mod refusal;
mod stream;

pub use acceptor::Acceptor;
pub use activity::Activity;
pub use clients::Clients;
pub use stream::ClientStream;
