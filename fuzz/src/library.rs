//! What the JPEG library reads, to be compared with what we read.

use origami_codec::{Coefficients, Facts, read_coefficients};
use turbojpeg::{Transform, Transformer};

/// Another reader of coefficients: the JPEG library writes those it reads as
/// another JPEG, which is read here.
#[derive(Default)]
pub struct Library {
    read: Coefficients,
}

impl Library {
    /// Compares coefficients and steps that were read from `jpeg` with the
    /// library's. `false` if the library refuses the JPEG, or has a complaint.
    ///
    /// # Errors
    /// If they differ, but for blocks beyond the picture's edges, which the
    /// library makes up anew.
    pub fn compare(&mut self, jpeg: &[u8], found: &Coefficients, facts: &Facts) -> Result<bool, String> {
        // Never with the handle of another stream: it keeps tables.
        let Ok(mut handle) = Transformer::new() else { return Ok(false) };
        // With tables of its own, because only then it looks for coefficients
        // that have no code before it writes them.
        let mut transform = Transform::default();
        transform.optimize = true;
        // A JFIF marker after the first scan would come to stand before it, where it
        // says that RGB is YCbCr.
        transform.copy_none = true;
        let Ok(written) = handle.transform_to_vec(&transform, jpeg) else { return Ok(false) };
        let theirs = read_coefficients(&written, found.blocks().len(), &mut self.read)
            .map_err(|error| format!("what the library wrote is refused: {error}"))?;
        if !same_in_picture(found, &self.read) {
            return Err("coefficients differ from the library's".into());
        }
        if theirs.quantisation != facts.quantisation {
            return Err("steps differ from the library's".into());
        }
        Ok(true)
    }
}

/// Whether two tiles have the same blocks but for those beyond the edges.
fn same_in_picture(a: &Coefficients, b: &Coefficients) -> bool {
    let frame = a.frame();
    frame == b.frame()
        && (0..frame.planes()).all(|plane| {
            let (columns, _) = frame.blocks(plane);
            let (across, down) = frame.scale(plane);
            let (width, height) = (frame.width().div_ceil(8 * across), frame.height().div_ceil(8 * down));
            let mut pairs = a.plane(plane).iter().zip(b.plane(plane)).enumerate();
            pairs.all(|(at, (a, b))| at % columns >= width || at / columns >= height || a == b)
        })
}
