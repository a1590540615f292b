//! The code that embeds the files served under `/assets/`.

use crate::hashed_name::{content_hash, hashed_name};
use std::fs;
use std::path::{Path, PathBuf};

/// A file that is served under `/assets/`.
pub struct EmbeddedAsset {
    /// Its name in the sources.
    pub name: String,
    /// Its name with the hash of its content.
    pub hashed_name: String,
    hash: u64,
    path: PathBuf,
}

impl EmbeddedAsset {
    /// The file at `path`, with its compressed forms if they are beside it.
    pub fn new(path: PathBuf) -> Self {
        let content = fs::read(&path).expect("it has just been written");
        let name = path.file_name().and_then(|name| name.to_str()).expect("names are UTF-8").to_owned();
        let hash = content_hash(&content);
        Self { hashed_name: hashed_name(&name, hash), name, hash, path }
    }

    /// Rust source of it as an `Asset`.
    fn code(&self) -> String {
        let Self { name, hashed_name, hash, path } = self;
        let (brotli, gzip) = (compressed(path, "br"), compressed(path, "gz"));
        format!(
            "    Asset {{ name: {name:?}, hashed_name: {hashed_name:?}, hash: {hash:#x}, \
             identity: include_bytes!({path:?}), brotli: {brotli}, gzip: {gzip} }},\n"
        )
    }
}

/// Rust source of the compressed form of the file at `path` with this extension, an option.
fn compressed(path: &Path, extension: &str) -> String {
    let mut compressed = path.as_os_str().to_owned();
    compressed.push(".");
    compressed.push(extension);
    let compressed = PathBuf::from(compressed);
    if compressed.is_file() { format!("Some(include_bytes!({compressed:?}))") } else { "None".to_owned() }
}

/// Rust source that embeds `assets`.
pub fn code(assets: &[EmbeddedAsset]) -> String {
    let list: String = assets.iter().map(EmbeddedAsset::code).collect();
    format!("/// The assets, sorted by name.\npub static ASSETS: &[Asset] = &[\n{list}];\n")
}
