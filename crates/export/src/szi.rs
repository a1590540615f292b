//! Deep Zoom in one zip.
//!
//! A Smart Zoom Image (version 1.2) has everything in one root folder named
//! after the slide: the descriptor, `scan-properties.xml` and the folder of
//! tiles. Nothing is compressed, so that a server can answer with byte ranges
//! of the file. Entries carry no time, and the same pack gives the same file.

use crate::destination::Destination;
use crate::properties::{SCAN_PROPERTIES, descriptor, scan_properties};
use crate::tiles::TileRebuilder;
use crate::{ExportError, ExportFormat};
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use zip::result::ZipError;
use zip::write::{PreparedZipFile, SimpleFileOptions};
use zip::{CompressionMethod, ZipWriter};

/// Writes `x.szi`; its bytes.
pub(crate) fn write(tiles: &TileRebuilder<'_>, destination: &Destination) -> Result<u64, ExportError> {
    let pack = tiles.pack;
    let failed = |error| match error {
        ZipError::Io(error) => destination.io(error),
        error => destination.io(io::Error::other(error)),
    };
    let options =
        SimpleFileOptions::default().compression_method(CompressionMethod::Stored).unix_permissions(0o644);
    let entry = |name: String, data: &[u8]| PreparedZipFile::from_data(name, options, data).map_err(failed);
    let name = destination.stem();
    let file = BufWriter::with_capacity(1 << 20, destination.file()?);
    let mut zip = ZipWriter::new(FailsOnce { inner: file, failed: false });
    for (path, text) in [
        (format!("{name}/{name}.dzi"), descriptor(pack)),
        (format!("{name}/{SCAN_PROPERTIES}"), scan_properties(pack)),
    ] {
        zip.add_prepared_file(entry(path, text.as_bytes())?).map_err(failed)?;
    }
    for z in ExportFormat::Szi.levels(pack.pyramid()) {
        tiles.each(
            z,
            |id, jpeg| entry(format!("{name}/{name}_files/{z}/{}_{}.jpg", id.x, id.y), &jpeg),
            |tile| zip.add_prepared_file(tile).map_err(failed),
        )?;
    }
    let file = zip.finish().map_err(failed)?.inner;
    let file = file.into_inner().map_err(|error| destination.io(error.into_error()))?;
    tiles.check()?;
    destination.publish(file)
}

/// Takes everything after its first error and writes it nowhere: a zip writer
/// that is dropped tries to complete its file, and complains on stderr if it
/// cannot.
struct FailsOnce<W> {
    inner: W,
    failed: bool,
}

impl<W> FailsOnce<W> {
    fn unless_failed<T>(&mut self, nowhere: T, work: impl FnOnce(&mut W) -> io::Result<T>) -> io::Result<T> {
        if self.failed {
            return Ok(nowhere);
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
