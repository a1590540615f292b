//! A deliberate bug, which shows whether the fuzzer finds bugs.

use crate::Tally;

/// Fails on a JPEG with six restart intervals. Each is checked for only after the
/// one before it, so feedback from coverage leads from one to the next. A valid
/// JPEG has none and one mutation inserts at most four, so without feedback the
/// other two would have to result from copies of the right bytes.
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

/// Whether `bytes` begin a DRI segment with an interval below 256.
fn is_interval(bytes: &[u8]) -> bool {
    bytes[0] == 0xff && bytes[1] == 0xdd && bytes[2] == 0 && bytes[3] == 4 && bytes[4] == 0
}
