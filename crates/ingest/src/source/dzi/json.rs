//! Reads the JSON form of a Deep Zoom descriptor, as OpenSeadragon takes it.

use super::coverage::DisplayRect;
use super::descriptor::{Descriptor, Kind};
use serde_json::{Map, Value};

/// Recognises a descriptor; nothing that is not valid JSON is one.
pub(super) fn recognise(json: &str) -> Option<Kind> {
    let value = serde_json::from_str(json).ok()?;
    image(&value).map(|_| Kind::Image)
}

/// Reads the descriptor of an image.
///
/// # Errors
/// What is malformed or missing.
pub(super) fn parse(json: &str) -> Result<Descriptor, String> {
    let value = serde_json::from_str(json).map_err(|error| format!("the JSON is malformed: {error}"))?;
    let image = image(&value).ok_or("the JSON has no Image with a TileSize")?;
    let size = object(image, "Size")?;
    Ok(Descriptor {
        width: integer(size, "Width")?,
        height: integer(size, "Height")?,
        tile_size: integer(image, "TileSize")?,
        overlap: integer(image, "Overlap")?,
        format: member(image, "Format").and_then(Value::as_str).ok_or("Format is missing")?.to_owned(),
        rects: rects(image)?,
    })
}

/// The object of an image: that of the descriptor itself, or the only one among the
/// tile sources of a viewer's options.
fn image(value: &Value) -> Option<&Map<String, Value>> {
    match value {
        Value::Object(outer) => match member(outer, "Image") {
            Some(Value::Object(image)) if member(image, "TileSize").is_some() => Some(image),
            _ => image(member(outer, "tileSources")?),
        },
        Value::Array(values) => match &values[..] {
            [only] => image(only),
            _ => None,
        },
        _ => None,
    }
}

/// The parts that exist: one, or an array of them.
fn rects(image: &Map<String, Value>) -> Result<Vec<DisplayRect>, String> {
    match member(image, "DisplayRect") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(rects)) => rects.iter().map(rect).collect(),
        Some(value) => Ok(vec![rect(value)?]),
    }
}

fn rect(value: &Value) -> Result<DisplayRect, String> {
    let outer = value.as_object().ok_or("a DisplayRect is no object")?;
    let rect = object(outer, "Rect")?;
    Ok(DisplayRect {
        levels: integer(outer, "MinLevel")?..=integer(outer, "MaxLevel")?,
        x: integer(rect, "X")?,
        y: integer(rect, "Y")?,
        width: integer(rect, "Width")?,
        height: integer(rect, "Height")?,
    })
}

/// A member by its name, in upper or lower case.
fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn object<'a>(outer: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, String> {
    member(outer, name).and_then(Value::as_object).ok_or_else(|| format!("{name} is missing"))
}

/// A member that is a number of pixels or levels, or a string of one.
fn integer<T: TryFrom<u64>>(object: &Map<String, Value>, name: &str) -> Result<T, String> {
    let value = member(object, name).ok_or_else(|| format!("{name} is missing"))?;
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        _ => value.as_u64().or_else(|| whole(value.as_f64()?)),
    };
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("{name}={value} is not a size in pixels"))
}

/// A number that is whole although it is written with a decimal point.
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..1e15).contains(&number)).then_some(number as u64)
}
