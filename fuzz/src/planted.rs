//! A bug that is there on purpose, to see whether it is found.

use crate::Tally;

/// Fails on a JPEG with six restart intervals. Each is looked for once the one
/// before was found, so with feedback from coverage they come one after another.
/// A good JPEG has none, and one mutation inserts four at most: without feedback
/// the other two would have to come about by copying the right bytes.
pub fn check(jpeg: &[u8], tally: &mut Tally) {
    let mut intervals = jpeg.windows(6).filter(|bytes| is_interval(bytes));
    if intervals.next().is_none() {
        return;
    }
    tally.reach("planted: a restart interval");
    if intervals.next().is_none() {
        return;
    }
    tally.reach("planted: two of them");
    if intervals.next().is_none() {
        return;
    }
    tally.reach("planted: three of them");
    if intervals.next().is_none() {
        return;
    }
    tally.reach("planted: four of them");
    if intervals.next().is_none() {
        return;
    }
    tally.reach("planted: five of them");
    if intervals.next().is_some() {
        panic!("planted: six restart intervals");
    }
}

/// Whether `bytes` are a DRI segment with an interval below 256.
fn is_interval(bytes: &[u8]) -> bool {
    bytes[0] == 0xff && bytes[1] == 0xdd && bytes[2] == 0 && bytes[3] == 4 && bytes[4] == 0
}
