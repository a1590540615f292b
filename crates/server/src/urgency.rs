//! How urgent requests are, as they say themselves in the header `Priority` (RFC 9218).

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

const PRIORITY: HeaderName = HeaderName::from_static("priority");

/// Maximum urgency parameter, the least urgent one.
const MAX_PARAMETER: u8 = 7;

/// How urgent a request is. Workers take more urgent work first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// `u=0` to `u=2`.
    High,
    /// `u=3` and `u=4`, and requests that say nothing.
    #[default]
    Usual,
    /// `u=5` to `u=7`.
    Low,
}

impl Urgency {
    /// All urgencies, in the order of their numbers (`urgency as usize`): the most urgent
    /// first.
    pub const ALL: [Self; 3] = [Self::High, Self::Usual, Self::Low];

    /// The urgency of `request`. A malformed header says nothing.
    pub fn of(request: &HttpRequest) -> Self {
        let lines = request.headers().get_all(PRIORITY).filter_map(|line| line.to_str().ok());
        match lines.flat_map(|line| line.split(',')).filter_map(parameter).next_back() {
            Some(Some(0..=2)) => Self::High,
            Some(Some(5..)) => Self::Low,
            _ => Self::default(),
        }
    }
}

/// The value of `member`, one of the header's members, if that is the urgency: `None`
/// in it if it is no number of 0 to 7.
fn parameter(member: &str) -> Option<Option<u8>> {
    let item = member.split(';').next().unwrap_or_default().trim();
    // A key alone stands for the truth value, and the last of several members counts.
    let (key, number) = item.split_once('=').unwrap_or((item, ""));
    let is_digit = number.len() == 1;
    (key == "u").then(|| number.parse().ok().filter(|number| is_digit && *number <= MAX_PARAMETER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn urgencies_have_three_lanes_and_a_malformed_one_is_the_usual() {
        for (header, urgency) in [
            ("u=0", Urgency::High),
            ("u=2, i", Urgency::High),
            ("i,u=1;a=b", Urgency::High),
            ("u=3", Urgency::Usual),
            ("u=4", Urgency::Usual),
            ("u=5", Urgency::Low),
            ("i=?0 ,\tu=7", Urgency::Low),
            ("u=0, u=7", Urgency::Low),
            ("u=0, u=x", Urgency::Usual),
            ("u=0, u", Urgency::Usual),
            ("u=0, u;a=1", Urgency::Usual),
            ("u, u=0", Urgency::High),
            ("u=0, up=7, uu", Urgency::High),
            ("i", Urgency::Usual),
            ("", Urgency::Usual),
            ("u", Urgency::Usual),
            ("u=", Urgency::Usual),
            ("u=8", Urgency::Usual),
            ("u=-1", Urgency::Usual),
            ("u=+1", Urgency::Usual),
            ("u=00", Urgency::Usual),
            ("u=1.0", Urgency::Usual),
            ("U=0", Urgency::Usual),
            ("u=99999999999999999999", Urgency::Usual),
        ] {
            let request = TestRequest::get().insert_header((PRIORITY, header)).to_http_request();
            assert_eq!(Urgency::of(&request), urgency, "{header}");
        }
        assert_eq!(Urgency::of(&TestRequest::get().to_http_request()), Urgency::Usual);
    }

    #[test]
    fn the_last_of_several_lines_counts() {
        let request = TestRequest::get()
            .append_header((PRIORITY, "u=6"))
            .append_header((PRIORITY, "u=1"))
            .to_http_request();
        assert_eq!(Urgency::of(&request), Urgency::High);
    }
}
