//! The file that the access log goes to.

use std::io::{self, ErrorKind, Write};

/// A file of lines that goes on after a failure: a disk that was full has room again, or a pipe
/// is read again.
pub(super) struct LineFile<W> {
    file: W,
    /// Whether a failure has cut off the last line in the file.
    is_cut_off: bool,
}

/// Why lines could not be written.
#[derive(Debug)]
pub(super) struct WriteFailure {
    /// The system's error.
    pub(super) cause: io::Error,
    /// How many lines are lost.
    pub(super) lost: u64,
}

impl<W: Write> LineFile<W> {
    pub(super) fn new(file: W) -> Self {
        Self { file, is_cut_off: false }
    }

    /// Writes a batch of complete lines. After a failure the rest of it is not tried again.
    pub(super) fn write(&mut self, batch: &[u8]) -> Result<(), WriteFailure> {
        if self.is_cut_off {
            self.file.write_all(b"\n").map_err(|cause| WriteFailure { cause, lost: count_lines(batch) })?;
            self.is_cut_off = false;
        }
        let mut rest = batch;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err(self.failure(ErrorKind::WriteZero.into(), batch, rest)),
                Ok(written) => rest = &rest[written..],
                Err(cause) if cause.kind() == ErrorKind::Interrupted => {}
                Err(cause) => return Err(self.failure(cause, batch, rest)),
            }
        }
        Ok(())
    }

    /// The failure to write `rest`, the end of `batch`.
    fn failure(&mut self, cause: io::Error, batch: &[u8], rest: &[u8]) -> WriteFailure {
        let written = &batch[..batch.len() - rest.len()];
        self.is_cut_off = written.last().is_some_and(|byte| *byte != b'\n');
        WriteFailure { cause, lost: count_lines(rest) }
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with this much room left.
    struct Disk {
        room: usize,
        content: Vec<u8>,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let written = bytes.len().min(self.room).min(5);
            if written == 0 {
                return Err(ErrorKind::StorageFull.into());
            }
            self.room -= written;
            self.content.extend_from_slice(&bytes[..written]);
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_a_full_disk_cut_off_does_not_spoil_the_next_one() {
        let mut file = LineFile::new(Disk { room: 11, content: Vec::new() });
        let failure = file.write(b"first\nsecond\nthird\n").unwrap_err();
        assert_eq!((failure.cause.kind(), failure.lost), (ErrorKind::StorageFull, 2));
        assert_eq!(file.write(b"fourth\n").unwrap_err().lost, 1);
        file.file.room = 100;
        file.write(b"fifth\n").unwrap();
        file.write(b"sixth\n").unwrap();
        assert_eq!(file.file.content.escape_ascii().to_string(), "first\\nsecon\\nfifth\\nsixth\\n");
    }
}
