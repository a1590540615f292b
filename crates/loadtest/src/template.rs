//! Templates for the paths of tiles.

use origami_pack::id;
use origami_pyramid::TileId;
use std::fmt::Write;

/// The template of the paths of Origami's tiles.
pub const ORIGAMI_TEMPLATE: &str = "/tiles/{slide}/{z}/{x}/{y}.jpg?v={generation}";

/// A path with placeholders, for the tiles of one slide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    parts: Vec<TemplatePart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum TemplatePart {
    Text(String),
    Z,
    X,
    Y,
}

/// Why a template cannot name every tile of a slide.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    /// It is not an absolute path.
    #[error("expected a path that begins with /")]
    NotAPath,
    /// A placeholder does not end.
    #[error("{{ without }}")]
    Unclosed,
    /// There is no placeholder of this name.
    #[error("there is no {{{0}}}; there are {{z}}, {{x}}, {{y}}, {{slide}} and {{generation}}")]
    Unknown(String),
    /// The placeholder of this name is missing.
    #[error("{{{0}}} is missing, so tiles would share addresses")]
    Missing(&'static str),
}

impl Template {
    /// Parses `template` for one slide, whose paths begin with `prefix`.
    pub fn new(template: &str, prefix: &str, slide: &str, generation: &str) -> Result<Self, TemplateError> {
        if !template.starts_with('/') {
            return Err(TemplateError::NotAPath);
        }
        let mut parts = vec![TemplatePart::Text(prefix.to_owned())];
        let mut rest = template;
        while let Some((text, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
            parts.push(TemplatePart::Text(text.to_owned()));
            parts.push(match name {
                "z" => TemplatePart::Z,
                "x" => TemplatePart::X,
                "y" => TemplatePart::Y,
                "slide" => TemplatePart::Text(id::url_segment(slide).into_owned()),
                "generation" => TemplatePart::Text(generation.to_owned()),
                _ => return Err(TemplateError::Unknown(name.to_owned())),
            });
            rest = after;
        }
        parts.push(TemplatePart::Text(rest.to_owned()));
        for (part, name) in [(TemplatePart::Z, "z"), (TemplatePart::X, "x"), (TemplatePart::Y, "y")] {
            if !parts.contains(&part) {
                return Err(TemplateError::Missing(name));
            }
        }
        Ok(Self { parts })
    }

    /// Replaces the text in `path` by the path of tile `id`.
    pub fn write_path(&self, id: TileId, path: &mut String) {
        path.clear();
        for part in &self.parts {
            let written = match part {
                TemplatePart::Text(text) => path.write_str(text),
                TemplatePart::Z => write!(path, "{}", id.z),
                TemplatePart::X => write!(path, "{}", id.x),
                TemplatePart::Y => write!(path, "{}", id.y),
            };
            written.expect("writing to a String does not fail");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_name_tiles_as_other_servers_do() {
        let mut path = String::new();
        let id = TileId { z: 15, x: 40, y: 7 };
        for (template, expected) in [
            ("/deepzoom/seed.tif_files/{z}/{x}_{y}.jpg", "/base/deepzoom/seed.tif_files/15/40_7.jpg"),
            (ORIGAMI_TEMPLATE, "/base/tiles/seed/15/40/7.jpg?v=0a"),
        ] {
            Template::new(template, "/base", "seed", "0a").unwrap().write_path(id, &mut path);
            assert_eq!(path, expected);
        }
    }

    #[test]
    fn templates_that_cannot_name_every_tile_are_refused() {
        for (template, part) in [
            ("/{z}/{x}.jpg", "{y} is missing"),
            ("/{z}/{x}/{row}.jpg", "there is no {row}"),
            ("/{z}/{x}/{y", "without }"),
            ("{z}/{x}/{y}", "begins with /"),
        ] {
            let error = Template::new(template, "", "a", "").unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
