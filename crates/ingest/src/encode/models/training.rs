//! Trains models on tiles that wait in the spool.

use super::sample::TrainingSample;
use crate::PackSlideError;
use crate::encode::coefficients::{Example, SpooledTiles};
use origami_codec::Colour;
use origami_codec::exact::{Model, Sample, SymbolCounter, Training};
use origami_quality::work::Stop;
use rayon::prelude::*;

/// The model that is trained on `sample`, on the threads of the current pool. Only the
/// tiles that prediction is fitted to are in memory together.
pub(super) fn train(
    tiles: SpooledTiles<'_>,
    stop: &Stop<'_>,
    sample: &TrainingSample,
    colour: Colour,
) -> Result<Model, PackSlideError> {
    let fitted = sample.fitted.par_iter().map(|&id| {
        stop.check()?;
        tiles.example(id)
    });
    let fitted: Vec<Example<'_>> = fitted.collect::<Result<_, PackSlideError>>()?;
    let samples: Vec<Sample<'_>> = fitted.iter().map(Example::sample).collect();
    let mut training = Training::new(&samples, colour);
    count(&mut training, &samples, |counter, sample| {
        counter.count(sample);
        Ok(())
    })?;
    drop(samples);
    drop(fitted);
    count(&mut training, &sample.counted, |counter, &id| {
        stop.check()?;
        counter.count(&tiles.example(id)?.sample());
        Ok(())
    })?;
    Ok(training.model())
}

/// Counts `items` with `count`, a part of them on each thread.
fn count<T: Sync>(
    training: &mut Training,
    items: &[T],
    count: impl Fn(&mut SymbolCounter, &T) -> Result<(), PackSlideError> + Sync,
) -> Result<(), PackSlideError> {
    let part = items.len().div_ceil(rayon::current_num_threads()).max(1);
    let counters = items.par_chunks(part).map(|items| {
        let mut counter = training.counter();
        items.iter().try_for_each(|item| count(&mut counter, item))?;
        Ok(counter)
    });
    let counters: Vec<SymbolCounter> = counters.collect::<Result<_, PackSlideError>>()?;
    counters.iter().for_each(|counter| training.merge(counter));
    Ok(())
}
