//! Content codings: in which form a client takes a file.

use actix_web::http::header::{AcceptEncoding, Encoding, Preference, Quality, QualityItem};
use actix_web::{HttpMessage, HttpRequest};

/// How the content of a response is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentCoding {
    /// As it is.
    Identity,
    /// gzip.
    Gzip,
    /// Brotli.
    Brotli,
}

impl ContentCoding {
    /// All codings, those that save more last.
    pub const ALL: [Self; 3] = [Self::Identity, Self::Gzip, Self::Brotli];

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Gzip => "gzip",
            Self::Brotli => "br",
        }
    }

    fn encoding(self) -> Encoding {
        match self {
            Self::Identity => Encoding::identity(),
            Self::Gzip => Encoding::gzip(),
            Self::Brotli => Encoding::brotli(),
        }
    }
}

/// The codings that a client takes.
pub struct AcceptedCodings(Vec<QualityItem<Preference<Encoding>>>);

impl AcceptedCodings {
    /// Those that `request` names. A header that does not parse names none.
    pub fn of(request: &HttpRequest) -> Self {
        let header = request.get_header::<AcceptEncoding>();
        Self(header.map(|AcceptEncoding(items)| items).unwrap_or_default())
    }

    /// The coding among `available` that the client prefers, and among equals the one that
    /// saves most. `Identity` if it takes none: it can do something with that at least.
    pub fn choose(&self, available: impl Fn(ContentCoding) -> bool) -> ContentCoding {
        let taken = ContentCoding::ALL.into_iter().filter(|coding| available(*coding));
        let taken = taken.filter(|coding| self.quality(*coding) > Quality::ZERO);
        taken.max_by_key(|coding| self.quality(*coding)).unwrap_or(ContentCoding::Identity)
    }

    /// How much the client wants `coding`; zero if it refuses it.
    fn quality(&self, coding: ContentCoding) -> Quality {
        let named = Preference::Specific(coding.encoding());
        let item = self.0.iter().find(|item| item.item == named);
        let item = item.or_else(|| self.0.iter().find(|item| item.item.is_any()));
        let unnamed = if coding == ContentCoding::Identity { Quality::MIN } else { Quality::ZERO };
        item.map_or(unnamed, |item| item.quality)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::ACCEPT_ENCODING;
    use actix_web::test::TestRequest;

    fn accepted(header: &[u8]) -> AcceptedCodings {
        AcceptedCodings::of(&TestRequest::get().insert_header((ACCEPT_ENCODING, header)).to_http_request())
    }

    #[test]
    fn the_client_decides_and_among_equals_the_saving() {
        use ContentCoding::{Brotli, Gzip, Identity};
        for (header, expected) in [
            (&b"gzip, deflate, br, zstd"[..], Brotli),
            (b"br;q=0.5, gzip;q=0.9", Gzip),
            (b"br;q=0, gzip", Gzip),
            (b"br; q=0.0, gzip; q=0.0", Identity),
            (b"gzip;q=0.5, identity", Identity),
            (b"gzip;q=0.5", Gzip),
            (b"*", Brotli),
            (b"*;q=0.1, br;q=0", Gzip),
            (b"*;q=0", Identity),
            (b"identity;q=0", Identity),
            (b"BR", Brotli),
            (b"deflate, zstd", Identity),
            (b"", Identity),
            (b",,;;=,", Identity),
            (b"br;q=2, gzip;q=-1", Identity),
            (b"br;q=x, gzip;q=0.1", Gzip),
            (b"br\xff, gzip", Identity),
        ] {
            assert_eq!(accepted(header).choose(|_| true), expected, "{}", header.escape_ascii());
        }
        assert_eq!(
            AcceptedCodings::of(&TestRequest::get().to_http_request()).choose(|_| true),
            ContentCoding::Identity
        );
    }

    #[test]
    fn only_what_there_is_can_be_chosen() {
        let accepted = accepted(b"br, gzip;q=0.5");
        assert_eq!(accepted.choose(|coding| coding != ContentCoding::Brotli), ContentCoding::Gzip);
        assert_eq!(accepted.choose(|coding| coding == ContentCoding::Identity), ContentCoding::Identity);
    }
}
