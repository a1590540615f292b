//! Units of length.

/// An inch in micrometres.
pub(in crate::source) const INCH: f64 = 25_400.0;
/// A centimetre in micrometres.
pub(in crate::source) const CENTIMETRE: f64 = 10_000.0;
/// A metre in micrometres.
pub(in crate::source) const METRE: f64 = 1_000_000.0;
/// A millimetre in micrometres.
pub(super) const MILLIMETRE: f64 = 1000.0;

/// The length of a unit in micrometres; `None` for units that are no lengths: `pixel`,
/// `reference frame`.
///
/// Symbols are compared exactly, since `Mm` is no `mm`; words in any case.
pub(in crate::source) fn micrometres(unit: &str) -> Option<f64> {
    let unit = unit.trim();
    of_symbol(unit).or_else(|| of_word(&unit.to_lowercase()))
}

fn of_symbol(symbol: &str) -> Option<f64> {
    Some(match symbol {
        // The micro sign, the Greek letter, and the sign in Latin 1 after a reading as
        // UTF-8 or the other way round.
        "\u{b5}m" | "\u{3bc}m" | "um" | "\u{fffd}m" | "\u{c2}\u{b5}m" | "\u{ce}\u{bc}m" => 1.0,
        // As ImageJ writes them.
        "\\u00B5m" | "\\u00b5m" | "\\u03BCm" | "\\u03bcm" => 1.0,
        "pm" => 1e-6,
        // The letter with the ring, and the sign of its own.
        "\u{c5}" | "\u{212b}" => 1e-4,
        "nm" => 1e-3,
        "mm" => MILLIMETRE,
        "cm" => CENTIMETRE,
        "dm" => METRE / 10.0,
        "m" => METRE,
        "in" | "\"" => INCH,
        _ => return None,
    })
}

fn of_word(word: &str) -> Option<f64> {
    Some(match word {
        "micron" | "microns" | "micrometer" | "micrometers" | "micrometre" | "micrometres" => 1.0,
        "nanometer" | "nanometers" | "nanometre" | "nanometres" => 1e-3,
        "angstrom" | "angstroms" => 1e-4,
        "millimeter" | "millimeters" | "millimetre" | "millimetres" => MILLIMETRE,
        "centimeter" | "centimeters" | "centimetre" | "centimetres" => CENTIMETRE,
        "meter" | "meters" | "metre" | "metres" => METRE,
        "inch" | "inches" => INCH,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn micrometres_are_known_in_all_spellings() {
        for unit in ["\u{b5}m", "\u{3bc}m", "um", "\\u00B5m", "micron", "Microns", "micrometer", " um "] {
            assert_eq!(micrometres(unit), Some(1.0), "{unit:?}");
        }
    }

    #[test]
    fn other_lengths_are_converted_and_what_is_no_length_is_unknown() {
        let lengths =
            [("nm", 1e-3), ("\u{212b}", 1e-4), ("mm", 1e3), ("cm", 1e4), ("m", 1e6), ("inch", 25_400.0)];
        for (unit, length) in lengths {
            assert_eq!(micrometres(unit), Some(length), "{unit}");
        }
        for unit in ["pixel", "pixels", "reference frame", "Mm", "", "s"] {
            assert_eq!(micrometres(unit), None, "{unit:?}");
        }
    }
}
