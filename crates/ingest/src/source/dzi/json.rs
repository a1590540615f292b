//! Reads the JSON form of a Deep Zoom descriptor, as OpenSeadragon takes it.

use super::coverage::DisplayRect;
use super::descriptor::{Descriptor, Kind, display_rect, levels, whole};
use super::names;
use serde_json::{Map, Value};
use std::slice;

/// Members that are an image: as OpenSeadragon takes it, and as services of Deep Zoom
/// call it.
const IMAGE: [&str; 2] = ["Image", "dzi"];

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
        tiles: member(image, "Url").and_then(Value::as_str).and_then(names::folder_below),
        rects: rects(image),
    })
}

/// The object of an image: that of the descriptor itself, or the only one among the
/// tile sources of a viewer's options.
fn image(value: &Value) -> Option<&Map<String, Value>> {
    match value {
        Value::Object(outer) => {
            let mut images = IMAGE.iter().filter_map(|name| member(outer, name)?.as_object());
            let found = images.find(|image| member(image, "TileSize").is_some());
            found.or_else(|| image(member(outer, "tileSources")?))
        }
        Value::Array(values) => match &values[..] {
            [only] => image(only),
            _ => None,
        },
        _ => None,
    }
}

/// The parts that exist: one, or an array of them; none if one is malformed, so that it
/// leaves out nothing.
fn rects(image: &Map<String, Value>) -> Vec<DisplayRect> {
    let rects: &[Value] = match member(image, "DisplayRect") {
        None | Some(Value::Null) => &[],
        Some(Value::Array(rects)) => rects,
        Some(rect) => slice::from_ref(rect),
    };
    rects.iter().map(rect).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn rect(value: &Value) -> Option<DisplayRect> {
    let outer = value.as_object()?;
    let rect = member(outer, "Rect")?.as_object()?;
    display_rect(levels(|name| number(member(outer, name)?))?, |name| number(member(rect, name)?))
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
    let integer = number(value).and_then(|text| whole(&text)).and_then(|number| T::try_from(number).ok());
    integer.ok_or_else(|| format!("{name}={value} is not a size in pixels"))
}

/// The text of a value that is a number or a string, which may be one of a number.
fn number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
