//! Amounts of bytes as people write them: `256M`, `2GiB`, `25%`.

/// Units with their size in bytes. Single letters are powers of 1024, as for
/// `docker` and `systemd`.
const UNITS: [(&str, u64); 13] = [
    ("B", 1),
    ("K", 1 << 10),
    ("KiB", 1 << 10),
    ("M", 1 << 20),
    ("MiB", 1 << 20),
    ("G", 1 << 30),
    ("GiB", 1 << 30),
    ("T", 1 << 40),
    ("TiB", 1 << 40),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Parses a number of bytes with or without a unit, or a percentage of `limit`.
///
/// # Errors
/// If `text` is none of these, above 100 %, or more than 2^63 bytes.
pub fn parse(text: &str, limit: u64) -> Result<u64, String> {
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let number: f64 = number.parse().map_err(|_| malformed(text))?;
    let bytes = match unit.trim() {
        "%" if number <= 100.0 => number / 100.0 * limit as f64,
        "%" => return Err(format!("'{text}' is more than all")),
        "" => number,
        unit => {
            let known = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
            let (_, bytes) = known.ok_or_else(|| malformed(text))?;
            number * *bytes as f64
        }
    };
    if bytes > u64::MAX as f64 / 2.0 {
        return Err(format!("'{text}' is more than any machine has"));
    }
    Ok(bytes as u64)
}

fn malformed(text: &str) -> String {
    format!("'{text}' is not an amount of memory, such as 256M, 2GiB, 500MB or 25%")
}

/// The shortest text in whole numbers that [`parse`] reads back.
#[must_use]
pub fn text(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.into_iter().find(|(_, shift)| bytes > 0 && bytes.trailing_zeros() >= *shift) {
        Some((unit, shift)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

/// An approximate number of bytes for people, not to be parsed: `14.2 MB`.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_counts_in_powers_of_1024_and_mb_in_powers_of_1000() {
        for (text, bytes) in [
            ("256M", 256 << 20),
            ("256MiB", 256 << 20),
            ("2g", 2 << 30),
            ("1.5 GiB", 3 << 29),
            ("500MB", 500_000_000),
            ("0", 0),
            ("1234", 1234),
        ] {
            assert_eq!(parse(text, 0), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn a_percentage_is_one_of_the_limit() {
        assert_eq!(parse("25%", 8 << 30), Ok(2 << 30));
        assert!(parse("101%", 8 << 30).unwrap_err().contains("more than all"));
    }

    #[test]
    fn sizes_survive_formatting_and_parsing() {
        for bytes in [0, 1, 1023, 1 << 10, 256 << 20, 3 << 29, 5 << 40] {
            assert_eq!(parse(&text(bytes), 0), Ok(bytes), "{}", text(bytes));
        }
        assert_eq!(text(3 << 29), "1536MiB");
    }

    #[test]
    fn bytes_are_written_in_the_unit_that_fits() {
        assert_eq!([999, 1_500, 2_345_678].map(megabytes), ["999 B", "1.5 kB", "2.3 MB"]);
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "M", "-1M", "1e3", "5 parsecs", "1.2.3M", "99999999T", "NaN", "inf"] {
            assert!(parse(text, 1 << 30).is_err(), "{text}");
        }
    }
}
