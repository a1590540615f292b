//! Text from elsewhere, fit to be shown.
//!
//! Names of files, what a pack says of its slide and what a server answers are
//! other people's. A line break in them would forge a line of a log or report,
//! an escape sequence would retitle the terminal or clear it, and a control of
//! the writing direction would show letters in another order than they have.
//! All of these are shown as Rust would write them in a string, `\n` and
//! `\u{1b}`; the letters of every script stay what they are.

use std::fmt::{self, Display, Formatter, Write};

/// Shows text in one line.
pub struct Line<T>(pub T);

/// Shows text whose line breaks are the program's own, and stay. What may hold
/// others is to go through [`Line`] first.
pub struct Lines<T>(pub T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, kept: None }, "{}", self.0)
    }
}

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, kept: Some('\n') }, "{}", self.0)
    }
}

/// Whether `c` does something to a terminal or a log instead of being seen:
/// C0, DEL and C1; line and paragraph separators; and what Unicode names
/// `Bidi_Control`.
pub fn is_control(c: char) -> bool {
    let turns_text = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || turns_text || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Passes text on with its control characters escaped, but for one.
struct Escaping<'a, 'b> {
    out: &'a mut Formatter<'b>,
    kept: Option<char>,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kept = self.kept;
        let escaped = |c| is_control(c) && Some(c) != kept;
        for part in text.split_inclusive(escaped) {
            let plain = part.trim_end_matches(escaped);
            write!(self.out, "{plain}{}", part[plain.len()..].escape_default())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character there is, 1,000 at a time.
    fn everything() -> impl Iterator<Item = String> {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        all.chunks(1000).map(String::from_iter).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn no_control_character_is_shown_as_it_is() {
        for text in everything() {
            assert!(!Line(&text).to_string().contains(is_control));
            let lines = Lines(&text).to_string();
            assert!(!lines.contains(|c| is_control(c) && c != '\n'));
            assert_eq!(lines.matches('\n').count(), text.matches('\n').count());
        }
    }

    #[test]
    fn all_other_characters_stay() {
        for text in everything() {
            let plain = text.replace(is_control, "");
            assert_eq!(Line(&plain).to_string(), plain);
        }
        for name in ["Gewebe", "组织切片", "ткань", "רקמה", "نسيج", "किताब", "a\\b \u{1f52c} c\u{301}"]
        {
            assert_eq!(Line(name).to_string(), name);
        }
    }

    #[test]
    fn control_characters_are_shown_as_rust_writes_them() {
        let text = "a\tb\r\n\u{1b}[2J\u{7f}\u{9b}31m\u{61c}\u{200e}\u{202e}\u{2028}\u{2066}z";
        let shown = r"a\tb\r\n\u{1b}[2J\u{7f}\u{9b}31m\u{61c}\u{200e}\u{202e}\u{2028}\u{2066}z";
        assert_eq!(Line(text).to_string(), shown);
        assert_eq!(Lines(text).to_string(), shown.replace(r"\n", "\n"));
        assert_eq!(Line(Line(text)).to_string(), shown, "once is enough");
    }
}
