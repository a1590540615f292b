//! Reads numbers as programs of many countries write them.

/// A decimal number; a comma may stand for the point, since some programs write numbers
/// as their users' country does.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let is_decimal_comma = text.matches(',').count() == 1 && !text.contains('.');
    let number: f64 = if is_decimal_comma { text.replace(',', ".").parse() } else { text.parse() }.ok()?;
    number.is_finite().then_some(number)
}

/// A magnification: a number, perhaps with the letter that people write after it.
pub(super) fn magnification(text: &str) -> Option<f64> {
    number(text.trim().trim_end_matches(['x', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_decimal_point_or_a_decimal_comma() {
        for (text, expected) in [
            ("0.499", Some(0.499)),
            (" 0,499000 ", Some(0.499)),
            ("40", Some(40.0)),
            ("2.5e-1", Some(0.25)),
            ("-1", Some(-1.0)),
            ("1,234.5", None),
            ("1,234,567", None),
            ("nan", None),
            ("inf", None),
            ("", None),
            ("0.25 um", None),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
        assert_eq!([magnification("40x"), magnification("20,0 X")], [Some(40.0), Some(20.0)]);
    }
}
