//! Tests of leases, tiers and the budget.

use super::*;
use proptest::prelude::*;

const SMALLEST: usize = TIERS[0].bytes;

fn made(pools: &Pools) -> usize {
    pools.stats().map(|tier| tier.made * tier.size).sum()
}

fn lease_many(pools: &Arc<Pools>, count: usize, len: usize) -> Vec<Lease> {
    (0..count).map(|_| pools.lease(len).expect("a free buffer")).collect()
}

#[test]
fn a_tier_keeps_to_the_budget_and_takes_its_buffers_back() {
    let pools = Pools::new(8 * SMALLEST);
    let leases = lease_many(&pools, 8, SMALLEST);
    assert_eq!(pools.lease(1).unwrap_err(), Exhausted { tier: "96k", made: 8 });
    assert!(pools.lease(SMALLEST + 1).is_ok(), "other tiers have what a worker needs");
    let first = pools.stats().next().unwrap();
    assert_eq!((first.leased, first.exhausted), (8, 1));
    drop(leases);
    assert_eq!(pools.stats().next().unwrap().leased, 0);
    assert_eq!(pools.lease(1).unwrap().len(), SMALLEST);
}

#[test]
fn a_worker_has_enough_buffers_without_any_budget() {
    let pools = Pools::new(0);
    for tier in TIERS {
        let leases = lease_many(&pools, 4, tier.bytes);
        assert!(pools.lease(tier.bytes).is_err());
        drop(leases);
    }
    assert!(made(&pools) <= 4 * MAX_LEASE, "free buffers of one tier make way for another's");
}

#[test]
fn tiers_share_one_budget() {
    let pools = Pools::new(32 << 20);
    for tier in TIERS.iter().chain(TIERS.iter().rev()) {
        let leases = lease_many(&pools, (32 << 20) / tier.bytes, tier.bytes);
        assert!(made(&pools) <= 32 << 20);
        drop(leases);
    }
}

#[test]
fn threads_share_a_tier_without_losing_buffers() {
    let pools = Pools::new(8 * SMALLEST);
    std::thread::scope(|scope| {
        for id in 0..8u8 {
            let pools = &pools;
            scope.spawn(move || {
                for _ in 0..2000 {
                    let mut lease = pools.lease(100).expect("one for each thread");
                    lease.fill(id);
                    assert!(lease.iter().all(|&byte| byte == id), "a buffer has one owner");
                }
            });
        }
    });
    assert_eq!(lease_many(&pools, 8, 100).len(), 8);
}

/// Leases and returns pairs of buffers of all sizes. Returns the maximum number of
/// bytes that all buffers of the pool had.
fn lease_pairs(pools: &Arc<Pools>, thread: usize) -> usize {
    let mut max_made = 0;
    for round in 0..400 {
        let leases =
            [thread + round, thread * round + 3].map(|number| pools.lease(TIERS[number % TIERS.len()].bytes));
        max_made = max_made.max(pools.made.load(Relaxed));
        for mut lease in leases.into_iter().flatten() {
            lease[0] = thread as u8;
            assert_eq!(lease[0], thread as u8);
        }
    }
    max_made
}

#[test]
fn threads_with_buffers_of_all_sizes_keep_to_the_budget() {
    // Each thread leases two buffers of any size at a time, some of which are refused.
    let pools = Pools::new(64 << 20);
    let max_made = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..6usize {
            let (pools, max_made) = (&pools, &max_made);
            scope.spawn(move || max_made.fetch_max(lease_pairs(pools, thread), Relaxed));
        }
    });
    let beyond_budget: usize = TIERS.iter().map(|tier| MIN_BUFFERS * tier.bytes).sum();
    assert!(max_made.into_inner() <= (64 << 20) + beyond_budget);
    assert_eq!(pools.made.load(Relaxed), made(&pools), "both counts agree when nothing is leased");
    assert!(pools.tiers.iter().all(|tier| tier.leased.load(Relaxed) == 0));
    assert!(pools.tiers.iter().all(|tier| tier.made.load(Relaxed) == tier.free.len()));
}

proptest! {
    #[test]
    fn leases_fail_only_beyond_the_budget_and_a_workers_need(
        budget in 0usize..80 << 20,
        steps in proptest::collection::vec((0..TIERS.len(), any::<bool>()), 1..80),
    ) {
        let pools = Pools::new(budget);
        let mut leases: Vec<Lease> = Vec::new();
        let mut max_bytes = budget;
        for (tier, give_back) in steps {
            if give_back && !leases.is_empty() {
                leases.swap_remove(tier % leases.len());
                continue;
            }
            let size = TIERS[tier].bytes;
            let leased: usize = leases.iter().map(|lease| lease.len()).sum();
            let of_this_size = leases.iter().filter(|lease| lease.len() == size).count();
            let lease = pools.lease(size);
            // A lease may also succeed beyond that, with a buffer made while it was allowed.
            prop_assert!(lease.is_ok() || (leased + size > budget && of_this_size >= MIN_BUFFERS));
            leases.extend(lease);
            max_bytes = max_bytes.max(leases.iter().map(|lease| lease.len()).sum());
            prop_assert!(made(&pools) <= max_bytes);
        }
    }
}
