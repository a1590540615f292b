//! Absolute URLs of this server, for documents that must name themselves.

use crate::routes::AppState;
use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HOST, HeaderName, X_FORWARDED_HOST, X_FORWARDED_PROTO};

/// What stands for a host that cannot be one.
const UNKNOWN_HOST: &str = "localhost";

/// Headers in which proxies say what the client asked for.
static FORWARDING: [HeaderName; 3] = [FORWARDED, X_FORWARDED_HOST, X_FORWARDED_PROTO];

/// The URL under which the client of `request` reaches this server, without a slash at its
/// end: the one that is configured, otherwise scheme and host of the request, as a proxy
/// forwards them in `Forwarded` or `X-Forwarded-Proto` and `X-Forwarded-Host`.
///
/// # Examples
/// With nothing configured, a request with `Host: slides.example` gives
/// `http://slides.example`.
pub fn base(state: &AppState, request: &HttpRequest) -> String {
    of(state.public_url.as_deref(), request)
}

fn of(configured: Option<&str>, request: &HttpRequest) -> String {
    if let Some(url) = configured {
        return url.trim_end_matches('/').to_owned();
    }
    if let Some(host) = direct_host(request) {
        return url("http", host);
    }
    let connection = request.connection_info();
    let is_secure = connection.scheme().eq_ignore_ascii_case("https");
    url(if is_secure { "https" } else { "http" }, connection.host())
}

/// The host of a request that no proxy forwarded, where the framework need not be asked: it
/// looks up far more than that, and every tile under a IIIF URL needs the host.
fn direct_host(request: &HttpRequest) -> Option<&str> {
    let headers = request.headers();
    let is_forwarded = FORWARDING.iter().any(|name| headers.contains_key(name));
    if is_forwarded || request.uri().scheme().is_some() || request.app_config().secure() {
        return None;
    }
    headers.get(HOST)?.to_str().ok()
}

/// The host becomes part of headers and documents, so it may not end the URL there.
fn url(scheme: &str, host: &str) -> String {
    let host = if is_host(host) { host } else { UNKNOWN_HOST };
    [scheme, "://", host].concat()
}

/// Whether `text` consists of what names, addresses and ports of hosts consist of.
fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn request(uri: &str, headers: &[(&str, &str)]) -> HttpRequest {
        let request = TestRequest::with_uri(uri);
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    fn of_headers(headers: &[(&str, &str)]) -> String {
        of(None, &request("/slides", headers))
    }

    #[test]
    fn the_host_of_the_request_or_of_the_proxy_is_the_base() {
        for (headers, base) in [
            (&[("Host", "slides.example:8080")][..], "http://slides.example:8080"),
            (&[("Host", "[::1]:8080")], "http://[::1]:8080"),
            (
                &[("Host", "inside"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "a.example")],
                "https://a.example",
            ),
            (&[("Host", "inside"), ("Forwarded", "proto=https;host=b.example")], "https://b.example"),
            (&[("Host", "c.example"), ("X-Forwarded-Proto", "HTTPS")], "https://c.example"),
        ] {
            assert_eq!(of_headers(headers), base, "{headers:?}");
        }
    }

    #[test]
    fn the_short_way_to_the_host_leads_where_the_framework_leads() {
        for (uri, headers, base) in [
            ("/slides", &[("Host", "a.example")][..], "http://a.example"),
            ("/slides", &[], "http://localhost:8080"),
            ("/slides", &[("Host", "")], "http://localhost"),
            ("/slides", &[("Host", "a.example"), ("Host", "b.example")], "http://a.example"),
            ("/slides", &[("Host", "a.example, b.example")], "http://localhost"),
            ("/slides", &[("Host", "a.example"), ("Forwarded", "")], "http://a.example"),
            ("/slides", &[("Host", "a.example"), ("X-Forwarded-Host", "")], "http://localhost"),
            ("http://b.example/slides", &[("Host", "a.example")], "http://a.example"),
            ("https://b.example/slides", &[("Host", "a.example")], "https://a.example"),
            ("https://b.example/slides", &[], "https://b.example"),
        ] {
            let request = request(uri, headers);
            let framework = request.connection_info().clone();
            assert_eq!(of(None, &request), base, "{uri} {headers:?}");
            assert_eq!(url(framework.scheme(), framework.host()), base, "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_forged_host_or_scheme_cannot_end_the_url() {
        for host in
            ["a.example>;rel=\"canonical\"", "a.example/path", "a\" onload=\"x", "a b", "user@a.example"]
        {
            assert_eq!(of_headers(&[("Host", host)]), "http://localhost", "{host}");
        }
        let forged = [("Host", "a.example"), ("X-Forwarded-Proto", "javascript")];
        assert_eq!(of_headers(&forged), "http://a.example");
    }

    #[test]
    fn a_configured_url_comes_first_and_loses_its_slash() {
        let request = request("/slides", &[("Host", "inside")]);
        for url in ["https://example.org/slides", "https://example.org/slides/"] {
            assert_eq!(of(Some(url), &request), "https://example.org/slides");
        }
    }
}
