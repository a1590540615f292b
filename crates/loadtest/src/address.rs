//! Where the server is, and how it names its tiles.

use anyhow::{Context, Result, bail};
use hyper::Uri;
use hyper::header::HeaderValue;
use origami_pyramid::TileId;
use std::fmt::Write;
use std::net::{SocketAddr, ToSocketAddrs};

/// A server that speaks plain HTTP.
#[derive(Clone, Debug)]
pub struct ServerAddress {
    /// As given, without a slash at the end.
    pub url: String,
    /// The value of the header Host.
    pub host: HeaderValue,
    /// Where to connect; the first that takes the connection is used.
    pub sockets: Vec<SocketAddr>,
    /// What stands before every path, without a slash at the end.
    pub prefix: String,
}

impl ServerAddress {
    /// Reads `http://host[:port][/prefix]` and looks the host up.
    pub fn new(url: &str) -> Result<Self> {
        let uri: Uri = url.parse().with_context(|| format!("--url {url}"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => bail!(
                "--url {url}: only http:// can be measured; TLS would be the client's work as much as the server's"
            ),
            _ => bail!("--url {url}: expected http://host:port"),
        }
        let (Some(host), Some(authority)) = (uri.host(), uri.authority()) else {
            bail!("--url {url}: there is no host in it");
        };
        if uri.query().is_some() {
            bail!("--url {url}: a query belongs into --template");
        }
        let port = uri.port_u16().unwrap_or(80);
        let sockets = (host.trim_matches(['[', ']']), port)
            .to_socket_addrs()
            .with_context(|| format!("--url {url}: cannot look up {host}"))?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            host: HeaderValue::from_str(authority.as_str())?,
            sockets: sockets.collect(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

/// A path with places for what names a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<TemplatePart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Z,
    X,
    Y,
}

impl Template {
    /// How Origami names its tiles.
    pub const ORIGAMI: &str = "/tiles/{slide}/{z}/{x}/{y}.jpg?v={generation}";

    /// Reads `template` for one slide.
    pub fn new(template: &str, prefix: &str, slide: &str, generation: &str) -> Result<Self> {
        if !template.starts_with('/') {
            bail!("--template {template}: expected a path that begins with /");
        }
        let mut parts = vec![TemplatePart::Text(prefix.to_owned())];
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                bail!("--template {template}: {{ without }}");
            };
            parts.push(TemplatePart::Text(text.to_owned()));
            parts.push(match name {
                "z" => TemplatePart::Z,
                "x" => TemplatePart::X,
                "y" => TemplatePart::Y,
                "slide" => TemplatePart::Text(slide.to_owned()),
                "generation" => TemplatePart::Text(generation.to_owned()),
                _ => bail!(
                    "--template {template}: there is no {{{name}}}; there are {{z}}, {{x}}, {{y}}, {{slide}} and {{generation}}"
                ),
            });
            rest = after;
        }
        parts.push(TemplatePart::Text(rest.to_owned()));
        if let Some(missing) =
            [TemplatePart::Z, TemplatePart::X, TemplatePart::Y].into_iter().find(|part| !parts.contains(part))
        {
            let name = format!("{missing:?}").to_lowercase();
            bail!("--template {template}: {{{name}}} is missing, so tiles would share addresses");
        }
        Ok(Self { parts })
    }

    /// Writes the path of tile `id` over `path`.
    pub fn path(&self, id: TileId, path: &mut String) {
        path.clear();
        for part in &self.parts {
            let written = match part {
                TemplatePart::Text(text) => path.write_str(text),
                TemplatePart::Z => write!(path, "{}", id.z),
                TemplatePart::X => write!(path, "{}", id.x),
                TemplatePart::Y => write!(path, "{}", id.y),
            };
            written.expect("a String takes every write");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_name_tiles_as_other_servers_do() {
        let mut path = String::new();
        let id = TileId { z: 15, x: 40, y: 7 };
        for (template, expected) in [
            ("/deepzoom/seed.tif_files/{z}/{x}_{y}.jpg", "/base/deepzoom/seed.tif_files/15/40_7.jpg"),
            (Template::ORIGAMI, "/base/tiles/seed/15/40/7.jpg?v=0a"),
        ] {
            Template::new(template, "/base", "seed", "0a").unwrap().path(id, &mut path);
            assert_eq!(path, expected);
        }
    }

    #[test]
    fn templates_that_cannot_name_every_tile_are_refused() {
        for (template, part) in [
            ("/{z}/{x}.jpg", "{y} is missing"),
            ("/{z}/{x}/{row}.jpg", "there is no {row}"),
            ("/{z}/{x}/{y", "without }"),
            ("{z}/{x}/{y}", "begins with /"),
        ] {
            let error = Template::new(template, "", "a", "").unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn only_plain_http_is_taken() {
        let error = |url| ServerAddress::new(url).unwrap_err().to_string();
        assert!(error("https://localhost/").contains("only http://"));
        assert!(error("localhost:8080").contains("expected http://"));
        assert!(error("http://localhost/?a=b").contains("--template"));
        let address = ServerAddress::new("http://127.0.0.1:8080/base/").unwrap();
        assert_eq!((&*address.prefix, &*address.url), ("/base", "http://127.0.0.1:8080/base"));
        assert_eq!(address.sockets, ["127.0.0.1:8080".parse().unwrap()]);
    }
}
