//! A table of the page.

/// A table, or nothing at all if it has no rows.
pub struct Table {
    /// What its address ends in, after `#`.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// What has to be known to read it.
    pub hint: &'static str,
    /// The heading of the column with the names of the rows, and of those with their values.
    pub columns: &'static [&'static str],
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its values, one for each column but the first.
    pub values: Vec<Cell>,
}

/// A value in a table.
pub enum Cell {
    /// A text.
    Text(String),
    /// A share, with a bar.
    Bar {
        /// The share in words.
        text: String,
        /// How long the bar is, 0 to 100.
        percent: u8,
    },
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Row {
    /// The row with this name and these values.
    pub fn new<C: Into<Cell>>(name: impl Into<String>, values: impl IntoIterator<Item = C>) -> Self {
        Self { name: name.into(), values: values.into_iter().map(Into::into).collect() }
    }
}

impl Cell {
    /// The share that `part` is of `all`.
    pub fn bar(part: f64, all: f64) -> Self {
        let percent = if all > 0.0 { (100.0 * part / all).clamp(0.0, 100.0).round() } else { 0.0 };
        let steps = (0..=100u8).rev().find(|step| f64::from(*step) <= percent);
        Self::Bar { text: super::text::share(part, all), percent: steps.unwrap_or(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bar_is_longer_than_its_place() {
        for (part, all, expected) in [
            (0.0, 8.0, 0),
            (4.0, 8.0, 50),
            (8.0, 8.0, 100),
            (16.0, 8.0, 100),
            (1.0, 0.0, 0),
            (f64::NAN, 1.0, 0),
        ] {
            let Cell::Bar { percent, .. } = Cell::bar(part, all) else { panic!("no bar") };
            assert_eq!(percent, expected, "{part} of {all}");
        }
    }
}
