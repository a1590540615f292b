//! PNG, written row by row.

use origami_pyramid::Size;
use png::{BitDepth, ColorType, Compression, Encoder, Filter, StreamWriter, Writer};
use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// What every call relies on.
const IN_MEMORY: &str = "rows of the right length are written to memory";

/// A PNG that is being written, compressed as quickly as one that is written at once.
pub(super) struct PngRows {
    /// What was written and not taken yet.
    written: Written,
    /// `None` after the end.
    writer: Option<StreamWriter<'static, Written>>,
}

impl PngRows {
    /// The beginning of a PNG of `size` px.
    pub fn new(size: Size) -> Self {
        let written = Written::default();
        let mut encoder = Encoder::new(written.clone(), size.width, size.height);
        encoder.set_color(ColorType::Rgb);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Fast);
        encoder.set_filter(Filter::Adaptive);
        let writer = encoder.write_header().and_then(Writer::into_stream_writer);
        Self { written, writer: Some(writer.expect(IN_MEMORY)) }
    }

    /// The bytes that are complete so far.
    pub fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.written.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Encodes the samples of whole rows.
    pub fn rows(&mut self, samples: &[u8]) -> Vec<u8> {
        if let Some(writer) = &mut self.writer {
            writer.write_all(samples).expect(IN_MEMORY);
        }
        self.take()
    }

    /// The rest of the bytes, after all rows.
    pub fn end(&mut self) -> Vec<u8> {
        if let Some(writer) = self.writer.take() {
            writer.finish().expect(IN_MEMORY);
        }
        self.take()
    }
}

/// Bytes that the writer, which it belongs to, adds to, and that others take away.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
