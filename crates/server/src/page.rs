//! The viewer's pages: HTML embedded in the binary, with places where the server fills in
//! values. Values may come from files of anybody, so they are always escaped.

use std::convert::Infallible;

#[cfg(test)]
#[path = "../build/template.rs"]
mod template;

include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// The media type of pages.
pub const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// A page into which values of type `V` are filled.
pub struct Page<V: 'static> {
    parts: &'static [Part<V>],
}

/// A part of a page.
pub enum Part<V> {
    /// HTML.
    Text(&'static str),
    /// The place of a value.
    Value(V),
}

/// A value in the pages of one slide.
#[derive(Clone, Copy, Debug)]
pub enum SlideValue {
    /// The title for people.
    Title,
    /// The id as a segment of a URL's path.
    Slide,
    /// The generation on display.
    Generation,
}

/// A value in the page of an error.
#[derive(Clone, Copy, Debug)]
pub enum ErrorValue {
    /// The status code.
    Status,
    /// What is wrong, in general.
    Title,
    /// What is wrong with this request.
    Message,
    /// What its reader can do.
    Advice,
    /// The relative URL of the gallery, with a slash at its end.
    Root,
    /// The id of the request.
    Request,
}

impl<V: Copy> Page<V> {
    /// The page with what `value` gives for each place, as text: it is escaped for elements
    /// and for quoted attributes, and not looked through for further places.
    #[must_use]
    pub fn fill<'a>(&self, value: impl Fn(V) -> &'a str) -> String {
        let mut html = String::new();
        for part in self.parts {
            match part {
                Part::Text(text) => html.push_str(text),
                Part::Value(place) => push_escaped(&mut html, value(*place)),
            }
        }
        html
    }
}

/// Appends `text` to `html` so that it is text there, in elements and in quoted attributes.
fn push_escaped(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Page<SlideValue> = Page {
        parts: &[
            Part::Text("<h1 title=\""),
            Part::Value(SlideValue::Title),
            Part::Text("\">"),
            Part::Value(SlideValue::Title),
            Part::Text("</h1>"),
            Part::Value(SlideValue::Slide),
        ],
    };

    fn with_title(title: &str) -> String {
        PAGE.fill(|value| match value {
            SlideValue::Title => title,
            SlideValue::Slide => "a",
            SlideValue::Generation => "0",
        })
    }

    #[test]
    fn a_title_with_markup_stays_text() {
        let escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;";
        assert_eq!(
            with_title("<script>alert(1)</script>\"'&"),
            format!("<h1 title=\"{escaped}\">{escaped}</h1>a")
        );
        assert_eq!(with_title("слайд é"), "<h1 title=\"слайд é\">слайд é</h1>a");
    }

    #[test]
    fn a_placeholder_in_a_title_is_not_filled_in() {
        assert_eq!(with_title("{{slide}}"), "<h1 title=\"{{slide}}\">{{slide}}</h1>a");
    }

    #[test]
    fn the_embedded_pages_name_the_slide_and_no_place_is_left() {
        for page in [&VIEW, &ABOUT] {
            let html = page.fill(|value| match value {
                SlideValue::Title => "a title",
                SlideValue::Slide => "an-id",
                SlideValue::Generation => "0123456789abcdef",
            });
            assert!(html.contains("a title") && html.contains("an-id"), "{html}");
            assert!(!html.contains("{{"), "{html}");
        }
        assert!(!GALLERY.fill(|value| match value {}).contains("{{"));
    }
}
