//! The run-length code PackBits.

/// Decodes `bytes` until `out` is full or they end. Returns how many bytes of `out` were
/// written. (TIFF 6.0, section 9.)
pub(super) fn decode(bytes: &[u8], out: &mut [u8]) -> usize {
    let (mut bytes, mut written) = (bytes, 0);
    while let [head, rest @ ..] = bytes {
        let left = out.len() - written;
        if left == 0 {
            break;
        }
        let count = match *head {
            // As many bytes as they are, one more than the number says.
            literal @ 0..=127 => {
                let count = (usize::from(literal) + 1).min(rest.len()).min(left);
                out[written..][..count].copy_from_slice(&rest[..count]);
                bytes = &rest[count..];
                count
            }
            // No operation.
            128 => {
                bytes = rest;
                0
            }
            // The next byte, repeated.
            repeat => {
                let [byte, rest @ ..] = rest else { break };
                let count = (257 - usize::from(repeat)).min(left);
                out[written..][..count].fill(*byte);
                bytes = rest;
                count
            }
        };
        written += count;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Apple's Technical Note 1023.
    const PACKED: [u8; 15] =
        [0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7, 0xaa];
    const UNPACKED: [u8; 24] = [
        0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22, 0xaa, 0xaa, 0xaa,
        0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
    ];

    #[test]
    fn the_published_example_is_unpacked() {
        let mut out = [0; 24];
        assert_eq!(decode(&PACKED, &mut out), 24);
        assert_eq!(out, UNPACKED);
    }

    #[test]
    fn a_stream_stops_at_the_expected_size_or_where_it_is_cut() {
        for size in 0..24 {
            let mut out = vec![0; size];
            assert_eq!(decode(&PACKED, &mut out), size);
            assert_eq!(out, UNPACKED[..size]);
        }
        for cut in 0..PACKED.len() {
            let mut out = [0; 24];
            let written = decode(&PACKED[..cut], &mut out);
            assert!(written < 24);
            assert_eq!(out[..written], UNPACKED[..written], "cut at {cut}");
        }
    }

    #[test]
    fn operations_that_do_nothing_are_skipped() {
        let mut out = [0; 2];
        assert_eq!(decode(&[128, 128, 0, 7, 128, 0, 9], &mut out), 2);
        assert_eq!(out, [7, 9]);
    }
}
