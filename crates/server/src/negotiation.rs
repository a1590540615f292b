//! The format of a response whose URL names none: what the header `Accept` asks for.

use actix_web::http::header::{Accept, HeaderValue, Quality, VARY};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use origami_render::Format;

/// The format that a URL asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestedFormat {
    /// The one whose extension it has.
    Named(Format),
    /// The one that `Accept` asks for, because it has no extension.
    Negotiated,
}

/// The format of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatChoice {
    /// The format.
    pub format: Format,
    /// Whether it may be another one for another client, so that the response needs
    /// [`vary_accept`].
    pub is_negotiated: bool,
}

impl RequestedFormat {
    /// The format of the response to `request`; see [`of_accept`].
    pub fn choose(self, request: &HttpRequest, transcode: bool, native: Format) -> FormatChoice {
        match self {
            Self::Named(format) => FormatChoice { format, is_negotiated: false },
            Self::Negotiated => of_accept(request, transcode, native),
        }
    }
}

/// The format that the `Accept` of `request` asks for, of pixels that are there in the
/// format `native`.
///
/// That is `native` unless the client refuses it: a client that says which format it
/// likes best rarely likes it enough to wait for it, and if it is lossy, to lose more.
/// With `transcode` it is the format that the client likes best, and the smallest of
/// several. A wildcard then speaks for `native` alone: it says nothing of what the client
/// can read. A header that is malformed or has no format that there is counts as absent.
pub fn of_accept(request: &HttpRequest, transcode: bool, native: Format) -> FormatChoice {
    let accepted = request.get_header::<Accept>();
    let format = accepted.map_or(native, |accepted| preferred(&accepted, transcode, native));
    FormatChoice { format, is_negotiated: true }
}

/// How much a client wants a format.
#[derive(Clone, Copy)]
struct Wish {
    quality: Quality,
    /// Whether it is named, rather than covered by a wildcard.
    is_named: bool,
}

impl Wish {
    /// The wish of the most specific range in `accepted` that covers `format`; `None` if
    /// the format is refused, or if nothing covers it.
    fn of(accepted: &Accept, format: Format) -> Option<Self> {
        let name = format.content_type();
        let (range, quality) = [name, "image/*", "*/*"].into_iter().find_map(|range| {
            let items = accepted.0.iter().filter(|item| item.item.essence_str() == range);
            Some((range, items.map(|item| item.quality).max()?))
        })?;
        (quality > Quality::ZERO).then_some(Self { quality, is_named: range == name })
    }
}

fn preferred(accepted: &Accept, transcode: bool, native: Format) -> Format {
    if !transcode && Wish::of(accepted, native).is_some() {
        return native;
    }
    // From the last to the first choice among formats that are wanted equally.
    let order = if transcode {
        [Format::Png, Format::Jpeg, Format::WebP, Format::Avif]
    } else {
        [Format::Avif, Format::Jpeg, Format::WebP, Format::Png]
    };
    let wanted = order.into_iter().filter_map(|format| Some((format, Wish::of(accepted, format)?)));
    let best = wanted.max_by_key(|(format, wish)| (wish.is_named || *format == native, wish.quality));
    best.map_or(native, |(format, _)| format)
}

/// Says that `response` depends on `Accept`, unless it says so already.
pub fn vary_accept(response: &mut HttpResponse) {
    let headers = response.headers_mut();
    let is_said = headers.get_all(VARY).any(|value| {
        let mut names = value.to_str().unwrap_or_default().split(',');
        names.any(|name| name.trim().eq_ignore_ascii_case("accept"))
    });
    if !is_said {
        headers.append(VARY, HeaderValue::from_static("Accept"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::ACCEPT;
    use actix_web::test::TestRequest;
    use origami_render::Format::{Avif, Jpeg, Png, WebP};

    const CHROMIUM: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
    const FIREFOX: &str = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5";
    const PAGE: &str =
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

    fn chosen(accept: &[u8], transcode: bool, native: Format) -> Format {
        let request = TestRequest::get().insert_header((ACCEPT, accept)).to_http_request();
        let FormatChoice { format, is_negotiated } = of_accept(&request, transcode, native);
        assert!(is_negotiated);
        format
    }

    #[test]
    fn tiles_stay_what_they_are_unless_the_client_refuses_them() {
        for (accept, format) in [
            ("", Jpeg),
            ("*/*", Jpeg),
            ("image/*", Jpeg),
            (CHROMIUM, Jpeg),
            (FIREFOX, Jpeg),
            (PAGE, Jpeg),
            ("image/png, image/jpeg;q=0.1", Jpeg),
            ("image/png", Png),
            ("image/webp", WebP),
            ("IMAGE/WEBP", WebP),
            ("image/avif", Avif),
            ("image/webp;q=0.5, image/avif", Avif),
            // A lossless format is the best of equals.
            ("image/webp, image/avif, image/png", Png),
            ("image/webp, image/avif", WebP),
            ("image/jpeg;q=0, image/*", Png),
            ("image/jpeg;q=0, */*", Png),
            ("image/*;q=0, image/webp", WebP),
            ("image/*;q=0, */*", Jpeg),
        ] {
            assert_eq!(chosen(accept.as_bytes(), false, Jpeg), format, "{accept}");
        }
    }

    #[test]
    fn with_transcoding_the_client_gets_what_it_likes_best_and_the_smallest_of_equals() {
        for (accept, format) in [
            ("", Jpeg),
            // Whoever takes everything may be unable to read the newer formats.
            ("*/*", Jpeg),
            ("image/*", Jpeg),
            (CHROMIUM, Avif),
            (FIREFOX, Avif),
            (PAGE, Avif),
            ("image/webp, */*;q=0.8", WebP),
            ("image/webp;q=0.9, image/avif;q=0.5, image/jpeg", Jpeg),
            ("image/png, image/jpeg", Jpeg),
            ("image/png, image/jpeg;q=0.9", Png),
            ("image/avif;q=0, image/webp, image/*", WebP),
        ] {
            assert_eq!(chosen(accept.as_bytes(), true, Jpeg), format, "{accept}");
        }
    }

    #[test]
    fn a_header_that_is_malformed_or_names_no_format_counts_as_absent() {
        let long = "image/webp;q=0,".repeat(4000);
        for accept in [
            &b"text/html"[..],
            b"application/json",
            b"image/gif, image/tiff;q=0.5",
            b"image/webp;q=2",
            b"image/webp;q=-1",
            b"image/webp;q=abc",
            b"image/webp;q=NaN",
            b"image/webp\xff",
            b",;=/",
            b"image",
            b"*/webp",
            long.as_bytes(),
        ] {
            for transcode in [false, true] {
                for native in [Jpeg, Png] {
                    assert_eq!(chosen(accept, transcode, native), native, "{}", accept.escape_ascii());
                }
            }
        }
    }

    #[test]
    fn what_is_made_as_png_stays_png() {
        for (accept, format) in [("*/*", Png), (CHROMIUM, Png), ("image/jpeg", Jpeg), ("image/webp", WebP)] {
            assert_eq!(chosen(accept.as_bytes(), false, Png), format, "{accept}");
        }
    }

    #[test]
    fn a_format_in_the_url_is_not_negotiated() {
        let request = TestRequest::get().insert_header((ACCEPT, "image/webp")).to_http_request();
        let named = RequestedFormat::Named(Png).choose(&request, true, Jpeg);
        assert_eq!(named, FormatChoice { format: Png, is_negotiated: false });
        let negotiated = RequestedFormat::Negotiated.choose(&request, true, Jpeg);
        assert_eq!(negotiated, FormatChoice { format: WebP, is_negotiated: true });
    }

    #[test]
    fn accept_is_named_once_beside_other_headers() {
        for (before, expected) in [
            (None, &["Accept"][..]),
            (Some("Accept-Encoding"), &["Accept-Encoding", "Accept"]),
            (Some("Origin, accept"), &["Origin, accept"]),
        ] {
            let mut response = HttpResponse::Ok();
            response.insert_header(("x-other", "1"));
            if let Some(before) = before {
                response.insert_header((VARY, before));
            }
            let mut response = response.finish();
            vary_accept(&mut response);
            vary_accept(&mut response);
            let values = response.headers().get_all(VARY).map(|value| value.to_str().unwrap());
            assert_eq!(values.collect::<Vec<_>>(), expected);
        }
    }
}
