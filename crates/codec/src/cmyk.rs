//! Turns inks into colours.

/// Turns interleaved cyan, magenta, yellow and black of 8 bits into interleaved
/// RGB: each channel is `(255 - ink) * (255 - black) / 255`, rounded to the
/// nearest integer. `inverted` says that 255 stands for no ink, as in JPEGs with
/// an Adobe marker. `out` is cleared first; samples after the last whole pixel are
/// ignored.
///
/// These are the colours that programs without colour management show.
///
/// # Examples
/// ```
/// use origami_codec::cmyk_to_rgb;
///
/// let mut rgb = Vec::new();
/// cmyk_to_rgb(&[0, 0, 0, 0, 255, 0, 0, 0, 10, 20, 30, 51], false, &mut rgb);
/// assert_eq!(rgb, [255, 255, 255, 0, 255, 255, 196, 188, 180]);
/// cmyk_to_rgb(&[255, 255, 255, 255], true, &mut rgb);
/// assert_eq!(rgb, [255, 255, 255]);
/// ```
pub fn cmyk_to_rgb(samples: &[u8], inverted: bool, out: &mut Vec<u8>) {
    // What turns a sample into the light that its ink lets pass.
    let flip = if inverted { 0 } else { 0xff };
    out.clear();
    out.reserve(samples.len() / 4 * 3);
    for pixel in samples.as_chunks::<4>().0 {
        let [red, green, blue, black] = pixel.map(|sample| u32::from(sample ^ flip));
        out.extend([red, green, blue].map(|light| ((light * black + 127) / 255) as u8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_over_every_black_is_rounded_to_the_nearest() {
        let mut rgb = Vec::new();
        for ink in 0..=255u8 {
            for black in 0..=255u8 {
                let exact = f64::from(255 - ink) * f64::from(255 - black) / 255.0;
                cmyk_to_rgb(&[ink, 0, ink, black], false, &mut rgb);
                assert_eq!(rgb, [exact.round() as u8, 255 - black, exact.round() as u8]);
                cmyk_to_rgb(&[!ink, 255, !ink, !black], true, &mut rgb);
                assert_eq!(rgb, [exact.round() as u8, 255 - black, exact.round() as u8]);
            }
        }
    }

    #[test]
    fn samples_after_the_last_whole_pixel_are_ignored() {
        let mut rgb = vec![1, 2, 3];
        cmyk_to_rgb(&[0, 0, 0, 0, 9, 9], false, &mut rgb);
        assert_eq!(rgb, [255; 3]);
    }
}
