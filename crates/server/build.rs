//! Generates the list of the viewer's files, which are embedded in the binary.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Files taken from OpenSeadragon's package, and their names under `/assets/`.
/// Its licence requires that its text be distributed with the code.
const OPENSEADRAGON: [(&str, &str); 2] = [
    ("node_modules/openseadragon/build/openseadragon/openseadragon.min.js", "openseadragon.min.js"),
    ("node_modules/openseadragon/LICENSE.txt", "openseadragon.LICENSE.txt"),
];

/// A file of the viewer. Ordered by name, as the generated list is.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct ViewerFile {
    /// Name under `/assets/`.
    name: String,
    path: PathBuf,
}

fn main() {
    let viewer = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("viewer");
    let mut files = own_files(&viewer.join("assets"));
    for (path, name) in OPENSEADRAGON {
        let path = viewer.join(path);
        if !path.is_file() {
            return report_missing(&path);
        }
        files.push(ViewerFile { name: name.to_owned(), path });
    }
    files.sort();
    let out = Path::new(&variable("OUT_DIR")).join("viewer_files.rs");
    fs::write(out, generated_code(&files)).expect("OUT_DIR is writable");
}

fn variable(name: &str) -> String {
    env::var(name).expect("cargo sets it")
}

/// The visible files of the folder `assets`.
fn own_files(assets: &Path) -> Vec<ViewerFile> {
    println!("cargo::rerun-if-changed={}", assets.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(assets).expect("the viewer's files are part of the source") {
        let entry = entry.expect("readable folder");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        if entry.path().is_file() && !name.starts_with('.') {
            files.push(ViewerFile { name, path: entry.path() });
        }
    }
    files
}

/// Rust source that embeds `files`.
fn generated_code(files: &[ViewerFile]) -> String {
    let mut code = String::from(
        "/// Name under `/assets/` and content, sorted by name.\npub static FILES: &[(&str, &[u8])] = &[\n",
    );
    for ViewerFile { name, path } in files {
        println!("cargo::rerun-if-changed={}", path.display());
        code += &format!("    ({name:?}, include_bytes!({path:?})),\n");
    }
    code += "];\n";
    code
}

fn report_missing(path: &Path) {
    println!(
        "cargo::error=the viewer needs {}: run scripts/setup, or `npm ci` in crates/server/viewer",
        path.display()
    );
}
