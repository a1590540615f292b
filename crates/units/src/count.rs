//! Numbers of things, for people.

/// The number with a comma before every group of three digits: `2,220`.
#[must_use]
pub fn text(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three_from_the_right() {
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (70_779, "70,779"), (1_234_567, "1,234,567")]
        {
            assert_eq!(text(number), expected);
        }
        assert_eq!(text(u64::MAX), "18,446,744,073,709,551,615");
    }
}
