//! Reading on when a mapped file was cut short.
//!
//! Touching a page of a map that the file no longer reaches, or that its disk
//! cannot deliver, raises SIGBUS, which ends the process. The handler here lays
//! zeros over the rest of the map it happened in and notes from where on. A fault
//! in anybody else's memory goes on to whoever handled it before.

use std::io;
use std::mem::zeroed;
use std::ptr::null_mut;
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{Acquire, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize, fence};

/// Guards one map for as long as it lives.
#[derive(Debug)]
pub struct Guard(&'static MapSlot);

/// One guarded map, or room for one. Slots are never freed and linked for ever,
/// so that the handler can walk them without a lock.
#[derive(Debug)]
struct MapSlot {
    taken: AtomicBool,
    /// Address of the map; 0 while there is none, and while `end` changes.
    start: AtomicUsize,
    end: AtomicUsize,
    /// Address from which on zeros were laid over the map; `usize::MAX` while
    /// they were nowhere.
    covered: AtomicUsize,
    next: OnceLock<&'static MapSlot>,
}

/// The first slot; it leads to all others.
static SLOTS: MapSlot = MapSlot::new();

/// The handler in place; `None` if the system did not take it.
static INSTALLED: OnceLock<Option<Installed>> = OnceLock::new();

struct Installed {
    previous: libc::sigaction,
    page: usize,
}

impl Guard {
    /// Guards the map at `bytes` until dropped, which must be before the map is
    /// taken away.
    ///
    /// # Errors
    /// If the system takes no signal handler.
    pub fn new(bytes: &[u8]) -> io::Result<Self> {
        let installed = INSTALLED.get_or_init(install).as_ref();
        let page = installed.ok_or_else(|| io::Error::other("SIGBUS cannot be handled"))?.page;
        let start = bytes.as_ptr() as usize;
        let slot = MapSlot::free();
        slot.covered.store(usize::MAX, SeqCst);
        slot.end.store(start + bytes.len().next_multiple_of(page), SeqCst);
        slot.start.store(start, SeqCst);
        Ok(Self(slot))
    }

    /// How many bytes from the beginning of the map came from the file, as far
    /// as anybody has read; those after them are zeros. More than there are in
    /// the map if nothing is known to be missing. Holds for whatever the calling
    /// thread has read.
    pub fn whole_until(&self) -> usize {
        // What was read before this line is not read after it.
        fence(Acquire);
        self.0.covered.load(SeqCst).saturating_sub(self.0.start.load(SeqCst))
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
            covered: AtomicUsize::new(usize::MAX),
            next: OnceLock::new(),
        }
    }

    /// A slot nobody else has, made if there is none.
    fn free() -> &'static Self {
        let mut slot = &SLOTS;
        while slot.taken.swap(true, SeqCst) {
            slot = slot.next.get_or_init(|| Box::leak(Box::new(Self::new())));
        }
        slot
    }

    /// The slot of the map that holds `address`, with the end of that map.
    fn holding(address: usize) -> Option<(&'static Self, usize)> {
        let mut slot = Some(&SLOTS);
        while let Some(found) = slot {
            let (start, end) = (found.start.load(SeqCst), found.end.load(SeqCst));
            // Both belong together only if no other map moved in meanwhile.
            if start != 0 && (start..end).contains(&address) && found.start.load(SeqCst) == start {
                return Some((found, end));
            }
            slot = found.next.get().copied();
        }
        None
    }
}

#[expect(unsafe_code, reason = "signal handlers are installed by the C library")]
fn install() -> Option<Installed> {
    // SAFETY: all-zero is a valid action (no flags, nothing masked), `handle`
    // has the signature that SA_SIGINFO asks for, and `sysconf` takes any name.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        let mut previous = action;
        action.sa_sigaction = handle as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).ok()?;
        (libc::sigaction(libc::SIGBUS, &action, &mut previous) == 0).then_some(Installed { previous, page })
    }
}

/// Runs on the thread that touched the page, in the middle of whatever it did:
/// only atomics and system calls from here on, no lock and no allocation.
#[expect(unsafe_code, reason = "the kernel's view of a fault comes as raw pointers")]
extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // While another thread is still installing this, the fault is met again.
    let Some(Some(installed)) = INSTALLED.get() else { return };
    // SAFETY: the kernel passes a valid `info` to SA_SIGINFO handlers, whose
    // address is set for the code it is used with.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    if code == libc::BUS_ADRERR
        && let Some((slot, end)) = MapSlot::holding(address)
    {
        let page = address & !(installed.page - 1);
        // First noted, so that whoever sees zeros can see why.
        slot.covered.fetch_min(page, SeqCst);
        // What lies behind a missing page is missing too. Covering all of it
        // keeps the number of mappings bounded, however many pages are asked for.
        //
        // SAFETY: `page..end` are whole pages of one map of this process, which
        // lives as long as the read that faulted borrows it, and which is only
        // ever read. Readers take its bytes for untrusted input.
        let zeros = unsafe {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
            libc::mmap(page as *mut libc::c_void, end - page, libc::PROT_READ, flags, -1, 0)
        };
        if zeros != libc::MAP_FAILED {
            return;
        }
    }
    // SAFETY: `previous` is what the system itself gave out. A fault happens
    // again on return and then meets the previous handler; a signal that was
    // sent has to be sent again.
    unsafe {
        libc::sigaction(signal, &installed.previous, null_mut());
        if code <= 0 {
            libc::raise(signal);
        }
    }
}
