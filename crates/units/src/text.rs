//! Escapes control characters in untrusted text before it is printed.
//!
//! File names, the metadata of packs and the responses of servers come from other
//! people. A line break in them would forge a line of a log or report, an escape
//! sequence would retitle or clear the terminal, and a control of the writing
//! direction would display letters in another order than they have. All of these are
//! written as in a Rust string, `\n` and `\u{1b}`; the letters of every script are
//! unchanged.

use std::fmt::{self, Display, Formatter, Write};

/// Displays text in one line: all control characters are escaped.
pub struct Line<T>(pub T);

/// Displays text whose line breaks are the program's own and stay as they are. Parts
/// that may contain others have to go through [`Line`] first.
pub struct Lines<T>(pub T);

impl<T: Display> Display for Line<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, unescaped: None }, "{}", self.0)
    }
}

impl<T: Display> Display for Lines<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escaping { out: f, unescaped: Some('\n') }, "{}", self.0)
    }
}

/// Whether `c` controls a terminal or a log instead of being displayed: C0, DEL and
/// C1; line and paragraph separators; and the `Bidi_Control` characters of Unicode.
pub fn is_control(c: char) -> bool {
    let is_bidi_control = matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    c.is_control() || is_bidi_control || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Passes text on with its control characters escaped, except one.
struct Escaping<'a, 'b> {
    out: &'a mut Formatter<'b>,
    unescaped: Option<char>,
}

impl Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let unescaped = self.unescaped;
        // Each part ends with one character to escape, but for the last one.
        for part in text.split_inclusive(|c: char| is_escaped(c, unescaped)) {
            let plain = part.trim_end_matches(|c: char| is_escaped(c, unescaped));
            write!(self.out, "{plain}{}", part[plain.len()..].escape_default())?;
        }
        Ok(())
    }
}

fn is_escaped(c: char, unescaped: Option<char>) -> bool {
    is_control(c) && Some(c) != unescaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character of Unicode, 1,000 at a time.
    fn everything() -> impl Iterator<Item = String> {
        let all: Vec<char> = ('\0'..=char::MAX).collect();
        all.chunks(1000).map(String::from_iter).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn no_control_character_is_left_unescaped() {
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
    fn control_characters_are_escaped_as_in_rust() {
        let text = "a\tb\r\n\u{1b}[2J\u{7f}\u{9b}31m\u{61c}\u{200e}\u{202e}\u{2028}\u{2066}z";
        let escaped = r"a\tb\r\n\u{1b}[2J\u{7f}\u{9b}31m\u{61c}\u{200e}\u{202e}\u{2028}\u{2066}z";
        assert_eq!(Line(text).to_string(), escaped);
        assert_eq!(Lines(text).to_string(), escaped.replace(r"\n", "\n"));
        assert_eq!(Line(Line(text)).to_string(), escaped, "once is enough");
    }
}
