//! Encodes tiles in every way that scanners use, and compares coefficients.

use origami_codec::{Colour, Frame, ZIGZAG};
use origami_pyramid::{Rgb, Size, Subsampling};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

/// How the JPEG library encodes a tile.
#[derive(Clone, Copy, Debug)]
pub struct Coding {
    pub subsamp: Subsamp,
    /// Stores RGB samples instead of YCbCr ones.
    pub rgb: bool,
    pub quality: u8,
    /// Makes Huffman tables for the tile.
    pub optimised: bool,
    pub progressive: bool,
    pub arithmetic: bool,
}

impl Coding {
    pub fn new(subsamp: Subsamp) -> Self {
        Self { subsamp, rgb: false, quality: 77, optimised: false, progressive: false, arithmetic: false }
    }

    pub fn rgb() -> Self {
        Self { rgb: true, ..Self::new(Subsamp::None) }
    }

    pub fn subsampling(&self) -> Subsampling {
        match self.subsamp {
            Subsamp::None => Subsampling::S444,
            Subsamp::Sub2x1 => Subsampling::S422,
            Subsamp::Gray => Subsampling::Gray,
            _ => Subsampling::S420,
        }
    }

    pub fn colour(&self) -> Colour {
        match (self.rgb, self.subsamp) {
            (true, _) => Colour::Rgb,
            (_, Subsamp::Gray) => Colour::Gray,
            _ => Colour::Ycc,
        }
    }

    /// `pixels` as a JPEG.
    pub fn encode(&self, pixels: &Rgb) -> Vec<u8> {
        let mut handle = Compressor::new().unwrap();
        if self.rgb {
            handle.set_colorspace(Colorspace::RGB).unwrap();
        }
        handle.set_subsamp(self.subsamp).unwrap();
        handle.set_quality(i32::from(self.quality)).unwrap();
        handle.set_optimize(self.optimised).unwrap();
        handle.set_progressive(self.progressive).unwrap();
        handle.set_arithmetic(self.arithmetic).unwrap();
        let (width, height) = (pixels.width(), pixels.height());
        let image =
            Image { pixels: pixels.data(), width, pitch: 3 * width, height, format: PixelFormat::RGB };
        handle.compress_to_vec(image).unwrap()
    }
}

/// The blocks of a plane, row by row, each in zigzag order.
pub struct PlaneBlocks {
    columns: usize,
    blocks: Vec<[i16; 64]>,
}

impl PlaneBlocks {
    /// The blocks of `component`, which has them MCU by MCU, as plane `plane` of
    /// `frame`.
    fn new(frame: &Frame, plane: usize, component: &dct_io::ComponentCoefficients) -> Self {
        let ((columns, rows), (across, down)) = (frame.blocks(plane), frame.sampling(plane));
        assert_eq!(component.blocks.len(), columns * rows, "blocks of plane {plane}");
        let mut blocks = vec![[0; 64]; columns * rows];
        for (number, block) in component.blocks.iter().enumerate() {
            let (mcu, within) = (number / (across * down), number % (across * down));
            let x = mcu % (columns / across) * across + within % across;
            let y = mcu / (columns / across) * down + within / across;
            blocks[y * columns + x] = ZIGZAG.map(|index| block[usize::from(index)]);
        }
        Self { columns, blocks }
    }
}

/// The coefficients of an interleaved baseline JPEG of this size, plane by plane, read
/// by an independent library.
pub fn coefficients(jpeg: &[u8], coding: &Coding, size: Size) -> Vec<PlaneBlocks> {
    let (width, height) = (size.width as usize, size.height as usize);
    let frame = Frame::new(width, height, coding.subsampling(), coding.colour()).unwrap();
    let components = dct_io::read_coefficients(jpeg).unwrap().components;
    assert_eq!(components.len(), frame.planes());
    components
        .iter()
        .enumerate()
        .map(|(plane, component)| PlaneBlocks::new(&frame, plane, component))
        .collect()
}

/// Fails unless the blocks of `part` are the upper left ones of `whole`.
pub fn assert_same_blocks(part: &[PlaneBlocks], whole: &[PlaneBlocks], what: &str) {
    assert_eq!(part.len(), whole.len(), "planes of {what}");
    for (plane, (part, whole)) in part.iter().zip(whole).enumerate() {
        let rows = part.blocks.chunks_exact(part.columns).zip(whole.blocks.chunks_exact(whole.columns));
        for (part_row, whole_row) in rows {
            assert!(part_row == &whole_row[..part.columns], "plane {plane} of {what}");
        }
    }
}
