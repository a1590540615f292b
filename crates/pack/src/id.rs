//! Slide ids: case-sensitive names that cannot be mistaken for a path or for part of a
//! tile URL. They have letters, digits and combining marks of every script, and `._-`.
//!
//! An id is in Unicode's composed form (NFC), in which each text has one spelling. The
//! id of a pack in a subfolder has the names of the folders in front,
//! [`FOLDER_SEPARATOR`] between them: `case-1~HE` is `case-1/HE.origami`.

#[cfg(test)]
mod tests;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::path::Path;
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// The extension of a pack file, without the dot.
pub const EXTENSION: &str = "origami";

/// What stands between the names of folders and a pack's own in the id of a pack in a
/// subfolder. No name has it.
pub const FOLDER_SEPARATOR: char = '~';

/// Maximum length in bytes of an id, without its folders, and of the name of a folder.
const MAX_PART: usize = 200;
/// Maximum length in bytes of an id with its folders.
const MAX_LEN: usize = 1000;

/// Endings with a meaning of their own in URLs.
const RESERVED: [&str; 9] = [".dzi", "_files", ".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff"];

/// What is escaped in URLs: all that a browser's `encodeURIComponent` escapes.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The id of a name without any letter or digit.
const NAMELESS: &str = "slide";

/// Whether ids may contain `c`, other than between two parts.
fn is_allowed(c: char) -> bool {
    c.is_alphanumeric() || "._-".contains(c) || is_combining_mark(c)
}

/// The ending of `part` that ids may not have.
fn reserved_ending(part: &str) -> Option<&'static str> {
    let lower = part.to_ascii_lowercase();
    RESERVED.into_iter().find(|ending| lower.ends_with(ending))
}

/// Why a text cannot be a slide's id; `None` if it can.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::problem("CMU-1"), None);
/// assert_eq!(id::problem("слайд"), None);
/// assert_eq!(id::problem("case-1~HE"), None);
/// assert_eq!(id::problem(".hidden"), Some("starts with a dot"));
/// ```
#[must_use]
pub fn problem(id: &str) -> Option<&'static str> {
    if id.len() > MAX_LEN {
        return Some("is longer than 1000 bytes");
    }
    if !id.is_empty() && id.split(FOLDER_SEPARATOR).any(str::is_empty) {
        return Some("has '~' without a name on each side");
    }
    id.split(FOLDER_SEPARATOR).find_map(part_problem)
}

/// Why a text cannot be an id without folders, which is the name of its pack without the
/// extension, nor the name of a folder in an id; `None` if it can.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::part_problem("CMU-1"), None);
/// assert!(id::part_problem("case-1~HE").is_some());
/// ```
#[must_use]
pub fn part_problem(part: &str) -> Option<&'static str> {
    if part.is_empty() {
        Some("is empty")
    } else if part.len() > MAX_PART {
        Some("is longer than 200 bytes")
    } else if !part.chars().all(is_allowed) {
        Some("has characters other than letters, digits, '.', '_' and '-'")
    } else if !is_nfc(part) {
        Some("is not in Unicode's composed form (NFC)")
    } else if part.starts_with('.') {
        Some("starts with a dot")
    } else if reserved_ending(part).is_some() {
        Some("ends in .dzi, _files or an image extension, which URLs need")
    } else {
        None
    }
}

/// The id that a name suggests: the name without leading dots, and with each character
/// that ids may not contain replaced by `-`. It is valid whatever the name is, and has no
/// folders. Names that are too long are cut, and told apart by a hash.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::of_name("my slide (2)"), "my-slide--2-");
/// assert_eq!(id::of_name("слайд 1"), "слайд-1");
/// assert_eq!(id::of_name("photo.jpg"), "photo-jpg");
/// assert_eq!(id::of_name("***"), "slide");
/// ```
#[must_use]
pub fn of_name(name: &str) -> String {
    let allowed: String = name.nfc().map(|c| if is_allowed(c) { c } else { '-' }).collect();
    let mut id = allowed.trim_start_matches('.').to_owned();
    if !id.chars().any(char::is_alphanumeric) {
        return NAMELESS.to_owned();
    }
    if let Some(ending) = reserved_ending(&id) {
        // It begins with its dot or underscore.
        let at = id.len() - ending.len();
        id.replace_range(at..=at, "-");
    }
    if id.len() > MAX_PART { with_ending(&id, &format!("-{:08x}", hash(name))) } else { id }
}

/// The id that tells a slide with this `name` apart from another whose name suggests the
/// same `id`: a short suffix that depends on the name alone, and so stays the same from
/// run to run.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// let (a, b) = (id::suffixed("HE-1", "HE 1.svs"), id::suffixed("HE-1", "HE-1.svs"));
/// assert!(a.starts_with("HE-1-") && b.starts_with("HE-1-") && a != b);
/// ```
#[must_use]
pub fn suffixed(id: &str, name: &str) -> String {
    let hash = hash(name);
    with_ending(id, &format!("-{:04x}", (hash ^ hash >> 16) & 0xffff))
}

/// `id`, cut where that is necessary for its length, and `ending`.
fn with_ending(id: &str, ending: &str) -> String {
    let kept = &id[..id.floor_char_boundary(MAX_PART - ending.len())];
    format!("{kept}{ending}")
}

/// FNV-1a of the bytes of `name`, folded to 32 bits: the same on every machine and in
/// every release.
fn hash(name: &str) -> u32 {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (hash ^ hash >> 32) as u32
}

/// The id of the pack at `path` without folders: its name in composed form, in which a
/// Mac may not have stored it. `None` if the name is not that of a pack or the id is
/// invalid.
///
/// # Examples
/// ```
/// use origami_pack::id;
/// use std::path::Path;
///
/// assert_eq!(id::of_pack(Path::new("packs/CMU-1.origami")).as_deref(), Some("CMU-1"));
/// assert_eq!(id::of_pack(Path::new("slides/CMU-1.svs")), None);
/// ```
#[must_use]
pub fn of_pack(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(EXTENSION)?.strip_suffix('.')?;
    part_of(name)
}

/// The id of the pack at `path`, which is in the folder `root` or in one below it; `None`
/// if it is not, or if its name or that of a folder between them cannot be part of an id.
///
/// # Examples
/// ```
/// use origami_pack::id;
/// use std::path::Path;
///
/// let root = Path::new("packs");
/// assert_eq!(id::of_pack_in(root, Path::new("packs/HE.origami")).as_deref(), Some("HE"));
/// let nested = Path::new("packs/case-1/HE.origami");
/// assert_eq!(id::of_pack_in(root, nested).as_deref(), Some("case-1~HE"));
/// assert_eq!(id::of_pack_in(root, Path::new("packs/case 1/HE.origami")), None);
/// ```
#[must_use]
pub fn of_pack_in(root: &Path, path: &Path) -> Option<String> {
    let mut id = String::new();
    for folder in path.strip_prefix(root).ok()?.parent()? {
        id.push_str(&part_of(folder.to_str()?)?);
        id.push(FOLDER_SEPARATOR);
    }
    id.push_str(&of_pack(path)?);
    problem(&id).is_none().then_some(id)
}

/// The part of an id that a file or a folder of this name has, in composed form.
fn part_of(name: &str) -> Option<String> {
    let part: String = name.nfc().collect();
    part_problem(&part).is_none().then_some(part)
}

/// The folders of the slide `id` as a path below the packs folder; empty if it has none.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::folder("a~b~HE"), "a/b");
/// assert_eq!(id::folder("HE"), "");
/// ```
#[must_use]
pub fn folder(id: &str) -> String {
    id.rsplit_once(FOLDER_SEPARATOR)
        .map_or_else(String::new, |(folders, _)| folders.replace(FOLDER_SEPARATOR, "/"))
}

/// The part of `id` after its folders.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::last_part("a~b~HE"), "HE");
/// ```
#[must_use]
pub fn last_part(id: &str) -> &str {
    id.rsplit(FOLDER_SEPARATOR).next().unwrap_or(id)
}

/// `id` as it is written between the slashes of a URL.
///
/// # Examples
/// ```
/// use origami_pack::id;
///
/// assert_eq!(id::url_segment("case-1~HE"), "case-1~HE");
/// assert_eq!(id::url_segment("été"), "%C3%A9t%C3%A9");
/// ```
#[must_use]
pub fn url_segment(id: &str) -> Cow<'_, str> {
    utf8_percent_encode(id, ESCAPED).into()
}
