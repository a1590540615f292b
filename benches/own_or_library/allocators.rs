//! The allocator of the server, counted, and the system's beside it.

use mimalloc::MiMalloc;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::slice;

thread_local! {
    /// Calls of this thread that took memory. Each thread counts for itself, so
    /// that counting does not make them wait for each other.
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// How often this thread has taken memory from the allocator.
pub fn taken() -> u64 {
    TAKEN.get()
}

fn count() {
    TAKEN.set(TAKEN.get() + 1);
}

struct Counting;

// SAFETY: every call goes to mimalloc as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.realloc(memory, layout, len) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract.
        unsafe { MiMalloc.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Memory of the system's allocator, `LEN` bytes of it.
pub struct Block<const LEN: usize>(NonNull<u8>);

impl<const LEN: usize> Block<LEN> {
    const LAYOUT: Layout = Layout::new::<[u8; LEN]>();

    /// Takes it, whatever is in it.
    pub fn new() -> Self {
        const { assert!(LEN > 0, "an allocator gives out at least a byte") };
        // SAFETY: the layout is not empty.
        let memory = unsafe { System.alloc(Self::LAYOUT) };
        Self(NonNull::new(memory).expect("memory"))
    }

    /// All of its bytes.
    pub fn bytes(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: that many bytes are ours alone, and these may be uninitialised.
        unsafe { slice::from_raw_parts_mut(self.0.as_ptr().cast(), LEN) }
    }
}

impl<const LEN: usize> Drop for Block<LEN> {
    fn drop(&mut self) {
        // SAFETY: it was taken there, with this layout, and nobody has it any more.
        unsafe { System.dealloc(self.0.as_ptr(), Self::LAYOUT) }
    }
}
