//! Decodes the chunks of one TIFF directory.

use super::chunks::{Census, ChunkId, Chunks};
use super::compression::{Compression, is_plausible_picture};
use super::layout::{Layout, MAX_CHUNK_BYTES, Predictor};
use super::samples::PlaneRows;
use super::{predictor, webp};
use crate::source::SourceProblem;
use crate::source::error::SourceFault;
use crate::source::tiff::directory::ImageFileDirectory;
use crate::source::tiff::refusal::Refusal;
use crate::source::tiff::tags;
use origami_codec::{CodecError, DecodedSamples, Decoder, Photometric, Tidiness, self_contained};
use origami_pack::Storage;
use origami_pyramid::{Grid, Point, Rgb, Size};
use std::sync::Arc;

/// Compressed bytes that any chunk may take, however few its pixels are.
const MIN_COMPRESSED_LIMIT: u64 = 64 << 20;
/// Maximum size of buffers in bytes that are kept from one chunk to the next.
const MAX_KEPT_BUFFERS: usize = 64 << 20;

/// The image of one directory.
pub(super) struct Raster {
    file: Arc<dyn Storage>,
    pub layout: Layout,
    chunks: Chunks,
    /// The tables that its JPEGs have in common.
    tables: Option<Vec<u8>>,
    /// What the directory says of the samples of its JPEGs.
    photometric: Option<Photometric>,
}

/// Buffers for decoding a chunk, reused between chunks.
#[derive(Default)]
pub(super) struct Scratch {
    /// The bytes in the file.
    raw: Vec<u8>,
    /// A JPEG assembled from parts.
    jpeg: Vec<u8>,
    /// The decoded chunks of one place, by plane.
    pub planes: Vec<PlaneRows>,
    /// The samples of one row.
    pub row: Vec<u16>,
    /// The inks of one row, and their colours.
    pub inks: Vec<u8>,
    pub colours: Vec<u8>,
}

impl Scratch {
    /// Whether its buffers are small enough to be kept.
    pub fn is_small(&self) -> bool {
        let planes: usize = self.planes.iter().map(|plane| plane.bytes.capacity()).sum();
        planes + self.raw.capacity() + self.jpeg.capacity() <= MAX_KEPT_BUFFERS
    }

    /// The rows of a plane, which are created if there are none yet.
    fn plane(&mut self, plane: usize) -> &mut PlaneRows {
        if self.planes.len() <= plane {
            self.planes.resize_with(plane + 1, PlaneRows::default);
        }
        &mut self.planes[plane]
    }
}

impl Raster {
    /// The image of `directory`, whose chunks are `page_offset` bytes after where it says.
    ///
    /// # Errors
    /// If it is malformed, or of a kind that cannot be read.
    pub fn new(
        file: Arc<dyn Storage>,
        directory: &ImageFileDirectory,
        page_offset: u64,
    ) -> Result<Self, Refusal> {
        let layout = Layout::read(&*file, directory)?;
        let chunks = Chunks::new(Arc::clone(&file), directory, &layout, page_offset).map_err(damaged)?;
        let tables = shared_tables(&*file, directory).map_err(damaged)?;
        let is_tagged = directory.entries.contains(tags::PHOTOMETRIC);
        let photometric = is_tagged.then(|| layout.meaning.photometric(layout.chunk_samples()));
        Ok(Self { file, layout, chunks, tables, photometric })
    }

    /// The columns and rows of its chunks.
    pub fn grid(&self) -> Grid {
        self.chunks.grid()
    }

    /// See [`Chunks::check`].
    pub fn check(&self, tolerant: bool) -> Result<Census, SourceProblem> {
        self.chunks.check(&self.layout, tolerant)
    }

    /// Puts the bytes of a chunk in the file into `out`, and returns where they begin;
    /// `None` for a chunk that the file leaves out.
    fn read(&self, id: ChunkId, out: &mut Vec<u8>) -> Result<Option<u64>, SourceFault> {
        let Some(range) = self.chunks.locate(&self.layout, id)? else { return Ok(None) };
        let (start, mut len) = (range.start, range.end - range.start);
        let needed = self.needed(id.position);
        if self.layout.compression == Compression::None {
            len = len.min(needed);
        }
        let limit = needed.clamp(MIN_COMPRESSED_LIMIT, MAX_CHUNK_BYTES);
        if len > limit {
            let reason = format!("it claims {len} bytes, more than the {limit} allowed here");
            return Err(SourceFault::new(Some(start), reason));
        }
        out.resize(len as usize, 0);
        self.file.read_at(start, out).map_err(|error| SourceFault::new(Some(start), error.to_string()))?;
        Ok(Some(start))
    }

    /// Bytes of the visible rows of a decoded chunk.
    fn needed(&self, position: Point) -> u64 {
        self.layout.row_bytes() * u64::from(self.layout.visible(position).height)
    }

    /// Decodes a chunk into the rows of its plane in `scratch`: at least the part that is
    /// visible. `None` for a chunk that the file leaves out, which then has no rows.
    pub fn decode(
        &self,
        id: ChunkId,
        decoder: &mut Decoder,
        scratch: &mut Scratch,
    ) -> Result<Option<Tidiness>, SourceFault> {
        let start = self.read(id, &mut scratch.raw)?;
        // Out of the way of the other buffers.
        let mut rows = std::mem::take(scratch.plane(id.plane));
        let decoded = match (start, self.layout.compression) {
            (None, _) => {
                rows.clear();
                Ok(None)
            }
            (_, Compression::Jpeg) => self.decode_jpeg(id, decoder, scratch, &mut rows).map(Some),
            (_, Compression::WebP) => self.decode_webp(id, &scratch.raw, &mut rows).map(Some),
            _ => self.decompress(id, &mut scratch.raw, &mut rows).map(Some),
        };
        scratch.planes[id.plane] = rows;
        decoded.map_err(|reason| SourceFault::new(start, reason))
    }

    fn decompress(&self, id: ChunkId, raw: &mut [u8], rows: &mut PlaneRows) -> Result<Tidiness, String> {
        let layout = &self.layout;
        if layout.reverses_bits {
            raw.iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        }
        // Locating the chunk has shown that its bytes can hold so many.
        let needed = self.needed(id.position) as usize;
        let visible = layout.visible(id.position);
        rows.row_bytes = layout.row_bytes() as usize;
        rows.bytes.clear();
        rows.bytes.resize(needed, 0);
        let width = layout.chunk.width as usize;
        let written = layout.compression.decompress(raw, width, &mut rows.bytes)?;
        if written < needed {
            // Some writers leave out the columns beyond the edge as well as the rows.
            let row_bytes = layout.bytes_of(visible.width) as usize;
            if row_bytes == rows.row_bytes || written != row_bytes * visible.height as usize {
                let reason = format!("{written} bytes of samples where {needed} were expected");
                return Err(format!("it is cut short: {reason}"));
            }
            rows.row_bytes = row_bytes;
            rows.bytes.truncate(written);
        }
        if layout.predictor == Predictor::Horizontal {
            predictor::undo(&mut rows.bytes, rows.row_bytes, layout.chunk_samples(), layout.encoding);
        }
        Ok(Tidiness::Tidy)
    }

    fn decode_webp(&self, id: ChunkId, raw: &[u8], rows: &mut PlaneRows) -> Result<Tidiness, String> {
        let visible = self.layout.visible(id.position);
        let samples = self.layout.chunk_samples();
        let limit = self.limit(raw.len(), visible);
        let size = webp::decode(raw, visible, limit, samples, &mut rows.bytes)?;
        rows.row_bytes = size.width as usize * samples;
        Ok(Tidiness::Tidy)
    }

    fn decode_jpeg(
        &self,
        id: ChunkId,
        decoder: &mut Decoder,
        scratch: &mut Scratch,
        rows: &mut PlaneRows,
    ) -> Result<Tidiness, String> {
        let assembled = self.assemble(scratch).map_err(|error| error.to_string())?;
        let visible = self.layout.visible(id.position);
        let limit = self.limit(scratch.raw.len(), visible);
        let decoded = decoder.decode_samples(&scratch.jpeg, limit, &mut rows.bytes);
        let DecodedSamples { size, planes, tidiness } = decoded.map_err(|error| error.to_string())?;
        if size.width < visible.width || size.height < visible.height {
            return Err(format!("its JPEG is {size} px where {visible} px show"));
        }
        let samples = self.layout.chunk_samples();
        match (planes, samples) {
            // A gray tile among colours.
            (1, 3) => rows.bytes = rows.bytes.iter().flat_map(|&gray| [gray; 3]).collect(),
            _ if planes == samples => {}
            _ => return Err(format!("its JPEG has {planes} components where {samples} were expected")),
        }
        rows.row_bytes = size.width as usize * samples;
        Ok(assembled.max(tidiness))
    }

    /// Puts the complete JPEG of the chunk in `scratch.raw` into `scratch.jpeg`.
    fn assemble(&self, scratch: &mut Scratch) -> Result<Tidiness, CodecError> {
        self_contained(self.tables.as_deref(), &scratch.raw, self.photometric, &mut scratch.jpeg)
    }

    /// The largest size that a JPEG or WebP of `len` bytes may claim for this chunk.
    fn limit(&self, len: usize, visible: Size) -> Size {
        let chunk = self.layout.chunk;
        if is_plausible_picture(len as u64, chunk) { chunk } else { visible }
    }

    /// Puts the complete JPEG of a chunk into `out`; `None` for one that the file leaves
    /// out.
    pub fn jpeg(
        &self,
        position: Point,
        scratch: &mut Scratch,
        out: &mut Vec<u8>,
    ) -> Result<Option<Tidiness>, SourceFault> {
        let Some(start) = self.read(ChunkId { plane: 0, position }, &mut scratch.raw)? else {
            return Ok(None);
        };
        self_contained(self.tables.as_deref(), &scratch.raw, self.photometric, out)
            .map(Some)
            .map_err(|error| SourceFault::new(Some(start), error.to_string()))
    }

    /// Decodes the JPEG of a chunk straight into `pixels`, which then contain at least
    /// the part that is visible; `None` for a chunk that the file leaves out.
    pub fn decode_rgb(
        &self,
        position: Point,
        decoder: &mut Decoder,
        scratch: &mut Scratch,
        pixels: &mut Rgb,
    ) -> Result<Option<Tidiness>, SourceFault> {
        let Some(start) = self.read(ChunkId { plane: 0, position }, &mut scratch.raw)? else {
            return Ok(None);
        };
        let visible = self.layout.visible(position);
        let limit = self.limit(scratch.raw.len(), visible);
        self.assemble(scratch)
            .and_then(|assembled| {
                let decoded = decoder.decode_rgb_covering(&scratch.jpeg, visible, limit, pixels)?;
                Ok(Some(assembled.max(decoded)))
            })
            .map_err(|error| SourceFault::new(Some(start), error.to_string()))
    }
}

fn damaged(fault: SourceFault) -> SourceProblem {
    fault.in_file("TIFF")
}

/// The tables that the JPEGs of a directory have in common, if there are any.
fn shared_tables(file: &dyn Storage, directory: &ImageFileDirectory) -> Result<Option<Vec<u8>>, SourceFault> {
    if !directory.entries.contains(tags::JPEG_TABLES) {
        return Ok(None);
    }
    let Some(tables) = directory.bytes(file, tags::JPEG_TABLES) else {
        return Err(SourceFault::new(Some(0), "the JPEG tables of its tiles cannot be read"));
    };
    Ok(Some(tables))
}
