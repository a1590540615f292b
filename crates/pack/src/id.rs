//! Slide ids: flat, case-sensitive names of `A-Z a-z 0-9 . _ -` that cannot be
//! mistaken for a path or for part of a tile URL.

use std::path::Path;

/// The extension of a pack file, without the dot.
pub const EXTENSION: &str = "origami";

/// Maximum length of an id in bytes.
const MAX_LEN: usize = 200;

/// Endings with a meaning of their own in URLs.
const RESERVED: [&str; 8] = [".dzi", "_files", ".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"];

/// Whether ids may contain `c`.
fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

/// Why a text cannot be a slide's id; `None` if it can.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::problem("CMU-1"), None);
/// assert_eq!(id::problem(".hidden"), Some("starts with a dot"));
/// ```
#[must_use]
pub fn problem(id: &str) -> Option<&'static str> {
    let lower = id.to_ascii_lowercase();
    if id.is_empty() {
        Some("is empty")
    } else if id.len() > MAX_LEN {
        Some("is longer than 200 characters")
    } else if !id.chars().all(is_allowed) {
        Some("has characters other than letters, digits, '.', '_' and '-'")
    } else if id.starts_with('.') {
        Some("starts with a dot")
    } else if RESERVED.iter().any(|ending| lower.ends_with(ending)) {
        Some("ends in .dzi, _files or an image extension, which URLs need")
    } else {
        None
    }
}

/// The id that a name suggests: the name without leading dots, and with each
/// character that ids may not contain replaced by `-`. It may still have a
/// [`problem`].
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::of_name("my slide (2)"), "my-slide--2-");
/// ```
#[must_use]
pub fn of_name(name: &str) -> String {
    name.trim_start_matches('.').chars().map(|c| if is_allowed(c) { c } else { '-' }).collect()
}

/// The id of the pack at `path`; `None` if its name is not that of a pack or the
/// id is invalid.
///
/// # Examples
/// ```
/// use origami_pack::id;
/// use std::path::Path;
///
/// assert_eq!(id::of_pack(Path::new("packs/CMU-1.origami")), Some("CMU-1"));
/// assert_eq!(id::of_pack(Path::new("slides/CMU-1.svs")), None);
/// ```
#[must_use]
pub fn of_pack(path: &Path) -> Option<&str> {
    let id = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    problem(id).is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_any_characters_suggest_ids() {
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
