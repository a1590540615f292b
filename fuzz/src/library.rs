//! Compares the coefficients that we read with those that libjpeg-turbo reads.

use origami_codec::{Coefficients, Facts, read_coefficients};
use turbojpeg::{Transform, Transformer};

/// Another reader of coefficients: libjpeg-turbo reads them and writes them as
/// another JPEG, which our reader can read.
#[derive(Default)]
pub struct Library {
    read: Coefficients,
}

impl Library {
    /// Compares the coefficients and steps that were read from `jpeg` with the
    /// library's. Blocks beyond the picture's edges may differ: the library makes
    /// them up.
    ///
    /// # Errors
    /// What differs, if other coefficients or steps do.
    pub fn compare(&mut self, jpeg: &[u8], read: &Coefficients, facts: &Facts) -> Result<Comparison, String> {
        // Always with a new handle: they keep tables from one stream to the next.
        let Ok(mut handle) = Transformer::new() else { return Ok(Comparison::Refused) };
        let mut transform = Transform::default();
        // Only with optimised tables does it check for coefficients without a code
        // before writing them.
        transform.optimize = true;
        // A JFIF marker after the first scan would be moved before it, where it turns
        // RGB into YCbCr.
        transform.copy_none = true;
        let Ok(written) = handle.transform_to_vec(&transform, jpeg) else {
            return Ok(Comparison::Refused);
        };
        let theirs = read_coefficients(&written, read.blocks().len(), &mut self.read)
            .map_err(|error| format!("what the library wrote is refused: {error}"))?;
        if !same_in_picture(read, &self.read) {
            return Err("coefficients differ from the library's".into());
        }
        if theirs.quantisation != facts.quantisation {
            return Err("steps differ from the library's".into());
        }
        Ok(Comparison::Same)
    }
}

/// Whether the library reads a JPEG.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// It reads the same coefficients.
    Same,
    /// It refuses the JPEG or warns.
    Refused,
}

/// Whether two tiles have the same blocks, except for those beyond the edges.
fn same_in_picture(a: &Coefficients, b: &Coefficients) -> bool {
    let frame = a.frame();
    frame == b.frame()
        && (0..frame.planes()).all(|plane| {
            let (columns, _) = frame.blocks(plane);
            let (width, height) = frame.picture_blocks(plane);
            let mut pairs = a.plane(plane).iter().zip(b.plane(plane)).enumerate();
            pairs.all(|(at, (a, b))| at % columns >= width || at / columns >= height || a == b)
        })
}
