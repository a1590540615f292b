//! Which instruction sets the kernels of all crates may use.
//!
//! The processor's features are detected here and nowhere else. A function that
//! is compiled for more than the target guarantees is called with a token that
//! only detection makes, so none can run where its instructions are missing.
//!
//! `ORIGAMI_SIMD=scalar|avx2` lowers the choice, never raises it; any other value
//! is an error.

use std::ffi::OsStr;
use std::sync::OnceLock;

/// An instruction set that kernels are compiled for. Ordered from narrowest to widest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What the target guarantees: SSE2 on x86-64.
    Scalar,
    /// 256-bit integer vectors and the bit instructions that came with them.
    Avx2,
}

impl InstructionSet {
    /// Every set, narrowest first.
    pub const ALL: [Self; 2] = [Self::Scalar, Self::Avx2];

    /// The name that `ORIGAMI_SIMD` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
        }
    }
}

/// Proof that the processor has AVX2, BMI1, BMI2, LZCNT and POPCNT, so that
/// functions compiled for any of these may be called.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// The only place where a token is made. `None` if any of its features is
    /// missing.
    fn detect() -> Option<Self> {
        let available = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        available.then_some(Self(()))
    }
}

/// An instruction set that this processor has, with the token that proves it.
#[derive(Clone, Copy, Debug)]
pub enum Simd {
    /// [`InstructionSet::Scalar`], which needs no token.
    Scalar,
    /// [`InstructionSet::Avx2`].
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl Simd {
    /// The set without its token.
    #[must_use]
    pub fn set(self) -> InstructionSet {
        match self {
            Self::Scalar => InstructionSet::Scalar,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => InstructionSet::Avx2,
        }
    }
}

/// The environment variable that lowers the choice.
pub const LIMIT: &str = "ORIGAMI_SIMD";

/// The widest instruction set that [`LIMIT`] allows.
///
/// # Errors
/// If it is set to anything but the name of a set.
pub fn limit() -> Result<InstructionSet, String> {
    match std::env::var_os(LIMIT) {
        Some(name) => parse(&name),
        None => Ok(InstructionSet::Avx2),
    }
}

/// The instruction set of that name.
fn parse(name: &OsStr) -> Result<InstructionSet, String> {
    let set = InstructionSet::ALL.into_iter().find(|set| name == set.name());
    set.ok_or_else(|| format!("{LIMIT} is {}; it takes scalar or avx2", name.display()))
}

/// `set`, whether [`LIMIT`] allows it or not, for tests and benches that compare
/// sets. `None` if this processor lacks it.
#[must_use]
pub fn detect(set: InstructionSet) -> Option<Simd> {
    match set {
        InstructionSet::Scalar => Some(Simd::Scalar),
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2 => Avx2::detect().map(Simd::Avx2),
        #[cfg(not(target_arch = "x86_64"))]
        InstructionSet::Avx2 => None,
    }
}

/// `limit`, or the baseline if this processor lacks it.
fn limited_to(limit: InstructionSet) -> Simd {
    detect(limit).unwrap_or(Simd::Scalar)
}

/// The set this process uses: the widest the processor has, or what [`LIMIT`]
/// lowers it to. Chosen once.
///
/// # Panics
/// If [`limit`] fails: a test of the requested kernels must not silently run others.
#[must_use]
pub fn get() -> Simd {
    static CHOSEN: OnceLock<Simd> = OnceLock::new();
    *CHOSEN.get_or_init(|| limited_to(limit().unwrap_or_else(|problem| panic!("{problem}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_token_exists_exactly_where_all_its_features_are_detected() {
        let features = [
            is_x86_feature_detected!("avx2"),
            is_x86_feature_detected!("bmi1"),
            is_x86_feature_detected!("bmi2"),
            is_x86_feature_detected!("lzcnt"),
            is_x86_feature_detected!("popcnt"),
        ];
        let token = matches!(detect(InstructionSet::Avx2), Some(Simd::Avx2(_)));
        assert_eq!(token, features == [true; 5], "features found: {features:?}");
        assert_eq!(size_of::<Avx2>(), 0, "a token costs nothing to pass on");
    }

    #[cfg(not(target_arch = "x86_64"))]
    #[test]
    fn other_processors_have_no_avx2() {
        assert!(detect(InstructionSet::Avx2).is_none());
    }

    #[test]
    fn detecting_a_set_gives_that_set_or_none() {
        assert!(detect(InstructionSet::Scalar).is_some(), "every processor has the baseline");
        for set in InstructionSet::ALL {
            assert!(detect(set).is_none_or(|simd| simd.set() == set), "another set than {}", set.name());
        }
    }

    #[test]
    fn the_limit_lowers_the_choice_and_never_raises_it() {
        assert_eq!(limited_to(InstructionSet::Scalar).set(), InstructionSet::Scalar);
        let widest = detect(InstructionSet::Avx2).map_or(InstructionSet::Scalar, Simd::set);
        assert_eq!(limited_to(InstructionSet::Avx2).set(), widest);
        // The process's own choice, whatever the tests were started with.
        let limit = limit().expect("the name of a set");
        assert_eq!(get().set(), limit.min(widest));
    }

    #[test]
    fn a_limit_is_the_name_of_a_set_or_an_error_that_names_them() {
        for set in InstructionSet::ALL {
            assert_eq!(parse(OsStr::new(set.name())), Ok(set));
        }
        for name in ["", "AVX2", "avx512", "scalar "] {
            let problem = format!("ORIGAMI_SIMD is {name}; it takes scalar or avx2");
            assert_eq!(parse(OsStr::new(name)), Err(problem));
        }
    }
}
