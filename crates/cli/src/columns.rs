//! Text that fits a terminal of 80 columns, whatever names are in it.

use origami_units::text::Line;
use std::fmt::Display;
use std::path::Path;
use unicode_width::UnicodeWidthChar;

/// The width that all text is made for.
pub const COLUMNS: usize = 80;

/// The columns that a name always gets, so that it can be recognised.
const SHORTEST_NAME: usize = 10;

/// A name and what is said of it, in one line if they fit with the name shortened, and
/// in more lines otherwise. The first is indented by `indent`, the others by two more.
pub fn named(indent: usize, name: impl Display, text: &str) -> String {
    wrapped(indent, &format!("{}: {text}", shortened(name, room(indent, text))))
}

/// As [`named`], for a file, of whose folders only the last are shown, or none, if not all
/// fit.
pub fn named_file(indent: usize, path: &Path, text: &str) -> String {
    named(indent, ending(path, room(indent, text)), text)
}

/// Whether the whole path and what is said of it fit into one line.
pub fn has_room(indent: usize, path: &Path, text: &str) -> bool {
    width(&Line(path.display()).to_string()) <= room(indent, text)
}

/// The path, if it fits into `columns`; otherwise its end after `…/`, with as many folders
/// as fit; otherwise its name, which may not fit.
fn ending(path: &Path, columns: usize) -> String {
    let whole = Line(path.display()).to_string();
    let Some(name) = path.file_name().filter(|_| width(&whole) > columns) else { return whole };
    // The folder itself would leave only the name.
    let ends = path.ancestors().skip(2).filter_map(|folder| path.strip_prefix(folder).ok());
    let ends = ends.map(|end| format!("…/{}", Line(end.display())));
    let longest = ends.take_while(|end| width(end) <= columns).last();
    longest.unwrap_or_else(|| name.to_string_lossy().into_owned())
}

/// The columns that are left for a name before `text`.
fn room(indent: usize, text: &str) -> usize {
    COLUMNS.saturating_sub(indent + 2 + width(text)).max(SHORTEST_NAME)
}

/// The text in lines that break at spaces. The first is indented by `indent`, the others
/// by two more.
pub fn wrapped(indent: usize, text: &str) -> String {
    let first = " ".repeat(indent);
    wrapped_lines(COLUMNS, &first, &format!("{first}  "), text).join("\n")
}

/// The text in lines of at most `columns` that break at spaces, the first one after `first`,
/// the others after `others`. Words that are too long stay whole.
pub fn wrapped_lines(columns: usize, first: &str, others: &str, text: &str) -> Vec<String> {
    let mut lines = vec![first.to_owned()];
    let mut used = width(first);
    for (number, word) in text.split(' ').enumerate() {
        let taken = width(word);
        if number > 0 && used + 1 + taken > columns {
            used = width(others);
            lines.push(others.to_owned());
        } else if number > 0 {
            used += 1;
            lines.last_mut().expect("a line").push(' ');
        }
        used += taken;
        lines.last_mut().expect("a line").push_str(word);
    }
    lines
}

/// The columns of the terminal that stdout is, at most those that text is made for; these if
/// it is none.
pub fn of_terminal() -> usize {
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col > 0 => COLUMNS.min(size.ws_col.into()),
        _ => COLUMNS,
    }
}

/// The text in one line without control characters. If it takes more columns than
/// there are, its middle is left out: names differ at their ends.
pub fn shortened(text: impl Display, columns: usize) -> String {
    let text = Line(text).to_string();
    if width(&text) <= columns {
        return text;
    }
    let kept = columns.saturating_sub(1);
    let (start, end) = (kept / 2, kept - kept / 2);
    let head: String = within(text.chars(), start).collect();
    let tail: Vec<char> = within(text.chars().rev(), end).collect();
    let tail: String = tail.into_iter().rev().collect();
    format!("{head}…{tail}")
}

/// The first characters, as many as fit into `columns`.
fn within(characters: impl Iterator<Item = char>, columns: usize) -> impl Iterator<Item = char> {
    characters
        .scan(0_usize, |used, c| {
            *used += c.width().unwrap_or(0);
            Some((*used, c))
        })
        .take_while(move |&(used, _)| used <= columns)
        .map(|(_, c)| c)
}

/// The number of columns that a terminal shows the text in.
pub fn width(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_too_long_lose_their_middle() {
        assert_eq!(shortened("a.svs", 5), "a.svs");
        assert_eq!(shortened("2026-01-01_HE.svs", 9), "2026….svs");
        assert_eq!(shortened("组织切片组织切片", 7), "组…片", "wide characters take two columns");
        assert_eq!(shortened("a\nb", 9), r"a\nb");
    }

    #[test]
    fn folders_are_left_out_where_a_path_does_not_fit() {
        let (path, text) = (Path::new("packs/of/this/year/a.origami"), "x".repeat(61));
        assert_eq!(named_file(0, path, "1 MB"), "packs/of/this/year/a.origami: 1 MB");
        assert_eq!(named_file(2, path, &text), format!("  a.origami: {text}"));
    }

    #[test]
    fn packs_of_one_name_in_several_folders_can_be_told_apart_where_their_paths_do_not_fit() {
        let path = Path::new("/srv/packs/case-1/left/a.origami");
        for (columns, expected) in [
            (32, "/srv/packs/case-1/left/a.origami"),
            (31, "…/packs/case-1/left/a.origami"),
            (28, "…/case-1/left/a.origami"),
            (22, "…/left/a.origami"),
            (15, "a.origami"),
            (3, "a.origami"),
        ] {
            assert_eq!(ending(path, columns), expected, "{columns}");
        }
        assert_eq!(ending(Path::new("/"), 0), "/");
        assert_eq!(ending(Path::new("packs/a.origami"), 14), "a.origami");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let facts = "151,872 x 110,592 px, Hamamatsu NDPI, 1.94 GB";
        for name in ["a.svs".to_owned(), "x".repeat(300), "组织".repeat(70)] {
            let line = named(2, &name, facts);
            assert!(width(&line) <= COLUMNS && line.ends_with(facts), "{line}");
        }
        let words = "a sentence that goes on ".repeat(9);
        for line in wrapped(2, words.trim_end()).lines() {
            assert!(width(line) <= COLUMNS && line.starts_with("  "), "{line}");
        }
        assert_eq!(wrapped(2, words.trim_end()).split_whitespace().count(), 45);
    }
}
