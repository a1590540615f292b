//! The parameters of requests.

use super::schema;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{RefOr, Required, Schema};

/// A parameter in the path.
pub fn in_path(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    parameter(ParameterIn::Path, name, description, schema)
}

/// A parameter in the path that may be any text.
pub fn any_in_path(name: &str) -> Parameter {
    in_path(name, "Any text.", schema::plain(Type::String))
}

/// A parameter in the query, which may be left out.
pub fn in_query(name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    parameter(ParameterIn::Query, name, description, schema)
}

fn parameter(place: ParameterIn, name: &str, description: &str, schema: RefOr<Schema>) -> Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// The id of a slide.
pub fn slide() -> Parameter {
    in_path("slide", "The id of a slide, as `/slides` lists it.", schema::not_empty())
}

/// A coordinate of a tile.
pub fn coordinate(name: &str, description: &str) -> Parameter {
    in_path(name, description, schema::integer(0, u64::from(u32::MAX)))
}

/// The column and the row of a tile.
pub fn column_and_row() -> [Parameter; 2] {
    [coordinate("x", "Column, from the left."), coordinate("y", "Row, from the top.")]
}

/// The extension of a picture.
pub fn extension() -> Parameter {
    let formats = ["jpg", "jpeg", "png", "webp", "avif"];
    in_path("format", "The format of the picture.", schema::one_of(formats))
}

/// How faithful a picture in a format that is encoded has to be.
pub fn fidelity() -> [Parameter; 2] {
    [
        in_query("quality", "Quality of JPEG, WebP and AVIF.", schema::integer(1, 100)),
        in_query("lossless", "Whether no pixel may change; WebP can do that.", schema::plain(Type::Boolean)),
    ]
}

/// `?v=`
pub fn version() -> Parameter {
    in_query(
        "v",
        "The version of the slide that the answer has to have: its generation. With it, answers may be kept \
         for good.",
        schema::pattern("^[0-9a-f]{16}$"),
    )
}

/// `If-None-Match`
pub fn if_none_match() -> Parameter {
    let description = "Entity tags of copies that the client has.";
    parameter(ParameterIn::Header, "If-None-Match", description, schema::plain(Type::String))
}

/// `Priority`
pub fn priority() -> Parameter {
    let description = "How urgent the request is, as RFC 9218 defines it: `u=0` is the most urgent, `u=7` the \
                       least, `u=3` usual. What does not parse is usual.";
    parameter(ParameterIn::Header, "Priority", description, schema::plain(Type::String))
}
