//! The allocator of the server with a count of its calls, and the system's allocator.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

thread_local! {
    /// Number of calls of this thread that allocated memory. Each thread has its own
    /// count, so that threads do not wait for each other.
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has allocated memory.
pub fn allocations() -> u64 {
    ALLOCATIONS.get()
}

fn count() {
    ALLOCATIONS.set(ALLOCATIONS.get() + 1);
}

struct CountingAllocator;

// SAFETY: every call is passed to mimalloc unchanged.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        count();
        // SAFETY: the caller upholds the contract.
        unsafe { MiMalloc.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract.
        unsafe { MiMalloc.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// `LEN` bytes from the system's allocator.
pub struct Block<const LEN: usize>(NonNull<u8>);

impl<const LEN: usize> Block<LEN> {
    const LAYOUT: Layout = Layout::new::<[u8; LEN]>();

    /// Allocates a block, which is not initialised.
    pub fn new() -> Self {
        const { assert!(LEN > 0, "an allocator needs a size of at least one byte") };
        // SAFETY: the layout is not empty.
        let memory = unsafe { System.alloc(Self::LAYOUT) };
        Self(NonNull::new(memory).expect("memory"))
    }

    /// All of its bytes, which may be uninitialised.
    pub fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: the block owns `LEN` bytes, which need not be initialised.
        unsafe { slice::from_raw_parts_mut(self.0.as_ptr().cast(), LEN) }
    }
}

impl<const LEN: usize> Drop for Block<LEN> {
    fn drop(&mut self) {
        // SAFETY: the memory was allocated there with this layout, and is no longer used.
        unsafe { System.dealloc(self.0.as_ptr(), Self::LAYOUT) }
    }
}
