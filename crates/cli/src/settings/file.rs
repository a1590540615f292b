//! The settings file, `origami.toml`.

use super::setting::Field;
use super::{Assignment, GivenSetting, table};
use anyhow::{Context, Result, anyhow, bail};
use origami_units::text::is_control;
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{Document, DocumentMut, Item, Key, TomlError, Value};

/// The file that is read if it exists and no other is named.
pub const DEFAULT: &str = "origami.toml";

/// Settings whose values are paths. Relative ones in a file are relative to the file.
const PATHS: [&str; 2] = ["packs", "derivative_cache"];

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<GivenSetting>> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| name.to_string())?;
    let document = Document::parse(&*text).map_err(|error| syntax_error(path, &text, &error))?;
    let mut given = Vec::new();
    for (key, item) in document.iter() {
        let span = document.key(key).and_then(Key::span).or(item.span());
        let line = span.map_or(1, |span| line_of(&text, span.start));
        let Some(key) = table::keys().find(|known| *known == key) else {
            bail!("{name}:{line}: there is no setting '{key}'{}", suggestion(key));
        };
        let Some(mut value) = as_text(key, item) else {
            bail!("{name}:{line}: {key}: expected a text, a number, true, false or a list of texts");
        };
        if PATHS.contains(&key) && !value.is_empty() && Path::new(&value).is_relative() {
            value = path.with_file_name(value).to_string_lossy().into_owned();
        }
        given.push(GivenSetting::in_file(Assignment { key, text: value }, format!("{name}:{line}")));
    }
    Ok(given)
}

/// The line, from 1, of the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The error of a file that is not TOML, in one line.
fn syntax_error(path: &Path, text: &str, error: &TomlError) -> anyhow::Error {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let message: Vec<&str> = error.message().lines().collect();
    anyhow!("{}:{line}: {}", path.display(), message.join(", "))
}

/// The file as a document that can be changed, empty if there is none.
///
/// # Errors
/// If it cannot be read, or is not TOML.
pub fn editable(path: &Path) -> Result<DocumentMut> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        result => result.with_context(|| path.display().to_string())?,
    };
    text.parse().map_err(|error| syntax_error(path, &text, &error))
}

/// Writes settings into a file and leaves everything else in it unchanged, comments
/// included. The file is replaced atomically.
pub fn write(path: &Path, settings: &[Assignment]) -> Result<()> {
    let mut document = editable(path)?;
    for Assignment { key, text } in settings {
        let mut new = value(key, text);
        if let Some(old) = document.get_mut(key) {
            // In place, with the comments that belong to it.
            if let Some(old) = old.as_value() {
                *new.decor_mut() = old.decor().clone();
            }
            *old = Item::Value(new);
        } else {
            document.insert(key, Item::Value(new));
        }
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".new");
    std::fs::write(&temporary, document.to_string())
        .and_then(|()| std::fs::rename(&temporary, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// The value of `key` as text, as in a flag; `None` for types that it does not have.
fn as_text(key: &str, item: &Item) -> Option<String> {
    match item.as_value()? {
        Value::Float(number) if is_share(key) => Some(number.value().to_string()),
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(switch) => Some(switch.value().to_string()),
        Value::Array(values) => {
            let texts: Option<Vec<_>> = values.iter().map(Value::as_str).collect();
            Some(texts?.join(","))
        }
        Value::Float(_) | Value::Datetime(_) | Value::InlineTable(_) => None,
    }
}

/// Whether the values of `key` are shares, and so numbers with a point.
fn is_share(key: &str) -> bool {
    table::find(key).is_some_and(|setting| matches!(setting.field, Field::OtlpSample))
}

/// `; did you mean '…'?` with the key most similar to `wrong`; empty if none is
/// similar.
fn suggestion(wrong: &str) -> String {
    let closest = table::keys()
        .map(|key| (strsim::jaro_winkler(&wrong.to_lowercase().replace('-', "_"), key), key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.8);
    closest.map_or_else(String::new, |(_, key)| format!("; did you mean '{key}'?"))
}

/// The line of a file that sets `key`.
pub fn line(key: &str, text: &str) -> String {
    format!("{key} = {}", value(key, text))
}

/// A setting's text as a TOML value.
fn value(key: &str, text: &str) -> Value {
    match table::find(key).map(|setting| &setting.field) {
        Some(Field::Count(_) | Field::Limit(_) | Field::OpenPacks | Field::Quality(_)) => {
            text.parse::<i64>().map_or_else(|_| quoted(text), Into::into)
        }
        Some(Field::OtlpSample) => text.parse::<f64>().map_or_else(|_| quoted(text), Into::into),
        Some(Field::Switch(_)) => text.parse::<bool>().map_or_else(|_| quoted(text), Into::into),
        Some(Field::Warm) => text.split(',').filter(|part| !part.is_empty()).map(quoted).collect(),
        _ => quoted(text),
    }
}

/// A text as a TOML value in one line, in which control characters are escaped for
/// terminals, even those that TOML allows.
fn quoted(text: &str) -> Value {
    if !text.contains(is_control) {
        return text.into();
    }
    let mut toml = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => toml.extend(['\\', c]),
            c if is_control(c) => toml.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => toml.push(c),
        }
    }
    toml.push('"');
    toml.parse().unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assignment(key: &'static str, text: &str) -> Assignment {
        Assignment { key, text: text.to_owned() }
    }

    #[test]
    fn writing_keeps_the_rest_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("origami.toml");
        std::fs::write(&path, "# ours\nworkers = 2 # two\nlisten = \"0.0.0.0:80\"\n").unwrap();
        write(&path, &[assignment("workers", "3"), assignment("pin", "true")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# ours\nworkers = 3 # two\nlisten = \"0.0.0.0:80\"\npin = true\n");
        let given = read(&path).unwrap();
        let given: Vec<_> = given.iter().map(|given| (given.key(), &*given.assignment.text)).collect();
        assert_eq!(given, [("workers", "3"), ("listen", "0.0.0.0:80"), ("pin", "true")]);
    }

    #[test]
    fn a_file_that_does_not_exist_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.toml");
        write(&path, &[assignment("memory", "256MiB"), assignment("warm", "a,b")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "memory = \"256MiB\"\nwarm = [\"a\", \"b\"]\n");
    }
}
