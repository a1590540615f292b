//! Numbers for people.

use origami_units::count;
use std::time::Duration;

/// What stands in place of a number that there is not.
pub const NONE: &str = "\u{2013}";

/// A number of things. Metrics are floating-point numbers, which counts are without loss up to
/// 2^53.
pub fn count(number: f64) -> String {
    count::text(whole(number))
}

/// `number` without a fraction, 0 if it is negative.
fn whole(number: f64) -> u64 {
    Duration::try_from_secs_f64(number).map_or(0, |whole| whole.as_secs())
}

/// `part` of `all` in percent.
pub fn share(part: f64, all: f64) -> String {
    if all <= 0.0 {
        return NONE.to_owned();
    }
    let percent = 100.0 * part / all;
    // A few of many are not none.
    if percent > 0.0 && percent < 0.01 { "under 0.01 %".to_owned() } else { format!("{percent:.2} %") }
}

/// A number of bytes.
pub fn bytes(number: f64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut scaled = number.max(0.0);
    let mut unit = "B";
    for larger in units {
        if scaled < 1024.0 {
            break;
        }
        scaled /= 1024.0;
        unit = larger;
    }
    if unit == "B" { format!("{scaled:.0} B") } else { format!("{scaled:.1} {unit}") }
}

/// A time that a request took.
pub fn seconds(seconds: f64) -> String {
    match seconds {
        short if short < 0.001 => format!("{:.0} \u{b5}s", short * 1e6),
        short if short < 1.0 => format!("{:.1} ms", short * 1e3),
        long => format!("{long:.2} s"),
    }
}

/// A time that people wait or forget, by its two largest units.
pub fn long(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    if days > 0 {
        format!("{days} d {} h", hours % 24)
    } else if hours > 0 {
        format!("{hours} h {} min", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes} min {} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_the_unit_in_which_they_are_short() {
        for (number, expected) in [(0.0, "0 B"), (1023.0, "1023 B"), (1536.0, "1.5 KiB"), (5e12, "4.5 TiB")] {
            assert_eq!(bytes(number), expected);
        }
        for (number, expected) in
            [(0.0, "0 \u{b5}s"), (0.000_25, "250 \u{b5}s"), (0.0125, "12.5 ms"), (2.0, "2.00 s")]
        {
            assert_eq!(seconds(number), expected);
        }
        for (number, expected) in [(59, "59 s"), (61, "1 min 1 s"), (7325, "2 h 2 min"), (266_400, "3 d 2 h")]
        {
            assert_eq!(long(Duration::from_secs(number)), expected);
        }
        for (number, expected) in [(-1.0, "0"), (1234.9, "1,234"), (f64::NAN, "0")] {
            assert_eq!(count(number), expected);
        }
    }

    #[test]
    fn a_few_of_many_are_not_shown_as_none() {
        assert_eq!(share(1.0, 1e9), "under 0.01 %");
        assert_eq!(share(0.0, 1e9), "0.00 %");
        assert_eq!(share(1.0, 3.0), "33.33 %");
        assert_eq!(share(0.0, 0.0), NONE);
    }
}
