//! What routes answer when they succeed.

use super::schema;
use actix_web::http::StatusCode;
use origami_render::Format;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{Content, Header, RefOr, Response, ResponseBuilder, Schema};

/// The answer of a route that succeeds.
#[derive(Clone)]
pub struct Answer {
    status: StatusCode,
    description: &'static str,
    /// The media types it may have, with the schemas of those that have one.
    contents: Vec<(&'static str, Option<RefOr<Schema>>)>,
    headers: Vec<(&'static str, Header)>,
    has_tag: bool,
}

impl Answer {
    /// A body of one of `media_types`, without an entity tag.
    pub fn of<const N: usize>(description: &'static str, media_types: [&'static str; N]) -> Self {
        let contents = media_types.map(|media_type| (media_type, None)).into();
        Self { status: StatusCode::OK, description, contents, headers: Vec::new(), has_tag: false }
    }

    /// JSON of the schema with this name, without an entity tag.
    pub fn json(description: &'static str, schema: &str) -> Self {
        Self::of(description, []).or("application/json", schema)
    }

    /// A picture in one of the formats, with an entity tag.
    pub fn picture(description: &'static str) -> Self {
        Self::of(description, Format::ALL.map(Format::content_type)).tagged()
    }

    /// A tile in one of these formats, with an entity tag.
    pub fn tile<const N: usize>(formats: [Format; N]) -> Self {
        Self::of("The tile.", formats.map(Format::content_type))
            .tagged()
            .with("Server-Timing", text_header("Where it came from."))
    }

    /// A redirection.
    pub fn redirect(description: &'static str) -> Self {
        let location = ("Location", text_header("Where the answer is."));
        Self { status: StatusCode::SEE_OTHER, headers: vec![location], ..Self::of(description, []) }
    }

    /// The same, or a body of this media type and schema.
    pub fn or(mut self, media_type: &'static str, schema: &str) -> Self {
        self.contents.push((media_type, Some(schema::reference(schema))));
        self
    }

    /// The same, or a body of one of these media types.
    pub fn or_bytes<const N: usize>(mut self, media_types: [&'static str; N]) -> Self {
        self.contents.extend(media_types.map(|media_type| (media_type, None)));
        self
    }

    /// The same with an entity tag.
    pub fn tagged(self) -> Self {
        Self { has_tag: true, ..self }
    }

    /// The same with another header.
    pub fn with(mut self, name: &'static str, header: Header) -> Self {
        self.headers.push((name, header));
        self
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Whether it has an entity tag, so that 304 may take its place.
    pub fn has_tag(&self) -> bool {
        self.has_tag
    }

    /// The response to GET.
    pub fn response(&self) -> Response {
        let contents =
            self.contents.iter().map(|(media_type, schema)| (*media_type, Content::new(schema.clone())));
        contents
            .fold(self.head_builder(), |response, (media_type, content)| {
                response.content(media_type, content)
            })
            .build()
    }

    /// The response to HEAD: the same headers, and no body.
    pub fn head(&self) -> Response {
        self.head_builder().build()
    }

    fn head_builder(&self) -> ResponseBuilder {
        let headers = self.headers.iter().cloned();
        let response = ResponseBuilder::new()
            .description(self.description)
            .header("Cache-Control", text_header("How long the answer may be kept."));
        let response = headers.fold(response, |response, (name, header)| response.header(name, header));
        if self.has_tag { response.header("ETag", text_header("A strong entity tag.")) } else { response }
    }

    /// The response to a client whose copy is current.
    pub fn unchanged() -> Response {
        ResponseBuilder::new()
            .description("The client's copy is current.")
            .header("ETag", text_header("The entity tag of that copy."))
            .build()
    }

    /// The response to OPTIONS.
    pub fn preflight() -> Response {
        ResponseBuilder::new()
            .description("A preflight request is granted.")
            .header("Allow", text_header("`GET, HEAD, OPTIONS`"))
            .header("Access-Control-Allow-Methods", text_header("`GET, HEAD, OPTIONS`"))
            .build()
    }
}

/// A header of this schema.
pub fn header(schema: RefOr<Schema>, description: &'static str) -> Header {
    HeaderBuilder::new().schema(schema).description(Some(description)).build()
}

/// A header that is a text.
pub fn text_header(description: &'static str) -> Header {
    header(schema::plain(Type::String), description)
}
