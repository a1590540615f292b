//! Lists the viewer's files, so that the binary carries them.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// What is taken of OpenSeadragon's package, and its name under `/assets/`.
/// The licence asks to be handed on with the code.
const OPENSEADRAGON: [(&str, &str); 2] = [
    ("node_modules/openseadragon/build/openseadragon/openseadragon.min.js", "openseadragon.min.js"),
    ("node_modules/openseadragon/LICENSE.txt", "openseadragon.LICENSE.txt"),
];

fn main() {
    let viewer = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("viewer");
    let mut files = Vec::new();
    let assets = viewer.join("assets");
    println!("cargo::rerun-if-changed={}", assets.display());
    for entry in fs::read_dir(&assets).expect("the viewer's files are part of the source") {
        let entry = entry.expect("readable folder");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        if entry.path().is_file() && !name.starts_with('.') {
            files.push((name, entry.path()));
        }
    }
    for (file, name) in OPENSEADRAGON {
        let file = viewer.join(file);
        if !file.is_file() {
            return missing(&file);
        }
        files.push((name.to_owned(), file));
    }
    files.sort();
    let mut code = String::from(
        "/// Name under `/assets/` and content, sorted by name.\npub static FILES: &[(&str, &[u8])] = &[\n",
    );
    for (name, path) in files {
        println!("cargo::rerun-if-changed={}", path.display());
        code += &format!("    ({name:?}, include_bytes!({path:?})),\n");
    }
    code += "];\n";
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("viewer_files.rs");
    fs::write(out, code).expect("OUT_DIR is writable");
}

fn missing(path: &Path) {
    println!(
        "cargo::error=the viewer needs {}: run scripts/setup, or `npm ci` in crates/server/viewer",
        path.display()
    );
}
