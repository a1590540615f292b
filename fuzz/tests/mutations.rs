//! Repeated mutations of the same inputs, as with feedback from coverage.

use origami_fuzz::target::{NAMES, named};
use origami_fuzz::{Random, Tally, Target};

/// Stands in for libFuzzer's mutations: changes every third byte and adds one.
fn bytewise(bytes: &mut Vec<u8>) {
    bytes.iter_mut().step_by(3).for_each(|byte| *byte = byte.wrapping_add(1));
    bytes.push(0xff);
}

fn execute(target: &mut dyn Target, input: &[u8], tally: &mut Tally) {
    let result = target.execute(input, tally);
    assert_eq!(result, Ok(()), "{} with {} bytes", target.name(), input.len());
}

#[test]
fn any_bytes_can_be_executed_and_mutated_repeatedly() {
    let random = &mut Random::new(1);
    for name in NAMES {
        let mut target = named(name).expect("a target");
        for first in [vec![], vec![0], vec![0xff; 5], vec![0xff; 400], target.input(random)] {
            let mut input = first;
            for _ in 0..20 {
                execute(&mut *target, &input, &mut Tally::default());
                input = target.mutate(&input, random, bytewise);
            }
        }
    }
}

/// Hardly any would reach these stages if lengths and checksums were not corrected.
#[test]
fn mutations_of_valid_inputs_get_past_the_first_checks() {
    let stages =
        ["its bands are there", "parsed", "structure", "header", "index of a possible length", "opened"];
    for (name, stage) in NAMES.into_iter().zip(stages) {
        let mut target = named(name).expect("a target");
        let mut tally = Tally::default();
        for iteration in 0..60 {
            let random = &mut Random::for_iteration(1, iteration);
            let input = target.input(random);
            let again = target.mutate(&input, random, bytewise);
            execute(&mut *target, &again, &mut tally);
        }
        assert!(tally.reached(stage) > 2, "{name}, {stage}: {tally}");
    }
}

#[test]
fn the_same_seed_makes_the_same_mutation() {
    for name in NAMES {
        let mut target = named(name).expect("a target");
        let input = target.input(&mut Random::new(3));
        let [one, other] = [(); 2].map(|()| target.mutate(&input, &mut Random::new(4), bytewise));
        assert_eq!(one, other, "{name}");
    }
}
