//! The order in which people list names: numbers by their value, capitals beside small
//! letters.

use std::cmp::Ordering;

/// Compares two names; `Equal` only if they are the same.
pub fn compare(a: &str, b: &str) -> Ordering {
    NameParts(a).cmp(NameParts(b)).then_with(|| a.cmp(b))
}

/// Splits a name into numbers and other characters.
struct NameParts<'a>(&'a str);

/// A number or another character. Compared by its members in their order.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct NamePart<'a> {
    /// The character in lower case; `0` for a number.
    letter: char,
    /// Number of digits, without zeros in front.
    digit_count: usize,
    digits: &'a str,
}

impl<'a> Iterator for NameParts<'a> {
    type Item = NamePart<'a>;

    fn next(&mut self) -> Option<NamePart<'a>> {
        let first = self.0.chars().next()?;
        if first.is_ascii_digit() {
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let (digits, rest) = self.0.split_at(end);
            self.0 = rest;
            let digits = digits.trim_start_matches('0');
            return Some(NamePart { letter: '0', digit_count: digits.len(), digits });
        }
        self.0 = &self.0[first.len_utf8()..];
        let letter = first.to_lowercase().next().unwrap_or(first);
        Some(NamePart { letter, digit_count: 0, digits: "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_in_the_order_of_their_values() {
        let ordered = [
            "",
            "-1",
            "01",
            "1",
            "2.svs",
            "10.svs",
            "HE-1",
            "HE.svs",
            "HE1",
            "he2",
            "HE10",
            "HE99999999999999999999999",
            "HE100000000000000000000000",
            "слайд 9",
            "слайд 10",
        ];
        for pair in ordered.windows(2) {
            assert_eq!(compare(pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(pair[1], pair[0]), Ordering::Greater, "{pair:?}");
        }
    }

    #[test]
    fn only_the_same_name_is_equal() {
        for (a, b) in [("a", "A"), ("1", "01"), ("a0", "a00")] {
            assert_ne!(compare(a, b), Ordering::Equal, "{a} {b}");
        }
        assert_eq!(compare("a1", "a1"), Ordering::Equal);
    }
}
