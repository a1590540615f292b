//! Everything that is written of a slide, and everything that a server answers about it.

use crate::binary::{self, Outcome, command_on, inspect, run_on};
use crate::server::Server;
use crate::slides::Planted;
use origami_pack::Pack;
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zip::ZipArchive;

/// The answers and files, each with what it is.
pub struct Answers {
    pub all: Vec<(String, Vec<u8>)>,
    pub pack: PathBuf,
    inspected: Value,
    _folder: TempDir,
}

impl Answers {
    /// Packs a slide as `case-1`, with more arguments that say so, and gathers everything.
    pub fn of(planted: &Planted, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let packs = folder.path().join("packs");
        let packed = binary::pack(&planted.path, &packs, more).expect_success();
        let pack = packs.join("case-1.origami");
        let inspected = inspect(&pack);
        let mut answers = Self { all: Vec::new(), pack, inspected, _folder: folder };
        answers.add("the output of pack", packed.stdout);
        answers.add("the messages of pack", packed.stderr);
        answers.add_pack();
        answers.add_served(&packs);
        for name in ["x.dzi", "x.szi", "x.tif"] {
            answers.add_export(name);
        }
        answers.add_comparison(&planted.path);
        answers
    }

    /// The metadata of the pack.
    pub fn metadata(&self) -> &Value {
        &self.inspected["metadata"]
    }

    /// The report on full resolution.
    pub fn finest_level(&self) -> &Value {
        self.metadata()["levels"].as_array().unwrap().last().unwrap()
    }

    fn add(&mut self, what: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.all.push((what.into(), bytes.into()));
    }

    /// The pack as it is, and what is compressed in it.
    fn add_pack(&mut self) {
        self.add("the pack", fs::read(&self.pack).unwrap());
        self.add("the names of files", binary::files(self.pack.parent().unwrap()).join("\n"));
        let pack = Pack::open(&self.pack).unwrap();
        self.add("the metadata", format!("{:?}", pack.metadata()));
        self.add("inspect", run_on("inspect", &self.pack).expect_success().stdout);
        self.add("inspect --json", self.inspected.to_string());
    }

    /// All answers of a server, with every tile of every level.
    fn add_served(&mut self, packs: &Path) {
        let server = Server::start(packs);
        let pyramid = *Pack::open(&self.pack).unwrap().pyramid();
        let tiles = (0..pyramid.level_count()).flat_map(|z| pyramid.tiles(z));
        let mut targets: Vec<String> =
            tiles.map(|id| format!("/tiles/case-1/{}/{}/{}", id.z, id.x, id.y)).collect();
        targets.extend(
            ["/slides", "/slides/case-1", "/slides/case-1/thumbnail", "/dzi/case-1.dzi", "/", "/view/case-1"]
                .map(String::from),
        );
        targets.push("/metrics".into());
        for target in targets {
            let body = server.body(&target);
            self.add(target, body);
        }
    }

    /// An export, and what is compressed in it.
    fn add_export(&mut self, name: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let outcome = Outcome::run(command_on("export", &self.pack).arg("-o").arg(&path)).expect_success();
        self.add(format!("the output of the export {name}"), outcome.stdout);
        self.add_files(folder.path(), name);
        if name.ends_with(".szi") {
            let mut archive = ZipArchive::new(Cursor::new(fs::read(&path).unwrap())).unwrap();
            for number in 0..archive.len() {
                let mut bytes = Vec::new();
                archive.by_index(number).unwrap().read_to_end(&mut bytes).unwrap();
                self.add(format!("file {number} of {name}"), bytes);
            }
        }
    }

    /// The names and contents of all files in a folder and those within.
    fn add_files(&mut self, folder: &Path, what: &str) {
        for name in binary::files(folder) {
            let path = folder.join(&name);
            self.add(format!("a name in {what}"), name);
            if path.is_dir() {
                self.add_files(&path, what);
            } else {
                self.add(format!("{what}: {}", path.display()), fs::read(&path).unwrap());
            }
        }
    }

    /// A comparison with the slide, as text, JSON and a page.
    fn add_comparison(&mut self, slide: &Path) {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.html");
        for more in [&["--json"][..], &[]] {
            let mut command = command_on("compare", &self.pack);
            command.arg("--source").arg(slide).arg("--report").arg(&page).args(more);
            let outcome = Outcome::run(&mut command).expect_success();
            self.add(format!("compare {more:?}"), outcome.stdout);
            self.add("the page of compare", fs::read(&page).unwrap());
        }
    }
}
