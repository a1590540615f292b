//! Numbers in IIIF URLs.

/// Digits after the point that count. IIIF recommends no more.
const DIGITS: u32 = 10;

/// The number 1, in units of [`Decimal`].
const ONE: u64 = 10_u64.pow(DIGITS);

/// A whole number of pixels: decimal digits and nothing else. What is too large for any
/// image becomes the largest number.
pub fn whole(text: &str) -> Option<u32> {
    has_only_digits(text).then(|| text.parse().unwrap_or(u32::MAX))
}

fn has_only_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A decimal number that is not negative, in fixed point, so that every machine rounds it
/// in the same way. It is at most about 1.8 billion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal(u64);

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One hundred.
    pub const HUNDRED: Self = Self(100 * ONE);

    /// The number that `text` writes in digits, with or without a point and digits after
    /// it. Signs and exponents are not allowed. Digits after the tenth do not count, and
    /// what is too large becomes the largest number.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        if !has_only_digits(whole) || !has_only_digits(fraction) {
            return None;
        }
        let whole = whole.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(ONE);
        let (mut value, mut unit) = (0, ONE);
        for digit in fraction.bytes() {
            unit /= 10;
            value += u64::from(digit - b'0') * unit;
        }
        Some(Self(whole.saturating_add(value)))
    }

    /// The sum of both.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// This many hundredths of `length`, rounded half up.
    pub fn percent_of(self, length: u32) -> u64 {
        let hundredths = u128::from(self.0) * u128::from(length);
        let hundred = u128::from(Self::HUNDRED.0);
        ((hundredths + hundred / 2) / hundred) as u64
    }

    /// The number in thousandths, rounded half up.
    pub fn thousandths(self) -> u64 {
        let unit = ONE / 1000;
        self.0 / unit + u64::from(self.0 % unit >= unit / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_digits_and_nothing_else() {
        for (text, number) in
            [("0", 0), ("7", 7), ("00012", 12), ("4294967295", u32::MAX), ("4294967296", u32::MAX)]
        {
            assert_eq!(whole(text), Some(number), "{text}");
        }
        assert_eq!(whole(&"9".repeat(31)), Some(u32::MAX));
        for text in ["", "-1", "+1", "1.0", "1e3", "0x10", " 1", "1 ", "٣", "NaN"] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_have_digits_and_at_most_one_point_between_digits() {
        for (text, units) in [
            ("0", 0),
            ("1", ONE),
            ("22.5", 22 * ONE + ONE / 2),
            ("0.0000000001", 1),
            ("0.00000000019", 1),
            ("33.333333333333336", 333_333_333_333),
            ("007.50", 7 * ONE + ONE / 2),
        ] {
            assert_eq!(Decimal::parse(text), Some(Decimal(units)), "{text}");
        }
        let huge = "9".repeat(31);
        assert_eq!(Decimal::parse(&huge), Some(Decimal(u64::MAX)));
        assert_eq!(Decimal::parse(&format!("{huge}.{huge}")), Some(Decimal(u64::MAX)));
        for text in
            ["", ".", ".5", "5.", "1.2.3", "-1", "+1", "1e3", "1E3", "1e-3", "NaN", "inf", "1,5", " 1"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn percentages_are_rounded_half_up() {
        let percent = |text, length| Decimal::parse(text).unwrap().percent_of(length);
        assert_eq!(percent("50", 1000), 500);
        assert_eq!(percent("50", 5), 3);
        assert_eq!(percent("49.9999999999", 5), 2);
        assert_eq!(percent("33.333333333333336", 300), 100);
        assert_eq!(percent("33.33333333333333", 300), 100);
        assert_eq!(percent("0.01", 10), 0);
        assert_eq!(percent("250", 10), 25);
        assert_eq!(Decimal(u64::MAX).plus(Decimal(1)), Decimal(u64::MAX));
        assert!(Decimal(u64::MAX).percent_of(u32::MAX) > u64::from(u32::MAX));
    }

    #[test]
    fn thousandths_are_rounded_half_up() {
        for (text, thousandths) in
            [("90", 90_000), ("22.5", 22_500), ("0.0004", 0), ("0.0005", 1), ("359.9999", 360_000)]
        {
            assert_eq!(Decimal::parse(text).unwrap().thousandths(), thousandths, "{text}");
        }
        assert_eq!(Decimal(u64::MAX).thousandths(), u64::MAX / (ONE / 1000) + 1);
    }
}
