//! The first scan of a stream and what comes before it.

use crate::CodecError;
use crate::error::malformed;
use crate::jpeg::scan_header::ScanHeader;
use crate::jpeg::segments::StreamState;
use crate::markers::{SOS, Segment, segments};

/// The segment of a stream's first scan, and the tables and parameters in force there.
pub(super) struct FirstScan {
    pub state: StreamState,
    segment: Segment,
}

impl FirstScan {
    /// # Errors
    /// If `jpeg` has no scan, or a segment before it is malformed.
    pub fn find(jpeg: &[u8]) -> Result<Self, CodecError> {
        let mut state = StreamState::default();
        for segment in segments(jpeg) {
            let segment = segment?;
            if segment.marker == SOS {
                return Ok(Self { state, segment });
            }
            state.apply(segment, jpeg)?;
        }
        malformed(jpeg.len(), "header without a scan")
    }

    /// The header of the scan. `jpeg` is what it was found in.
    pub fn header(&self, jpeg: &[u8]) -> Result<ScanHeader<'_>, CodecError> {
        ScanHeader::parse(&self.state, self.segment, jpeg)
    }
}
