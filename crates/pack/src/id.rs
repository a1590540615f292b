//! Slide ids: flat names of `A-Z a-z 0-9 . _ -`, case-exact, that cannot be
//! mistaken for a path or for part of a tile URL.

use std::path::Path;

/// The extension of a pack file, without the dot.
pub const EXTENSION: &str = "origami";

/// Longest id in bytes.
const MAX_LEN: usize = 200;

/// Endings that URLs give another meaning.
const RESERVED: [&str; 8] = [".dzi", "_files", ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"];

/// Why a text cannot be a slide's id, `None` if it can.
#[must_use]
pub fn problem(id: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let lower = id.to_ascii_lowercase();
    if id.is_empty() {
        Some("is empty")
    } else if id.len() > MAX_LEN {
        Some("is longer than 200 characters")
    } else if !id.bytes().all(allowed) {
        Some("has characters other than letters, digits, '.', '_' and '-'")
    } else if id.starts_with('.') {
        Some("starts with a dot")
    } else if RESERVED.iter().any(|ending| lower.ends_with(ending)) {
        Some("ends in .dzi, _files or an image extension, which URLs need")
    } else {
        None
    }
}

/// The id that a name suggests: without dots at its beginning, and with other
/// characters than those of ids turned into `-`. It may still have a
/// [`problem`].
#[must_use]
pub fn of_name(name: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
    name.trim_start_matches('.').chars().map(kept).collect()
}

/// The id of a pack file, if its name is that of a pack and the id is valid.
#[must_use]
pub fn of_pack(path: &Path) -> Option<&str> {
    let id = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    problem(id).is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_names_whatever_their_characters() {
        for (name, id) in [
            ("CMU-1-Small-Region", "CMU-1-Small-Region"),
            ("my slide (2)", "my-slide--2-"),
            ("test3-DAPI-2-(387)", "test3-DAPI-2--387-"),
            ("été", "-t-"),
            ("v1.2", "v1.2"),
            (".hidden", "hidden"),
            ("..", ""),
            ("", ""),
        ] {
            assert_eq!(of_name(name), id, "{name}");
        }
    }

    #[test]
    fn ids_that_urls_could_misread_are_refused() {
        for id in [
            "", ".", "..", ".a", "a/b", "a\\b", "a b", "a%2e", "a\0", "x.dzi", "X.DZI", "x_files", "x.jpg",
            "é",
        ] {
            assert!(problem(id).is_some(), "{id:?}");
        }
        assert!(problem(&"a".repeat(201)).is_some());
        for id in ["a", "CMU-1-Small-Region", "a..b", "_x", "-", "A.svs"] {
            assert!(problem(id).is_none(), "{id:?}");
        }
    }

    #[test]
    fn only_pack_files_with_valid_ids_are_packs() {
        assert_eq!(of_pack(Path::new("packs/a.b.origami")), Some("a.b"));
        for path in
            [".a.origami", "a.svs", "origami", ".origami", "a b.origami", ".a.origami.Xy1.tmp", "aorigami"]
        {
            assert_eq!(of_pack(Path::new(path)), None, "{path}");
        }
    }
}
