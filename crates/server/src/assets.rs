//! The viewer's files, embedded in the binary.

include!(concat!(env!("OUT_DIR"), "/viewer_files.rs"));

/// One file of the viewer.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// The content.
    pub bytes: &'static [u8],
    /// The media type, chosen by extension.
    pub content_type: &'static str,
}

/// The file served as `/assets/{name}`.
pub fn find(name: &str) -> Option<Asset> {
    let index = FILES.binary_search_by_key(&name, |(name, _)| *name).ok()?;
    Some(Asset { bytes: FILES[index].1, content_type: content_type(name) })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_and_openseadragon_are_embedded() {
        for name in ["index.html", "view.html", "openseadragon.min.js", "openseadragon.LICENSE.txt"] {
            assert!(find(name).is_some_and(|asset| !asset.bytes.is_empty()), "{name}");
        }
        assert!(find("../Cargo.toml").is_none());
    }

    #[test]
    fn every_file_has_a_known_type() {
        for (name, _) in FILES {
            assert_ne!(content_type(name), "application/octet-stream", "{name}");
        }
    }
}
