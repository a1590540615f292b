//! Lets the process survive a mapped file that is cut short.
//!
//! Touching a page of a map that the file no longer reaches, or that its disk
//! cannot deliver, raises SIGBUS, which ends the process. The handler here maps
//! zeros over the rest of the map in which that happened and records where they
//! begin. Faults in other memory are passed on to the previous handler.

use std::io;
use std::mem::zeroed;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize, fence};

/// Guards one map until dropped.
#[derive(Debug)]
pub struct Guard(&'static MapSlot);

/// One guarded map, or room for one. Slots form a linked list and are never
/// freed, so that the handler can walk them without a lock.
#[derive(Debug)]
struct MapSlot {
    taken: AtomicBool,
    /// Address of the map; 0 while there is none, and while `end` changes.
    start: AtomicUsize,
    end: AtomicUsize,
    /// Address from which on the map was replaced with zeros; `usize::MAX` if
    /// none of it was.
    zeros_from: AtomicUsize,
    next: OnceLock<&'static MapSlot>,
}

/// The first slot of the list.
static SLOTS: MapSlot = MapSlot::new();

/// The installed handler; `None` if the system refused it.
static HANDLER: OnceLock<Option<InstalledHandler>> = OnceLock::new();

struct InstalledHandler {
    /// The handler before it.
    previous: libc::sigaction,
    /// Bytes of a page.
    page: usize,
}

impl Guard {
    /// Guards the map at `bytes` until dropped, which must be before they are
    /// unmapped.
    ///
    /// # Errors
    /// If the system refuses the signal handler.
    pub fn new(bytes: &[u8]) -> io::Result<Self> {
        let handler = HANDLER.get_or_init(install).as_ref();
        let page = handler.ok_or_else(|| io::Error::other("SIGBUS cannot be handled"))?.page;
        let start = bytes.as_ptr() as usize;
        let slot = MapSlot::take_free();
        slot.zeros_from.store(usize::MAX, SeqCst);
        slot.end.store(start + bytes.len().next_multiple_of(page), SeqCst);
        slot.start.store(start, SeqCst);
        Ok(Self(slot))
    }

    /// Number of bytes from the beginning of the map that came from the file, as
    /// far as any thread has read; those after them are zeros. More than the length
    /// of the map if no byte is known to be missing. Applies to everything that the
    /// calling thread has read so far.
    pub fn intact_len(&self) -> usize {
        // Reads of the map above this line cannot move below it.
        fence(Acquire);
        self.0.zeros_from.load(SeqCst).saturating_sub(self.0.start.load(SeqCst))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.start.store(0, SeqCst);
        self.0.taken.store(false, SeqCst);
    }
}

impl MapSlot {
    const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            zeros_from: AtomicUsize::new(usize::MAX),
            next: OnceLock::new(),
        }
    }

    /// Takes a slot that is free, or a new one.
    fn take_free() -> &'static Self {
        let mut slot = &SLOTS;
        while slot.taken.swap(true, SeqCst) {
            slot = slot.next.get_or_init(|| Box::leak(Box::new(Self::new())));
        }
        slot
    }

    /// The slot of the map that contains `address`, and the end of that map.
    fn containing(address: usize) -> Option<(&'static Self, usize)> {
        let mut next = Some(&SLOTS);
        while let Some(slot) = next {
            let (start, end) = (slot.start.load(SeqCst), slot.end.load(SeqCst));
            // They belong together only if no other map took the slot meanwhile.
            if start != 0 && (start..end).contains(&address) && slot.start.load(SeqCst) == start {
                return Some((slot, end));
            }
            next = slot.next.get().copied();
        }
        None
    }
}

#[expect(unsafe_code, reason = "signal handlers are installed by the C library")]
fn install() -> Option<InstalledHandler> {
    // SAFETY: all-zero is a valid action (no flags, nothing masked), `handle`
    // has the signature that SA_SIGINFO requires, and `sysconf` takes any name.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        let mut previous = action;
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
        let installed = libc::sigaction(libc::SIGBUS, &action, &mut previous) == 0;
        installed.then_some(InstalledHandler { previous, page })
    }
}

/// Runs on the thread that touched the page, in the middle of whatever it was
/// doing: only atomics and system calls from here on, no lock and no allocation.
#[expect(unsafe_code, reason = "the kernel's view of a fault comes as raw pointers")]
extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // While another thread is still installing this, the fault happens again.
    let Some(Some(handler)) = HANDLER.get() else { return };
    // SAFETY: the kernel passes a valid `info` to SA_SIGINFO handlers, and its
    // address is set for the code that it is used with.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if code == libc::BUS_ADRERR
        && let Some((slot, end)) = MapSlot::containing(address)
    {
        let page = address & !(handler.page - 1);
        // Recorded first, so that every thread that sees zeros also sees why.
        slot.zeros_from.fetch_min(page, SeqCst);
        // Pages after a missing one are missing too. Replacing all of them keeps
        // the number of mappings bounded, however many pages are touched.
        //
        // SAFETY: `page..end` are whole pages of one map of this process, which
        // lives as long as the read that faulted borrows it, and which is only
        // ever read. Readers treat its bytes as untrusted input.
        let zeros = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
            libc::mmap(page as *mut libc::c_void, end - page, libc::PROT_READ, flags, -1, 0)
        };
        if zeros != libc::MAP_FAILED {
            return;
        }
    }
    // SAFETY: `previous` came from the system itself. A fault happens again on
    // return and then reaches the previous handler; a signal that was sent has to
    // be sent again.
    unsafe {
        libc::sigaction(signal, &handler.previous, null_mut());
        if code <= 0 {
            libc::raise(signal);
        }
    }
}
