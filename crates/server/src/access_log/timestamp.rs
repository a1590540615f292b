//! Times in the access log, in UTC.

use std::time::SystemTime;
use time::OffsetDateTime;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Writes `number` with as many digits as `out` wants at least, which fill up with zeros.
pub(super) fn push_padded(out: &mut Vec<u8>, number: u32, digits: usize) {
    let mut buffer = itoa::Buffer::new();
    let text = buffer.format(number);
    out.extend(std::iter::repeat_n(b'0', digits.saturating_sub(text.len())));
    out.extend_from_slice(text.as_bytes());
}

/// Writes `time` as in RFC 3339, with microseconds: `2026-11-29T09:05:03.000120Z`.
pub(super) fn push_rfc3339(out: &mut Vec<u8>, time: SystemTime) {
    let time = OffsetDateTime::from(time);
    push_padded(out, time.year().unsigned_abs(), 4);
    for (separator, number) in [
        (b'-', u8::from(time.month())),
        (b'-', time.day()),
        (b'T', time.hour()),
        (b':', time.minute()),
        (b':', time.second()),
    ] {
        out.push(separator);
        push_padded(out, number.into(), 2);
    }
    out.push(b'.');
    push_padded(out, time.microsecond(), 6);
    out.push(b'Z');
}

/// Writes `time` as the Common Log Format has it: `29/Nov/2026:09:05:03 +0000`.
pub(super) fn push_common(out: &mut Vec<u8>, time: SystemTime) {
    let time = OffsetDateTime::from(time);
    push_padded(out, time.day().into(), 2);
    out.push(b'/');
    out.extend_from_slice(MONTHS[usize::from(u8::from(time.month())) - 1].as_bytes());
    out.push(b'/');
    push_padded(out, time.year().unsigned_abs(), 4);
    for number in [time.hour(), time.minute(), time.second()] {
        out.push(b':');
        push_padded(out, number.into(), 2);
    }
    out.extend_from_slice(b" +0000");
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn written(push: fn(&mut Vec<u8>, SystemTime), seconds: u64, micros: u64) -> String {
        let mut out = Vec::new();
        push(&mut out, SystemTime::UNIX_EPOCH + Duration::from_secs(seconds) + Duration::from_micros(micros));
        String::from_utf8(out).unwrap()
    }

    // As `date -u -d @SECONDS` says.
    #[test]
    fn times_are_those_that_the_system_prints() {
        for (seconds, micros, rfc3339, common) in [
            (0, 0, "1970-01-01T00:00:00.000000Z", "01/Jan/1970:00:00:00 +0000"),
            (951_782_400, 7, "2000-02-29T00:00:00.000007Z", "29/Feb/2000:00:00:00 +0000"),
            (1_795_943_103, 120, "2026-11-29T09:05:03.000120Z", "29/Nov/2026:09:05:03 +0000"),
            (4_102_444_799, 999_999, "2099-12-31T23:59:59.999999Z", "31/Dec/2099:23:59:59 +0000"),
        ] {
            assert_eq!(written(push_rfc3339, seconds, micros), rfc3339);
            assert_eq!(written(push_common, seconds, micros), common);
        }
    }
}
