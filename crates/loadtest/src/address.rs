//! The address of the server that is measured.

use hyper::Uri;
use hyper::header::HeaderValue;
use std::error::Error;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// A server that speaks plain HTTP.
#[derive(Clone, Debug)]
pub struct ServerAddress {
    /// The URL as given, without a slash at the end.
    pub url: String,
    /// The value of the `Host` header.
    pub host: HeaderValue,
    /// Where to connect; the first that accepts the connection is used.
    pub sockets: Vec<SocketAddr>,
    /// The path that precedes every request path, without a slash at the end.
    pub prefix: String,
}

/// Why a URL is not the address of a server that can be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// It is malformed.
    #[error(transparent)]
    Malformed(Box<dyn Error + Send + Sync>),
    /// Its scheme is `https`.
    #[error("only http:// can be measured; TLS would be the client's work as much as the server's")]
    Tls,
    /// It has no scheme, or one that is not HTTP.
    #[error("expected http://host:port")]
    Scheme,
    /// It names no host.
    #[error("there is no host in it")]
    NoHost,
    /// It has a query, which belongs in the template of the tiles' paths.
    #[error("there is a query in it")]
    Query,
    /// The host could not be resolved.
    #[error("cannot look up {host}")]
    Lookup {
        /// The host's name.
        host: String,
        /// The resolver's error.
        #[source]
        cause: io::Error,
    },
}

impl ServerAddress {
    /// Parses `http://host[:port][/prefix]` and resolves the host.
    pub fn new(url: &str) -> Result<Self, AddressError> {
        let uri = url.parse::<Uri>().map_err(malformed)?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err(AddressError::Tls),
            _ => return Err(AddressError::Scheme),
        }
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            return Err(AddressError::NoHost);
        };
        if uri.query().is_some() {
            return Err(AddressError::Query);
        }
        let port = uri.port_u16().unwrap_or(80);
        let sockets = (host.trim_matches(['[', ']']), port)
            .to_socket_addrs()
            .map_err(|cause| AddressError::Lookup { host: host.to_owned(), cause })?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host: HeaderValue::from_str(authority.as_str()).map_err(malformed)?,
            sockets: sockets.collect(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

fn malformed(error: impl Error + Send + Sync + 'static) -> AddressError {
    AddressError::Malformed(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_is_accepted() {
        for (url, message) in [
            ("https://localhost/", "only http://"),
            ("localhost:8080", "expected http://"),
            ("http://localhost/?a=b", "query"),
        ] {
            let error = ServerAddress::new(url).unwrap_err().to_string();
            assert!(error.contains(message), "{url}: {error}");
        }
        let address = ServerAddress::new("http://127.0.0.1:8080/base/").unwrap();
        assert_eq!((&*address.prefix, &*address.url), ("/base", "http://127.0.0.1:8080/base"));
        assert_eq!(address.sockets, ["127.0.0.1:8080".parse().unwrap()]);
    }
}
