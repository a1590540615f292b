//! The address of a collector.

use actix_web::http::Uri;
use actix_web::http::uri::Authority;
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// What a collector's address has to look like.
const EXPECTED: &str = "expected the URL of a collector, as in http://127.0.0.1:4318";

/// The base URL of a collector that speaks OTLP over HTTP, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collector(String);

impl Collector {
    /// Where it takes traces.
    pub(super) fn traces_url(&self) -> String {
        format!("{}/v1/traces", self.0)
    }
}

impl Display for Collector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Collector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| EXPECTED.to_owned())?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => {
                return Err(format!(
                    "{EXPECTED}; there is no TLS in this program: let a collector on this machine pass traces on"
                ));
            }
            _ => return Err(EXPECTED.to_owned()),
        }
        // Without a user, without a port that is none, and without a query.
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(EXPECTED)?;
        let authority = uri.authority().map_or("", Authority::as_str);
        let is_plain = match uri.port_u16() {
            Some(port) => authority == format!("{host}:{port}"),
            None => authority == host,
        };
        if !is_plain || uri.query().is_some() || text.contains('#') {
            return Err(EXPECTED.to_owned());
        }
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_its_base_url() {
        for (text, url) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            (" http://collector.example/ ", "http://collector.example/v1/traces"),
            ("http://[::1]:4318/otlp/", "http://[::1]:4318/otlp/v1/traces"),
        ] {
            assert_eq!(text.parse::<Collector>().unwrap().traces_url(), url);
        }
    }

    #[test]
    fn other_text_is_refused_and_so_is_tls() {
        for text in [
            "",
            "127.0.0.1:4318",
            "grpc://127.0.0.1:4317",
            "http://",
            "http:///v1/traces",
            "http://a b",
            "http://user:password@collector.example",
            "http://collector.example/?a=b",
            "http://collector.example/#a",
            "http://collector.example:port",
        ] {
            assert_eq!(text.parse::<Collector>(), Err(EXPECTED.to_owned()), "{text}");
        }
        assert!("https://collector.example".parse::<Collector>().unwrap_err().contains("no TLS"));
    }
}
