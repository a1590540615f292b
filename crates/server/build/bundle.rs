//! Makes the files that are served under `/assets/`, with the programs that `scripts/setup`
//! installs. Sources are only read; everything is written below `OUT_DIR`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What esbuild makes one file of each, with everything that it imports.
const ENTRIES: [&str; 8] = [
    "src/gallery/gallery.js",
    "src/view/viewer.js",
    "src/about/about.js",
    "styles/gallery.css",
    "styles/view.css",
    "styles/about.css",
    "styles/error.css",
    "styles/status.css",
];

const ESBUILD: &str = "node_modules/.bin/esbuild";

const FLAGS: [&str; 7] = [
    "--bundle",
    "--minify",
    "--format=esm",
    "--target=es2022",
    "--legal-comments=none",
    "--entry-names=[name]",
    "--log-level=warning",
];

/// Files taken from OpenSeadragon's package, and their names under `/assets/`.
/// Its licence requires that its text be distributed with the code.
const OPENSEADRAGON: [(&str, &str); 2] = [
    ("node_modules/openseadragon/build/openseadragon/openseadragon.min.js", "openseadragon.min.js"),
    ("node_modules/openseadragon/LICENSE.txt", "openseadragon.LICENSE.txt"),
];

/// What npm writes when all packages are installed, and not before: the build may run beside it.
const INSTALLED: &str = "node_modules/.package-lock.json";

/// Writes the compressed forms `FILE.br` and `FILE.gz` beside each file that it is given.
const COMPRESS: &str = "compress.js";

/// What the results depend on. A folder stands for everything in it.
const SOURCES: [&str; 7] = [
    "src",
    "styles",
    "pages",
    "assets",
    COMPRESS,
    "node_modules/esbuild/package.json",
    "node_modules/openseadragon/package.json",
];

/// Bundles the folder `viewer` into the folder `out`, which is made anew. Returns the files
/// to be served, sorted; some have compressed forms beside them.
///
/// # Errors
/// What is missing, or what the bundler says of the sources.
pub fn bundle(viewer: &Path, out: &Path) -> Result<Vec<PathBuf>, String> {
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", viewer.join(source).display());
    }
    for needed in OPENSEADRAGON.map(|(path, _)| path).into_iter().chain([ESBUILD, INSTALLED]) {
        require(&viewer.join(needed))?;
    }
    // What an earlier version of the sources left there must not be served.
    let _ = fs::remove_dir_all(out);
    fs::create_dir_all(out).expect("OUT_DIR is writable");
    let outdir = format!("--outdir={}", out.display());
    run(Command::new(viewer.join(ESBUILD)).current_dir(viewer).args(ENTRIES).args(FLAGS).arg(outdir))?;
    for (path, name) in OPENSEADRAGON {
        copy(&viewer.join(path), &out.join(name));
    }
    for path in visible_files(&viewer.join("assets")) {
        copy(&path, &out.join(path.file_name().expect("listed files have names")));
    }
    let files = visible_files(out);
    run(Command::new("node").arg(viewer.join(COMPRESS)).args(&files))?;
    Ok(files)
}

fn require(path: &Path) -> Result<(), String> {
    if path.is_file() {
        return Ok(());
    }
    Err(format!(
        "the viewer needs {}: run scripts/setup, or `npm ci` in crates/server/viewer",
        path.display()
    ))
}

/// Runs `command`; what it says is a warning if it succeeds.
fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|cause| {
        format!("the viewer is bundled with {program}, which cannot be run ({cause}): run scripts/setup")
    })?;
    let messages = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("{program} failed, {}\n{messages}", output.status));
    }
    for line in messages.lines().filter(|line| !line.trim().is_empty()) {
        println!("cargo::warning={line}");
    }
    Ok(())
}

/// The content is copied without the file's rights: it is read-only in some package stores,
/// and could then not be replaced.
fn copy(from: &Path, to: &Path) {
    let content = fs::read(from).unwrap_or_else(|cause| panic!("{}: {cause}", from.display()));
    fs::write(to, content).expect("OUT_DIR is writable");
}

/// The files of `folder` whose names do not begin with a dot, sorted.
fn visible_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the folder is readable").path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(path);
        }
    }
    files.sort();
    files
}
