//! `origami.toml`.

use super::RawSetting;
use super::table::{self, Field};
use anyhow::{Context, Result, anyhow, bail};
use origami_units::text::is_control;
use std::io::ErrorKind;
use std::path::Path;
use toml_edit::{Document, DocumentMut, Item, Key, TomlError, Value};

/// The file that is read if there is one and no other is asked for.
pub const DEFAULT: &str = "origami.toml";

/// What a file says. A relative `packs` in it is relative to the file.
pub fn read(path: &Path) -> Result<Vec<RawSetting>> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown}"))?;
    let document = Document::parse(&*text).map_err(|error| explained(path, &text, &error))?;
    let mut given = Vec::new();
    for (name, item) in document.iter() {
        let span = document.key(name).and_then(Key::span).or(item.span());
        let line = span.map_or(1, |span| line_of(&text, span.start));
        let Some(key) = table::keys().find(|key| *key == name) else {
            bail!("{shown}:{line}: there is no setting '{name}'{}", suggestion(name));
        };
        let Some(mut text) = as_text(item) else {
            bail!("{shown}:{line}: {key}: expected a text, a number, true, false or a list of texts");
        };
        if key == "packs" && Path::new(&text).is_relative() {
            text = path.with_file_name(text).to_string_lossy().into_owned();
        }
        given.push(RawSetting::as_in_file(key, text, format!("{shown}:{line}")));
    }
    Ok(given)
}

/// The line that the byte at `offset` is in, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// A file that is not TOML, in one line.
fn explained(path: &Path, text: &str, error: &TomlError) -> anyhow::Error {
    let line = error.span().map_or(1, |span| line_of(text, span.start));
    let message: Vec<&str> = error.message().lines().collect();
    anyhow!("{}:{line}: {}", path.display(), message.join(", "))
}

/// The file as a document to change, empty if there is none.
///
/// # Errors
/// If it cannot be read, or is not TOML.
pub fn editable(path: &Path) -> Result<DocumentMut> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        result => result.with_context(|| path.display().to_string())?,
    };
    text.parse().map_err(|error| explained(path, &text, &error))
}

/// Writes settings into a file and leaves all else in it, comments included, as
/// it was. The file is replaced at once, or not at all.
pub fn write(path: &Path, settings: &[(&'static str, String)]) -> Result<()> {
    let mut document = editable(path)?;
    for (key, text) in settings {
        let mut new = value(key, text);
        if let Some(old) = document.get_mut(key) {
            // In place, for the comments around it belong to it.
            if let Some(old) = old.as_value() {
                *new.decor_mut() = old.decor().clone();
            }
            *old = Item::Value(new);
        } else {
            document.insert(key, Item::Value(new));
        }
    }
    let mut half = path.as_os_str().to_owned();
    half.push(".new");
    std::fs::write(&half, document.to_string())
        .and_then(|()| std::fs::rename(&half, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// A value as it would be written as a flag.
fn as_text(item: &Item) -> Option<String> {
    match item.as_value()? {
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

/// Words that point from a wrong key to the one that is likely meant.
pub fn suggestion(wrong: &str) -> String {
    let close = table::keys()
        .map(|key| (strsim::jaro_winkler(&wrong.to_lowercase().replace('-', "_"), key), key))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity > 0.8);
    close.map_or_else(String::new, |(_, key)| format!("; did you mean '{key}'?"))
}

/// `key = value` as it stands in a file.
pub fn line(key: &str, text: &str) -> String {
    format!("{key} = {}", value(key, text))
}

/// A setting's text as a TOML value.
pub fn value(key: &str, text: &str) -> Value {
    match table::find(key).map(|setting| &setting.field) {
        Some(Field::Count(_) | Field::OpenPacks) => {
            text.parse::<i64>().map_or_else(|_| quoted(text), Into::into)
        }
        Some(Field::Switch(_)) => text.parse::<bool>().map_or_else(|_| quoted(text), Into::into),
        Some(Field::Warm) => text.split(',').filter(|part| !part.is_empty()).map(quoted).collect(),
        _ => quoted(text),
    }
}

/// A text as a TOML value in one line, with escapes for what a terminal would
/// take for a control, though a file may hold much of it.
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

    #[test]
    fn writing_keeps_what_the_file_held_besides() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("origami.toml");
        std::fs::write(&path, "# ours\nworkers = 2 # two\nlisten = \"0.0.0.0:80\"\n").unwrap();
        write(&path, &[("workers", "3".into()), ("pin", "true".into())]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "# ours\nworkers = 3 # two\nlisten = \"0.0.0.0:80\"\npin = true\n");
        let given: Vec<_> = read(&path).unwrap().into_iter().map(|given| (given.key, given.text)).collect();
        let expected = [("workers", "3"), ("listen", "0.0.0.0:80"), ("pin", "true")];
        assert_eq!(given, expected.map(|(key, text)| (key, text.to_owned())));
    }

    #[test]
    fn a_file_that_is_not_there_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.toml");
        write(&path, &[("memory", "256MiB".into()), ("warm", "a,b".into())]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "memory = \"256MiB\"\nwarm = [\"a\", \"b\"]\n");
    }
}
