//! Doing two things or many at once: on rayon's threads with the feature
//! `parallel`, one after the other without. Nothing else here knows threads.

/// Runs both, at the same time if there is a thread to spare.
#[cfg(feature = "parallel")]
pub fn join(a: impl FnOnce() + Send, b: impl FnOnce() + Send) {
    rayon::join(a, b);
}

/// Runs both, one after the other.
#[cfg(not(feature = "parallel"))]
pub fn join(a: impl FnOnce(), b: impl FnOnce()) {
    a();
    b();
}

/// Gives every item to `work`, together with what `init` makes for each thread.
#[cfg(feature = "parallel")]
pub fn for_each_with<T: Send, S>(
    items: &mut [T],
    init: impl Fn() -> S + Send + Sync,
    work: impl Fn(&mut S, &mut T) + Send + Sync,
) {
    use rayon::prelude::*;

    items.par_iter_mut().for_each_init(init, work);
}

/// Gives every item to `work`, together with what `init` makes.
#[cfg(not(feature = "parallel"))]
pub fn for_each_with<T, S>(items: &mut [T], init: impl Fn() -> S, work: impl Fn(&mut S, &mut T)) {
    let mut state = init();
    items.iter_mut().for_each(|item| work(&mut state, item));
}
