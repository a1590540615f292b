//! Tests of whole images: what is read is compared with the samples that were written.

mod channels;
mod hostile;
mod made;
mod pixels;
mod ranges;

use super::*;
use crate::source::tiff::directory::directories;
use crate::source::tiff::images;
use made::Made;
use origami_pack::MemoryStorage;
use origami_pyramid::{Rect, Rgb};

/// Opens a TIFF that is in memory.
fn opened(file: &[u8], options: &OpenOptions) -> Result<Box<dyn Source>, Refusal> {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::new(file));
    let directories = directories(&*storage).map_err(|fault| fault.in_file("TIFF"))?;
    let chosen = images::choose(&*storage, &directories, options)?;
    open(storage, &directories, chosen, options, Path::new("made.tif"), Scale::default())
}

/// All pixels of a TIFF.
fn read(made: &Made, options: &OpenOptions) -> (Rgb, Info) {
    let source = opened(&made.bytes(), options).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let mut out = Rgb::filled(1, 1, [0; 3]);
    source.read(Rect::whole(source.info().size), &mut out).unwrap_or_else(|error| panic!("{error}"));
    (out, source.info().clone())
}

/// The text of the error of opening or reading a TIFF.
fn error(made: &Made, options: &OpenOptions) -> String {
    match opened(&made.bytes(), options) {
        Err(Refusal::Problem(problem)) => problem.to_string(),
        Err(Refusal::Foreign(phrase)) => format!("foreign: {phrase}"),
        Ok(source) => {
            let mut out = Rgb::filled(1, 1, [0; 3]);
            source.read(Rect::whole(source.info().size), &mut out).unwrap_err().to_string()
        }
    }
}

/// Fails unless each pixel is what `expected` says.
fn assert_pixels(actual: &Rgb, what: &str, expected: impl Fn(u32, u32) -> [u8; 3]) {
    for y in 0..actual.height() {
        for (x, pixel) in actual.row(y).chunks_exact(3).enumerate() {
            assert_eq!(pixel, expected(x as u32, y as u32), "({x}, {y}) of {what}");
        }
    }
}
