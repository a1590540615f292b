//! Integers of variable length: LEB128, and zigzag for signed ones.

/// Appends `value`, the lowest seven bits first.
pub(crate) fn put(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a signed `value`.
pub(crate) fn put_signed(value: i64, out: &mut Vec<u8>) {
    put(((value << 1) ^ (value >> 63)) as u64, out);
}

/// Takes a number of at most `max_len` bytes, which is at most 9, from the front of `bytes`.
pub(crate) fn take(bytes: &mut &[u8], max_len: usize) -> Result<u64, &'static str> {
    let mut value = 0;
    for (number, &byte) in bytes.iter().take(max_len).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * number);
        if byte < 0x80 {
            if byte == 0 && number > 0 {
                return Err("number with needless bytes");
            }
            *bytes = &bytes[number + 1..];
            return Ok(value);
        }
    }
    Err(if bytes.len() < max_len { "number that runs past its block" } else { "number of too many bytes" })
}

/// Takes a signed number, otherwise as [`take`].
pub(crate) fn take_signed(bytes: &mut &[u8], max_len: usize) -> Result<i64, &'static str> {
    let value = take(bytes, max_len)?;
    Ok((value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The digits of `value` to the base 128, the lowest first.
    fn digits(value: u128) -> Vec<u8> {
        let mut digits = vec![(value % 128) as u8];
        let mut rest = value / 128;
        while rest > 0 {
            *digits.last_mut().unwrap() += 128;
            digits.push((rest % 128) as u8);
            rest /= 128;
        }
        digits
    }

    proptest! {
        #[test]
        fn numbers_are_their_digits_to_the_base_128(value: u64, bits in 0u32..63, more: [u8; 3]) {
            let value = value >> 1 >> bits;
            let mut bytes = Vec::new();
            put(value, &mut bytes);
            prop_assert_eq!(&bytes, &digits(value.into()));
            bytes.extend(more);
            let mut rest = &bytes[..];
            prop_assert_eq!(take(&mut rest, 9), Ok(value));
            prop_assert_eq!(rest, &more);
        }

        #[test]
        fn signed_numbers_alternate_with_the_sign(value in -(1i64 << 61)..1 << 61) {
            let mut bytes = Vec::new();
            put_signed(value, &mut bytes);
            let number = if value < 0 { -2 * i128::from(value) - 1 } else { 2 * i128::from(value) };
            prop_assert_eq!(&bytes, &digits(number as u128));
            prop_assert_eq!(take_signed(&mut &bytes[..], 9), Ok(value));
        }

        #[test]
        fn what_is_read_is_what_would_be_written(bytes: [u8; 12], max_len in 1usize..10) {
            let mut rest = &bytes[..];
            if let Ok(value) = take(&mut rest, max_len) {
                let mut again = Vec::new();
                put(value, &mut again);
                prop_assert!(again.len() <= max_len);
                prop_assert_eq!([&again, rest].concat(), &bytes);
            }
        }
    }

    #[test]
    fn numbers_that_run_on_or_have_needless_bytes_are_refused() {
        for (bytes, max_len, expected) in [
            (&[][..], 5, "number that runs past its block"),
            (&[0x80; 4], 5, "number that runs past its block"),
            (&[0x80; 5], 5, "number of too many bytes"),
            (&[0xff; 12], 9, "number of too many bytes"),
            (&[0x80, 0], 5, "number with needless bytes"),
            (&[0xff, 0x80, 0], 5, "number with needless bytes"),
        ] {
            assert_eq!(take(&mut &bytes[..], max_len), Err(expected), "{bytes:x?}");
        }
        assert_eq!(take(&mut &[0][..], 1), Ok(0));
    }
}
