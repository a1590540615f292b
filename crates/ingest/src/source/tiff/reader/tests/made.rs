//! Writes TIFFs of every layout.

use crate::source::tiff::directory::ByteOrder;
use crate::source::tiff::tags;
use flate2::write::ZlibEncoder;
use origami_pyramid::Size;
use std::collections::BTreeMap;
use std::io::Write;
use weezl::BitOrder;

/// Data type of all entries: 32-bit integers.
const LONG: u16 = 4;

/// A TIFF of one directory or several that are alike.
#[derive(Clone)]
pub struct Made {
    pub order: ByteOrder,
    tags: BTreeMap<u16, Vec<u64>>,
    /// The chunks of each directory.
    pub directories: Vec<Vec<Vec<u8>>>,
}

/// How samples are written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub size: Size,
    pub chunk: Size,
    pub is_tiled: bool,
    /// Number of samples of a pixel.
    pub samples: u32,
    pub bits: u8,
    pub is_planar: bool,
    /// 1, 5, 8 or 32773.
    pub compression: u64,
    /// 1 or 2.
    pub predictor: u64,
    pub order: ByteOrder,
}

impl Form {
    /// RGB tiles of 16 px without compression.
    pub fn tiles(samples: u32, bits: u8) -> Self {
        Self {
            size: Size::new(37, 21),
            chunk: Size::square(16),
            is_tiled: true,
            samples,
            bits,
            is_planar: false,
            compression: 1,
            predictor: 1,
            order: ByteOrder::Little,
        }
    }

    /// A TIFF whose pixel `(x, y)` has `sample(x, y, c)` as its sample `c`.
    pub fn made(&self, sample: impl Fn(u32, u32, u32) -> u16) -> Made {
        let mut made = Made { order: self.order, tags: BTreeMap::new(), directories: Vec::new() };
        let photometric = if self.samples < 3 { 1 } else { 2 };
        made = made
            .with(tags::WIDTH, &[self.size.width.into()])
            .with(tags::HEIGHT, &[self.size.height.into()])
            .with(tags::BITS_PER_SAMPLE, &vec![self.bits.into(); self.samples as usize])
            .with(tags::COMPRESSION, &[self.compression])
            .with(tags::PHOTOMETRIC, &[photometric])
            .with(tags::SAMPLES_PER_PIXEL, &[self.samples.into()])
            .with(tags::PLANAR_CONFIGURATION, &[if self.is_planar { 2 } else { 1 }])
            .with(tags::PREDICTOR, &[self.predictor]);
        made = if self.is_tiled {
            made.with(tags::TILE_WIDTH, &[self.chunk.width.into()])
                .with(tags::TILE_HEIGHT, &[self.chunk.height.into()])
        } else {
            made.with(tags::ROWS_PER_STRIP, &[self.chunk.height.into()])
        };
        made.directories.push(self.chunks(&sample));
        made
    }

    /// The chunks of a directory with these samples.
    pub fn chunks(&self, sample: &impl Fn(u32, u32, u32) -> u16) -> Vec<Vec<u8>> {
        let columns = self.size.width.div_ceil(self.chunk.width);
        let rows = self.size.height.div_ceil(self.chunk.height);
        let planes = if self.is_planar { self.samples } else { 1 };
        let mut chunks = Vec::new();
        for plane in 0..planes {
            for number in 0..columns * rows {
                let (x, y) = (number % columns * self.chunk.width, number / columns * self.chunk.height);
                let samples = if self.is_planar { plane..plane + 1 } else { 0..self.samples };
                let mut bytes = Vec::new();
                // Tiles are filled up beyond the image, strips are not.
                let end = if self.is_tiled { u32::MAX } else { self.size.height };
                for y in (y..y + self.chunk.height).filter(|&y| y < end) {
                    let row = (x..x + self.chunk.width)
                        .flat_map(|x| samples.clone().map(move |c| (x, c)))
                        .map(|(x, c)| sample(x, y, c));
                    bytes.extend(self.row(&row.collect::<Vec<_>>(), samples.len()));
                }
                chunks.push(self.compressed(&bytes));
            }
        }
        chunks
    }

    /// The bytes of a row.
    fn row(&self, samples: &[u16], per_pixel: usize) -> Vec<u8> {
        let mut samples = samples.to_vec();
        if self.predictor == 2 {
            for index in (per_pixel..samples.len()).rev() {
                samples[index] = samples[index].wrapping_sub(samples[index - per_pixel]);
            }
        }
        match self.bits {
            16 => samples.iter().flat_map(|&sample| self.order.short_bytes(sample)).collect(),
            bits => samples
                .chunks(8 / usize::from(bits))
                .map(|group| {
                    let shifted = group.iter().enumerate();
                    shifted.fold(0, |byte, (at, &sample)| {
                        byte | (sample as u8) << (8 - usize::from(bits) * (at + 1))
                    })
                })
                .collect(),
        }
    }

    fn compressed(&self, bytes: &[u8]) -> Vec<u8> {
        match self.compression {
            5 => weezl::encode::Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(bytes).unwrap(),
            8 => {
                let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            32_773 => bytes.chunks(128).flat_map(|part| [&[part.len() as u8 - 1], part].concat()).collect(),
            _ => bytes.to_vec(),
        }
    }
}

impl Made {
    /// The same with other values of a tag, or without it if there are none.
    pub fn with(mut self, tag: u16, values: &[u64]) -> Self {
        self.tags.insert(tag, values.to_vec());
        self
    }

    /// The file.
    pub fn bytes(&self) -> Vec<u8> {
        let mut file = match self.order {
            ByteOrder::Little => b"II*\0".to_vec(),
            ByteOrder::Big => b"MM\0*".to_vec(),
        };
        // Where the offset of the next directory is written.
        let mut link = file.len();
        self.long(&mut file, 0);
        for chunks in &self.directories {
            let mut tags = self.tags.clone();
            let is_tiled = tags.contains_key(&tags::TILE_WIDTH);
            let (offsets_tag, lengths_tag) = if is_tiled {
                (tags::TILE_OFFSETS, tags::TILE_BYTE_COUNTS)
            } else {
                (tags::STRIP_OFFSETS, tags::STRIP_BYTE_COUNTS)
            };
            let mut offsets = Vec::new();
            for chunk in chunks {
                offsets.push(if chunk.is_empty() { 0 } else { file.len() as u64 });
                file.extend(chunk);
            }
            tags.entry(offsets_tag).or_insert(offsets);
            tags.entry(lengths_tag).or_insert(chunks.iter().map(|chunk| chunk.len() as u64).collect());
            tags.retain(|_, values| !values.is_empty());
            link = self.directory(&mut file, &tags, link);
        }
        file
    }

    /// Appends a directory, and enters its offset at `link`. Returns where that of the
    /// next one is written.
    fn directory(&self, file: &mut Vec<u8>, tags: &BTreeMap<u16, Vec<u64>>, link: usize) -> usize {
        let mut places = Vec::new();
        for values in tags.values() {
            places.push(file.len() as u64);
            for &value in values {
                self.long(file, value);
            }
        }
        let start = file.len() as u64;
        let mut offset = Vec::new();
        self.long(&mut offset, start);
        file[link..link + 4].copy_from_slice(&offset);
        file.extend(self.order.short_bytes(tags.len() as u16));
        for ((&tag, values), place) in tags.iter().zip(places) {
            file.extend(self.order.short_bytes(tag));
            file.extend(self.order.short_bytes(LONG));
            self.long(file, values.len() as u64);
            self.long(file, if let [only] = values[..] { only } else { place });
        }
        let link = file.len();
        self.long(file, 0);
        link
    }

    fn long(&self, file: &mut Vec<u8>, value: u64) {
        match self.order {
            ByteOrder::Little => file.extend((value as u32).to_le_bytes()),
            ByteOrder::Big => file.extend((value as u32).to_be_bytes()),
        }
    }
}
