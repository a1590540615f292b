//! Numbers of pixels as people write them: `16M`, `250000`.

/// Units with their number of pixels, largest first. As in amounts of memory they are
/// powers of 1024, so that `16M` is a square of 4096 pixels.
const UNITS: [(char, u64); 3] = [('G', 1 << 30), ('M', 1 << 20), ('k', 1 << 10)];

/// The largest number that can be meant.
const MAX: u64 = 1 << 50;

/// Parses a whole number, more than 0, with or without a unit.
///
/// # Errors
/// If `text` is no such number, or is larger than can be meant.
pub fn parse(text: &str) -> Result<u64, String> {
    let trimmed = text.trim();
    let unit = UNITS
        .into_iter()
        .find(|(unit, _)| trimmed.ends_with([unit.to_ascii_uppercase(), unit.to_ascii_lowercase()]));
    let (digits, factor) = match unit {
        Some((_, factor)) => (&trimmed[..trimmed.len() - 1], factor),
        None => (trimmed, 1),
    };
    let number = digits.trim_end().parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    number
        .filter(|number| (1..=MAX).contains(number))
        .ok_or_else(|| format!("'{text}' is not a number of pixels, such as 16M or 250000"))
}

/// The shortest text in whole numbers that [`parse`] reads back.
pub fn text(pixels: u64) -> String {
    match UNITS.into_iter().find(|(_, factor)| pixels > 0 && pixels.is_multiple_of(*factor)) {
        Some((unit, factor)) => format!("{}{unit}", pixels / factor),
        None => pixels.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_survive_formatting_and_parsing() {
        for (written, pixels) in [
            ("16M", 4096 * 4096),
            ("1", 1),
            ("250000", 250_000),
            ("3k", 3072),
            ("2G", 1 << 31),
            ("5000k", 5_120_000),
        ] {
            assert_eq!(parse(written), Ok(pixels), "{written}");
            assert_eq!(text(pixels), written);
        }
        assert_eq!(parse(" 16 m "), Ok(16 << 20));
        assert_eq!(parse("2K"), Ok(2048));
        assert_eq!(text(1024 * 1024), "1M");
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "M",
            "0",
            "0M",
            "-1",
            "1.5M",
            "1e6",
            "16MB",
            "16Mpx",
            "4kk",
            "1ä",
            "18446744073709551615",
            "99999999G",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
