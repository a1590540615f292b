//! A share of requests.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// A share from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share(f64);

// It is never NaN.
impl Eq for Share {}

impl Share {
    /// One of a hundred.
    pub const HUNDREDTH: Self = Self(0.01);

    /// Whether the next one of many belongs to the share, by chance.
    #[must_use]
    pub fn draw(self) -> bool {
        // The random number is below 1, so a share of 1 has all and one of 0 none.
        fastrand::f64() < self.0
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Share {
    type Err = String;

    /// Reads a number, or a percentage.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, whole) = text.strip_suffix('%').map_or((text, 1.0), |number| (number.trim_end(), 100.0));
        let share = number.parse::<f64>().ok().map(|number| number / whole);
        let share = share.filter(|share| (0.0..=1.0).contains(share));
        share.map(Self).ok_or_else(|| "expected a share from 0 to 1, as in 0.01 or 1%".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_number_or_a_percentage() {
        for (text, share) in
            [("0", 0.0), ("1", 1.0), ("0.01", 0.01), ("1%", 0.01), (" 100 % ", 1.0), ("1e-3", 1e-3)]
        {
            let parsed: Share = text.parse().unwrap();
            assert_eq!(parsed, Share(share), "{text}");
            assert_eq!(parsed.to_string().parse(), Ok(parsed), "{text}");
        }
        for text in ["", "-0.1", "1.01", "101%", "NaN", "inf", "a", "%", "0,5"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_share_of_one_has_all_and_one_of_zero_none() {
        assert!((0..1000).all(|_| Share(1.0).draw() && !Share(0.0).draw()));
        let drawn = (0..10_000).filter(|_| Share(0.5).draw()).count();
        assert!((4_000..6_000).contains(&drawn), "{drawn}");
    }
}
