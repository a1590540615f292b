//! The order in which a scan goes through blocks (T.81, A.2).

use crate::Frame;
use std::ops::Range;

/// One plane of a scan.
#[derive(Clone, Copy, Debug)]
struct ScanPlane {
    plane: usize,
    /// Number of its first block, and of blocks from one row to the next.
    first: usize,
    stride: usize,
    /// Blocks in an MCU, across and down.
    sampling: (usize, usize),
}

/// Which blocks a scan holds, MCU by MCU. A lone plane's MCU is one block, and
/// its blocks that only fill up the MCUs of the others are left out.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScanOrder {
    planes: [ScanPlane; 3],
    len: usize,
    /// MCUs across and down.
    mcus: (usize, usize),
}

impl ScanOrder {
    /// A scan of `planes`, one to three of the frame's.
    pub fn new(frame: &Frame, planes: &[usize]) -> Self {
        let scanned = |i: usize| {
            // Those from `len` on are not looked at.
            let plane = planes.get(i).copied().unwrap_or(0);
            let (first, stride) = (frame.first_block(plane), frame.blocks(plane).0);
            ScanPlane { plane, first, stride, sampling: frame.sampling(plane) }
        };
        let mut order = Self { planes: [0, 1, 2].map(scanned), len: planes.len(), mcus: frame.mcus() };
        if let [plane] = *planes {
            order.planes[0].sampling = (1, 1);
            let (across, down) = frame.scale(plane);
            order.mcus = (frame.width().div_ceil(8 * across), frame.height().div_ceil(8 * down));
        }
        order
    }

    /// A scan of all planes.
    pub fn interleaved(frame: &Frame) -> Self {
        Self::new(frame, &[0, 1, 2][..frame.planes()])
    }

    /// Number of MCUs.
    pub fn mcus(&self) -> usize {
        self.mcus.0 * self.mcus.1
    }

    /// Calls `visit` with the plane and the number of each block of `mcus`.
    #[inline(always)]
    pub fn visit<E>(
        &self,
        mcus: Range<usize>,
        mut visit: impl FnMut(usize, usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut x, mut y) = (mcus.start % self.mcus.0, mcus.start / self.mcus.0);
        for _ in mcus {
            for &ScanPlane { plane, first, stride, sampling: (across, down) } in &self.planes[..self.len] {
                for row in 0..down {
                    let block = first + (y * down + row) * stride + x * across;
                    for column in 0..across {
                        visit(plane, block + column)?;
                    }
                }
            }
            x += 1;
            if x == self.mcus.0 {
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

    fn visited(order: &ScanOrder) -> Vec<(usize, usize)> {
        let mut seen = Vec::new();
        order
            .visit(0..order.mcus(), |plane, block| {
                seen.push((plane, block));
                Ok::<_, ()>(())
            })
            .expect("nothing fails");
        seen
    }

    #[test]
    fn an_interleaved_scan_goes_mcu_by_mcu() {
        let frame = Frame::new(17, 16, Subsampling::S420, Colour::Ycc).expect("a frame");
        let order = ScanOrder::interleaved(&frame);
        let luma = |n| (0, n);
        let expected = [
            [luma(0), luma(1), luma(4), luma(5), (1, 8), (2, 10)],
            [luma(2), luma(3), luma(6), luma(7), (1, 9), (2, 11)],
        ];
        assert_eq!(visited(&order), expected.concat());
    }

    #[test]
    fn a_lone_plane_leaves_out_what_only_fills_mcus_up() {
        let frame = Frame::new(17, 8, Subsampling::S420, Colour::Ycc).expect("a frame");
        assert_eq!(visited(&ScanOrder::new(&frame, &[0])), [(0, 0), (0, 1), (0, 2)]);
        assert_eq!(visited(&ScanOrder::new(&frame, &[2])), [(2, 10), (2, 11)]);
    }

    #[test]
    fn intervals_follow_one_another() {
        let frame = Frame::new(50, 40, Subsampling::S422, Colour::Ycc).expect("a frame");
        let order = ScanOrder::interleaved(&frame);
        let mut seen = Vec::new();
        for start in (0..order.mcus()).step_by(3) {
            let part = start..order.mcus().min(start + 3);
            order
                .visit(part, |plane, block| {
                    seen.push((plane, block));
                    Ok::<_, ()>(())
                })
                .expect("nothing fails");
        }
        assert_eq!(seen, visited(&order));
        let mut blocks: Vec<usize> = seen.iter().map(|&(_, block)| block).collect();
        blocks.sort_unstable();
        assert!(blocks.into_iter().eq(0..frame.block_count()), "each block once");
    }
}
