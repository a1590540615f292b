//! The order in which a scan visits blocks (T.81, A.2).

use crate::Frame;
use std::ops::Range;

/// One plane of a scan.
#[derive(Clone, Copy, Debug)]
struct ScanPlane {
    plane: usize,
    /// Index of its first block.
    first: usize,
    /// Number of blocks from one row to the next.
    stride: usize,
    /// Number of blocks in an MCU, across and down.
    across: usize,
    down: usize,
}

impl ScanPlane {
    fn new(frame: &Frame, plane: usize) -> Self {
        let ((stride, _), (across, down)) = (frame.blocks(plane), frame.sampling(plane));
        Self { plane, first: frame.first_block(plane), stride, across, down }
    }
}

/// The blocks a scan contains, MCU by MCU. If a scan contains only one plane,
/// an MCU is one block, and blocks that only fill up the MCUs of all planes are
/// not in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanOrder {
    /// Only the first `len` are used.
    planes: [ScanPlane; 3],
    len: usize,
    mcus_across: usize,
    mcus_down: usize,
}

impl ScanOrder {
    /// A scan of `planes`, one to three of the frame's.
    pub fn new(frame: &Frame, planes: &[usize]) -> Self {
        let (mcus_across, mcus_down) = frame.mcus();
        let unused = ScanPlane::new(frame, 0);
        let mut order = Self { planes: [unused; 3], len: planes.len(), mcus_across, mcus_down };
        for (scan_plane, &plane) in order.planes.iter_mut().zip(planes) {
            *scan_plane = ScanPlane::new(frame, plane);
        }
        if let [plane] = *planes {
            (order.planes[0].across, order.planes[0].down) = (1, 1);
            (order.mcus_across, order.mcus_down) = frame.picture_blocks(plane);
        }
        order
    }

    /// A scan of all planes.
    pub fn interleaved(frame: &Frame) -> Self {
        Self::new(frame, &[0, 1, 2][..frame.planes()])
    }

    /// Number of MCUs.
    pub fn mcus(&self) -> usize {
        self.mcus_across * self.mcus_down
    }

    /// Calls `visit` with the plane and the index of each block of `mcus`.
    #[inline(always)]
    pub fn visit<E>(
        &self,
        mcus: Range<usize>,
        mut visit: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut x, mut y) = (mcus.start % self.mcus_across, mcus.start / self.mcus_across);
        for _ in mcus {
            for &ScanPlane { plane, first, stride, across, down } in &self.planes[..self.len] {
                for row in 0..down {
                    let block = first + (y * down + row) * stride + x * across;
                    for column in 0..across {
                        visit(plane, block + column)?;
                    }
                }
            }
            x += 1;
            if x == self.mcus_across {
                (x, y) = (0, y + 1);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Colour;
    use origami_pyramid::Subsampling;
    use std::convert::Infallible;

    /// The plane and index of each block of `mcus`.
    fn visited(order: &ScanOrder, mcus: Range<usize>) -> Vec<(usize, usize)> {
        let mut blocks = Vec::new();
        let result = order.visit(mcus, |plane, block| {
            blocks.push((plane, block));
            Ok::<(), Infallible>(())
        });
        result.expect("nothing fails");
        blocks
    }

    #[test]
    fn an_interleaved_scan_goes_mcu_by_mcu() {
        let frame = Frame::new(17, 16, Subsampling::S420, Colour::Ycc).expect("a frame");
        let order = ScanOrder::interleaved(&frame);
        let expected = [
            [(0, 0), (0, 1), (0, 4), (0, 5), (1, 8), (2, 10)],
            [(0, 2), (0, 3), (0, 6), (0, 7), (1, 9), (2, 11)],
        ];
        assert_eq!(visited(&order, 0..order.mcus()), expected.concat());
    }

    #[test]
    fn a_single_plane_leaves_out_blocks_that_only_fill_mcus() {
        let frame = Frame::new(17, 8, Subsampling::S420, Colour::Ycc).expect("a frame");
        let luma = ScanOrder::new(&frame, &[0]);
        assert_eq!(visited(&luma, 0..luma.mcus()), [(0, 0), (0, 1), (0, 2)]);
        let chroma = ScanOrder::new(&frame, &[2]);
        assert_eq!(visited(&chroma, 0..chroma.mcus()), [(2, 10), (2, 11)]);
    }

    #[test]
    fn intervals_follow_one_another() {
        let frame = Frame::new(50, 40, Subsampling::S422, Colour::Ycc).expect("a frame");
        let order = ScanOrder::interleaved(&frame);
        let intervals = (0..order.mcus()).step_by(3).map(|start| start..order.mcus().min(start + 3));
        let visited_by_interval: Vec<_> = intervals.flat_map(|mcus| visited(&order, mcus)).collect();
        assert_eq!(visited_by_interval, visited(&order, 0..order.mcus()));
        let mut blocks: Vec<usize> = visited_by_interval.iter().map(|&(_, block)| block).collect();
        blocks.sort_unstable();
        assert!(blocks.into_iter().eq(0..frame.block_count()), "each block once");
    }
}
