//! The URL that clients reach a server under.

/// Parses a URL of a host, and of a path on it if the server is below one; empty is none.
/// Slashes at its end are left out.
///
/// # Errors
/// If `text` is no such URL.
pub fn parse(text: &str) -> Result<Option<String>, String> {
    let url = text.trim().trim_end_matches('/');
    if url.is_empty() {
        return Ok(None);
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let is_url =
        rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && rest.bytes().all(is_plain));
    if is_url {
        Ok(Some(url.to_owned()))
    } else {
        Err("expected a URL, as in https://slides.example".to_owned())
    }
}

/// Whether `byte` may stand in a host or a path as it is. What ends a path does not, nor
/// does what would end an attribute or a header that the URL is written into.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/[]%!$&()*+,;=@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_loses_its_last_slash_and_an_empty_one_is_none() {
        for (text, url) in [
            ("https://slides.example", Some("https://slides.example")),
            ("http://127.0.0.1:8080/", Some("http://127.0.0.1:8080")),
            (" https://a.example/slides/origami/ ", Some("https://a.example/slides/origami")),
            ("http://[::1]:9000", Some("http://[::1]:9000")),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(parse(text), Ok(url.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "slides.example",
            "https://",
            "https:///path",
            "ftp://slides.example",
            "HTTPS//slides.example",
            "https://a.example/?v=1",
            "https://a.example/#x",
            "https://a.example/a b",
            "https://a.example/\">",
            "https://a.example/<b>",
            "https://bücher.example",
            "https://a.example/\n",
            "javascript:alert(1)",
        ] {
            // A line break at the end is trimmed like other white space.
            assert_eq!(parse(text).is_err(), !text.ends_with('\n'), "{text:?}");
        }
    }
}
