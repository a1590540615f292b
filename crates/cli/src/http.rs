//! Asks a server for something small, without TLS.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use ureq::Error;

/// Bytes of an answer that are read at most.
const MAX_BODY: u64 = 4 << 20;

/// A complete answer, whatever its status.
pub struct Answer {
    pub status: u16,
    /// The body, with replacement characters for what is no UTF-8.
    pub body: String,
}

/// The answer to a GET of `url`, not through a proxy and without following redirects.
///
/// # Errors
/// In words for people: if the answer is not complete within `timeout`, or the connection fails.
pub fn get(url: &str, timeout: Duration) -> Result<Answer, String> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // A proxy in the environment is for the internet, not for the server at hand.
        .proxy(None)
        .timeout_global(Some(timeout))
        .user_agent(concat!("origami/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    read(&agent, url).map_err(|error| match error {
        Error::Timeout(_) => format!("no answer within {}", origami_units::duration::text(timeout)),
        Error::Io(cause) => cause.to_string(),
        other => other.to_string(),
    })
}

fn read(agent: &ureq::Agent, url: &str) -> Result<Answer, Error> {
    let mut response = agent.get(url).call()?;
    let body = response.body_mut().with_config().limit(MAX_BODY).read_to_vec()?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Answer { status: response.status().as_u16(), body })
}

/// The URL at which this machine reaches a server that listens on `addr`: all addresses of the
/// machine include its own one.
pub fn url_of(addr: SocketAddr) -> String {
    let ip = match addr.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    format!("http://{}", SocketAddr::new(ip, addr.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_at_this_machines_own() {
        for (listened, expected) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.7:8080", "http://192.0.2.7:8080"),
        ] {
            assert_eq!(url_of(listened.parse().unwrap()), expected);
        }
    }
}
