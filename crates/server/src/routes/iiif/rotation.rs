//! The rotation parameter: whether pixels are mirrored, and by which angle they turn.

use super::number::Decimal;
use crate::error::Error;
use origami_render::Turn;
use std::fmt::{self, Display, Formatter};

const MALFORMED: Error = Error::BadRequest(
    "the rotation is 0 to 360 degrees in decimal digits, with ! in front to mirror the image first",
);

/// Thousandths of a degree in a full circle.
const CIRCLE: u64 = 360_000;

/// Parses the parameter. Angles are rounded to thousandths of a degree; a full circle is
/// none.
///
/// # Errors
/// [`Error::BadRequest`] if it is not a number from 0 to 360.
pub fn parse(text: &str) -> Result<Turn, Error> {
    let (mirrored, degrees) = match text.strip_prefix('!') {
        Some(degrees) => (true, degrees),
        None => (false, text),
    };
    let angle = Decimal::parse(degrees).map(Decimal::thousandths).filter(|angle| *angle <= CIRCLE);
    let angle = angle.ok_or(MALFORMED)? % CIRCLE;
    Ok(Turn { mirrored, millidegrees: angle as u32 })
}

/// A turn as the canonical URL has it: a whole number if possible, and without zeros at the
/// end otherwise.
pub struct Canonical(pub Turn);

impl Display for Canonical {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Turn { mirrored, millidegrees } = self.0;
        if mirrored {
            f.write_str("!")?;
        }
        let (whole, fraction) = (millidegrees / 1000, millidegrees % 1000);
        match fraction {
            0 => write!(f, "{whole}"),
            _ if fraction.is_multiple_of(100) => write!(f, "{whole}.{}", fraction / 100),
            _ if fraction.is_multiple_of(10) => write!(f, "{whole}.{:02}", fraction / 10),
            _ => write!(f, "{whole}.{fraction:03}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_are_decimal_and_may_be_mirrored() {
        for (text, mirrored, millidegrees, canonical) in [
            ("0", false, 0, "0"),
            ("!0", true, 0, "!0"),
            ("90", false, 90_000, "90"),
            ("!180", true, 180_000, "!180"),
            ("270.0", false, 270_000, "270"),
            ("22.5", false, 22_500, "22.5"),
            ("0.25", false, 250, "0.25"),
            ("!0.005", true, 5, "!0.005"),
            ("007.1200", false, 7_120, "7.12"),
            ("1.0004", false, 1_000, "1"),
            ("360", false, 0, "0"),
            ("!360", true, 0, "!0"),
            ("359.9999", false, 0, "0"),
        ] {
            let turn = parse(text).unwrap();
            assert_eq!((turn.mirrored, turn.millidegrees), (mirrored, millidegrees), "{text}");
            assert_eq!(Canonical(turn).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn anything_else_is_malformed() {
        for text in [
            "",
            "!",
            "!!0",
            "0!",
            "-90",
            "+90",
            "360.001",
            "361",
            "1e2",
            "9e1",
            "NaN",
            "inf",
            ".5",
            "5.",
            "90deg",
            "1.2.3",
            "99999999999999999999999999999999",
            " 0",
            "^90",
        ] {
            assert_eq!(parse(text), Err(MALFORMED), "{text}");
        }
    }
}
