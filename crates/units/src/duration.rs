//! Durations as people write them: `2s`, `500ms`, `1.5m`.

use std::time::Duration;

/// Units with their length in seconds.
const UNITS: [(&str, f64); 5] = [("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The longest duration that is accepted, in seconds: a year.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;

/// Parses a number with a unit; only 0 needs none.
///
/// # Errors
/// If `text` is not a duration, or longer than a year.
pub fn parse(text: &str) -> Result<Duration, String> {
    let trimmed = text.trim();
    let digits = trimmed.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let number: f64 = number.parse().map_err(|_| malformed(text))?;
    let unit = unit.trim();
    let seconds = match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, seconds)) => *seconds,
        None if unit.is_empty() && number == 0.0 => 0.0,
        None if unit.is_empty() => {
            return Err(format!("'{trimmed}' has no unit; write {trimmed}s or {trimmed}ms"));
        }
        None => return Err(malformed(text)),
    };
    match number * seconds {
        long if long > MAX_SECONDS => Err(format!("'{trimmed}' is longer than a year")),
        seconds => Ok(Duration::from_secs_f64(seconds)),
    }
}

fn malformed(text: &str) -> String {
    format!("'{text}' is not a duration, such as 500ms, 2s, 1.5m or 1h")
}

/// The shortest text that [`parse`] reads back, in the largest unit without a
/// fraction.
#[must_use]
pub fn text(duration: Duration) -> String {
    let micros = duration.as_micros();
    let units = [("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000)];
    match units.into_iter().find(|(_, length)| micros > 0 && micros.is_multiple_of(*length)) {
        Some((unit, length)) => format!("{}{unit}", micros / length),
        None if micros == 0 => "0s".to_owned(),
        None => format!("{micros}us"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_survive_formatting_and_parsing() {
        for (written, micros) in [
            ("250us", 250),
            ("500ms", 500_000),
            ("2s", 2_000_000),
            ("90s", 90_000_000),
            ("1h", 3_600_000_000),
        ] {
            let duration = parse(written).unwrap();
            assert_eq!(duration, Duration::from_micros(micros), "{written}");
            assert_eq!(parse(&text(duration)), Ok(duration), "{written}");
        }
        assert_eq!(parse("1.5m"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        assert_eq!(text(Duration::ZERO), "0s");
        assert_eq!(text(Duration::from_secs(90)), "90s");
    }

    #[test]
    fn the_error_for_a_missing_unit_suggests_some() {
        assert_eq!(parse("30").unwrap_err(), "'30' has no unit; write 30s or 30ms");
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "s", "-1s", "1 fortnight", "1e3s", "1.2.3s", "99999h", "NaNs", "infs"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
