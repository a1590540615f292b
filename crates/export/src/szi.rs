//! Deep Zoom in one zip.
//!
//! A Smart Zoom Image (version 1.2) has everything in one root folder named
//! after the slide: the descriptor, `scan-properties.xml` and the folder of
//! tiles. Nothing is compressed, so that a server can answer with byte ranges
//! of the file. Entries have no time, so the same pack always gives the same file.

use crate::destination::Destination;
use crate::properties::{SCAN_PROPERTIES, descriptor, scan_properties};
use crate::tiles::TileRebuilder;
use crate::{ExportError, ExportFormat};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use zip::result::ZipError;
use zip::write::{PreparedZipFile, SimpleFileOptions};
use zip::{CompressionMethod, ZipWriter};

/// Writes `x.szi`. Returns its length in bytes.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let name = destination.stem();
    let file = BufWriter::with_capacity(1 << 20, destination.draft_file()?);
    let mut zip = ZipWriter::new(FailsOnce { inner: file, failed: false });
    for (path, text) in [
        (format!("{name}/{name}.dzi"), descriptor(pack)),
        (format!("{name}/{SCAN_PROPERTIES}"), scan_properties(pack)),
    ] {
        let entry = prepared(path, text.as_bytes());
        entry
            .and_then(|entry| zip.add_prepared_file(entry))
            .map_err(|error| zip_error(destination, error))?;
    }
    for z in ExportFormat::Szi.levels(pack.pyramid()) {
        tiles.each(
            z,
            |id, jpeg| {
                let path = format!("{name}/{name}_files/{z}/{}_{}.jpg", id.x, id.y);
                prepared(path, &jpeg).map_err(|error| zip_error(destination, error))
            },
            |entry| zip.add_prepared_file(entry).map_err(|error| zip_error(destination, error)),
        )?;
    }
    let file = zip.finish().map_err(|error| zip_error(destination, error))?.inner;
    let file = file.into_inner().map_err(|error| destination.io(error.into_error()))?;
    tiles.check_interrupted()?;
    destination.publish(file)
}

/// An uncompressed entry.
fn prepared(path: String, data: &[u8]) -> Result<PreparedZipFile, ZipError> {
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644);
    PreparedZipFile::from_data(path, options, data)
}

fn zip_error(destination: &Destination, error: ZipError) -> ExportError {
    match error {
        ZipError::Io(error) => destination.io(error),
        error => destination.io(io::Error::other(error)),
    }
}

/// A writer that, after its first error, accepts everything and discards it. A
/// [`ZipWriter`] that is dropped tries to complete its file, and complains on stderr
/// if it cannot.
struct FailsOnce<W> {
    inner: W,
    failed: bool,
}

impl<W> FailsOnce<W> {
    /// The result of `work`, or `discarded` after an earlier error.
    fn unless_failed<T>(
        &mut self,
        discarded: T,
        work: impl FnOnce(&mut W) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.failed {
            return Ok(discarded);
        }
        work(&mut self.inner).inspect_err(|error| self.failed = error.kind() != io::ErrorKind::Interrupted)
    }
}

impl<W: Write> Write for FailsOnce<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.unless_failed(data.len(), |inner| inner.write(data))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unless_failed((), Write::flush)
    }
}

impl<W: Seek> Seek for FailsOnce<W> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.unless_failed(0, |inner| inner.seek(to))
    }
}
