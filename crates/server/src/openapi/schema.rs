//! The schemas of parameters and of JSON.

pub mod iiif;
pub mod slides;
pub mod viewers;

use serde_json::Value;
use utoipa::openapi::schema::{AllOfBuilder, AnyOfBuilder, ArrayBuilder, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr, Schema};

/// The name of the schema of errors.
pub const PROBLEM: &str = "Problem";

/// The schemas of the document, by name.
pub fn all() -> Vec<(&'static str, RefOr<Schema>)> {
    let problem = object([
        ("type", plain(Type::String)),
        ("title", plain(Type::String)),
        ("status", integer(400, 599)),
        ("detail", plain(Type::String)),
        ("error", plain(Type::String)),
        ("request_id", plain(Type::String)),
    ]);
    let mut schemas = vec![(PROBLEM, problem)];
    schemas.extend(slides::all());
    schemas.extend(iiif::all());
    schemas.extend(viewers::all());
    schemas
}

/// The schema of this name.
pub fn reference(name: &str) -> RefOr<Schema> {
    Ref::from_schema_name(name).into()
}

/// Any value of this type.
pub fn plain(of: Type) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(of).into()
}

/// A value of this type, or null.
pub fn nullable(of: Type) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::from_iter([of, Type::Null])).into()
}

/// A whole number.
pub fn integer(minimum: u64, maximum: u64) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::Integer);
    schema.minimum(Some(minimum)).maximum(Some(maximum)).into()
}

/// A whole number that is not negative.
pub fn count() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0u64)).into()
}

/// A number.
pub fn number(minimum: f64, maximum: f64) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::Number);
    schema.minimum(Some(minimum)).maximum(Some(maximum)).into()
}

/// A text that this regular expression describes.
pub fn pattern(expression: &str) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).pattern(Some(expression)).into()
}

/// A text with at least one character.
pub fn not_empty() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).into()
}

/// One of these texts.
pub fn one_of<const N: usize>(texts: [&str; N]) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(texts.map(Value::from))).into()
}

/// A list of values of this schema.
pub fn list(items: RefOr<Schema>) -> RefOr<Schema> {
    ArrayBuilder::new().items(items).into()
}

/// A value of one of these schemas.
pub fn any_of<const N: usize>(schemas: [RefOr<Schema>; N]) -> RefOr<Schema> {
    schemas.into_iter().fold(AnyOfBuilder::new(), AnyOfBuilder::item).into()
}

/// A value of all of these schemas.
pub fn all_of<const N: usize>(schemas: [RefOr<Schema>; N]) -> RefOr<Schema> {
    schemas.into_iter().fold(AllOfBuilder::new(), AllOfBuilder::item).into()
}

/// An object that has at least these members.
pub fn object<const N: usize>(members: [(&str, RefOr<Schema>); N]) -> RefOr<Schema> {
    let object = members
        .into_iter()
        .fold(ObjectBuilder::new(), |object, (name, schema)| object.property(name, schema).required(name));
    object.into()
}
