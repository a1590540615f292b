//! Bundles the viewer and generates the code that embeds it in the binary: its assets,
//! compressed and named for their content, and its pages, split where the server fills in
//! values.

#[path = "build/bundle.rs"]
mod bundle;
#[path = "build/embedded_asset.rs"]
mod embedded_asset;
#[path = "build/hashed_name.rs"]
mod hashed_name;
#[path = "build/template.rs"]
mod template;

use embedded_asset::EmbeddedAsset;
use std::path::{Path, PathBuf};
use std::{env, fs};
use template::{AssetNames, TEMPLATES};

fn main() {
    let viewer = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("viewer");
    let out = PathBuf::from(variable("OUT_DIR"));
    if let Err(message) = embed(&viewer, &out) {
        for line in message.lines().filter(|line| !line.trim().is_empty()) {
            println!("cargo::error={line}");
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}

/// Writes the code that embeds the viewer, and the files that it embeds, to `out`.
///
/// # Errors
/// What is wrong with the viewer's sources, or missing.
fn embed(viewer: &Path, out: &Path) -> Result<(), String> {
    let folder = out.join("viewer");
    let files = bundle::bundle(viewer, &folder)?;
    let assets: Vec<EmbeddedAsset> = files.into_iter().map(EmbeddedAsset::new).collect();
    write(&out.join("assets.rs"), &embedded_asset::code(&assets));
    let names: AssetNames<'_> =
        assets.iter().map(|asset| (asset.name.as_str(), asset.hashed_name.as_str())).collect();
    let mut pages = String::new();
    for template in &TEMPLATES {
        let path = viewer.join("pages").join(template.file);
        let html = fs::read_to_string(&path)
            .map_err(|cause| format!("the viewer needs {}: {cause}", path.display()))?;
        pages += &template
            .code(&html, &names)
            .map_err(|fault| format!("viewer/pages/{}: {fault}", template.file))?;
    }
    write(&out.join("pages.rs"), &pages);
    Ok(())
}

fn write(path: &Path, code: &str) {
    fs::write(path, code).expect("OUT_DIR is writable");
}
