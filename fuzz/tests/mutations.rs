//! Mutations of inputs that were mutated before, as feedback from coverage asks
//! for them.

use origami_fuzz::target::{NAMES, named};
use origami_fuzz::{Random, Tally, Target};

/// In place of libFuzzer's: every third byte becomes another, and one is added.
fn bytewise(bytes: &mut Vec<u8>) {
    bytes.iter_mut().step_by(3).for_each(|byte| *byte = byte.wrapping_add(1));
    bytes.push(0xff);
}

fn execute(target: &mut dyn Target, input: &[u8], tally: &mut Tally) {
    let result = target.execute(input, tally);
    assert_eq!(result, Ok(()), "{} with {} bytes", target.name(), input.len());
}

#[test]
fn any_bytes_can_be_executed_and_mutated_on_and_on() {
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

/// Were lengths and checksums not mended, hardly any would get there.
#[test]
fn mutations_of_good_inputs_get_past_the_first_checks() {
    let stages = ["its bands are there", "parsed", "structure", "header", "opened"];
    for (name, stage) in NAMES.into_iter().zip(stages) {
        let mut target = named(name).expect("a target");
        let mut tally = Tally::default();
        for iteration in 0..60 {
            let random = &mut Random::of(1, iteration);
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
