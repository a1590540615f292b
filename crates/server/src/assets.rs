//! The files that the viewer's pages load, embedded in the binary.

use crate::content_coding::ContentCoding;
use crate::validators::Lifetime;

#[cfg(test)]
#[path = "../build/hashed_name.rs"]
mod hashed_name;

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file that pages load.
pub struct Asset {
    /// Its name for people, whose content is another in another release.
    name: &'static str,
    /// Its name with the hash of its content, under which it never changes.
    hashed_name: &'static str,
    /// The first 64 bits of the hash of its content.
    pub hash: u64,
    identity: &'static [u8],
    /// Its compressed forms, where these are smaller.
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// An asset that a request names.
pub struct RequestedAsset {
    /// The asset.
    pub asset: &'static Asset,
    /// How long the name stands for its content.
    pub lifetime: Lifetime,
}

/// The name with the hash of its content of the file that the sources call `name`.
///
/// # Panics
/// If there is no such file, which a test would reveal.
pub fn hashed_name(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).expect("pages name files that are embedded").hashed_name
}

/// The file served as `/assets/{name}`.
pub fn find(name: &str) -> Option<RequestedAsset> {
    ASSETS.iter().find_map(|asset| {
        let lifetime = if name == asset.hashed_name {
            Lifetime::Immutable
        } else if name == asset.name {
            Lifetime::Revalidated
        } else {
            return None;
        };
        Some(RequestedAsset { asset, lifetime })
    })
}

impl Asset {
    /// The content in `coding`, if there is that form.
    pub fn coded(&self, coding: ContentCoding) -> Option<&'static [u8]> {
        match coding {
            ContentCoding::Identity => Some(self.identity),
            ContentCoding::Gzip => self.gzip,
            ContentCoding::Brotli => self.brotli,
        }
    }

    /// The media type, chosen by extension.
    pub fn content_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_pages_load_is_embedded_and_nothing_else() {
        for name in [
            "gallery.js",
            "viewer.js",
            "about.js",
            "gallery.css",
            "view.css",
            "about.css",
            "error.css",
            "status.css",
            "favicon.svg",
            "openseadragon.min.js",
            "openseadragon.LICENSE.txt",
        ] {
            let found = find(name).unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(found.lifetime, Lifetime::Revalidated, "{name}");
            assert!(
                found.asset.coded(ContentCoding::Identity).is_some_and(|bytes| !bytes.is_empty()),
                "{name}"
            );
        }
        for name in ["", "../Cargo.toml", "gallery.js.br", "viewer.js.gz", "view.html"] {
            assert!(find(name).is_none(), "{name}");
        }
    }

    #[test]
    fn a_name_has_the_hash_of_the_content_and_lasts() {
        for asset in ASSETS {
            assert_eq!(asset.hash, hashed_name::content_hash(asset.identity), "{}", asset.name);
            assert_eq!(asset.hashed_name, hashed_name::hashed_name(asset.name, asset.hash));
            let found = find(asset.hashed_name).expect("it is embedded");
            assert_eq!((found.asset.name, found.lifetime), (asset.name, Lifetime::Immutable));
        }
    }

    #[test]
    fn every_file_has_a_known_type() {
        for asset in ASSETS {
            assert_ne!(asset.content_type(), "application/octet-stream", "{}", asset.name);
        }
    }

    #[test]
    fn compressed_forms_are_smaller_and_the_large_files_have_both() {
        for asset in ASSETS {
            for coding in [ContentCoding::Gzip, ContentCoding::Brotli] {
                let smaller = asset.coded(coding).map(|bytes| bytes.len() < asset.identity.len());
                assert_ne!(smaller, Some(false), "{} {coding:?}", asset.name);
                assert!(smaller.is_some() || asset.identity.len() < 1000, "{} {coding:?}", asset.name);
            }
        }
    }
}
