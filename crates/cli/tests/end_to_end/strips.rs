//! Writes TIFFs of uncompressed pages: the simplest that there are.

/// A page of a TIFF.
pub struct Page {
    pub width: usize,
    pub height: usize,
    /// Bits of a sample: 8 or 16.
    pub bits: u16,
    /// Samples of a pixel: 1 (gray) or 3 (RGB).
    pub samples: u16,
    /// The samples, row by row; those of 16 bits with the low byte first.
    pub data: Vec<u8>,
}

/// Field types.
const SHORT: u16 = 3;
const LONG: u16 = 4;

impl Page {
    /// A page of one colour.
    pub fn of_colour(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, bits: 8, samples: 3, data: colour.repeat(width * height) }
    }

    /// A gray page of 16-bit samples, all with this value.
    pub fn of_sample(width: usize, height: usize, sample: u16) -> Self {
        let data = sample.to_le_bytes().repeat(width * height);
        Self { width, height, bits: 16, samples: 1, data }
    }

    /// Appends the directory of the page, whose samples are at `data`, and the bits of
    /// each of its samples at `bits`. The offset of the next directory is missing.
    fn append_directory(&self, file: &mut Vec<u8>, data: u32, bits: u32) {
        let bits = if self.samples == 1 { u32::from(self.bits) } else { bits };
        let photometric = if self.samples == 1 { 1 } else { 2 };
        let entries: [(u16, u16, u32, u32); 9] = [
            (256, LONG, 1, self.width as u32),
            (257, LONG, 1, self.height as u32),
            (258, SHORT, self.samples.into(), bits),
            (259, SHORT, 1, 1),
            (262, SHORT, 1, photometric),
            (273, LONG, 1, data),
            (277, SHORT, 1, self.samples.into()),
            (278, LONG, 1, self.height as u32),
            (279, LONG, 1, self.data.len() as u32),
        ];
        file.extend((entries.len() as u16).to_le_bytes());
        for (tag, kind, count, value) in entries {
            file.extend([tag, kind].map(u16::to_le_bytes).concat());
            file.extend([count, value].map(u32::to_le_bytes).concat());
        }
    }
}

/// The file with these pages.
pub fn tiff(pages: &[Page]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    // Where the offset of the next directory belongs.
    let mut link = 4;
    for page in pages {
        let data = append(&mut file, &page.data);
        let bits = append(&mut file, &page.bits.to_le_bytes().repeat(page.samples.into()));
        let directory = file.len() as u32;
        file[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        page.append_directory(&mut file, data, bits);
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// Appends `bytes`, and returns their offset. Offsets are even.
fn append(file: &mut Vec<u8>, bytes: &[u8]) -> u32 {
    let offset = file.len() as u32;
    file.extend(bytes);
    file.resize(file.len().next_multiple_of(2), 0);
    offset
}
