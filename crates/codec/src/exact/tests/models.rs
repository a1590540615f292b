//! Models: their bytes, and the rules they have to follow.

use super::fixture::{frame, small_model};
use super::random::Random;
use crate::Frame;
use crate::exact::{Level, Model};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn models_round_trip_through_their_bytes(seed: u64, sampling in 0..Frame::SAMPLINGS.len()) {
        let model = Random::new(seed).model(&frame(8, 8, sampling));
        prop_assert_eq!(Model::parse(&model.to_bytes()).expect("its own bytes"), model);
    }
}

#[test]
fn damaged_models_are_models_or_errors() {
    let bytes = small_model().to_bytes();
    assert!((0..bytes.len()).all(|length| Model::parse(&bytes[..length]).is_err()));
    assert!(Model::parse(&[&bytes[..], &[0]].concat()).is_err());
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(model) = Model::parse(&flipped) {
            model.check(model.planes.len()).expect("parsed models are valid");
        }
    }
}

#[test]
fn models_that_break_a_rule_are_refused() {
    let good = small_model();
    good.check(3).expect("a valid model");
    assert!(good.check(1).is_err());
    let breaks: [fn(&mut Model); 31] = [
        |m| m.order = vec![0, 1],
        |m| m.order = vec![0, 1, 1],
        |m| m.order = vec![0, 1, 3],
        |m| m.planes[0].reference = Some(1),
        |m| m.planes[2].reference = Some(2),
        |m| m.planes[1].reference = Some(0),
        |m| m.planes[0].carry[5] = 1,
        |m| m.planes[0].matrix[3] = [16_384; 4],
        |m| m.planes[0].matrix[3] = [i16::MIN, 0, 0, 0],
        |m| m.planes[1].gains[63] = 22_939,
        |m| m.planes[1].weights[0][1] = 521,
        |m| m.planes[1].weights[3][1] = 258,
        |m| m.planes[0].dc_weights[3] = 257,
        |m| m.planes[2].dc_weights[0] = -257,
        |m| m.planes[1].ac.truncate(100),
        |m| m.planes[1].last_low.push(2),
        |m| m.planes[2].ac[77] = 3,
        |m| m.planes[2].ac[77] = 2,
        |m| m.planes[2].last_low[77] = 0,
        |m| _ = m.planes[0].dc.pop(),
        |m| m.planes[1].dc[95] = 3,
        |m| m.planes[2].dc[0] = 2,
        |m| m.planes[0].last_high.push(1),
        |m| m.planes[1].last_high[215] = 255,
        |m| m.planes[2].last_high[0] = 2,
        |m| _ = m.planes[0].runs.pop(),
        |m| m.planes[1].runs[15] = 3,
        |m| m.planes[2].runs[0] = 2,
        |m| m.planes[2].runs.clear(),
        |m| m.planes[2].distributions[0][0] += 1,
        |m| m.planes[2].distributions = vec![[256; 16]; 257],
    ];
    for (number, break_rule) in breaks.iter().enumerate() {
        let mut model = good.clone();
        break_rule(&mut model);
        assert!(model.check(3).is_err(), "rule {number}");
    }
    assert!(Level::new(good, &[[0; 64]; 3], 3).is_err());
}
