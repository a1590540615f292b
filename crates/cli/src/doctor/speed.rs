//! How fast a file is read from its disk.
//!
//! It is read past the page cache (`O_DIRECT`), so that the numbers are those of the disk
//! whatever is in memory, and nothing that is in memory has to go.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// Direct reads begin and end at multiples of this, in the file and in memory: the largest
/// sector of usual disks.
const ALIGNMENT: usize = 4096;

/// Bytes of one read of many that follow one another, and of all of them at most.
const CHUNK: usize = 1 << 20;
const MAX_SEQUENTIAL: u64 = 32 << 20;
/// The longest that they take.
const SEQUENTIAL_TIME: Duration = Duration::from_millis(400);

/// Bytes of reads in random places: a page, and a large tile.
const SIZES: [usize; 2] = [4 << 10, 64 << 10];
/// Reads of each size at most, which are 9 MiB together, and the longest that they take.
const MAX_RANDOM: usize = 128;
const RANDOM_TIME: Duration = Duration::from_millis(250);

/// The smallest file that says something of its disk.
const SMALLEST: u64 = 4 << 20;

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    /// Bytes a second of reads that follow one another.
    pub sequential: f64,
    /// The median time of reads of 4 KiB and of 64 KiB in random places.
    pub random: [Duration; 2],
}

/// Why nothing was measured.
#[derive(Debug)]
pub enum Unmeasured {
    /// The file is too small.
    TooSmall,
    /// The file system has no reads past the page cache.
    OnlyCached,
    Failed(io::Error),
}

impl From<io::Error> for Unmeasured {
    fn from(error: io::Error) -> Self {
        // That is how a file system says that it has no direct reads.
        if error.kind() == io::ErrorKind::InvalidInput { Self::OnlyCached } else { Self::Failed(error) }
    }
}

/// Measures by reading from the file at `path`, `bytes` long, within about a second.
///
/// # Errors
/// Why that is not possible.
pub fn measure(path: &Path, bytes: u64) -> Result<Speed, Unmeasured> {
    if bytes < SMALLEST {
        return Err(Unmeasured::TooSmall);
    }
    let direct = OFlags::DIRECT.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(direct).open(path)?;
    let disk = Disk { file, bytes };
    let mut buffer = AlignedBuffer::new(CHUNK);
    let sequential = disk.sequential(buffer.first(CHUNK))?;
    let [small, large] = SIZES;
    let random = [disk.random(buffer.first(small))?, disk.random(buffer.first(large))?];
    Ok(Speed { sequential, random })
}

/// A file that is read past the page cache.
struct Disk {
    file: File,
    bytes: u64,
}

impl Disk {
    /// Bytes a second from the beginning on.
    fn sequential(&self, buffer: &mut [u8]) -> io::Result<f64> {
        let (started, mut read) = (Instant::now(), 0);
        let end = MAX_SEQUENTIAL.min(self.bytes - self.bytes % CHUNK as u64);
        while read < end && (read == 0 || started.elapsed() < SEQUENTIAL_TIME) {
            self.file.read_exact_at(buffer, read)?;
            read += buffer.len() as u64;
        }
        Ok(read as f64 / started.elapsed().as_secs_f64())
    }

    /// The median time in which `buffer` is filled from a random place.
    fn random(&self, buffer: &mut [u8]) -> io::Result<Duration> {
        let places = self.bytes / buffer.len() as u64;
        let (started, mut times) = (Instant::now(), Vec::with_capacity(MAX_RANDOM));
        while times.is_empty() || (times.len() < MAX_RANDOM && started.elapsed() < RANDOM_TIME) {
            let at = fastrand::u64(..places) * buffer.len() as u64;
            let sent = Instant::now();
            self.file.read_exact_at(buffer, at)?;
            times.push(sent.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    }
}

/// Memory that direct reads may write to.
struct AlignedBuffer {
    bytes: Vec<u8>,
    /// The first that is aligned.
    start: usize,
}

impl AlignedBuffer {
    fn new(len: usize) -> Self {
        let bytes = vec![0; len + ALIGNMENT];
        let start = bytes.as_ptr().align_offset(ALIGNMENT);
        Self { bytes, start }
    }

    /// Its first `len` bytes.
    fn first(&mut self, len: usize) -> &mut [u8] {
        &mut self.bytes[self.start..][..len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_are_read_past_the_page_cache_or_it_is_said_why_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![7; 5 << 20]).unwrap();
        assert!(matches!(measure(&path, 1 << 20), Err(Unmeasured::TooSmall)));
        match measure(&path, 5 << 20) {
            Ok(speed) => {
                assert!(
                    speed.sequential > 0.0 && speed.random.iter().all(|time| !time.is_zero()),
                    "{speed:?}"
                );
            }
            // As on file systems in memory.
            Err(Unmeasured::OnlyCached) => {}
            Err(error) => panic!("{error:?}"),
        }
        let missing = measure(&folder.path().join("missing"), 5 << 20);
        assert!(matches!(missing, Err(Unmeasured::Failed(_))), "{missing:?}");
    }

    #[test]
    fn buffers_begin_where_direct_reads_may_write() {
        for _ in 0..8 {
            let mut buffer = AlignedBuffer::new(CHUNK);
            assert_eq!(buffer.first(CHUNK).as_ptr().align_offset(ALIGNMENT), 0);
        }
    }
}
