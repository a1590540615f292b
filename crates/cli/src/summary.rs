//! What is said of a packed slide in two lines: what it is, and what it became.

use crate::columns::{has_room, named, named_file, wrapped};
use origami_ingest::PackedSlide;
use origami_ingest::source::Info;
use origami_pack::{EncodingSettings, Metadata, Mode};
use origami_units::count;
use origami_units::size::megabytes;
use origami_units::text::Line;

/// How far its lines are indented below the first.
const INDENT: usize = 2;

/// A slide that was packed.
pub struct Summary<'a> {
    /// What the slide is called: its file's name, or its id if that is hidden.
    pub name: &'a str,
    pub info: &'a Info,
    /// Length of its file, if it is one that holds the whole slide.
    pub bytes: Option<u64>,
    pub packed: &'a PackedSlide,
    pub seconds: f64,
}

impl Summary<'_> {
    /// What the slide is, and what it became; two lines unless names are very long.
    pub fn lines(&self) -> String {
        format!("{}\n{}", self.slide(), self.pack())
    }

    fn slide(&self) -> String {
        let size = self.info.size;
        let [width, height] = [size.width, size.height].map(|side| count::text(side.into()));
        // What follows is how its tiles are compressed, which few people have to know.
        let kind = self.info.format.split(", ").next().unwrap_or_default();
        let bytes = self.bytes.map_or_else(String::new, |bytes| format!(", {}", megabytes(bytes)));
        let kept = if self.packed.metadata.settings.kept_source { "; own tiles kept" } else { "" };
        named(0, self.name, &format!("{width} x {height} px, {}{bytes}{kept}", Line(kind)))
    }

    /// The pack, and as much of what is said of it as leaves room for its path.
    fn pack(&self) -> String {
        let PackedSlide { path, bytes, metadata, .. } = self.packed;
        let (size, loss) = (megabytes(*bytes), loss(metadata));
        let against = against_plain(*bytes, metadata);
        let texts = [
            format!("{size}{against}; {loss} ({})", took(self.seconds)),
            format!("{size}{against}; {loss}"),
            format!("{size}; {loss}"),
        ];
        let [.., shortest] = &texts;
        let fits = texts.iter().find(|text| has_room(INDENT, path, text));
        named_file(INDENT, path, fits.unwrap_or(shortest))
    }

    /// That the pack is larger than the slide's file, which nobody expects; a line of its
    /// own.
    pub fn larger_than_file(&self) -> Option<String> {
        let levels = self.packed.metadata.levels.len();
        self.bytes.filter(|bytes| self.packed.bytes > *bytes).map(|bytes| {
            format!(
                "its file takes only {}: as JPEG tiles at {levels} levels it takes more",
                megabytes(bytes)
            )
        })
    }

    /// Why tiles that could have been kept were not; a line of its own.
    pub fn not_kept(&self) -> Option<String> {
        let reason = &*self.packed.metadata.settings.encoded_again;
        // Nobody expects it of slides that are not made of tiles.
        let line = format!("the slide's own tiles cannot be kept: {reason}");
        (!reason.is_empty() && self.info.grid.is_some()).then_some(line)
    }

    /// How many tiles did not decode; a line of its own.
    pub fn damaged(&self) -> Option<String> {
        match self.packed.metadata.damaged_tiles {
            0 => None,
            1 => Some("1 source tile did not decode and was painted as background".to_owned()),
            tiles => {
                let tiles = count::text(tiles);
                Some(format!("{tiles} source tiles did not decode and were painted as background"))
            }
        }
    }
}

/// A line below the first two.
pub fn below(text: &str) -> String {
    wrapped(INDENT, text)
}

/// How large the pack is beside a plain pyramid, if that was measured.
fn against_plain(bytes: u64, metadata: &Metadata) -> String {
    let plain: u64 = metadata.levels.iter().map(|level| level.jpeg_bytes).sum();
    if plain == 0 {
        return String::new();
    }
    let ratio = bytes as f64 / plain as f64;
    let part = match ratio {
        0.475..0.525 => "half of".to_owned(),
        0.0..1.5 => format!("{:.0} % of", 100.0 * ratio),
        _ => format!("{ratio:.1} times"),
    };
    format!(", {part} plain JPEGs")
}

/// What was lost.
fn loss(metadata: &Metadata) -> String {
    let EncodingSettings { mode, kept_source, quality, .. } = &metadata.settings;
    if *mode == Mode::Luma.name() {
        return format!("lossy (mode {mode})");
    }
    match (kept_source, metadata.damaged_tiles) {
        (true, 0) => "nothing is lost".to_owned(),
        (true, _) => "nothing else is lost".to_owned(),
        (false, _) => format!("encoded at quality {quality}"),
    }
}

/// A time that was measured.
fn took(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{COLUMNS, width};
    use origami_ingest::source::{Contents, WHITE};
    use origami_pack::LevelReport;
    use origami_pyramid::Size;
    use std::path::PathBuf;

    fn info() -> Info {
        Info {
            format: "Aperio SVS, tiled JPEG".into(),
            size: Size::new(2220, 2967),
            mpp: None,
            objective: None,
            grid: Some(240),
            background: WHITE,
            contents: Contents::default(),
        }
    }

    fn packed(path: &str) -> PackedSlide {
        let level = LevelReport { jpeg_bytes: 2_430_000, ..LevelReport::default() };
        let settings =
            EncodingSettings { mode: "exact".into(), kept_source: true, ..EncodingSettings::default() };
        let metadata = Metadata { levels: vec![level], settings, ..Metadata::default() };
        PackedSlide { path: PathBuf::from(path), bytes: 1_184_471, metadata, associated: Vec::new() }
    }

    fn lines(name: &str, packed: &PackedSlide) -> String {
        Summary { name, info: &info(), bytes: Some(1_938_955), packed, seconds: 0.61 }.lines()
    }

    #[test]
    fn two_lines_say_what_a_slide_is_and_what_it_became() {
        assert_eq!(
            lines("CMU-1.svs", &packed("packs/CMU-1.origami")),
            "CMU-1.svs: 2,220 x 2,967 px, Aperio SVS, 1.9 MB; own tiles kept\n  \
             packs/CMU-1.origami: 1.2 MB, half of plain JPEGs; nothing is lost (0.6 s)"
        );
    }

    #[test]
    fn a_path_is_shortened_only_if_there_is_no_room_for_the_shortest_text() {
        for (path, expected) in [
            (
                "packs/CMU-1-Small-Region.origami",
                "packs/CMU-1-Small-Region.origami: 1.2 MB, half of plain JPEGs",
            ),
            (
                "packs/pathologyatlas-BS9-HE1-section-12.origami",
                "packs/pathologyatlas-BS9-HE1-section-12.origami: 1.2 MB; nothing is lost",
            ),
            (
                "packs/of/the/year/pathologyatlas-BS9-HE1-section-12.origami",
                "…/the/year/pathologyatlas-BS9-HE1-section-12.origami: 1.2 MB; nothing is lost",
            ),
        ] {
            let text = lines("a.svs", &packed(path));
            assert!(text.contains(&format!("\n  {expected}")), "{text}");
        }
    }

    #[test]
    fn a_pack_that_is_larger_than_the_slides_file_says_why() {
        let mut packed = packed("a.origami");
        packed.metadata.levels.resize(10, LevelReport::default());
        let info = info();
        let summary = |bytes| Summary { name: "a.png", info: &info, bytes, packed: &packed, seconds: 0.1 };
        assert_eq!(summary(None).larger_than_file(), None);
        assert_eq!(summary(Some(1_938_955)).larger_than_file(), None);
        assert_eq!(
            summary(Some(241_000)).larger_than_file().as_deref(),
            Some("its file takes only 241.0 kB: as JPEG tiles at 10 levels it takes more")
        );
    }

    #[test]
    fn two_lines_of_80_columns_are_enough_for_long_names() {
        let long = "2026-01-01 a name that somebody typed into the program of a scanner.svs";
        let text = lines(long, &packed(&format!("/home/somebody/packs of this year/{long}.origami")));
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
    }

    #[test]
    fn what_was_lost_is_said() {
        let mut packed = packed("a.origami");
        packed.metadata.damaged_tiles = 2;
        assert!(lines("a.svs", &packed).contains("; nothing else is lost ("));
        packed.metadata.settings.kept_source = false;
        packed.metadata.settings.quality = 80;
        assert!(lines("a.svs", &packed).contains("; encoded at quality 80 ("));
        packed.metadata.settings.mode = "luma".into();
        assert!(lines("a.svs", &packed).contains("; lossy (mode luma) ("));
    }

    #[test]
    fn a_pack_is_compared_with_a_plain_pyramid_if_that_was_measured() {
        for (plain, expected) in [
            (0, "1.2 MB; nothing"),
            (1_900_000, "1.2 MB, 62 % of plain JPEGs"),
            (1_200_000, "1.2 MB, 99 % of plain JPEGs"),
            (400_000, "1.2 MB, 3.0 times plain JPEGs"),
        ] {
            let mut packed = packed("a.origami");
            packed.metadata.levels[0].jpeg_bytes = plain;
            let text = lines("a.svs", &packed);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn long_times_are_in_minutes_and_hours() {
        assert_eq!([0.04, 59.4, 65.0, 7_300.0].map(took), ["0.0 s", "59.4 s", "1 min 5 s", "2 h 1 min"]);
    }
}
